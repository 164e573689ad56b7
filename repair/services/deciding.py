"""Proposal and decision of a repair, record by record, by one level of review or two (拟办、审批、上级审核)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import Role, User
from audit.faults import Refused
from casework.models import Case, Decision, Letter, Request
from casework.selectors.pages import page_of
from casework.services import decisions, requests
from casework.services.engine import Work, step
from casework.services.news import tell_body, tell_responsible
from casework.services.notices import tell
from casework.services.opening import upper_office
from casework.services.step_letters import to_body
from repair.models import Application, Item
from repair.rules.eligibility import Eligibility
from repair.selectors.decision_letters import review_values
from repair.selectors.eligibility import eligibilities_of_items, upper_review_asked

from . import effects
from .barring import bar_for_false_material
from .effects import Ruling, in_effect, in_the_way, is_revocation, may_be_granted, open_items, rulings_of
from .materials import lacking_for, missing, require_complete

Outcome = Item.Outcome
_CHOICES = {False: (Outcome.GRANTED, Outcome.DENIED), True: (Outcome.REVOKED, Outcome.KEPT)}
"""What can be proposed: in a round about an application, and in one about revoking."""
_SAID_OF_GRANTED = {
    Application.Kind.REPAIR: ("minimum", "duties", "commitment"),
    Application.Kind.SHIELD: ("shield",),
}
"""The facts on which the grant rests: a court's order asks for nothing else, and a repair rests on no order."""


@dataclass(frozen=True)
class Suggestion:
    """What the conditions say of one record: the officer weighs it, nothing follows from it by itself."""

    outcome: str
    reasons: str
    obstacles: tuple[str, ...]
    """Why it cannot be granted, one sentence each; empty when it can."""


def current(application: Application) -> Application:
    """The application as it is now: called under the lock on its case."""
    return Application.objects.get(pk=application.pk)


def suggestions(application: Application, *, on: date) -> dict[int, Suggestion]:
    """For every record of the round, by the item's number, what could be proposed on a day (four queries)."""
    items = open_items(application)
    if is_revocation(items):
        why = _false_material(items)
        return {item.number: Suggestion(Outcome.REVOKED, f"申请时提供虚假材料：{why}", ()) for item in items}
    answers, lines = eligibilities_of_items(items, on=on), missing(application)
    return {item.number: _suggestion(item, answers[item.pk], lacking_for(lines, {item.pk})) for item in items}


def _suggestion(item: Item, answer: Eligibility | None, lacking: Sequence[str]) -> Suggestion:
    if answer is None:
        said = "该记录没有适用的修复规则，请办公室核对公示规则中的修复部分"
        return Suggestion(Outcome.DENIED, "", (said,))
    if may_be_granted(item, answer) and not lacking:
        codes = _SAID_OF_GRANTED[Application.Kind(item.application.kind)]
        facts = "；".join(one.fact for one in answer.conditions if one.code in codes)
        return Suggestion(Outcome.GRANTED, f"经逐项审查，{facts}，符合规定的条件。", ())
    said = [f"{one.title}：{one.fact}" for one in in_the_way(item, answer)]
    obstacles = tuple([*said, f"材料：{'、'.join(lacking)}"] if lacking else said)
    return Suggestion(Outcome.DENIED, f"不符合下列条件：{'；'.join(obstacles)}。", obstacles)


def overall(outcomes: Sequence[str]) -> Decision.Outcome:
    """The conclusion of the whole from those of its records."""
    if Outcome.REVOKED in outcomes:
        return Decision.Outcome.REVOKED
    if Outcome.KEPT in outcomes:
        return Decision.Outcome.KEPT
    granted = sum(outcome == Outcome.GRANTED for outcome in outcomes)
    if granted == len(outcomes):
        return Decision.Outcome.GRANTED
    return Decision.Outcome.PARTLY_GRANTED if granted else Decision.Outcome.DENIED


def propose(
    application: Application,
    *,
    actor: User,
    rulings: Mapping[int, Ruling],
    reason: str,
    false_material: str = "",
    now: datetime | None = None,
) -> Decision:
    """Lay a conclusion on every record of the round before the approver; what the conditions forbid cannot be proposed.

    `false_material`: the fact that was found false, where everything is denied for it; the approval bars the subject.
    Refused: `repair.nothing_open`, `repair.undecided`, `repair.foreign_item`, `repair.outcome`,
    `repair.reasons_missing`, `repair.not_eligible`, `repair.rules_missing`, `repair.material_missing`,
    `repair.false_material_denies`.
    """
    with step(application.case, "propose", actor=actor, reason=reason, now=now) as work:
        items = open_items(application)
        if not items:
            raise Refused("repair.nothing_open", "本案没有待决定的记录，请核对，或者办理终止。")
        _check_rulings(items, rulings)
        if false_material.strip():
            _require_denied(items, rulings)
        effects.require_grantable(items, rulings, work)
        require_complete(application, _granted(items, rulings))
        content: dict[str, Any] = {
            "items": [
                {"number": item.number, "record": item.record_id, **asdict(rulings[item.number])}
                for item in items
            ]
        }
        if false_material.strip():
            content["false_material"] = false_material.strip()
        outcome = overall([rulings[item.number].outcome for item in items])
        return decisions.propose(work, outcome=outcome, content=content)


def _granted(items: Iterable[Item], rulings: Mapping[int, Ruling]) -> list[Item]:
    """What is to be granted; an item without a ruling is told apart by who compares the two."""
    return [
        item
        for item in items
        if (ruling := rulings.get(item.number)) is not None and ruling.outcome == Outcome.GRANTED
    ]


def _require_denied(items: Iterable[Item], rulings: Mapping[int, Ruling]) -> None:
    if any(rulings[item.number].outcome != Outcome.DENIED for item in items):
        raise Refused(
            "repair.false_material_denies",
            "查明虚假材料的，每条记录都应拟不予；已经准予的，请在办结后用“查明虚假材料”办理撤销。",
        )


def _check_rulings(items: Sequence[Item], rulings: Mapping[int, Ruling]) -> None:
    numbers = {item.number for item in items}
    missing = sorted(numbers - set(rulings))
    if missing:
        raise Refused("repair.undecided", f"第{'、'.join(map(str, missing))}项还没有结论，每条记录都要决定。")
    foreign = sorted(set(rulings) - numbers)
    if foreign:
        raise Refused(
            "repair.foreign_item", f"第{'、'.join(map(str, foreign))}项不在本轮办理之内，请刷新页面。"
        )
    choices = _CHOICES[is_revocation(items)]
    for item in items:
        ruling = rulings[item.number]
        if ruling.outcome not in choices:
            allowed = "、".join(str(one.label) for one in choices)
            raise Refused("repair.outcome", f"第{item.number}项请选择结论：{allowed}。")
        if not ruling.reasons.strip():
            raise Refused("repair.reasons_missing", f"第{item.number}项请写明理由，结论要经得起复核。")


def needs_upper_review(application: Application, items: Sequence[Item]) -> bool:
    """Whether the office one level up has the last word when these items are granted, or revoked.

    A repair: where the rule set of one of the records says so for its class (`repair.upper_review`). A revocation: where
    the grant of one of them had it. A shielding never: the court has decided it.
    """
    if application.kind == Application.Kind.SHIELD or not items:
        return False
    if is_revocation(items):
        return _granted_above(application.case, items)
    return upper_review_asked(items)


def _granted_above(case: Case, items: Sequence[Item]) -> bool:
    """Whether the office one level up agreed to the grant of one of these items, in whichever round that was."""
    numbers = {item.number for item in items}
    granted = (Decision.Outcome.GRANTED, Decision.Outcome.PARTLY_GRANTED)
    approved = Decision.objects.filter(case=case, state=Decision.State.APPROVED, outcome__in=granted)
    reviews = Request.objects.filter(
        case=case, kind=Request.Kind.REVIEW, state=Request.State.ANSWERED
    ).values_list("round", "sent_at")
    answered = list(reviews)
    return any(
        # Sent at the moment of the endorsement, answered with the agreement.
        any(round == decision.round and sent_at >= decision.decided_at for round, sent_at in answered)
        for decision in approved
        if decision.decided_at is not None
        and any(
            number in numbers and ruling.outcome == Outcome.GRANTED
            for number, ruling in rulings_of(decision).items()
        )
    )


def decide(
    application: Application, *, actor: User, digest: str, reason: str = "", now: datetime | None = None
) -> Application:
    """Approve the proposal that was read: with all its effects, or endorsed to the office one level up where a rule asks.

    Refused: `decision.changed`, `repair.not_eligible` (a condition has changed since), `repair.material_missing`,
    `four_eyes`, `case.no_upper_office`.
    """
    with step(application.case, "decide", actor=actor, reason=reason, now=now) as work:
        found = current(application)
        proposal = decisions.waiting(work)
        items, rulings = open_items(found), rulings_of(proposal)
        if {item.number for item in items} != set(rulings):
            raise Refused("decision.changed", "本案的记录在拟办之后有变动，请退回重拟。")
        # A class raised meanwhile asks for the upper office: nothing about the records may change from here on.
        effects.hold_records(items)
        require_complete(found, _granted(items, rulings))
        if needs_upper_review(found, in_effect(items, rulings)):
            effects.require_grantable(items, rulings, work)
            _lay_before_upper_office(work, decisions.endorse(work, digest=digest), items, rulings)
        else:
            _take_effect(work, found, decisions.approve(work, digest=digest))
    return application


def _take_effect(work: Work, application: Application, decision: Decision) -> None:
    letter = effects.apply(work, application, decision)
    fact = decision.content.get("false_material", "")
    bar_for_false_material(work, application, fact=fact, letter=letter)


def _lay_before_upper_office(
    work: Work, decision: Decision, items: Sequence[Item], rulings: Mapping[int, Ruling]
) -> None:
    office = upper_office(work.case.owning_body)
    asks = f"拟{decision.get_outcome_display()}，请审核。"
    request = requests.ask_upper_office(work, office, asks=asks, limit="repair-review")
    work.go_to(Case.State.UPPER_REVIEW)
    values = review_values(
        work.case,
        items,
        rulings={number: (one.outcome, one.reasons) for number, one in rulings.items()},
        reasons=decision.reasons,
        reply_due=request.due_on.isoformat(),
        false_material=_false_material(items),
    )
    to_body(work, Letter.Kind.REVIEW, office, values)
    said = f"待上级审核：{work.case.number}，拟{decision.get_outcome_display()}，请于{request.due_on}前审核。"
    tell_body(work, office, said, Role.UPPER_REVIEWER)
    tell_responsible(work, f"{work.case.number}已审批，报请{office}审核。")


def _false_material(items: Sequence[Item]) -> str:
    """What was found false, in a round about revoking; empty in any other."""
    return items[0].application.false_material if is_revocation(items) else ""


def confirm(
    application: Application, *, actor: User, digest: str, reason: str = "", now: datetime | None = None
) -> Application:
    """Agree one level up with the decision that was read: it takes effect with this, and by the hand of who agrees."""
    with step(application.case, "confirm", actor=actor, reason=reason, now=now) as work:
        decision = decisions.confirm(work, digest=digest)
        require_complete(application, _granted(open_items(application), rulings_of(decision)))
        _take_effect(work, current(application), decision)
        requests.answer_review(work, answer=work.reason or "同意。")
        _tell_approver(work, decision, f"{work.case.number}经上级审核同意，已生效。")
    return application


def return_decision(
    application: Application, *, actor: User, reason: str, now: datetime | None = None
) -> Application:
    """Do not agree one level up: back to the officer, with the reason; nothing has taken effect."""
    with step(application.case, "return_decision", actor=actor, reason=reason, now=now) as work:
        decision = decisions.return_endorsed(work)
        requests.answer_review(work, answer=work.reason)
        said = f"上级退回：{work.case.number}。{work.reason}"
        tell_responsible(work, said)
        _tell_approver(work, decision, said)
    return application


def _tell_approver(work: Work, decision: Decision, text: str) -> None:
    if decision.decided_by is not None:
        tell([decision.decided_by], text, case=work.case, url=page_of(work.case), now=work.now)


__all__ = [
    "Ruling", "Suggestion", "confirm", "decide", "needs_upper_review", "overall", "propose", "return_decision",
    "suggestions",
]  # fmt: skip
