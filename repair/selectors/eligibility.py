"""The eligibility of stored records, by the rule set under which each was published and by what is known of them.

What is known comes from the house itself: fulfilment as the source department confirmed it, the commitment letter of the
application, bars that were not lifted, shieldings that stand. Two queries, for one record or for a thousand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Max, OuterRef, Subquery

from audit.faults import Refused
from credit_records.models import Record, RuleSet
from credit_records.rules.rule_sets import RuleSet as Rules
from credit_records.rules.rule_sets import SeverityClass
from credit_records.selectors.record_pages import rules_of
from repair.models import Application, Bar, Item, Shielding
from repair.rules.eligibility import (
    REPAIRABLE_KINDS,
    Eligibility,
    RecordFacts,
    RepairRules,
    asks_upper_review,
    eligibility,
    repair_rules_from_dict,
)


@dataclass(frozen=True)
class Known:
    """What the house knows of a record beside the record itself."""

    fulfilled_on: date | None = None
    committed_on: date | None = None
    false_material_on: date | None = None
    shielded_on: date | None = None
    shielding_stands: bool = False


NOTHING_KNOWN = Known()


def of_repairable_kind(record: Record) -> bool:
    """Whether the record tells of dishonesty at all (`record.item` loaded)."""
    return record.item.kind in REPAIRABLE_KINDS


def facts_of(record: Record, known: Known = NOTHING_KNOWN) -> RecordFacts:
    """What the record itself tells, and what is known beside it (`known_of`). Asks nothing; `record.item` loaded."""
    return RecordFacts(
        kind=record.item.kind,
        decision_date=record.decision_date,
        severity=SeverityClass(record.severity) if record.severity else None,
        state=record.state,
        publicity_start=record.publicity_start,
        earliest_end=record.publicity_earliest_end,
        latest_end=record.publicity_latest_end,
        content="；".join(str(value) for value in record.details.values() if isinstance(value, str)),
        fulfilled_on=known.fulfilled_on,
        committed_on=known.committed_on,
        false_material_on=known.false_material_on,
        shielded_on=known.shielded_on,
        shielding_stands=known.shielding_stands,
    )


def known_of(records: Iterable[Record], *, on: date) -> dict[int, Known]:
    """What is known of each record on a day, by its key (one query for all).

    The newest confirmation counts, with the commitment of its application; what was found false by the revocation of a
    repair counts no more.
    """
    confirmed = (
        Item.objects.filter(record=OuterRef("pk"), finding=Item.Finding.FULFILLED)
        .exclude(outcome=Item.Outcome.REVOKED)
        .order_by("-answered_at", "-pk")
    )
    bars = Bar.objects.filter(subject=OuterRef("subject"), lifted_at=None, found_on__lte=on)
    shieldings = Shielding.objects.filter(record=OuterRef("pk"), ended_on=None)
    rows = (
        Record.objects.filter(pk__in=[record.pk for record in records])
        .order_by()
        .values_list(
            "pk",
            Subquery(confirmed.values("fulfilled_on")[:1]),
            Subquery(confirmed.values("application__committed_on")[:1]),
            Subquery(bars.order_by("-found_on").values("found_on")[:1]),
            Subquery(shieldings.values("item__application__ordered_on")[:1]),
        )
    )
    return {pk: Known(done, given, false, order, order is not None) for pk, done, given, false, order in rows}


@dataclass(frozen=True)
class Governing:
    """A rule set as both rules read it: publicity, and repair."""

    key: str
    publicity: Rules
    repair: RepairRules


def governing(keys: Iterable[str]) -> dict[str, Governing]:
    """The stored rule sets of those keys that say something about repair (one query)."""
    found = {}
    for stored in RuleSet.objects.filter(key__in=sorted(set(keys) - {""})):
        body = stored.body.get("repair")
        if isinstance(body, dict):
            found[stored.key] = Governing(stored.key, rules_of(stored), repair_rules_from_dict(body))
    return found


def eligibilities(
    records: Iterable[Record], *, on: date, rules: Mapping[str, Governing] | None = None
) -> dict[int, Eligibility | None]:
    """Whether each record may be repaired on a day, by its key (two queries in all; `record.item` loaded).

    One query less with the `rules` that `governing` gave.

    None for a record whose rule set is gone or says nothing about repair: the office has to look at it.
    """
    listed = list(records)
    if not listed:
        return {}
    rules = governing(record.rule_set for record in listed) if rules is None else rules
    known = known_of(listed, on=on)
    return {
        record.pk: _judged(record, rules.get(record.rule_set), known.get(record.pk, NOTHING_KNOWN), on)
        for record in listed
    }


def _judged(record: Record, rules: Governing | None, known: Known, on: date) -> Eligibility | None:
    if rules is None:
        return None
    return eligibility(facts_of(record, known), rule_set=rules.publicity, rules=rules.repair, on=on)


def eligibility_of(record: Record, *, on: date) -> Eligibility:
    """Whether the record may be repaired on a day, condition by condition (two queries; `record.item` loaded).

    Refused `repair.rules_missing` when the rule set of the record is gone or says nothing about repair.
    """
    return required(eligibilities([record], on=on)[record.pk])


def required(answer: Eligibility | None) -> Eligibility:
    """The answer, or the refusal that says what is missing."""
    if answer is None:
        raise Refused("repair.rules_missing", "该记录没有适用的修复规则，请办公室核对公示规则中的修复部分。")
    return answer


def eligibility_of_item(item: Item, *, on: date) -> Eligibility:
    """The same for a record that an application is about: its own confirmation, its own letter, its own court order."""
    return required(eligibilities_of_items([item], on=on)[item.pk])


def eligibilities_of_items(items: Iterable[Item], *, on: date) -> dict[int, Eligibility | None]:
    """The answers for the items of applications, by the item's key (two queries).

    `record__item` and `application` must be loaded. A repair does not profit from a court's order, a shielding does.
    """
    listed = list(items)
    if not listed:
        return {}
    rules = governing(item.record.rule_set for item in listed)
    subjects = {item.record.subject_id for item in listed}
    bars = dict(
        Bar.objects.filter(subject__in=subjects, lifted_at=None, found_on__lte=on)
        .order_by()
        .values_list("subject")
        .annotate(Max("found_on"))
    )
    return {
        item.pk: _judged(
            item.record,
            rules.get(item.record.rule_set),
            Known(
                fulfilled_on=item.fulfilled_on if item.finding == Item.Finding.FULFILLED else None,
                committed_on=item.application.committed_on,
                false_material_on=bars.get(item.record.subject_id),
                shielded_on=_ordered_on(item.application),
            ),
            on,
        )
        for item in listed
    }


def _ordered_on(application: Application) -> date | None:
    return application.ordered_on if application.kind == Application.Kind.SHIELD else None


def upper_review_asked(items: Iterable[Item]) -> bool:
    """Whether a rule lays the repair of one of these records before the office one level up (one query)."""
    listed = list(items)
    rules = governing(item.record.rule_set for item in listed)
    return any(
        asks_upper_review(facts_of(item.record), rules[item.record.rule_set].repair)
        for item in listed
        if item.record.rule_set in rules
    )


__all__ = [
    "NOTHING_KNOWN", "Governing", "Known", "eligibilities", "eligibilities_of_items", "eligibility_of",
    "eligibility_of_item", "facts_of", "governing", "known_of", "of_repairable_kind", "required", "upper_review_asked",
]  # fmt: skip
