"""What is asked when service is recorded or mended."""

from __future__ import annotations

from django import forms

from repair.models import ServedNotice


def questions(notice: ServedNotice | None = None) -> tuple[tuple[str, forms.Field], ...]:
    """The fields of the dialog, with what is recorded in them where something is to be mended."""
    return (
        (
            "served_on",
            forms.DateField(
                label="送达日期",
                initial=notice.served_on if notice else None,
                error_messages={"required": "请填写送达日期。", "invalid": "请填写 2026-01-31 样式的日期。"},
            ),
        ),
        (
            "method",
            forms.ChoiceField(
                label="送达方式",
                initial=notice.method if notice else None,
                choices=ServedNotice.Method.choices,
                error_messages={"required": "请选择送达方式。"},
            ),
        ),
        (
            "reference",
            forms.CharField(
                label="送达回证编号(可不填)",
                initial=notice.reference if notice else "",
                max_length=100,
                required=False,
            ),
        ),
        (
            "note",
            forms.CharField(
                label="备注(可不填)", initial=notice.note if notice else "", max_length=300, required=False
            ),
        ),
    )
