"""The theme's look for plain form fields, so that no other room has to know the theme."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold import widgets

CheckboxesWidget = widgets.UnfoldAdminCheckboxSelectMultipleWidget
SelectWidget = widgets.UnfoldAdminSelectWidget
TextareaWidget = widgets.UnfoldAdminTextareaWidget


class DayWidget(forms.DateInput):
    """The browser's own calendar: the theme's needs scripts and translations that pages of verbs do not load."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join(widgets.INPUT_CLASSES), **(attrs or {})}, format="%Y-%m-%d")


_DRESSED: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: widgets.UnfoldAdminTextInputWidget,
    forms.NumberInput: widgets.UnfoldAdminTextInputWidget,
    forms.EmailInput: widgets.UnfoldAdminTextInputWidget,
    forms.URLInput: widgets.UnfoldAdminTextInputWidget,
    forms.PasswordInput: widgets.UnfoldAdminPasswordWidget,
    forms.Textarea: TextareaWidget,
    forms.Select: SelectWidget,
    forms.DateInput: DayWidget,
    forms.CheckboxInput: widgets.UnfoldBooleanWidget,
    forms.ClearableFileInput: widgets.UnfoldAdminFileFieldWidget,
    forms.FileInput: widgets.UnfoldAdminFileFieldWidget,
}


def dress(fields: Iterable[forms.Field]) -> None:
    """Put the theme's widgets where Django's plain ones are; a widget chosen on purpose stays."""
    for field in fields:
        kind = _DRESSED.get(type(field.widget))
        if kind is None:
            continue
        plain = field.widget
        field.widget = kind(attrs=plain.attrs)
        field.widget.is_required = plain.is_required
        if isinstance(plain, forms.Select):
            field.widget.choices = plain.choices
