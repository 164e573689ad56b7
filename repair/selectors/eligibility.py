"""The eligibility of a stored record, by the rule set under which it was published."""

from __future__ import annotations

from datetime import date

from audit.faults import Refused
from credit_records.models import Record, RuleSet
from credit_records.rules.rule_sets import SeverityClass
from credit_records.selectors.record_pages import rules_of
from repair.rules.eligibility import Eligibility, RecordFacts, eligibility, repair_rules_from_dict

PENALTY = "penalty"


def is_penalty(record: Record) -> bool:
    return record.item.kind == PENALTY


def facts_of(record: Record) -> RecordFacts:
    """What the record itself tells; proof of fulfilment and the commitment come with an application."""
    return RecordFacts(
        is_penalty=is_penalty(record),
        decision_date=record.decision_date,
        severity=SeverityClass(record.severity) if record.severity else None,
        state=record.state,
        publicity_start=record.publicity_start,
        earliest_end=record.publicity_earliest_end,
        latest_end=record.publicity_latest_end,
        content="；".join(str(value) for value in record.details.values() if isinstance(value, str)),
    )


def eligibility_of(record: Record, *, on: date) -> Eligibility:
    """Whether the record may be repaired on a day, condition by condition (one query; `record.item` loaded).

    Refused `repair.rules_missing` when the rule set of the record is gone or says nothing about repair.
    """
    rule_set = RuleSet.objects.filter(key=record.rule_set).first() if record.rule_set else None
    if rule_set is None or not isinstance(rule_set.body.get("repair"), dict):
        raise Refused("repair.rules_missing", "该记录没有适用的修复规则，请办公室核对公示规则中的修复部分。")
    rules = repair_rules_from_dict(rule_set.body["repair"])
    return eligibility(facts_of(record), rule_set=rules_of(rule_set), rules=rules, on=on)
