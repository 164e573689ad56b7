"""What a decision on a repair does, all of it in the transaction of the decision, or none of it.

The order of locks is the same for every decision: the case (taken by its step), the uploads of each department and item in
question, the records by their keys; only then numbers of letters, entries of the outbox and commitments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Exists

from audit.clock import local_day
from audit.faults import Refused
from casework.models import Decision, Letter
from casework.services.engine import Work
from casework.services.news import tell_owners, tell_responsible
from casework.services.opening import upper_office
from casework.services.step_letters import to_applicant
from commitments.services.registering import record_repair_commitment
from credit_records.models import Record
from credit_records.services import batches, repairs
from exchange.services import outbox
from repair.models import Application, Bar, Item, Shielding
from repair.rules.eligibility import Condition, Eligibility, Verdict
from repair.selectors.decision_letters import decision_values, revocation_values
from repair.selectors.eligibility import eligibilities_of_items, governing, required

Outcome = Item.Outcome
IN_QUESTION = (Outcome.GRANTED, Outcome.KEPT)
"""Outcomes of a round before: a pending item that carries one is about revoking the repair."""
GRANTED, REVOKED, SHIELDED, SHIELDING_ENDED = (
    "repair.granted",
    "repair.revoked",
    "repair.shielded",
    "repair.shielding_ended",
)


@dataclass(frozen=True)
class Ruling:
    """What is proposed for one record."""

    outcome: str
    reasons: str


def open_items(application: Application) -> list[Item]:
    """The items that the present round is about, with all that judging and letters need (one query)."""
    related = ("application", "record__subject", "record__item", "record__department")
    pending = Item.objects.filter(application=application, pending=True)
    return list(pending.select_related(*related).order_by("number"))


def is_revocation(items: Iterable[Item]) -> bool:
    """Whether the round is about taking back what was granted."""
    return any(item.outcome in IN_QUESTION for item in items)


def rulings_of(decision: Decision) -> dict[int, Ruling]:
    """The rulings of a proposal by the number of the item."""
    return {row["number"]: Ruling(row["outcome"], row["reasons"]) for row in decision.content["items"]}


def in_effect(items: Iterable[Item], rulings: Mapping[int, Ruling]) -> list[Item]:
    """The items for which something happens to the record: granted, or revoked."""
    effective = (Outcome.GRANTED, Outcome.REVOKED)
    return [item for item in items if rulings[item.number].outcome in effective]


def may_be_granted(item: Item, answer: Eligibility) -> bool:
    """A repair asks for every condition; a shielding for the court's order and a record in force that none hides yet."""
    if item.application.kind == Application.Kind.SHIELD:
        return answer.by_order and not item.record.shielded_by
    return answer.repairable


def in_the_way(item: Item, answer: Eligibility) -> list[Condition]:
    """The conditions because of which the item cannot be granted; empty when it can."""
    if may_be_granted(item, answer):
        return []
    if item.application.kind == Application.Kind.SHIELD:
        basic = {"kind", "state", "published", "maximum"}
        failed = [one for one in answer.failed if one.code in basic]
        return [*failed, _shielded_already(item)] if item.record.shielded_by else failed
    return list(answer.failed)


def _shielded_already(item: Item) -> Condition:
    fact = f"已按{item.record.shielded_by}屏蔽，屏蔽结束之前不需要再屏蔽"
    return Condition("shielded", "没有屏蔽", Verdict.FAILED, fact, "")


def require_grantable(
    items: Sequence[Item], rulings: Mapping[int, Ruling], work: Work
) -> dict[int, Eligibility]:
    """The answers of the day for the items to be granted, by their keys.

    Refused when one may not be: `repair.shielded_already`, `repair.not_eligible`.
    """
    granted = [item for item in items if rulings[item.number].outcome == Outcome.GRANTED]
    answers = {pk: required(answer) for pk, answer in eligibilities_of_items(granted, on=work.today).items()}
    for item in granted:
        answer = answers[item.pk]
        if not may_be_granted(item, answer):
            obstacles = in_the_way(item, answer)
            if [one.code for one in obstacles] == ["shielded"]:
                raise Refused(
                    "repair.shielded_already",
                    f"第{item.number}项《{item.record.document_number}》{obstacles[0].fact}，请改拟为不予。",
                )
            said = "；".join(f"{one.title}——{one.fact}" for one in obstacles) or "没有人民法院的裁定"
            raise Refused(
                "repair.not_eligible",
                f"第{item.number}项《{item.record.document_number}》现在不能准予：{said}。请改拟为不予，或者待条件具备后再办。",
            )
    return answers


def hold_records(items: Iterable[Item]) -> None:
    """Nothing changes these records until the decision stands; the items then see them as they are now."""
    listed = list(items)
    batches.hold_submissions(item.record for item in listed)
    held = Record.objects.select_for_update(of=("self",)).filter(pk__in=[item.record_id for item in listed])
    related = ("subject", "item", "department")
    fresh = {record.pk: record for record in held.select_related(*related).order_by("pk")}
    for item in listed:
        item.record = fresh[item.record_id]


def apply(work: Work, application: Application, decision: Decision) -> Letter | None:
    """Carry an approved proposal out: letter, records, bar, commitment, outbox, news. Part of the decision's transaction.

    Whether the records may be repaired is judged again under the lock: refused `repair.not_eligible` when that has changed.
    """
    items = open_items(application)
    rulings = rulings_of(decision)
    if {item.number for item in items} != set(rulings):
        raise Refused("decision.changed", "本案的记录在拟办之后有变动，请退回重拟。")
    hold_records(items)
    if is_revocation(items):
        return _revoke_all(work, application, items, rulings, decision)
    answers = require_grantable(items, rulings, work)
    all_answers = _answers_for_good(items, answers, work)
    write_outcomes(work, items, rulings, all_answers)
    letter = issue_decision(work, items, decision, all_answers)
    reference = f"信用修复决定书{letter.number}"
    for item in sorted(in_effect(items, rulings), key=lambda one: one.record_id):
        if application.kind == Application.Kind.SHIELD:
            shield_record(work, item, reference=reference)
            tell_platform(work, SHIELDED, item, letter=letter.number)
        else:
            repair_record(work, item, reference=reference)
            tell_platform(work, GRANTED, item, letter=letter.number)
    if application.kind == Application.Kind.REPAIR and in_effect(items, rulings):
        keep_commitment(work, application)
    announce(work, items, letter.number)
    return letter


def _answers_for_good(
    items: Sequence[Item], granted: Mapping[int, Eligibility], work: Work
) -> dict[int, Eligibility | None]:
    rest = [item for item in items if item.pk not in granted]
    return {**granted, **eligibilities_of_items(rest, on=work.today)}


def _revoke_all(
    work: Work,
    application: Application,
    items: Sequence[Item],
    rulings: Mapping[int, Ruling],
    decision: Decision,
) -> Letter | None:
    """Repairs taken back; where all are kept nothing changes for the subject, and no letter goes out."""
    write_outcomes(work, items, rulings, None)
    revoked = sorted(in_effect(items, rulings), key=lambda one: one.record_id)
    if not revoked:
        announce(work, items, "")
        return None
    letter = issue_revocation(work, application, items, decision)
    reference = f"撤销信用修复决定书{letter.number}"
    for item in revoked:
        revoke_record(work, item, reference=reference)
        tell_platform(work, REVOKED, item, letter=letter.number)
    bar_subject(work, application, reference=letter.number)
    announce(work, items, letter.number)
    return letter


# --- the steps of the effect, each by itself ----------------------------------------------------------------


def write_outcomes(
    work: Work,
    items: Sequence[Item],
    rulings: Mapping[int, Ruling],
    answers: Mapping[int, Eligibility | None] | None,
) -> None:
    """The conclusion on every item; at a grant or denial also the rule set and the conditions, kept for good."""
    for item in items:
        ruling = rulings[item.number]
        item.outcome, item.outcome_reasons = ruling.outcome, ruling.reasons.strip()
        item.decided_on, item.pending = work.today, False
        fields = ["outcome", "outcome_reasons", "decided_on", "pending"]
        if answers is not None:
            answer = answers.get(item.pk)
            item.rule_set = item.record.rule_set
            item.conditions = [_kept(one) for one in answer.conditions] if answer is not None else []
            fields += ["rule_set", "conditions"]
        item.save(update_fields=fields)


def _kept(condition: Condition) -> dict[str, Any]:
    """A condition as it stood at the decision."""
    day = condition.holds_from
    return {
        **asdict(condition),
        "verdict": condition.verdict.value,
        "holds_from": day.isoformat() if day is not None else None,
    }


def _reasons(work: Work, decision: Decision) -> str:
    """The reasons of the decision; where the office one level up has agreed, the letter says so."""
    if work.step.verb != "confirm":
        return decision.reasons
    return f"{decision.reasons}\n本决定已经{upper_office(work.case.owning_body)}审核同意。"


def issue_decision(
    work: Work, items: Sequence[Item], decision: Decision, answers: Mapping[int, Eligibility | None]
) -> Letter:
    sources = [
        one.source
        for answer in answers.values()
        if answer is not None
        for one in answer.conditions
        if one.code in ("kind", "shield")
    ]
    values = decision_values(work.case, items, reasons=_reasons(work, decision), basis=sources)
    return to_applicant(work, Letter.Kind.DECISION, values)


def issue_revocation(
    work: Work, application: Application, items: Sequence[Item], decision: Decision
) -> Letter:
    rules = governing(item.record.rule_set for item in items)
    values = revocation_values(
        work.case,
        items,
        on=work.today,
        reasons=_reasons(work, decision),
        false_material=application.false_material,
        bar_months=max((one.repair.bar_months for one in rules.values()), default=0),
        basis=[one.repair.bar_source for one in rules.values()],
    )
    return to_applicant(work, Letter.Kind.REVOCATION, values)


def repair_record(work: Work, item: Item, *, reference: str) -> None:
    """Repair the record; a shielding stands until the order ends, for a repair that is revoked must not outrun the court."""
    repairs.repair_by_decision(
        item.record, actor=work.actor, reference=reference, reason=item.outcome_reasons, now=work.now
    )


def shield_record(work: Work, item: Item, *, reference: str) -> None:
    """Take the record off publicity while the court's order holds; what is off already is hidden by the order as well."""
    repairs.shield(
        item.record, actor=work.actor, reference=reference, reason=item.outcome_reasons, now=work.now
    )
    Shielding.objects.create(item=item, record=item.record, since=work.today)


def revoke_record(work: Work, item: Item, *, reference: str) -> None:
    repairs.revoke_repair(
        item.record, actor=work.actor, reference=reference, reason=item.outcome_reasons, now=work.now
    )


def bar_subject(work: Work, application: Application, *, reference: str) -> Bar:
    """Who handed in false material may not apply again for as long as the rule set of a record says."""
    return Bar.objects.create(
        subject=work.case.subject,
        application=application,
        found_on=work.today,
        reason=application.false_material,
        reference=reference,
        set_by=work.actor,
        set_at=work.now,
    )


def keep_commitment(work: Work, application: Application) -> None:
    """The commitment letter of a granted repair is kept among the commitments (信用修复型)."""
    if application.committed_on is None:
        return
    record_repair_commitment(
        subject=work.case.subject,
        case_number=work.case.number,
        text=application.commitment,
        made_on=application.committed_on,
        department=work.case.owning_body,
        actor=work.actor,
        now=work.now,
    )


def tell_platform(work: Work, topic: str, item: Item, *, letter: str) -> None:
    """An entry for the same-day synchronisation with the upper platform, once per item and round."""
    put_entry(
        topic,
        item,
        round=work.case.round,
        number=work.case.number,
        letter=letter,
        actor=work.actor,
        now=work.now,
    )


def put_entry(
    topic: str, item: Item, *, round: int, number: str, letter: str, actor: Any, now: Any, on: str = ""
) -> None:
    """In the words of the field: which decision document, about whom, by which letter, on which day, and what the record is.

    Put after the record is written: its state and whether the public sees it are read from the table.
    """
    record = item.record
    day = on or (item.decided_on.isoformat() if item.decided_on is not None else "")
    shown = Record.objects.public(local_day(now)).filter(pk=record.pk)
    state, public = Record.objects.values_list("state", Exists(shown)).get(pk=record.pk)
    outbox.put(
        topic=topic,
        key=f"{topic}:{number}:{round}:{item.number}",
        payload={
            "case_number": number,
            "item_code": record.item.code,
            "document_number": record.document_number,
            "decision_date": record.decision_date.isoformat(),
            "subject_name": record.subject.name,
            "subject_code": record.subject.code or "",
            "source_name": record.department.name,
            "source_code": record.department.code,
            "letter_number": letter,
            "on": day,
            "state": state,
            "public": public,
        },
        reference=letter,
        record=record,
        actor=actor,
        now=now,
    )


def announce(work: Work, items: Sequence[Item], number: str) -> None:
    """News to the officer in charge, and to the departments whose records they are."""
    said = f"文书{number}，请送达并于" if number else "维持修复，请于"
    tell_responsible(work, f"{work.case.number}已决定，{said}{work.case.due_on}前办结。")
    if number:
        records = [item.record for item in items]
        tell_owners(work, records, f"信用修复决定：{work.case.number}，{number}，涉及本单位记录。")
