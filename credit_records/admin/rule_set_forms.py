"""The form of a draft rule set: a table for each part, and the whole as data for whoever knows its format.

What is typed is put together and judged by the rules' own reader (`services.rule_sets`), which names every mistake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from credit_records.models import Record
from credit_records.rules.rule_sets import Publication, SeverityClass

SEVERITIES = Record.Severity.choices
PUBLICATIONS = [
    (Publication.ALWAYS, "公示"),
    (Publication.ON_NEED, "确有必要才公示"),
    (Publication.NEVER, "不公示"),
]
_DAY_ERRORS = {"required": "请填写日期。", "invalid": "请填写 2027-01-31 样式的日期。"}
_MOST_MONTHS = 600


def _text(label: str, *, required: bool = False, rows: int = 0, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    errors = {"required": f"请填写{label}。"}
    return forms.CharField(label=label, required=required, widget=widget, error_messages=errors, **options)


def _day(label: str, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, error_messages=_DAY_ERRORS, **options)


def _months(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=_MOST_MONTHS,
        error_messages={
            "required": f"请填写{label}。", "invalid": f"{label}请填整数。", "min_value": f"{label}不能是负数。",
            "max_value": f"{label}最多{_MOST_MONTHS}个月。",
        },
    )  # fmt: skip


def _severity(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=SEVERITIES, initial=SeverityClass.GENERAL)


def words_of(text: str) -> list[str]:
    """Keywords as people write them beside each other: 食品安全法、食品安全条例."""
    for sign in ("，", ",", "；", ";", "\n"):
        text = text.replace(sign, "、")
    return [word.strip() for word in text.split("、") if word.strip()]


class _Looks(forms.Form):
    """The look of the house on plain fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field.widget, (forms.CheckboxInput, forms.CheckboxSelectMultiple)):
                field.widget.attrs.setdefault("class", "cr-input")
            field.widget.attrs.setdefault("aria-label", field.label)


class HeadForm(_Looks):
    title = _text("名称", required=True, max_length=200)
    source = _text(
        "来源",
        required=True,
        rows=2,
        max_length=500,
        help_text="文件名称和文号；每条记录的公示说明里都引用。",
    )
    in_force_from = _day(
        "适用于哪一天起作出的决定", help_text="按决定日期：这一天以前作出的决定仍按原规则，永远不变。"
    )
    effective_on = _day("文件施行日期")
    other_kinds = _severity("未列入的处罚类别按")
    simple_procedure = _severity("以简易程序作出的(严重的除外)按")
    notes = _text("说明", rows=4, help_text="一行一条，来源和本办口径；显示在规则页上。")
    reason = _text("修改理由", required=True, rows=2, max_length=1000)


class ClassForm(_Looks):
    severity = forms.CharField(widget=forms.HiddenInput)
    title = _text("名称", required=True, max_length=60)
    publication = forms.ChoiceField(label="是否公示", choices=PUBLICATIONS)
    minimum_months = _months("最短公示期")
    maximum_months = _months("最长公示期")


class KindForm(_Looks):
    value = _text("处罚类别", max_length=256)
    severity = _severity("分类")
    note = _text("说明", max_length=300)


class SectorForm(_Looks):
    code = forms.CharField(required=False, widget=forms.HiddenInput)
    title = _text("领域", max_length=60)
    minimum_months = forms.IntegerField(
        label="最短公示期", required=False, min_value=0, max_value=_MOST_MONTHS
    )
    basis_keywords = _text("处罚依据含", max_length=500)


class AmountForm(_Looks):
    kind = _text("处罚类别", max_length=256)
    at_least = forms.DecimalField(
        label="数额(万元)", required=False, max_digits=18, decimal_places=6,
        error_messages={"invalid": "数额请填以万元为单位的数字。"},
    )  # fmt: skip
    severity = forms.ChoiceField(label="分类", choices=SEVERITIES, initial=SeverityClass.SERIOUS)
    basis_keywords = _text("处罚依据含(不填的，所有领域)", max_length=500)
    note = _text("说明", max_length=300)


class RepairForm(_Looks):
    source = _text("修复依据", rows=2, max_length=500)
    duties_source = _text("履行义务的依据", rows=2, max_length=500)
    commitment_source = _text("公开承诺的依据", rows=2, max_length=500)
    bar_months = _months("提供虚假材料的，几个月内不受理")
    bar_source = _text("不受理的依据", rows=2, max_length=500)
    shielding_source = _text("破产重整屏蔽的依据", rows=2, max_length=500)
    upper_review = forms.MultipleChoiceField(
        label="须由上级审核的", choices=SEVERITIES, required=False, widget=forms.CheckboxSelectMultiple
    )
    upper_review_months = forms.IntegerField(
        label="最短公示期不少于几个月的也须上级审核(可不填)", required=False, min_value=1, max_value=_MOST_MONTHS,
        error_messages={"invalid": "请填整数。", "min_value": "不能少于1个月。", "max_value": f"最多{_MOST_MONTHS}个月。"},
    )  # fmt: skip
    upper_review_source = _text("上级审核的依据", rows=2, max_length=500)
    served_since = _day("两书同达：从哪一天起作出的决定(可不填)", required=False)
    served_days = forms.IntegerField(
        label="两书同达：几个工作日内送达", required=False, min_value=0, max_value=365,
        error_messages={"invalid": "请填整数。", "min_value": "不能是负数。", "max_value": "最多365个工作日。"},
    )  # fmt: skip
    served_source = _text("两书同达的依据", rows=2, max_length=500)


class UnrepairableForm(_Looks):
    words = _text("决定内容含", max_length=500)
    title = _text("不予修复的情形", max_length=200)
    source = _text("依据", max_length=300)


class ExpertForm(_Looks):
    data = forms.CharField(
        label="规则数据", widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
        help_text="格式见随附的规则数据说明；保存时逐条检查。",
        error_messages={"required": "请填写规则数据。"},
    )  # fmt: skip
    reason = _text("修改理由", required=True, rows=2, max_length=1000)

    def clean_data(self) -> dict[str, Any]:
        try:
            data = json.loads(self.cleaned_data["data"])
        except ValueError as error:
            raise ValidationError("规则数据不是有效的数据格式，请核对引号、逗号和括号。") from error
        if not isinstance(data, dict):
            raise ValidationError("规则数据应是一个对象，最外层用大括号。")
        return data


_PARTS: dict[str, tuple[type[forms.Form], int]] = {
    "classes": (ClassForm, 0),
    "kinds": (KindForm, 3),
    "amounts": (AmountForm, 2),
    "sectors": (SectorForm, 2),
    "unrepairable": (UnrepairableForm, 1),
}


class RuleSetForms:
    """All parts of one draft together; `data` is what the services take."""

    def __init__(self, present: Mapping[str, Any], posted: Any = None) -> None:
        self.present = present
        self.head = HeadForm(posted, initial=_head_of(present), prefix="head")
        self.repair = RepairForm(posted, initial=_repair_of(present), prefix="repair")
        self.parts = {
            name: forms.formset_factory(form, extra=extra)(
                posted, initial=_rows_of(present, name), prefix=name
            )
            for name, (form, extra) in _PARTS.items()
        }

    def is_valid(self) -> bool:
        return all(
            [self.head.is_valid(), self.repair.is_valid(), *(part.is_valid() for part in self.parts.values())]
        )

    @property
    def problems(self) -> list[str]:
        """What is wrong with single fields, each with where it stands."""
        found = [f"{form.fields[name].label}：{error}" for form in (self.head, self.repair) if form.is_bound
                 for name, errors in form.errors.items() for error in errors if name in form.fields]  # fmt: skip
        for part in self.parts.values():
            for number, form in enumerate(part.forms, 1):
                for name, errors in form.errors.items() if form.is_bound else ():
                    label = form.fields[name].label if name in form.fields else ""
                    found += [f"第{number}行{label}：{error}" for error in errors]
        return found

    @property
    def reason(self) -> str:
        return str(self.head.cleaned_data["reason"])

    @property
    def data(self) -> dict[str, Any]:
        head, repair = self.head.cleaned_data, self.repair.cleaned_data
        whole = deepcopy(dict(self.present))
        for name in ("title", "source", "other_kinds", "simple_procedure"):
            whole[name] = head[name]
        for name in ("in_force_from", "effective_on"):
            whole[name] = head[name].isoformat()
        whole["notes"] = [line.strip() for line in head["notes"].splitlines() if line.strip()]
        whole["classes"] = [dict(row) for row in self._rows("classes", "title")]
        whole["kinds"] = [_filled(row, "note") for row in self._rows("kinds", "value")]
        whole["sectors"] = [
            {
                "code": row["code"] or f"sector-{number}",
                "title": row["title"],
                "minimum_months": row["minimum_months"],
                "basis_keywords": words_of(row["basis_keywords"]),
            }
            for number, row in enumerate(self._rows("sectors", "title"), 1)
        ]
        whole["amounts"] = [
            _filled(
                {
                    **row,
                    "at_least": _number(row["at_least"]),
                    "basis_keywords": words_of(row["basis_keywords"]),
                },
                "note",
            )
            for row in self._rows("amounts", "kind")
        ]
        if not whole["amounts"]:
            del whole["amounts"]
        whole["repair"] = self._repair(whole.get("repair") or {}, repair)
        return whole

    def _repair(self, present: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
        plain = {
            name: value for name, value in asked.items() if not name.startswith(("upper_review", "served_"))
        }
        part = {**present, **plain}
        part["unrepairable"] = [
            {"words": words_of(row["words"]), "title": row["title"], "source": row["source"]}
            for row in self._rows("unrepairable", "title")
        ]
        review = {
            "severities": asked["upper_review"],
            "minimum_months": asked["upper_review_months"],
            "source": asked["upper_review_source"],
        }
        since = asked["served_since"]
        served = {
            "since": since.isoformat() if since else None,
            "days": asked["served_days"],
            "source": asked["served_source"],
        }
        for name, told in (("upper_review", review), ("served_notice", served)):
            filled = {key: value for key, value in told.items() if value not in (None, "", [])}
            part.pop(name, None)
            # A source alone asks for nothing.
            if filled.keys() - {"source"}:
                part[name] = filled
        return part

    def _rows(self, name: str, leading: str) -> Iterable[dict[str, Any]]:
        """Filled rows; one whose first column was emptied is taken out."""
        return [form.cleaned_data for form in self.parts[name].forms if form.cleaned_data.get(leading)]


def _filled(row: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in optional or value}


def _number(amount: Any) -> Any:
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else float(amount)


def _head_of(present: Mapping[str, Any]) -> dict[str, Any]:
    return {**present, "notes": "\n".join(present.get("notes") or ())}


def _repair_of(present: Mapping[str, Any]) -> dict[str, Any]:
    part = present.get("repair") or {}
    review, served = part.get("upper_review") or {}, part.get("served_notice") or {}
    return {
        **part,
        "upper_review": review.get("severities") or [],
        "upper_review_months": review.get("minimum_months"),
        "upper_review_source": review.get("source") or "",
        "served_since": served.get("since"),
        "served_days": served.get("days"),
        "served_source": served.get("source") or "",
    }


def _rows_of(present: Mapping[str, Any], name: str) -> Sequence[dict[str, Any]]:
    rows = (present.get("repair") or {}).get(name) if name == "unrepairable" else present.get(name)
    listed = ("basis_keywords", "words")
    return [
        {key: "、".join(value) if key in listed else value for key, value in row.items()}
        for row in rows or ()
    ]
