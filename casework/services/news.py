"""News of a step for those whom it concerns, on their workbench; nobody is told of what they have done themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Department, User
from audit.clock import local_day
from casework.models import Case, Notice, Request
from casework.selectors.pages import page_of, record_page
from credit_records.models import Record

from .engine import Work
from .notices import approvers, people_of, responsible, tell


def _tell(work: Work, people: Iterable[User], text: str, *, url: str = "") -> None:
    tell(people, text, case=work.case, url=url or page_of(work.case), now=work.now)


def _others(people: Iterable[User], actor: User) -> list[User]:
    return [person for person in people if person.pk != actor.pk]


def tell_responsible(work: Work, text: str) -> None:
    """The officer in charge and who stands in; all officers of the case's office while nobody is in charge."""
    _tell(work, _others(responsible(work.case, on=work.today), work.actor), text)


def tell_approvers(work: Work, text: str) -> None:
    _tell(work, _others(approvers(work.case, on=work.today), work.actor), text)


def tell_body(work: Work, body: Department, text: str, *roles: str) -> None:
    """Those who hold one of the roles in a department, without roles its clerks and reviewers."""
    _tell(work, people_of(body, *roles, on=work.today), text)


def tell_late(work: Work, request: Request, text: str, *roles: str) -> None:
    """Who has been asked and has not answered; when the limit is over the approvers hear of it too (催办)."""
    if request.department is None:
        return
    people = people_of(request.department, *roles, on=work.today)
    late = work.today > request.due_on
    tell(
        [*people, *(approvers(work.case, on=work.today) if late else [])],
        text,
        case=work.case,
        url=page_of(work.case),
        kind=Notice.Kind.URGED,
        now=work.now,
    )


def tell_owners(work: Work, records: Iterable[Record], text: str) -> None:
    """The departments of the records that a decision is about, each once; needs `record.department`.

    A department that was not asked does not see the case: it is led to its record.
    """
    asked = set(
        Request.objects.filter(case=work.case, kind=Request.Kind.VERIFICATION).values_list(
            "department", flat=True
        )
    )
    for record in {record.department_id: record for record in records}.values():
        url = "" if record.department_id in asked else record_page(record)
        _tell(work, people_of(record.department, on=work.today), text, url=url)


def tell_received(case: Case, what: str, *, actor: User, now: datetime) -> None:
    """A case has come in: the officers and the approvers hear of it, and until when it is to be accepted or refused."""
    day = local_day(now)
    tell(
        _others([*responsible(case, on=day), *approvers(case, on=day)], actor),
        f"收到{what}{case.number}：{case.subject}，应于{case.accept_due_on}前决定是否受理。",
        case=case,
        url=page_of(case),
        now=now,
    )
