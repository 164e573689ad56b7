"""Telling people: a line on their workbench, written with the news itself and so only when it is true."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Q

from accounts.models import Department, Membership, Role, User
from accounts.policy import policy_for
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Case, Notice, Substitution

from .mailing import queue_mail


def people_of(department: Department, *roles: str, on: date) -> list[User]:
    """Those who hold one of the roles in a department on a day."""
    held = Membership.objects.in_force(on).filter(
        department=department, role__in=roles or (Role.CLERK, Role.REVIEWER), user__is_active=True
    )
    return list(User.objects.filter(pk__in=held.values("user")).order_by("pk"))


def approvers(case: Case | None, *, on: date) -> list[User]:
    """Those of the office that has the case; of every office for what belongs to no case."""
    held = Membership.objects.in_force(on).filter(role=Role.APPROVER, user__is_active=True)
    if case is not None:
        held = held.filter(department=case.owning_body_id)
    return list(User.objects.filter(pk__in=held.values("user")).order_by("pk"))


def tell(
    people: Iterable[User],
    text: str,
    *,
    case: Case,
    url: str,
    kind: Notice.Kind = Notice.Kind.NEWS,
    now: datetime | None = None,
) -> int:
    """Leave a notice for each person (one INSERT); with a mail server a word of it follows by mail once it is true."""
    moment = now or present()
    notices = [
        Notice(person=person, case=case, kind=kind, text=text[:300], url=url, created_at=moment)
        for person in {person.pk: person for person in people}.values()
    ]
    Notice.objects.bulk_create(notices)
    queue_mail([notice.pk for notice in notices])
    return len(notices)


def read(notice: Notice, *, actor: User, now: datetime | None = None) -> Notice:
    """Tick a notice off; the first time counts. No event: that somebody has read their own news is nobody's business."""
    policy_for(Notice).require(actor, "read", notice)
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=now or present())
    notice.refresh_from_db()
    return notice


def read_all(*, actor: User, now: datetime | None = None) -> int:
    """Tick off everything that waits for a person, out of date or not (one UPDATE)."""
    own = policy_for(Notice).scope(actor, "read")
    return own.filter(read_at=None).update(read_at=now or present())


def responsible(case: Case, *, on: date) -> list[User]:
    """The officer in charge and who stands in on the day; all officers of the case's office while nobody on duty has it in hand."""
    held = Membership.objects.in_force(on).filter(
        role=Role.OFFICER, department=case.owning_body_id, user__is_active=True
    )
    officers = User.objects.filter(pk__in=held.values("user")).order_by("pk")
    if case.assignee_id is None:
        return list(officers)
    standing_in = Substitution.objects.filter(person=case.assignee_id, since__lte=on, until__gte=on)
    own = officers.filter(Q(pk=case.assignee_id) | Q(pk__in=standing_in.values("substitute")))
    return list(own) or list(officers)


def today_of(now: datetime | None) -> date:
    return local_day(now or present())
