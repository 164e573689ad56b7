"""The template of a catalogue item: the fields of one version in the words of the workbook to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from credit_records.intake.templates import TemplateField, write_template
from credit_records.rules.field_specs import FieldSpec, ItemSpec, Masking, Requirement
from credit_records.rules.fields import condition_text

_MASKED = {
    Masking.NONE: "",
    Masking.ID_NUMBER: "对外展示时证件号码只显示首尾几位",
    Masking.NAME: "对外展示时姓名只显示姓氏",
}


def write_item_template(spec: ItemSpec, out: Path | BinaryIO) -> None:
    """Write the empty workbook of one version of an item."""
    write_template(
        out,
        item_title=spec.name,
        version_label=f"第{spec.number}版，{spec.in_force_from.isoformat()}起施行",
        fields=[template_field(field, spec) for field in spec.fields],
    )


def template_field(field: FieldSpec, spec: ItemSpec) -> TemplateField:
    conditions = field.conditions if field.required is Requirement.CONDITIONAL else ()
    return TemplateField(
        code=field.code,
        title=field.title,
        type=field.type.value,
        required=field.required.value,
        condition_text="；".join(condition_text(one, spec) for one in conditions),
        max_length=field.max_length,
        options=tuple(option.value for option in field.options),
        note=field.note,
        example=field.example,
        masking=_MASKED[field.masking],
    )
