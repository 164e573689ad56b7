"""The cached days of open cases against their facts: recomputing them changes nothing, or something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import User
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Case, Request
from casework.selectors.clock import cached_values, request_due
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for, calendars_in_force

from .calendar_moves import open_cases
from .engine import locked
from .reminders import require_system


@dataclass(frozen=True)
class Drift:
    """A row whose stored days are not those of its facts: field by field what is stored and what it should be."""

    thing: Case | Request
    number: str
    label: str
    fields: Mapping[str, tuple[Any, Any]]


def drifts(today: date) -> Iterator[Drift]:
    """All open cases and requests that differ; a fixed number of queries."""
    calendars: Callable[[str], Calendar] = calendars_in_force()
    for case in open_cases():
        fields = _of_case(case, today, calendars(case.region))
        if fields:
            yield Drift(case, case.number, case.number, fields)
    for request in Request.objects.open().select_related("limit", "case", "department").order_by("pk"):
        fields = _of_request(request, today, calendars(request.case.region))
        if fields:
            yield Drift(request, request.case.number, f"{request.case.number} {request}", fields)


def _differing(row: Case | Request, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value
    }


def _of_case(case: Case, today: date, calendar: Calendar) -> dict[str, tuple[Any, Any]]:
    return _differing(case, cached_values(case, today=today, calendar=calendar))


def _of_request(request: Request, today: date, calendar: Calendar) -> dict[str, tuple[Any, Any]]:
    due = request_due(request, today=today, calendar=calendar)
    return _differing(request, {"due_on": due.due, "due_provisional": due.provisional})


def recompute(drift: Drift, *, actor: User, reason: str, now: datetime | None = None) -> bool:
    """Bring one row's stored days in line with its facts, with history and an event; False if another has done so meanwhile."""
    require_system(actor)
    today = local_day(now or present())
    data = {name: f"{old} → {new}" for name, (old, new) in drift.fields.items()}
    with act("case.recompute", actor=actor, on=drift.thing, reason=reason, data=data):
        row = _locked(drift.thing)
        calendar = calendar_for(row.region if isinstance(row, Case) else row.case.region)
        fields = (
            _of_case(row, today, calendar) if isinstance(row, Case) else _of_request(row, today, calendar)
        )
        for name, (_, value) in fields.items():
            setattr(row, name, value)
        if fields:
            row.save(update_fields=sorted(fields))
    return bool(fields)


def _locked(thing: Case | Request) -> Case | Request:
    if isinstance(thing, Case):
        return locked(thing.pk)
    return Request.objects.select_for_update(of=("self",)).select_related("limit", "case").get(pk=thing.pk)
