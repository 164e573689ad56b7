"""The form of one record, built from the catalogue: every column a text, judged by the intake's own rules.

Nothing is validated here. A value that a widget could not show again would be lost when the check refuses it,
so choices keep a text beside them and dates are texts with a calendar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget
from django.forms.boundfield import BoundField

from credit_records.models import IntakeFinding
from credit_records.rules.field_specs import FieldSpec, FieldType, ItemSpec, Requirement, Role
from credit_records.rules.fields import requirement_text
from credit_records.rules.kinds import OTHER, split_kinds
from credit_records.rules.questions import by_question, title_of

REMOVE = "remove__"
_LONG = 300
_PREFILLED = (Role.SOURCE_NAME, Role.SOURCE_CODE)
_JOINED = "；"
_OF_WORKBOOKS = ("单元格", "隔开")
_BETWEEN_PARTS = re.compile("；(?![^“]*”)")
"""A semicolon that is not itself quoted, as in 多种用“；”隔开."""


def _note(field: FieldSpec) -> str:
    """The catalogue's note without what concerns cells of a workbook."""
    parts = [
        part for part in _BETWEEN_PARTS.split(field.note) if not any(word in part for word in _OF_WORKBOOKS)
    ]
    return "；".join(parts)


class ChoiceInput(forms.MultiWidget):
    """One value of a list; where the list has 其他-, the clerk's own words beside it."""

    def __init__(self, field: FieldSpec) -> None:
        self.listed = [option.value for option in field.options if option.value != OTHER]
        self.open_ended = len(self.listed) < len(field.options)
        choices = [("", "请选择…"), *((value, value) for value in self.listed)]
        widgets: dict[str, forms.Widget] = {"": self.choice_widget(choices)}
        if self.open_ended:
            words = {
                "class": "cr-input",
                "placeholder": "其他：写明具体内容",
                "aria-label": f"{field.title}：其他",
            }
            widgets["other"] = forms.TextInput(attrs=words)
        super().__init__(widgets)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else ""

    def choice_widget(self, choices: list[tuple[str, str]]) -> forms.Widget:
        return forms.Select(choices=choices, attrs={"class": "cr-input"})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        chosen, *words = super().value_from_datadict(data, files, name)
        return self._joined([chosen] if isinstance(chosen, str) else chosen or [], words)

    def _joined(self, chosen: list[str], words: list[str | None]) -> str:
        own = (words[0] or "").strip() if words else ""
        if own and not own.startswith(("其他", "其它")):
            own = f"{OTHER}{own}"
        return _JOINED.join(value for value in (*chosen, own) if value)

    def decompress(self, value: str | None) -> list[Any]:
        text = value or ""
        if text in self.listed or not self.open_ended:
            return [text, ""][: len(self.widgets)]
        return ["", text.removeprefix(OTHER)]


class KindsInput(ChoiceInput):
    """Several values of a list, ticked; a group of boxes is named by the legend around it."""

    use_fieldset = True

    def id_for_label(self, id_: str) -> str:
        return ""

    def choice_widget(self, choices: list[tuple[str, str]]) -> forms.Widget:
        return forms.CheckboxSelectMultiple(choices=choices[1:])

    def decompress(self, value: str | None) -> list[Any]:
        pieces = split_kinds(value or "")
        other = _JOINED.join(piece.removeprefix(OTHER) for piece in pieces if piece not in self.listed)
        return [[piece for piece in pieces if piece in self.listed], other][: len(self.widgets)]


@dataclass(frozen=True)
class Section:
    """The fields that answer one question."""

    title: str
    fields: list[BoundField]


class EntryForm(forms.Form):
    """All columns of a version as optional texts; the check says what is missing."""

    error_css_class = "cr-faulty"

    def __init__(
        self, spec: ItemSpec, *args: Any, kept: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.kept = dict(kept or {})
        self.removable = {f.code for f in spec.fields if f.code in self.kept and f.required is Requirement.NO}
        self.held = False
        for field in spec.fields:
            self.fields[field.code] = self._field(field)
            if field.code in self.removable:
                self.fields[REMOVE + field.code] = forms.BooleanField(label="删除原有号码", required=False)
        self.fields["explanation"] = forms.CharField(
            label="存疑说明",
            required=False,
            max_length=1000,
            widget=forms.Textarea(attrs={"class": "cr-input", "rows": 2}),
            help_text="上面标为“存疑”的内容确需这样报送的，写明理由和依据，审核员会看到。",
        )

    def _field(self, field: FieldSpec) -> forms.CharField:
        hints = [_note(field)]
        if field.required is Requirement.CONDITIONAL:
            hints.insert(0, requirement_text(field, self.spec) + "。")
        if field.code in self.kept:
            hints.insert(0, f"现为 {self.kept[field.code]}，留空表示不变。")
        made = forms.CharField(
            label=field.title,
            required=False,
            strip=False,
            help_text=" ".join(hint for hint in hints if hint),
            widget=self._widget(field),
        )
        made.spec = field  # type: ignore[attr-defined]
        return made

    def _widget(self, field: FieldSpec) -> forms.Widget:
        if field.type is FieldType.CHOICE:
            return ChoiceInput(field)
        if field.type is FieldType.MULTI_CHOICE:
            return KindsInput(field)
        attrs: dict[str, Any] = {"class": "cr-input", "autocomplete": "off"}
        if field.example:
            attrs["placeholder"] = f"如 {field.example}"
        if field.type is FieldType.DATE:
            attrs["class"] = "cr-input cr-date vDateField"
            attrs.setdefault("placeholder", "如 2026-05-20")
            return AdminDateWidget(attrs=attrs)
        if field.type is FieldType.DECIMAL:
            attrs["inputmode"] = "decimal"
            attrs["class"] += " cr-amount"
        if field.role in _PREFILLED:
            attrs["readonly"] = True
        if field.type is FieldType.TEXT and (field.max_length or 0) >= _LONG:
            return forms.Textarea(attrs={**attrs, "rows": 2})
        return forms.TextInput(attrs=attrs)

    def sections(self) -> list[Section]:
        """The fields under the questions that the record's page asks too."""
        groups = by_question(self.spec)
        return [
            Section(title_of(question, self.spec.kind), [self[field.code] for field in fields])
            for question, fields in groups.items()
            if fields
        ]

    @property
    def values(self) -> dict[str, str]:
        return {field.code: self.cleaned_data.get(field.code, "") for field in self.spec.fields}

    @property
    def removed(self) -> set[str]:
        return {code for code in self.removable if self.cleaned_data.get(REMOVE + code)}

    def show(self, findings: Iterable[IntakeFinding], titles: Mapping[str, str]) -> None:
        """The remarks of the check at their fields; `titles` gives the code of each column title."""
        for finding in findings:
            held = finding.severity == "hold"
            self.held = self.held or held
            code = titles.get(finding.column, "")
            text = f"存疑：{finding.message}" if held else finding.message
            if code in self.fields:
                self.add_error(code, text)
            else:
                self.add_error(None, f"{finding.column}：{text}" if finding.column else text)
