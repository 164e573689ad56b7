"""The way of an objection up to the proposal, and its ends beside the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Department, User
from audit.faults import Refused
from casework.letters.sheet import date_words
from casework.models import Case, Evidence, Letter, Notice, Request
from casework.services import ending, extensions, letters, requests
from casework.services.engine import Work, refresh_clock, step
from casework.services.evidence import share
from casework.services.notices import approvers, people_of, responsible, tell
from credit_records.models import Record
from credit_records.services import disputes
from objections.models import Objection, Point
from objections.selectors.letters import addressee_of, letter_values
from objections.selectors.pages import page_of

State = Case.State
_ABOUT_PERSONS = (Evidence.Kind.IDENTITY, Evidence.Kind.AUTHORISATION)
"""Not needed to verify a record (个人信息保护法第六条: no more than the purpose needs)."""


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


def _letter(work: Work, kind: str, objection: Objection, **more: str) -> None:
    values = letter_values(work.case, points_of(objection), **{"reasons": work.reason, **more})
    letters.issue(
        work.case, kind, actor=work.actor, values=values, addressee=addressee_of(work.case), now=work.now
    )


def accept(objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None) -> Objection:
    """Take the objection up within one working day: the records are marked, the applicant gets 受理通知书."""
    with step(objection.case, "accept", actor=actor, reason=reason, now=now) as work:
        if work.case.identity_check == Case.IdentityCheck.NONE:
            raise Refused("case.identity_missing", "申请人身份尚未核验，请先用“核验身份”登记核验方式。")
        work.set(accepted_on=work.today)
        if work.case.assignee_id is None:
            work.set(assignee=actor)
        mark_records(work, objection)
        _letter(work, "acceptance", objection)
    return objection


def refuse(
    objection: Objection, *, actor: User, reason: str, breach_reason: str = "", now: datetime | None = None
) -> Objection:
    """Do not take it up, with the reason and the remedies in the letter; this ends the case."""
    with step(objection.case, "refuse", actor=actor, reason=reason, now=now) as work:
        ending.end(work, breach_reason=breach_reason)
        _letter(work, "refusal", objection)
    return objection


def ask_correction(objection: Objection, *, actor: User, asks: str, now: datetime | None = None) -> Objection:
    """Say once, and completely, what is missing; the clock stands still until it is there (补正)."""
    with step(objection.case, "ask_correction", actor=actor, reason=asks, now=now) as work:
        request = requests.ask_correction(work, asks=asks, limit="objection-correction")
        _letter(
            work, "correction", objection, materials=request.asks, correction_due=request.due_on.isoformat()
        )
    return objection


def record_correction(
    objection: Objection, *, actor: User, answer: str = "", now: datetime | None = None
) -> Objection:
    """What was missing has come in; the clock goes on with the next working day."""
    with step(objection.case, "record_correction", actor=actor, reason=answer, now=now) as work:
        requests.record_correction(work, answer=answer.strip())
        tell(
            [p for p in responsible(work.case, on=work.today) if p.pk != actor.pk],
            f"{work.case.number}补正收齐，恢复计时。",
            case=work.case,
            url=page_of(work.case),
            now=work.now,
        )
    return objection


def lapse_correction(
    objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None
) -> Objection:
    """The applicant did not answer in time: the objection counts as given up; it can be made anew."""
    with step(objection.case, "lapse_correction", actor=actor, reason=reason, now=now) as work:
        request = requests.lapse_correction(work)
        _terminate(
            work, objection, "逾期未补正", f"补正期限到{date_words(request.due_on)}为止，期限内没有补正。"
        )
    return objection


def _terminate(work: Work, objection: Objection, cause: str, facts: str = "") -> None:
    """End without a decision: the marks are taken off, the applicant is told why (终止办理告知书)."""
    ending.end(work, late_needs_reason=False)
    unmark_records(work, objection)
    said = work.reason
    work.reason = f"{cause}。{said}"  # stands beside the state, which itself does not say who ended it
    _letter(work, "termination", objection, reasons=f"{cause}。{facts}{said}")


def ask_departments(
    objection: Objection, *, actor: User, asks: str, now: datetime | None = None
) -> Objection:
    """Send the points, with the evidence, to the departments whose records they are about (协查)."""
    with step(objection.case, "ask_departments", actor=actor, reason=asks, now=now) as work:
        points = points_of(objection)
        waiting: dict[int, Department] = {
            p.record.department_id: p.record.department for p in points if not p.finding
        }
        if not waiting:
            waiting = {p.record.department_id: p.record.department for p in points}
        for department in waiting.values():
            _ask(work, department, [p for p in points if p.record.department_id == department.pk], asks)
    return objection


def _ask(work: Work, department: Department, points: list[Point], asks: str) -> None:
    request = requests.ask_department(work, department, asks=asks or "请核实下列异议点并附证据材料答复。")
    for point in points:
        point.request, point.finding, point.answer, point.answered_value = request, "", "", ""
        point.save(update_fields=["request", "finding", "answer", "answered_value"])
    numbers = [point.number for point in points]
    # What another department has handed in stays between it and the office, and who the applicant is was checked by
    # the office: both go along only where an officer hands them on.
    going_along = Q(point_number=None) | Q(point_number__in=numbers)
    kept_back = Q(provided_by=Evidence.ProvidedBy.DEPARTMENT) | Q(kind__in=_ABOUT_PERSONS)
    share(
        Evidence.objects.filter(going_along & ~kept_back, case=work.case, removed_at=None),
        department,
        actor=work.actor,
    )
    values = letter_values(work.case, points, reply_due=request.due_on.isoformat())
    letters.issue(
        work.case,
        "verification",
        actor=work.actor,
        values=values,
        addressee=department.name,
        addressee_department=department,
        now=work.now,
    )
    tell(
        people_of(department, on=work.today),
        f"协查函：{work.case.number}，请于{request.due_on}前答复。",
        case=work.case,
        url=page_of(work.case),
        now=work.now,
    )


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
        asked = {p.number: p for p in points_of(objection) if p.request_id == request.pk}
        missing = sorted(set(asked) - set(answers))
        if missing:
            raise Refused(
                "objection.unanswered", f"第{'、'.join(map(str, missing))}点还没有答复，每个异议点都要答复。"
            )
        if set(answers) - set(asked):
            raise Refused("objection.foreign_point", "有的异议点不在本协查函之内。")
        for number, given in answers.items():
            _take_answer(work, asked[number], given)
        summary = text.strip() or "；".join(f"第{n}点{asked[n].get_finding_display()}" for n in sorted(asked))
        requests.answer_as_department(work, request, answer=summary)
        tell(
            responsible(work.case, on=work.today),
            f"{work.case.number}：{request.department}已答复协查。",
            case=work.case,
            url=page_of(work.case),
            now=work.now,
        )
    return objection


def _take_answer(work: Work, point: Point, given: PointAnswer) -> None:
    if given.finding not in Point.Finding.values:
        raise Refused("objection.finding", f"第{point.number}点请选择核实结果。")
    if not given.text.strip():
        raise Refused("objection.answer_missing", f"第{point.number}点请写明核实情况和依据。")
    point.finding, point.answer, point.answered_value = given.finding, given.text.strip(), given.value.strip()
    point.answered_by, point.answered_at = work.actor, work.now
    point.save(update_fields=["finding", "answer", "answered_value", "answered_by", "answered_at"])


def urge(objection: Objection, *, actor: User, reason: str = "", now: datetime | None = None) -> Objection:
    """Press a department that has not answered (催办); when its limit is over the approver hears of it too."""
    with step(objection.case, "urge", actor=actor, reason=reason, now=now) as work:
        for request in Request.objects.open().filter(case=work.case).select_related("department"):
            if request.department is None:
                continue
            late = work.today > request.due_on
            people = people_of(request.department, on=work.today)
            said = "已逾期" if late else f"将于{request.due_on}到期"
            tell(
                [*people, *(approvers(work.today) if late else [])],
                f"催办：{work.case.number}协查函{said}，请{request.department}尽快答复。{work.reason}",
                case=work.case,
                url=page_of(work.case),
                kind=Notice.Kind.URGED,
                now=work.now,
            )
    return objection


def end_verification(
    objection: Objection, *, actor: User, reason: str, now: datetime | None = None
) -> Objection:
    """Go on without the missing answers: their points can only be decided as not verifiable or on other evidence."""
    with step(objection.case, "end_verification", actor=actor, reason=reason, now=now) as work:
        requests.recall_verifications(work)
    return objection


def withdraw(objection: Objection, *, actor: User, reason: str, now: datetime | None = None) -> Objection:
    """The applicant gives the objection up; nothing is decided, the marks are taken off, a letter confirms it."""
    with step(objection.case, "withdraw", actor=actor, reason=reason, now=now) as work:
        _terminate(work, objection, "申请人撤回")
    return objection


def close(
    objection: Objection,
    *,
    actor: User,
    breach_reason: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> Objection:
    """Everything is done and the letter has been delivered: the clock stops. A late closing says why it was late.

    Who closes before the delivery of the decision is written down says why in `reason`.
    """
    with step(objection.case, "close", actor=actor, reason=reason, now=now) as work:
        ending.end(work, breach_reason=breach_reason)
        if not work.reason and not _decision_delivered(work.case):
            raise Refused("objection.not_delivered", "决定书还没有登记送达；确需先办结的，请在理由中写明。")
        unmark_records(work, objection)
    return objection


def _decision_delivered(case: Case) -> bool:
    """Of several rounds the last one's letter counts."""
    last = Letter.objects.filter(case=case, kind=Letter.Kind.DECISION).order_by("-pk").first()
    return last is not None and last.delivered_on is not None


def reopen(objection: Objection, *, actor: User, reason: str, now: datetime | None = None) -> Objection:
    """Take an ended objection up again: a new round with a clock of its own from today."""
    with step(objection.case, "reopen", actor=actor, reason=reason, now=now) as work:
        decided = work.case.state == State.CLOSED
        ending.reopen(work)
        work.go_to(State.ACCEPTED if decided else State.RECEIVED)
        if decided:
            work.set(accepted_on=work.today)
            mark_records(work, objection)
            _decide_anew(objection)
        tell(
            [p for p in responsible(work.case, on=work.today) if p.pk != actor.pk],
            f"重新办理：{work.case.number}，时限从今天重新计算。{work.reason}",
            case=work.case,
            url=page_of(work.case),
            now=work.now,
        )
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
        before = work.case.due_on
        extension = extensions.grant_extension(work)
        refresh_clock(work)
        _letter(work, "extension", objection, old_due=str(before), reasons=extension.reason)
    return objection
