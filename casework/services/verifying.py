"""Departments are asked about the points that concern them, point by point, pressed, and answer (协查)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q

from accounts.models import Department, Role, User
from audit.faults import Refused
from casework.models import Case, Evidence, Letter, Request

from . import requests
from .engine import Work, step
from .evidence import share
from .news import tell_body, tell_late, tell_responsible
from .step_letters import to_body

_ABOUT_PERSONS = (Evidence.Kind.IDENTITY, Evidence.Kind.AUTHORISATION)
"""Not needed to verify anything (个人信息保护法第六条: no more than the purpose needs)."""


def ask_departments(
    work: Work,
    points: Sequence[Any],
    *,
    body_of: Callable[[Any], Department],
    blank: Mapping[str, Any],
    asks: str,
    says: Callable[..., Mapping[str, str]],
    wish: str = "答复",
) -> list[Request]:
    """Within the step: ask each department about its points, with the evidence that concerns them and 协查函.

    Asked are the departments of the points without a finding; when all have one, every department again. A point has
    `number`, `finding` and `request`; `blank` are its fields that an answer fills, as they are before it.
    `says(points, reply_due=…)` gives the values of the letter, `wish` what the department is to do by the day.
    """
    waiting = [one for one in points if not one.finding] or points
    asked = []
    for body in {body_of(one).pk: body_of(one) for one in waiting}.values():
        own = [one for one in points if body_of(one).pk == body.pk]
        numbers = [one.number for one in own]
        request = ask_body(work, body, asks=asks, says=partial(says, own), numbers=numbers, wish=wish)
        for one in own:
            _write(one, {"request": request, **blank})
        asked.append(request)
    return asked


def ask_body(
    work: Work,
    body: Department,
    *,
    asks: str,
    says: Callable[..., Mapping[str, str]],
    numbers: Sequence[int] = (),
    wish: str = "答复",
) -> Request:
    """Within the step: ask one department, with the evidence about the whole case and about these points, and 协查函.

    `says(reply_due=…)` gives the values of the letter.
    """
    request = requests.ask_department(work, body, asks=asks)
    _share(work, body, numbers)
    due = request.due_on
    to_body(work, Letter.Kind.VERIFICATION, body, says(reply_due=due.isoformat()))
    tell_body(work, body, f"协查函：{work.case.number}，请于{due}前{wish}。")
    return request


def _share(work: Work, body: Department, numbers: Iterable[int]) -> None:
    # What another department has handed in stays between it and the office, and who the applicant is was checked by
    # the office: both go along only where an officer hands them on.
    going_along = Q(point_number=None) | Q(point_number__in=numbers)
    kept_back = Q(provided_by=Evidence.ProvidedBy.DEPARTMENT) | Q(kind__in=_ABOUT_PERSONS)
    pieces = Evidence.objects.filter(going_along & ~kept_back, case=work.case, removed_at=None)
    share(pieces, body, actor=work.actor)


def answer(
    work: Work,
    request: Request,
    points: Iterable[Any],
    answers: Mapping[int, Any],
    *,
    take: Callable[[Any, Any], None],
    unanswered: Callable[[str], Refused],
    foreign: Refused,
    unit: str,
    text: str = "",
) -> None:
    """Within the step: a department answers every point that it was asked about, by the point's number.

    `take(point, answer)` checks one answer and writes it (`write_answer`). `unanswered` makes the refusal from the numbers that are
    missing, `foreign` is raised for a number that was not asked; `unit` is what a point is counted in (点, 项).
    Without `text` the findings of the points are the answer as a whole.
    """
    asked = {one.number: one for one in points if one.request_id == request.pk}
    lacking = sorted(set(asked) - set(answers))
    if lacking:
        raise unanswered("、".join(map(str, lacking)))
    if set(answers) - set(asked):
        raise foreign
    for number, given in answers.items():
        take(asked[number], given)
    findings = "；".join(f"第{n}{unit}{asked[n].get_finding_display()}" for n in sorted(asked))
    requests.answer_as_department(work, request, answer=text.strip() or findings)
    tell_responsible(work, f"{work.case.number}：{request.department}已答复协查。")


def write_answer(work: Work, point: Any, **values: Any) -> None:
    """What a department found about a point, with who answered and when."""
    _write(point, {**values, "answered_by": work.actor, "answered_at": work.now})


def _write(point: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(point, name, value)
    point.save(update_fields=list(values))


def urge(case: Case, *, actor: User, reason: str = "", now: datetime | None = None) -> Case:
    """Press who has not answered (催办): departments, or the upper office; late ones are the approver's business too."""
    with step(case, "urge", actor=actor, reason=reason, now=now) as work:
        for request in Request.objects.open().filter(case=work.case).select_related("department"):
            review = request.kind == Request.Kind.REVIEW
            what = "上级审核" if review else "协查函"
            said = "已逾期" if work.today > request.due_on else f"将于{request.due_on}到期"
            text = f"催办：{work.case.number}{what}{said}，请{request.department}尽快答复。{work.reason}"
            tell_late(work, request, text, *([Role.UPPER_REVIEWER] if review else []))
    return case


def end_verification(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Go on without the missing answers: what nobody confirmed is decided on other evidence, or as not confirmed."""
    with step(case, "end_verification", actor=actor, reason=reason, now=now) as work:
        requests.recall_verifications(work)
    return case
