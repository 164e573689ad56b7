"""What a new working-day calendar does to open verifications and owed material."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import chain

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from audit.acts import note
from audit.clock import local_day
from commitments.models import OwedMaterial, Verification
from commitments.rules.periods import Due
from commitments.selectors.deadlines import owed_due, verification_due
from worktime.impact import Moved
from worktime.rules.calendars import Calendar
from worktime.selectors import calendars_in_force

Calendars = Callable[[str], Calendar]
Task = Verification | OwedMaterial


def _verifications() -> QuerySet[Verification]:
    return (
        Verification.objects.filter(state=Verification.State.OPEN)
        .select_related("limit", "period_of", "commitment__department", "commitment__subject")
        .order_by("pk")
    )


def _owed() -> QuerySet[OwedMaterial]:
    return (
        OwedMaterial.objects.filter(state=OwedMaterial.State.OWED)
        .select_related("commitment__department", "commitment__subject")
        .order_by("pk")
    )


def _moving(
    verifications: QuerySet[Verification], owed: QuerySet[OwedMaterial], calendars: Calendars, today: date
) -> Iterator[tuple[Task, date, bool]]:
    """Each task whose stored day is another by these calendars, with that day and whether it is provisional."""
    for task in chain(verifications, owed):
        calendar = calendars(task.commitment.department.division)
        if isinstance(task, Verification):
            due = verification_due(task, today=today, calendar=calendar)
        else:
            owed = owed_due(task, today=today, calendar=calendar)
            due = None if owed.due is None else Due(owed.due, owed.provisional)
        if due is not None and due != Due(task.due_on, task.due_provisional):
            yield task, due.day, due.provisional


class OpenTasks:
    """The open tasks of commitments as the calendar's publication sees them."""

    def preview(self, calendars: Calendars, *, today: date) -> list[Moved]:
        return [
            Moved(
                number=task.commitment.code,
                title=f"{task.commitment.subject} {task._meta.verbose_name}",
                url=reverse("admin:commitments_commitment_change", args=[task.commitment_id]),
                old_due=task.due_on,
                new_due=due,
                becomes_late=due < today <= task.due_on,
            )
            for task, due, _ in _moving(_verifications(), _owed(), calendars, today)
            if due != task.due_on
        ]

    def apply(self, *, actor: User, reason: str, now: datetime) -> int:
        """Bring the stored days in line, inside the act that publishes; one event per moved task."""
        moved = 0
        locked = (
            _verifications().select_for_update(of=("self",)),
            _owed().select_for_update(of=("self",)),
        )
        for task, due, provisional in _moving(*locked, calendars_in_force(), local_day(now)):
            if due != task.due_on:
                moved += 1
                note(
                    "commitment.due_moved",
                    actor=actor,
                    on=task.commitment,
                    reason=reason,
                    data={"from": str(task.due_on), "to": str(due)},
                )
            task.due_on, task.due_provisional = due, provisional
            task.save(update_fields=["due_on", "due_provisional"])
        return moved
