"""A rule of degrees as tables: the degrees, and one row for each case in which a graver one holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import formset_factory

from backoffice.fields import day_field, long_text
from breaches.rules.degrees import DegreeRuleError, Harm, Kind, Rules, Status, read
from casework.admin.step_fields import MarkedForm, mark
from credit_records.models import Record

from .looks import SEVERITIES

GRAVEST_FIRST = [one.value for one in reversed(Record.Severity)]
_TITLES = {"minor": "轻微违诺", "general": "一般违诺", "serious": "严重违诺"}
_MORE_ROWS = 2
_OF_THE_RULE = ("key", "title", "source", "in_force_from", "in_force_to")


class HeadForm(MarkedForm):
    """The rule's name, where it comes from, and its days."""

    title = forms.CharField(label="名称", max_length=200, error_messages={"required": "请填写名称。"})
    key = forms.CharField(
        label="代号", max_length=60, help_text="小写字母、数字和短横线，例如 degrees-2027。",
        error_messages={"required": "请填写代号。"},
    )  # fmt: skip
    source = long_text(
        "来源", most=1000, rows=2, help_text="文件名称、文号；本办自行规定的写明“本系统口径”。"
    )
    in_force_from = day_field("施行自", help_text="按发现日期适用；前一规则在前一天终止。")
    in_force_to = day_field("施行至", required=False, help_text="没有终止日期的不填。")
    earlier_months = forms.IntegerField(
        label="往前计算多少个月内的违诺",
        min_value=0,
        max_value=120,
        initial=24,
        help_text="情形中要求此前违诺次数的，按这个期间计算；0为不计算。",
        error_messages={"required": "请填写月数，不计算的填0。", "invalid": "请填写整数。"},
    )
    otherwise = forms.ChoiceField(
        label="都不符合的，认定为", choices=[(one, SEVERITIES[one]) for one in Record.Severity.values]
    )
    reason = long_text("拟订或者修改的理由(可不填)", most=1000, rows=2, required=False)


def _say(form: forms.Form) -> None:
    """In a table the columns carry the words; whoever hears the page is told row and column of each field."""
    number = (form.prefix or "").rpartition("-")[2]
    row = f"第{int(number) + 1}行" if number.isdecimal() else ""
    for field in form.fields.values():
        field.widget.attrs["aria-label"] = f"{row}{field.label or ''}"


class GradeForm(forms.Form):
    """Title and source of one degree."""

    severity = forms.CharField(widget=forms.HiddenInput, max_length=8)
    title = forms.CharField(label="名称", max_length=60, required=False)
    source = forms.CharField(
        label="来源", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)
        _say(self)

    @property
    def label(self) -> str:
        return str(SEVERITIES.get(self["severity"].value(), ""))


class ConditionForm(forms.Form):
    """One case: thresholds that must all be reached."""

    severity = forms.ChoiceField(
        label="程度", required=False, choices=[("", "—"), *((one, SEVERITIES[one]) for one in GRAVEST_FIRST)]
    )
    title = forms.CharField(label="情形", max_length=200, required=False)
    kind = forms.ChoiceField(
        label="类型", required=False, choices=[("", "不限"), (Kind.FALSE.value, "虚假承诺")]
    )
    status = forms.ChoiceField(
        label="履行", required=False,
        choices=[("", "不限"), (Status.PART.value, "没有全部履行"), (Status.NONE.value, "全部未履行")],
    )  # fmt: skip
    harm = forms.ChoiceField(
        label="危害后果", required=False,
        choices=[("", "不限"), (Harm.SOME.value, "一般以上"), (Harm.GRAVE.value, "严重")],
    )  # fmt: skip
    earlier = forms.IntegerField(
        label="此前违诺次数",
        required=False,
        min_value=1,
        max_value=99,
        error_messages={"invalid": "请填写整数。"},
    )
    unremedied = forms.BooleanField(label="没有整改", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mark(self)
        _say(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.is_written and not given.get("severity"):
            self.add_error("severity", "请选择程度。")
        if given.get("severity") and not given.get("title"):
            self.add_error("title", "请写明情形。")
        return given

    @property
    def is_written(self) -> bool:
        given = self.cleaned_data
        return any(given.get(name) for name in ("title", "kind", "status", "harm", "earlier", "unremedied"))

    @property
    def row(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("title", "kind", "status", "harm", "earlier", "unremedied")
        return {name: given[name] for name in names if given.get(name)}


Grades = formset_factory(GradeForm, extra=0)
Conditions = formset_factory(ConditionForm, extra=_MORE_ROWS, max_num=60, absolute_max=60)


class RuleForms:
    """The tables of one rule; read as a whole or not at all."""

    def __init__(self, present: Mapping[str, Any] | None, head: Mapping[str, Any], data: Any = None) -> None:
        body = present or {}
        self.head = HeadForm(
            data,
            initial={
                **head,
                "earlier_months": body.get("earlier_months", 24),
                "otherwise": (body.get("otherwise") or {}).get("severity", "minor"),
            },
        )
        # What was sent is read by itself: a row that is as it was before counts like any other.
        rows = ([], []) if data is not None else (_grade_rows(body), _condition_rows(body))
        self.grades = Grades(data, prefix="grade", initial=rows[0])
        self.conditions = Conditions(data, prefix="case", initial=rows[1])
        self.rules: Rules | None = None
        self.problems: list[str] = []

    def is_valid(self) -> bool:
        """Whether the tables can be read as a rule; the rule's own judge has the last word."""
        whole = all([self.head.is_valid(), self.grades.is_valid(), self.conditions.is_valid()])
        if not whole:
            self.problems = ["请按标红的说明改正，已填的内容都还在。"]
            return False
        try:
            self.rules = read(self.body)
        except DegreeRuleError as error:
            self.problems = [_in_office_words(one, self.body) for one in error.problems]
            return False
        return True

    @property
    def body(self) -> dict[str, Any]:
        """The data of the rule, from the gravest degree down."""
        heads = {form.cleaned_data["severity"]: form.cleaned_data for form in self.grades}
        cases: dict[str, list[dict[str, Any]]] = {}
        for form in self.conditions:
            if form.cleaned_data and form.is_written:
                cases.setdefault(form.cleaned_data["severity"], []).append(form.row)
        left = self.head.cleaned_data["otherwise"]
        return {
            "earlier_months": self.head.cleaned_data["earlier_months"],
            "grades": [{**_named(heads, one), "any": cases[one]} for one in GRAVEST_FIRST if one in cases],
            "otherwise": _named(heads, left),
        }

    @property
    def answers(self) -> dict[str, Any]:
        given = self.head.cleaned_data
        return {
            **{name: given[name] for name in _OF_THE_RULE},
            "body": self.body,
            "reason": given["reason"],
        }


_WORDS = {
    "“source”": "来源", "“title”": "名称或者情形", "“any”": "情形", "“grades”": "程度",
    "“earlier_months”": "“往前计算多少个月内的违诺”", "“earlier”": "“此前违诺次数”", "“otherwise”": "“都不符合的，认定为”的程度",
}  # fmt: skip


def _in_office_words(problem: str, body: Mapping[str, Any]) -> str:
    """The judge speaks of the data; here it is tables that are filled in."""
    for number, grade in enumerate(body["grades"], start=1):
        problem = problem.replace(f"第{number}个程度", f"程度“{SEVERITIES[grade['severity']]}”")
    for name, word in _WORDS.items():
        problem = problem.replace(name, word)
    return problem


def _named(heads: Mapping[str, Mapping[str, Any]], severity: str) -> dict[str, Any]:
    head = heads.get(severity) or {}
    return {"severity": severity, "title": head.get("title", ""), "source": head.get("source", "")}


def _all_grades(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [*(body.get("grades") or ()), *([body["otherwise"]] if body.get("otherwise") else ())]


def _grade_rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = {one["severity"]: one for one in _all_grades(body)}
    return [
        {
            "severity": severity,
            "title": known.get(severity, {}).get("title", _TITLES[severity]),
            "source": known.get(severity, {}).get("source", ""),
        }
        for severity in GRAVEST_FIRST
    ]


def _condition_rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**one, "severity": grade["severity"]}
        for grade in body.get("grades") or ()
        for one in grade.get("any") or ()
    ]
