"""What is asked of the applicant (补正), of departments (协查) and of the subject (陈述申辩), each with a limit of its own."""

from __future__ import annotations

from datetime import date

from accounts.models import Department
from audit.clock import local_day
from audit.faults import Refused
from casework.models import Case, Pause, Request
from casework.selectors.clock import request_due
from worktime.selectors import calendar_for, limit_for

from . import pauses
from .engine import Work

State = Case.State


def _send(work: Work, kind: Request.Kind, limit: str, asks: str, department: Department | None) -> Request:
    if not asks.strip():
        raise Refused("request.asks_missing", "请写明要求对方提供或核实的内容。")
    request = Request(
        case=work.case,
        round=work.case.round,
        kind=kind,
        department=department,
        asks=asks.strip(),
        limit=limit_for(limit, work.today),
        sent_at=work.now,
        sent_by=work.actor,
    )
    due = request_due(request, today=work.today, calendar=calendar_for(work.case.region))
    if due.due is None:
        raise Refused("request.no_limit", "无法计算答复期限，请检查办理时限设置。")
    request.due_on, request.due_provisional = due.due, due.provisional
    request.save()
    return request


def ask_correction(work: Work, *, asks: str, limit: str) -> Request:
    """Tell the applicant once and for all what is missing; the clock stands still until it is there."""
    request = _send(work, Request.Kind.CORRECTION, limit, asks, None)
    pauses.begin(work, Pause.Kind.CORRECTION, reason=request.asks)
    work.set(correction_used=True, resume_state=work.case.state)
    return request


def ask_upper_office(work: Work, office: Department, *, asks: str, limit: str) -> Request:
    """Lay the endorsed decision before the office one level up; the clock of the case goes on (上级审核)."""
    return _send(work, Request.Kind.REVIEW, limit, asks, office)


def answer_review(work: Work, *, answer: str) -> Request:
    """The office one level up has answered, whichever way: who, when and with which words (上级审核)."""
    request = (
        Request.objects.open()
        .select_for_update(of=("self",))
        .filter(case=work.case, kind=Request.Kind.REVIEW)
        .first()
    )
    if request is None:
        raise Refused("request.none", "本案没有待上级审核的决定。")
    _answer(work, request, answer, Request.State.ANSWERED)
    return request


def ask_statement(work: Work, *, asks: str, limit: str) -> Request:
    """Tell the subject what is intended; the clock stands still while it is heard (陈述申辩).

    Its time runs from the delivery of the notice (`start_statement`); until then the due day is only what is expected.
    """
    request = _send(work, Request.Kind.STATEMENT, limit, asks, None)
    pauses.begin(work, Pause.Kind.STATEMENT, reason=request.asks)
    return request


def start_statement(case: Case, delivered_on: date, *, today: date) -> Request | None:
    """The notice has been delivered: the time for the statement runs from that day. None where nobody is being heard."""
    request = (
        Request.objects.open()
        .select_for_update(of=("self",))
        .select_related("limit", "case")
        .filter(case=case, kind=Request.Kind.STATEMENT, counts_from=None)
        .first()
    )
    if request is None:
        return None
    request.counts_from = delivered_on
    due = request_due(request, today=today, calendar=calendar_for(case.region))
    if due.due is not None:
        request.due_on, request.due_provisional = due.due, due.provisional
    request.save(update_fields=["counts_from", "due_on", "due_provisional"])
    return request


def end_statement(work: Work, request: Request, *, answer: str, silent: bool) -> Request:
    """The subject has been heard, or has let the time pass: the clock goes on."""
    _answer(work, request, answer, Request.State.LAPSED if silent else Request.State.ANSWERED)
    pauses.end(work)
    return request


def _open_correction(work: Work) -> Request:
    request = (
        Request.objects.open()
        .select_for_update(of=("self",))
        .filter(case=work.case, kind=Request.Kind.CORRECTION)
        .first()
    )
    if request is None:
        raise Refused("request.none", "本案没有待补正的要求。")
    return request


def record_correction(work: Work, *, answer: str) -> Request:
    """The missing material has come in: the clock goes on, the case returns to where it was."""
    request = _open_correction(work)
    _answer(work, request, answer or "材料已补齐。", Request.State.ANSWERED)
    pauses.end(work)
    work.go_to(work.case.resume_state)
    work.set(resume_state="")
    return request


def lapse_correction(work: Work) -> Request:
    """The applicant let the limit pass: the application counts as given up, not before the day after the limit.

    The pause ends with the case (`ending.end`).
    """
    request = _open_correction(work)
    if work.today <= request.due_on:
        raise Refused("request.not_lapsed", f"补正期限到{request.due_on}为止，期限内不能按逾期处理。")
    _answer(work, request, "逾期未补正。", Request.State.LAPSED)
    return request


def ask_department(work: Work, department: Department, *, asks: str, limit: str = "verification") -> Request:
    """Ask the source department to verify (协查); one open request per department."""
    if Request.objects.open().filter(case=work.case, department=department).exists():
        raise Refused("request.open", f"{department}已有未答复的协查函。")
    return _send(work, Request.Kind.VERIFICATION, limit, asks, department)


def answer_as_department(work: Work, request: Request, *, answer: str) -> Request:
    """A department answers its own request; with the last answer the case goes back to the officer."""
    request = Request.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if request.case_id != work.case.pk or request.kind != Request.Kind.VERIFICATION:
        raise Refused("request.foreign", "该协查函不属于本案。")
    if request.state != Request.State.OPEN:
        raise Refused("request.state", f"该协查函{request.get_state_display()}，不能再答复。")
    if request.department_id not in work.actor.departments_as("clerk", "reviewer"):
        raise Refused("request.department", "只有被协查单位可以答复。")
    if not answer.strip():
        raise Refused("request.answer_missing", "请写明核实情况。")
    _answer(work, request, answer.strip(), Request.State.ANSWERED)
    if not _open_verifications(work).exists():
        work.go_to(State.DRAFTING)
    return request


def recall_verifications(work: Work) -> int:
    """Go on without the answers that are still missing; each request says that it was recalled and why."""
    recalled = list(_open_verifications(work).select_for_update(of=("self",)))
    for request in recalled:
        _answer(work, request, work.reason, Request.State.RECALLED)
    work.go_to(State.DRAFTING)
    return len(recalled)


def close_open(work: Work) -> None:
    """Whatever is still asked when a case ends is asked no more."""
    for request in Request.objects.open().select_for_update(of=("self",)).filter(case=work.case):
        _answer(work, request, f"案件{work.step.label}，不再需要答复。", Request.State.RECALLED)


def _open_verifications(work: Work):
    return Request.objects.open().filter(case=work.case, kind=Request.Kind.VERIFICATION)


def _answer(work: Work, request: Request, answer: str, state: Request.State) -> None:
    request.answer, request.state = answer, state
    request.answered_at, request.answered_by = work.now, work.actor
    request.save(update_fields=["answer", "state", "answered_at", "answered_by"])


def late(request: Request) -> bool:
    """Whether the answer came after the request's limit; one not answered yet is judged by the lists."""
    return request.answered_at is not None and local_day(request.answered_at) > request.due_on
