"""Questions that the forms of every room ask in the same words."""

from __future__ import annotations

from typing import Any

from django import forms


def day_field(label: str, *, required: bool = True, **more: Any) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(
        label=label,
        required=required,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": f"请填写{label}。", "invalid": "日期应写成2026-11-21这样。"},
        **more,
    )


def long_text(
    label: str, *, most: int = 4000, rows: int = 4, required: bool = True, **more: Any
) -> forms.CharField:
    """A text of several lines, `most` characters at the most."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=most,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"请填写{label}。", "max_length": f"{label}最多{most}个字，请精简。"},
        **more,
    )
