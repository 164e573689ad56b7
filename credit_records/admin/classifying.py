"""认定失信程度 on the record's page: the reviewer's verbs, and the filter by which the office finds every finding."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.clock import today
from backoffice.filters import DropdownFilter
from backoffice.labels import name_data, name_verbs
from backoffice.verbs import Verb
from credit_records.models import Record, SeverityFinding
from credit_records.selectors.findings import finding_shown
from credit_records.services import classifying

State = Record.State
_COMING = (State.DRAFT, State.RETURNED, *classifying.CLASSIFIED)

name_verbs({"record.classify": "认定失信程度", "record.lift_finding": "撤销失信程度认定"})
name_data(
    {"severity": "失信程度", "legal_basis": "法律依据"}, values={"severity": dict(Record.Severity.choices)}
)


def _classify(record: Record, *, actor: Any, **answers: Any) -> str:
    finding = classifying.classify(record, actor=actor, **answers)
    found = Record.objects.get(pk=record.pk)
    if found.publicity_start is None:
        period = "不予公示"
    elif found.publicity_latest_end is not None and found.publicity_latest_end < today():
        period = f"公示期已于{found.publicity_latest_end}届满，不再公示"
    else:
        period = f"公示至{found.publicity_latest_end}，最早可修复日{found.publicity_earliest_end}"
    return f"已认定为{finding.get_severity_display()}失信，{period}。"


VERBS = (
    Verb(
        "classify", "认定失信程度", _classify, needs_reason=True, order=35,
        reachable=lambda record: bool(record.rule_set)
        and record.state in _COMING
        and not record.item.by_decision,
        obstacle=lambda record, user: classifying.obstacle(record, actor=user),
        confirm="由本单位按法律、法规和裁量基准认定，优先于按规则确定的失信程度；公示期随之重新确定，不超过该程度的最长公示期。"
        "以后的报送不会改变认定。比规则轻的，必须写明法律依据。",
        extra_fields=(
            (
                "severity",
                forms.ChoiceField(
                    label="认定为", choices=[("", "请选择"), *Record.Severity.choices],
                    error_messages={"required": "请选择认定的失信程度：轻微、一般或者严重。"},
                ),
            ),
            (
                "publish_minor",
                forms.BooleanField(
                    label="确有必要公示", required=False,
                    help_text="只用于原则上不公示的轻微失信信息；不勾选就不公示。",
                ),
            ),
            (
                "simple_procedure",
                forms.BooleanField(
                    label="该处罚以简易程序作出", required=False, help_text="报送表没有这一栏，在这里认定。"
                ),
            ),
            (
                "until",
                forms.DateField(
                    label="另行规定公示至(可不填)", required=False,
                    widget=forms.DateInput(attrs={"type": "date"}),
                    help_text="法律、法规或者行业主管部门另有期限的才填，不能超过最长公示期。",
                    error_messages={"invalid": "请填写 2027-01-31 样式的日期。"},
                ),
            ),
            (
                "legal_basis",
                forms.CharField(
                    label="法律依据(比规则轻、另定期限的必填)", required=False, max_length=500,
                    help_text="例如裁量基准、行业分类标准的名称、文号和条款。",
                ),
            ),
        ),
    ),
    Verb(
        "lift_finding", "撤销认定", classifying.lift_finding, rule="classify", needs_reason=True, tone="danger", order=36,
        reachable=lambda record: bool(record.rule_set)
        and record.state in _COMING
        and not record.item.by_decision
        and finding_shown(record) is not None,
        obstacle=lambda record, user: classifying.obstacle(record, actor=user),
        confirm="撤销后，失信程度和公示期重新按公示规则确定；原来的认定留在历史里。",
        done="{obj}：认定已撤销，重新按公示规则确定。",
    ),
)  # fmt: skip


class FoundFilter(DropdownFilter):
    """Records whose class the department has set itself, and how."""

    title = "认定过失信程度"
    parameter_name = "finding"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("yes", "有认定"),
            ("lighter", "认定比规则轻"),
            *((value, f"认定为{label}") for value, label in Record.Severity.choices),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        findings = SeverityFinding.objects.filter(superseded_at=None)
        if self.value() == "lighter":
            findings = findings.filter(rules_say__in=["general", "serious"]).exclude(severity="serious")
            findings = findings.exclude(severity="general", rules_say="general")
        elif self.value() != "yes":
            findings = findings.filter(severity=self.value())
        return queryset.filter(pk__in=findings.values("record"))
