"""What a draft rule set does to repairs under way: whether, and from which day, their records may be repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from casework.selectors.pages import page_of
from credit_records.impact import Change, Touched
from credit_records.selectors.record_pages import rules_of
from repair.models import Item
from repair.rules.eligibility import Eligibility, RepairRulesError, eligibility, repair_rules_from_dict
from repair.rules.served import served_rule_from_dict
from repair.selectors.eligibility import eligibilities, facts_of, known_of


class RepairsUnderWay:
    """Open items of applications; each is judged on the day of the question by its own rules and by the draft's."""

    def preview(self, change: Change) -> Sequence[Touched]:
        items = list(Item.objects.filter(pending=True).select_related("application__case", "record__item"))
        try:
            repair_rules = repair_rules_from_dict(change.rule_set.body.get("repair") or {})
        except RepairRulesError:
            return []
        records = [item.record for item in items]
        present = eligibilities(records, on=change.today)
        known = known_of(records, on=change.today)
        rules = rules_of(change.rule_set)
        found = []
        for item in items:
            record = item.record
            answer = change.judge(record)
            if answer is None:
                continue
            facts = replace(
                facts_of(record, known[record.pk]),
                severity=answer.verdict.severity,
                publicity_start=answer.publicity.start,
                earliest_end=answer.publicity.earliest_end,
                latest_end=answer.publicity.latest_end,
            )
            coming = eligibility(facts, rule_set=rules, rules=repair_rules, on=change.today)
            now = present[record.pk]
            if _standing(now) != _standing(coming):
                case = item.application.case
                found.append(
                    Touched(
                        case.number,
                        record.document_number,
                        page_of(case),
                        _standing(now),
                        _standing(coming),
                        worse=bool(now is not None and _worse(now, coming)),
                    )
                )
        return found

    def problems(self, body: Mapping[str, Any]) -> Sequence[str]:
        part = body.get("repair")
        if not isinstance(part, Mapping):
            return ["缺少修复规则(repair)，请补填"]
        found: list[str] = []
        for read in (repair_rules_from_dict, served_rule_from_dict):
            try:
                read(part)
            except RepairRulesError as error:
                found += error.problems
        return found


def _standing(one: Eligibility | None) -> str:
    """The verdict that the rules decide, in words: what documents are still to be brought is none of theirs."""
    if one is None:
        return "没有适用的修复规则"
    by_rules = {"kind", "state", "published", "maximum"}
    if any(condition.code in by_rules and condition.verdict == "failed" for condition in one.conditions):
        return "不需要修复或者不可修复"
    if one.eligible:
        return f"可以修复(自{one.since}起)" if one.since else "可以修复"
    if one.from_day is not None and one.from_day > one.on:
        return f"自{one.from_day}起可以修复"
    return "最短公示期已满，其他条件待核"


def _worse(now: Eligibility, coming: Eligibility) -> bool:
    def first(one: Eligibility) -> Any:
        return one.since or one.from_day

    if _standing(now).startswith("不需要"):
        return False
    if _standing(coming).startswith("不需要"):
        return False
    return first(coming) is not None and (first(now) is None or first(coming) > first(now))
