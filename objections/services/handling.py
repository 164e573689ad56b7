"""The way of an objection up to the proposal, and its ends beside the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from accounts.models import User
from audit.faults import Refused
from casework.models import Letter, Request
from casework.selectors.pages import page_of
from casework.services import accepting, correcting, ending, extensions, verifying
from casework.services.engine import Work, step
from casework.services.step_letters import Says, to_applicant
from credit_records.models import Record
from credit_records.services import disputes
from objections.models import Objection, Point
from objections.selectors.letters import letter_values

_BLANK = {"finding": "", "answer": "", "answered_value": ""}


def points_of(objection: Objection) -> list[Point]:
    related = ("record__subject", "record__item", "record__department", "other_record")
    return list(Point.objects.filter(objection=objection).select_related(*related).order_by("number"))


def _records(points: Iterable[Point]) -> list[Record]:
    """In the order of their keys: two cases about the same records lock them in the same order."""
    return [record for _, record in sorted({point.record_id: point.record for point in points}.items())]


def mark_records(work: Work, objection: Objection) -> None:
    """While the objection runs, its records carry the mark 异议中."""
    for record in _records(points_of(objection)):
        disputes.mark_disputed(
            record, actor=work.actor, reference=work.case.number, url=page_of(work.case), now=work.now
        )


def unmark_records(work: Work, objection: Objection) -> None:
    for record in _records(points_of(objection)):
        disputes.lift_dispute(record, actor=work.actor, reference=work.case.number, now=work.now)


def _says(work: Work, objection: Objection) -> Says:
    return partial(letter_values, work.case, points_of(objection))


def accept(objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None) -> Objection:
    """Take the objection up within one working day: the records are marked, the applicant gets 受理通知书."""
    with step(objection.case, "accept", actor=actor, reason=reason, now=now) as work:
        accepting.accept(work)
        mark_records(work, objection)
        to_applicant(work, Letter.Kind.ACCEPTANCE, _says(work, objection)(reasons=work.reason))
    return objection


def refuse(
    objection: Objection, *, actor: User, reason: str, breach_reason: str = "", now: datetime | None = None
) -> Objection:
    """Do not take it up, with the reason and the remedies in the letter; this ends the case."""
    with step(objection.case, "refuse", actor=actor, reason=reason, now=now) as work:
        ending.refuse(work, breach_reason=breach_reason, says=_says(work, objection))
    return objection


def ask_correction(objection: Objection, *, actor: User, asks: str, now: datetime | None = None) -> Objection:
    """Say once, and completely, what is missing; the clock stands still until it is there (补正)."""
    with step(objection.case, "ask_correction", actor=actor, reason=asks, now=now) as work:
        correcting.ask(work, asks=asks, limit="objection-correction", says=_says(work, objection))
    return objection


def lapse_correction(
    objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None
) -> Objection:
    """The applicant did not answer in time: the objection counts as given up; it can be made anew."""
    with step(objection.case, "lapse_correction", actor=actor, reason=reason, now=now) as work:
        why = correcting.lapse(work)
        unmark_records(work, objection)
        ending.terminate(work, *why, says=_says(work, objection))
    return objection


def ask_departments(
    objection: Objection, *, actor: User, asks: str, now: datetime | None = None
) -> Objection:
    """Send the points, with the evidence, to the departments whose records they are about (协查)."""
    with step(objection.case, "ask_departments", actor=actor, reason=asks, now=now) as work:
        verifying.ask_departments(
            work,
            points_of(objection),
            body_of=lambda point: point.record.department,
            blank=_BLANK,
            asks=asks or "请核实下列异议点并附证据材料答复。",
            says=partial(letter_values, work.case),
        )
    return objection


@dataclass(frozen=True)
class PointAnswer:
    """What the source department says about one point."""

    finding: Point.Finding
    text: str
    value: str = ""


def answer(
    objection: Objection,
    *,
    actor: User,
    request: Request,
    answers: Mapping[int, PointAnswer],
    text: str = "",
    now: datetime | None = None,
) -> Objection:
    """A department answers every point that it was asked about, by the point's number."""
    with step(objection.case, "answer", actor=actor, reason=text, now=now) as work:
        verifying.answer(
            work,
            request,
            points_of(objection),
            answers,
            take=partial(_take_answer, work),
            unanswered=lambda numbers: Refused(
                "objection.unanswered", f"第{numbers}点还没有答复，每个异议点都要答复。"
            ),
            foreign=Refused("objection.foreign_point", "有的异议点不在本协查函之内。"),
            unit="点",
            text=text,
        )
    return objection


def _take_answer(work: Work, point: Point, given: PointAnswer) -> None:
    if given.finding not in Point.Finding.values:
        raise Refused("objection.finding", f"第{point.number}点请选择核实结果。")
    if not given.text.strip():
        raise Refused("objection.answer_missing", f"第{point.number}点请写明核实情况和依据。")
    verifying.write_answer(
        work, point, finding=given.finding, answer=given.text.strip(), answered_value=given.value.strip()
    )


def withdraw(objection: Objection, *, actor: User, reason: str, now: datetime | None = None) -> Objection:
    """The applicant gives the objection up; nothing is decided, the marks are taken off, a letter confirms it."""
    with step(objection.case, "withdraw", actor=actor, reason=reason, now=now) as work:
        unmark_records(work, objection)
        ending.terminate(work, "申请人撤回", says=_says(work, objection))
    return objection


def close(
    objection: Objection,
    *,
    actor: User,
    breach_reason: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> Objection:
    """Everything is done and the letter has been delivered (`ending.close`): the marks are taken off."""
    undelivered = Refused("objection.not_delivered", "决定书还没有登记送达；确需先办结的，请在理由中写明。")
    with step(objection.case, "close", actor=actor, reason=reason, now=now) as work:
        ending.close(work, breach_reason=breach_reason, not_delivered=undelivered)
        unmark_records(work, objection)
    return objection


def reopen(objection: Objection, *, actor: User, reason: str, now: datetime | None = None) -> Objection:
    """Take an ended objection up again: a new round with a clock of its own from today."""
    with step(objection.case, "reopen", actor=actor, reason=reason, now=now) as work:
        if ending.take_up_again(work):
            mark_records(work, objection)
            _decide_anew(objection)
    return objection


def _decide_anew(objection: Objection) -> None:
    """No point carries the conclusion of the round before; it stays in that round's decision, letter and history."""
    for point in points_of(objection):
        point.outcome, point.outcome_value, point.outcome_reasons, point.decided_on = "", "", "", None
        point.save(update_fields=["outcome", "outcome_value", "outcome_reasons", "decided_on"])


def grant_extension(
    objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None
) -> Objection:
    """Grant the extension that the officer asked for; the applicant is told with 延期通知书."""
    with step(objection.case, "grant_extension", actor=actor, reason=reason, now=now) as work:
        extensions.grant_extension(work, says=_says(work, objection))
    return objection
