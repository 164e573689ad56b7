"""What a new working-day calendar does to open cases: seen before it is confirmed, journalled case by case after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from audit.acts import note
from audit.clock import local_day
from casework.models import Case, Register, Request
from casework.selectors.clock import cached_values, request_due
from worktime.impact import Moved
from worktime.rules.calendars import Calendar
from worktime.selectors import calendars_in_force

from .notices import responsible, tell


def open_cases() -> QuerySet[Case]:
    related = ("limit", "acceptance_limit", "subject")
    return (
        Case.objects.open().select_related(*related).prefetch_related("pauses", "extensions").order_by("pk")
    )


def _page_of(case: Case) -> str:
    return reverse("admin:casework_case_change", args=[case.pk])


class _Telling:
    """Tells whoever is responsible for a moved case; who that is, is looked up once for each officer and office."""

    def __init__(self, reason: str, now: datetime) -> None:
        self.reason, self.now, self.today = reason.strip().rstrip("。"), now, local_day(now)
        self.people: dict[tuple[int | None, int], list[User]] = {}

    def tell(self, case: Case, due: object) -> None:
        whose = (case.assignee_id, case.owning_body_id)
        if whose not in self.people:
            self.people[whose] = responsible(case, on=self.today)
        why = f"，因为{self.reason}" if self.reason else ""
        tell(
            self.people[whose],
            f"{case.number}应办结日由{case.due_on or '未定'}改为{due or '未定'}{why}。",
            case=case,
            url=_page_of(case),
            now=self.now,
        )


def _changes(case: Case, calendar: Calendar, today: date) -> dict[str, object]:
    values = cached_values(case, today=today, calendar=calendar)
    return {name: value for name, value in values.items() if getattr(case, name) != value}


class OpenCases:
    """The open cases as the calendar's publication sees them."""

    def preview(self, calendars: Callable[[str], Calendar], *, today: date) -> list[Moved]:
        moved = []
        for case in open_cases():
            changes = _changes(case, calendars(case.region), today)
            if "due_on" in changes:
                new: date | None = changes["due_on"]  # type: ignore[assignment]
                was_late = case.due_on is not None and case.due_on < today
                moved.append(
                    Moved(
                        number=case.number,
                        title=f"{case.subject} {case.matter}",
                        url=_page_of(case),
                        old_due=case.due_on,
                        new_due=new,
                        becomes_late=new is not None and new < today and not was_late,
                    )
                )
        return moved

    def apply(self, *, actor: User, reason: str, now: datetime) -> int:
        """Bring caches in line with the calendars in force, inside the act that publishes; one event per moved case."""
        today = local_day(now)
        calendars = calendars_in_force()
        # Whoever registers a case holds its register: what was counted by the old calendar is there before it is read.
        list(Register.objects.select_for_update().filter(key__startswith="case.").order_by("pk"))
        told = _Telling(reason, now)
        moved = 0
        for case in open_cases().select_for_update(of=("self",)):
            changes = _changes(case, calendars(case.region), today)
            if not changes:
                continue
            if "due_on" in changes:
                moved += 1
                note(
                    "case.due_moved",
                    actor=actor,
                    on=case,
                    reason=reason,
                    data={"from": str(case.due_on or ""), "to": str(changes["due_on"] or "")},
                )
                told.tell(case, changes["due_on"])
            for name, value in changes.items():
                setattr(case, name, value)
            case.save(update_fields=sorted(changes))
        for request in _moved_requests(today, calendars):
            request.save(update_fields=["due_on", "due_provisional"])
        return moved


def _moved_requests(today: date, calendars: Callable[[str], Calendar]) -> Iterator[Request]:
    for request in Request.objects.open().select_related("limit", "case").select_for_update(of=("self",)):
        due = request_due(request, today=today, calendar=calendars(request.case.region))
        if due.due is not None and (request.due_on, request.due_provisional) != (due.due, due.provisional):
            request.due_on, request.due_provisional = due.due, due.provisional
            yield request
