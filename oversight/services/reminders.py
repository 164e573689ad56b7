"""Reminders of replies and tasks: two working days before the last day, and once it is over; once for each person and day.

Nothing depends on having run yesterday: every run looks at what is owed today and at whom it has told before. The same person is
told again only of another day: one that was moved, or of a new round. The office hears of overdue replies, which it may escalate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Department, Membership, User
from audit.acts import note
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Notice
from casework.services.reminders import require_system
from oversight.models import Addressee, Directive, Duty
from oversight.policies import WORKS
from worktime.selectors import calendars_in_force

from . import news

SOON_DAYS = 2
"""So many working days ahead, on the calendar of the office that asked [own]."""


@dataclass(frozen=True)
class _Due:
    """One thing that is owed, and what is said of it to whom."""

    text: str
    url: str
    day: date
    body: Department
    office: Department | None
    """Told too; None: the body alone."""


def remind(*, actor: User, now: datetime | None = None) -> int:
    """Tell everybody of what is due soon or late and has not been told; returns how many notices. Safe to repeat and at once.

    What is owed is locked and asked again, so that nobody is reminded of a reply that came in meanwhile, and two runs tell once.
    """
    require_system(actor)
    moment = now or present()
    day = local_day(moment)
    found = 0
    for model in (Addressee, Duty):
        waiting = [pk for pk, _ in _untold(_owed(model, day), day)]
        if not waiting:
            continue
        with transaction.atomic():
            rows = _owed(model, day).filter(pk__in=waiting)
            list(
                rows.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True)
            )
            lines = [line for _, of_one in _untold(rows, day) for line in of_one]
            found += news.write(lines, kind=Notice.Kind.URGED, now=moment)
    if found:
        note("oversight.remind", actor=actor, data={"count": found})
    return found


def _owed(model: type[Addressee] | type[Duty], day: date) -> QuerySet:
    """What is still owed and due within the days ahead, or late; the calendar is that of the office that asked."""
    of_office = "directive__office" if model is Addressee else "task__office"
    calendars = calendars_in_force()
    regions = Department.objects.filter(is_office=True).values_list("division", flat=True).distinct()
    near = Q(due_on__lt=day)
    for region in regions:
        near |= Q(
            **{f"{of_office}__division": region},
            due_on__lte=calendars(region).add_working_days(day, SOON_DAYS),
        )
    rows = model.objects.filter(near, state__in=model.WAITING, due_on__isnull=False)
    if model is Addressee:
        rows = rows.filter(directive__state__in=Directive.OUT)
    return rows


def _untold(rows: QuerySet, day: date) -> Iterator[tuple[int, list[news.Line]]]:
    """By row the lines that nobody has been given yet (four queries, however many rows)."""
    shown = "directive__office" if rows.model is Addressee else "task__office"
    owed = {one.pk: _said(one, day) for one in rows.select_related(shown, "department").order_by("pk")}
    replies = rows.model is Addressee
    people = news.people_by_body([one.body for one in owed.values()], day, who_send=replies)
    works = _workers({one.office.pk for one in owed.values() if one.office is not None}, day)
    everybody = {one.pk for of_one in (*people.values(), *works.values()) for one in of_one}
    given = Notice.objects.filter(person__in=everybody, case=None, kind=Notice.Kind.URGED)
    # By the day and whether it was over, not by the words: a body or a task may be named anew.
    told = {
        (person, url, about, local_day(at) > about)
        for person, url, about, at in given.filter(
            url__in=[one.url for one in owed.values()], about_day__isnull=False
        ).values_list("person", "url", "about_day", "created_at")
    }
    for pk, one in owed.items():
        concerned = [*people[one.body.pk], *(works.get(one.office.pk, []) if one.office is not None else [])]
        lines = [
            news.Line(person, one.text, one.url, one.day)
            for person in concerned
            if (person.pk, one.url, one.day, one.day < day) not in told
        ]
        if lines:
            yield pk, lines


def _workers(offices: Iterable[int], day: date) -> dict[int, list[User]]:
    held = Membership.objects.in_force(day).filter(
        department__in=list(offices), role__in=WORKS, user__is_active=True
    )
    found: dict[int, list[User]] = {}
    for one in held.select_related("user").order_by("user"):
        found.setdefault(one.department_id, []).append(one.user)
    return found


def _said(one: Addressee | Duty, day: date) -> _Due:
    due = one.due_on or day  # what is owed has a day (`_owed`)
    late = due < day
    end = "已逾期" if late else "即将到期"
    body = news.name_of(one.department)
    if isinstance(one, Addressee):
        text = f"{body}应于{due}前回复{news.letter_words(one.directive)}，{end}。"
        return _Due(text, news.page_of(one), due, one.department, one.directive.office if late else None)
    text = f"{body}应于{due}前报送任务{one.task.number}《{one.task.title}》第{one.serial}期，{end}。"
    return _Due(text, reverse("admin:oversight_duty_change", args=[one.pk]), due, one.department, None)
