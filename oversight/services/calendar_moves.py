"""What a new working-day calendar does to replies that are still due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from audit.acts import note
from audit.clock import local_day
from oversight.models import Addressee
from oversight.selectors.clock import reply_deadline
from worktime.impact import Calendars, Moved
from worktime.selectors import calendars_in_force


def _open() -> QuerySet[Addressee]:
    related = ("directive__office", "directive__limit", "directive__matter", "department")
    return Addressee.objects.waiting().select_related(*related).order_by("pk")


def _moving(
    rows: QuerySet[Addressee], calendars: Calendars, today: date
) -> Iterator[tuple[Addressee, date, bool]]:
    for one in rows:
        limit, division = one.directive.limit, one.directive.office.division
        if limit is None or one.clock_from is None:
            continue
        found = reply_deadline(limit, division, one.clock_from, today=today, calendar=calendars(division))
        if found.due is not None and (found.due, found.provisional) != (one.due_on, one.due_provisional):
            yield one, found.due, found.provisional


class OpenReplies:
    """The replies that are due, as the calendar's publication sees them."""

    def preview(self, calendars: Calendars, *, today: date) -> list[Moved]:
        return [
            Moved(
                number=one.directive.number,
                title=f"{one.department} {one.directive.matter}",
                url=reverse("admin:oversight_addressee_change", args=[one.pk]),
                old_due=one.due_on,
                new_due=due,
                becomes_late=one.due_on is not None and due < today <= one.due_on,
            )
            for one, due, _ in _moving(_open(), calendars, today)
            if due != one.due_on
        ]

    def apply(self, *, actor: User, reason: str, now: datetime) -> int:
        """Bring the stored days in line, inside the act that publishes; one event for each that moves."""
        moved = 0
        rows = _open().select_for_update(of=("self",))
        for one, due, provisional in _moving(rows, calendars_in_force(), local_day(now)):
            if due != one.due_on:
                moved += 1
                told = {"from": str(one.due_on), "to": str(due)}
                note("addressee.due_moved", actor=actor, on=one, reason=reason, data=told)
            one.due_on, one.due_provisional = due, provisional
            one.save(update_fields=["due_on", "due_provisional"])
        return moved
