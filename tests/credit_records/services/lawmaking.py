"""How tests bring a new rule set about: drafted from Order 36, changed, proposed, confirmed."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from credit_records.models import RuleSet
from credit_records.selectors.rule_sets import data_of
from credit_records.services import rule_sets

from ..reporting import NOW

FROM = date(2026, 7, 1)


def drafted(city, *, start: date = FROM, base: str = "order-36", **changes: Any) -> RuleSet:
    """A draft by the officer; `changes` replace parts of its body."""
    draft = rule_sets.draft_rule_set(
        RuleSet.objects.get(key=base), actor=city.officer, title="分类标准(示例)", source="示例文件第1号",
        in_force_from=start, reason="征求意见",
    )  # fmt: skip
    if changes:
        data = {**deepcopy(data_of(draft)), **changes}
        draft = rule_sets.amend_rule_set(draft, actor=city.officer, data=data)
    return draft


def in_force(city, **changes: Any) -> RuleSet:
    draft = rule_sets.propose_rule_set(drafted(city, **changes), actor=city.officer, now=NOW)
    return rule_sets.confirm_rule_set(draft, actor=city.approver, now=NOW)


def with_class(base: RuleSet, severity: str, **changes: Any) -> list[dict[str, Any]]:
    """The classes of a rule set with one of them changed."""
    return [{**one, **(changes if one["severity"] == severity else {})} for one in base.body["classes"]]


def with_kind(base: RuleSet, kind: str, severity: str) -> list[dict[str, Any]]:
    return [
        {**one, "severity": severity if one["value"] == kind else one["severity"]}
        for one in base.body["kinds"]
    ]


AMOUNTS = [
    {"kind": "罚款", "at_least": 50, "severity": "serious", "basis_keywords": [], "note": "示例标准"},
    {
        "kind": "罚款",
        "at_least": 5,
        "severity": "serious",
        "basis_keywords": ["食品安全法"],
        "note": "食品领域",
    },
]
