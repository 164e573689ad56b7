"""Rows of a big form set, drawn without a template for every field.

The theme draws each field with a dozen templates: the thirty columns of a catalogue draft took half a second. Here a row
is one text, with the same names, ids and error messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class _Input(forms.TextInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = self.format_value(value)
        own = {"type": self.input_type, "name": name, **({} if shown is None else {"value": shown})}
        return format_html("<input{}>", flatatt({**own, **self.build_attrs(self.attrs, attrs)}))


class _Number(_Input):
    input_type = "number"


class _Lines(forms.Textarea):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        known = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        # A browser drops the first line end after the tag.
        return format_html("<textarea{}>\r\n{}</textarea>", known, self.format_value(value) or "")


class _Choice(forms.Select):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key or "", flatatt({"selected": str(key or "") in chosen}), label)
                for key, label in self.choices
            ),
        )
        return format_html(
            "<select{}>{}</select>", flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}), options
        )


class _Tick(forms.CheckboxInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        ticked = {"type": "checkbox", "name": name, "checked": self.check_test(value)}
        return format_html("<input{}>", flatatt({**ticked, **self.build_attrs(self.attrs, attrs)}))


def line(**attrs: Any) -> forms.Widget:
    return _Input(attrs=attrs)


def number(**attrs: Any) -> forms.Widget:
    return _Number(attrs=attrs)


def lines(**attrs: Any) -> forms.Widget:
    return _Lines(attrs=attrs)


def choice(**attrs: Any) -> forms.Widget:
    return _Choice(attrs=attrs)


def tick(**attrs: Any) -> forms.Widget:
    return _Tick(attrs=attrs)


class CompactForm(forms.ModelForm):
    """The form of a `backoffice.inlines.CompactInline`: its fields in lines of cells."""

    layout: ClassVar[Sequence[Sequence[str]]] = ()

    def cells(self) -> SafeString:
        return format_html_join(
            "",
            '<div class="bo-cells">{}</div>',
            (
                (format_html_join("", "{}", ((_cell(self[name]),) for name in names)),)
                for names in self.layout
            ),
        )


def _cell(field: BoundField) -> SafeString:
    errors = format_html_join("", '<p class="bo-error" role="alert">{}</p>', ((one,) for one in field.errors))
    help_id = f"{field.id_for_label}_helptext"
    return format_html(
        '<div class="bo-field field-{}"><label for="{}">{}{}</label>{}{}{}</div>',
        field.name,
        field.id_for_label,
        field.label,
        format_html('<span class="bo-required" title="{}">*</span>', "必填") if field.field.required else "",
        field.as_widget(),
        format_html('<small class="bo-help" id="{}">{}</small>', help_id, field.help_text)
        if field.help_text
        else "",
        errors,
    )
