"""Form fields that the pages of all kinds of cases share."""

from __future__ import annotations

from typing import Any

from django import forms

_PLAIN = (forms.TextInput, forms.Textarea, forms.Select, forms.DateInput, forms.TimeInput, forms.NumberInput)


class _ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class Files(forms.FileField):
    """Any number of files; their content is judged when they are taken in."""

    def __init__(self, *, accept: str = "", **options: Any) -> None:
        options.setdefault("widget", _ManyFiles(attrs={"multiple": True, "accept": accept}))
        options.setdefault("max_length", 400)
        super().__init__(allow_empty_file=True, **options)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, (list, tuple)) else [data]
        return [super(Files, self).clean(one, initial) for one in given if one]


def mark(form: forms.Form) -> None:
    """The look of the house on plain fields."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, _PLAIN):
            widget.attrs.setdefault("class", "cr-input")
        if isinstance(widget, forms.FileInput):
            widget.attrs.setdefault("class", "ca-file")


class MarkedForm(forms.Form):
    """A form whose fields have the look of the house."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)
