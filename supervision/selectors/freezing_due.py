"""Which closed months an office should have frozen by now: so many working days after their end (limit `freeze-month`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from accounts.models import Department
from credit_records.selectors.reporting import month_start
from supervision.models import FrozenMonth
from worktime.models import Limit
from worktime.selectors import calendar_for

from .reporting_board.ledgers import last_day

LIMIT = "freeze-month"
_LOOKED_BACK = 24
"""Months; what lies before is nobody's task any more."""


@dataclass(frozen=True)
class DueMonth:
    office: int
    month: date
    last_day: date
    """The last day on which it would have been in time."""


def months_due(offices: Collection[int], day: date) -> list[DueMonth]:
    """The months of these offices that are past their last day for freezing and not frozen, the oldest first.

    Of an office that has never frozen a month the last one alone: what came before was not its habit. Nothing where the limit is
    not in force.
    """
    last = month_start(day, 1)
    kept: dict[int, set[date]] = {
        pk: set()
        for pk in Department.objects.filter(pk__in=offices, is_office=True).values_list("pk", flat=True)
    }
    for office, month in FrozenMonth.objects.filter(office__in=kept).values_list("office_id", "month"):
        kept[office].add(month)
    missing = [
        (month, office) for office, months in kept.items() for month in _expected(months, last) - months
    ]
    if not missing:
        return []
    limit = Limit.objects.in_force(day).filter(kind=LIMIT).first()
    if limit is None:
        return []
    calendar = calendar_for("")
    found = [
        DueMonth(office, month, calendar.add_working_days(last_day(month), limit.target_days))
        for month, office in sorted(missing)
    ]
    return [one for one in found if one.last_day < day]


def _expected(frozen: set[date], last: date) -> set[date]:
    """From the first month that an office has frozen to the last that is over."""
    first = min(frozen, default=last)
    months = (month_start(last, back) for back in range(_LOOKED_BACK))
    return {month for month in months if first <= month <= last}
