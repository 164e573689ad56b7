"""What is asked of departments and of the applicant, as the page of a case shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import Role
from audit.clock import local_day
from casework.models import Request
from casework.selectors.clock import Clock, request_due

from .case_days import Days, days_of

REQUEST_TONES = {"open": "wait", "answered": "good", "recalled": "idle", "lapsed": "bad"}


@dataclass(frozen=True)
class RequestView:
    """Something asked of a department or of the applicant, with the reason of its day."""

    request: Request
    whom: str
    tone: str
    late: str
    days: Days


def request_view(one: Request, clock: Clock, day: date) -> RequestView:
    deadline = request_due(one, today=day, calendar=clock.calendar)
    late = ""
    of_subject = one.kind == Request.Kind.STATEMENT
    if of_subject and one.state == Request.State.OPEN:
        # Not to answer is the subject's right: nothing of it is late.
        late = "尚未送达，送达后起算" if one.counts_from is None else "期限已满" if one.due_on < day else ""
    elif one.state == Request.State.OPEN and one.due_on < day:
        late = "已逾期"
    elif not of_subject and one.answered_at is not None and local_day(one.answered_at) > one.due_on:
        late = "逾期答复"
    whom = (
        (one.department.short_name or one.department.name)
        if one.department is not None
        else "当事人"
        if of_subject
        else "申请人"
    )
    marks = {deadline.due: ["应答复"]} if deadline.due is not None else {}
    return RequestView(one, whom, REQUEST_TONES[one.state], late, days_of(deadline, marks, today=day))


def to_answer(views: Iterable[RequestView], user: Any) -> list[RequestView]:
    """What waits for an answer of a department, or of an upper office, that the user belongs to."""
    own = user.departments_as(Role.CLERK, Role.REVIEWER, Role.UPPER_REVIEWER)
    return [
        view
        for view in views
        if view.request.state == Request.State.OPEN and view.request.department_id in own
    ]
