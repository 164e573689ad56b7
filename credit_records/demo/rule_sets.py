"""A change of law to rehearse, and findings of a department, in the demo city."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import User
from audit.clock import local_day
from credit_records.models import Record, RuleSet, SeverityFinding
from credit_records.selectors.rule_sets import data_of
from credit_records.services.classifying import classify
from credit_records.services.rehearsing import rehearse
from credit_records.services.rule_sets import amend_rule_set, draft_rule_set

TITLE = "银川市行政处罚信息分类标准(示例，征求意见稿)"
_SOURCE = "银川市社会信用体系建设领导小组办公室《行政处罚信息分类标准(示例，征求意见稿)》"
_AMOUNTS: list[dict[str, Any]] = [
    {"kind": "罚款", "at_least": 20, "severity": "serious", "basis_keywords": [], "note": "罚款20万元以上"},
    {
        "kind": "罚款", "at_least": 5, "severity": "serious", "basis_keywords": ["食品安全法", "药品管理法"],
        "note": "食品、药品领域罚款5万元以上",
    },
]  # fmt: skip
_NOTES = ["示例：征求意见稿，用来演示规则的预演；不是真实的文件。"]
_FINDINGS = (
    ("minor", "初次违法、危害后果轻微并及时改正。", "《银川市市场监管裁量基准(示例)》第三条"),
    ("serious", "一年内再次违法，影响恶劣。", ""),
)


def load(now: datetime) -> int:
    """Add the draft and the findings that are missing; returns how many. Safe to repeat."""
    return _load_draft(now) + _load_findings(now)


def _load_draft(now: datetime) -> int:
    officer = User.objects.filter(username="officer").first()
    base = RuleSet.objects.filter(state=RuleSet.State.IN_FORCE, in_force_to=None).first()
    if officer is None or base is None or RuleSet.objects.filter(title=TITLE).exists():
        return 0
    draft = draft_rule_set(
        base, actor=officer, title=TITLE, source=_SOURCE, in_force_from=_next_month(local_day(now)),
        reason="征求意见，先预演影响",
    )  # fmt: skip
    data = {**data_of(draft), "amounts": _AMOUNTS, "notes": [*_NOTES, *base.body.get("notes", ())]}
    draft = amend_rule_set(draft, actor=officer, data=data, reason="增加罚款数额标准")
    rehearse(draft, actor=officer, now=now)
    return 1


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _load_findings(now: datetime) -> int:
    reviewer = User.objects.filter(username="reviewer.scjg").first()
    if reviewer is None or SeverityFinding.objects.exists():
        return 0
    records = Record.objects.filter(
        department=reviewer.department_id, state=Record.State.PUBLISHED, severity="general", disputed=False
    ).exclude(entered_by=reviewer)
    chosen = records.order_by("-decision_date", "-pk")[10 : 10 + len(_FINDINGS)]
    for record, (severity, reason, legal_basis) in zip(chosen, _FINDINGS, strict=False):
        classify(record, actor=reviewer, severity=severity, reason=reason, legal_basis=legal_basis, now=now)
    return len(chosen)
