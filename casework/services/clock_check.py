"""The cached days of open cases against their facts: recomputing them changes nothing, or something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from casework.models import Case, CaseRound, Request
from casework.selectors.clock import cached_values, days_of_round, request_due
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for, calendars_in_force

from .calendar_moves import open_cases
from .engine import locked
from .reminders import require_system


@dataclass(frozen=True)
class Drift:
    """A row whose stored days are not those of its facts: field by field what is stored and what it should be."""

    thing: Case | Request | CaseRound
    number: str
    label: str
    fields: Mapping[str, tuple[Any, Any]]


def drifts(today: date) -> Iterator[Drift]:
    """All open cases and requests that differ, and ended rounds without their days; a fixed number of queries."""
    calendars: Callable[[str], Calendar] = calendars_in_force()
    for case in open_cases():
        fields = _of_case(case, today, calendars(case.region))
        if fields:
            yield Drift(case, case.number, case.number, fields)
    for request in Request.objects.open().select_related("limit", "case", "department").order_by("pk"):
        fields = _of_request(request, today, calendars(request.case.region))
        if fields:
            yield Drift(request, request.case.number, f"{request.case.number} {request}", fields)
    for ended in uncounted_rounds():
        fields = _of_round(ended, calendars(ended.case.region))
        yield Drift(ended, ended.case.number, f"{ended.case.number} {ended}", fields)


def uncounted_rounds() -> QuerySet[CaseRound]:
    """Rounds that ended before their days were kept on them."""
    return (
        CaseRound.objects.filter(Q(net_days=None) | Q(gross_days=None))
        .select_related("case__limit")
        .prefetch_related("case__pauses", "case__extensions")
        .order_by("pk")
    )


def _differing(row: Case | Request | CaseRound, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value
    }


def _of_case(case: Case, today: date, calendar: Calendar) -> dict[str, tuple[Any, Any]]:
    return _differing(case, cached_values(case, today=today, calendar=calendar))


def _of_request(request: Request, today: date, calendar: Calendar) -> dict[str, tuple[Any, Any]]:
    due = request_due(request, today=today, calendar=calendar)
    return _differing(request, {"due_on": due.due, "due_provisional": due.provisional})


def _of_round(ended: CaseRound, calendar: Calendar) -> dict[str, tuple[Any, Any]]:
    net, gross = days_of_round(ended, calendar=calendar)
    return _differing(ended, {"net_days": net, "gross_days": gross})


def recompute(drift: Drift, *, actor: User, reason: str, now: datetime | None = None) -> bool:
    """Bring one row's stored days in line with its facts, with history and an event; False if another has done so meanwhile."""
    require_system(actor)
    today = local_day(now or present())
    data = {name: f"{old} → {new}" for name, (old, new) in drift.fields.items()}
    with act("case.recompute", actor=actor, on=drift.thing, reason=reason, data=data):
        row = _locked(drift.thing)
        calendar = calendar_for(row.region if isinstance(row, Case) else row.case.region)
        if isinstance(row, Case):
            fields = _of_case(row, today, calendar)
        elif isinstance(row, Request):
            fields = _of_request(row, today, calendar)
        else:
            fields = _of_round(row, calendar)
        for name, (_, value) in fields.items():
            setattr(row, name, value)
        if fields:
            row.save(update_fields=sorted(fields))
    return bool(fields)


def _locked(thing: Case | Request | CaseRound) -> Case | Request | CaseRound:
    if isinstance(thing, Case):
        return locked(thing.pk)
    if isinstance(thing, CaseRound):
        return (
            CaseRound.objects.select_for_update(of=("self",)).select_related("case__limit").get(pk=thing.pk)
        )
    return Request.objects.select_for_update(of=("self",)).select_related("limit", "case").get(pk=thing.pk)
