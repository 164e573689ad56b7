"""The use of pauses (停时): how often, for how many working days, for what, by whom, and which still run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from django.db.models import Count, Q, QuerySet

from casework.models import Pause
from casework.selectors.lists import LONG_PAUSE
from worktime.rules.calendars import days_after

from .watch import Watch


def running(watch: Watch) -> Q:
    """Not over at the end of the day."""
    return Q(begun_on__lte=watch.day) & (Q(ended_on__isnull=True) | Q(ended_on__gt=watch.day))


def too_long(watch: Watch) -> Q:
    """Still running after more days than a pause usually takes, as the case list asks about it (停时过久)."""
    return running(watch) & Q(begun_on__lt=watch.day - timedelta(days=LONG_PAUSE))


def pauses(watch: Watch) -> QuerySet[Pause]:
    """Those that ran on a day of the year so far."""
    return Pause.objects.filter(
        watch.of_offices("case__owning_body"),
        Q(ended_on__isnull=True) | Q(ended_on__gte=watch.year),
        begun_on__lte=watch.day,
    ).order_by()


@dataclass
class Use:
    """What one officer's pauses for one reason came to."""

    officer: int
    kind: str
    count: int = 0
    days: int = 0
    """Working days on which the clocks stood still; first and last day included, as the clock has it."""
    running: int = 0
    too_long: int = 0


def use(watch: Watch) -> list[Use]:
    """By officer (who stopped the clock) and reason, in one query; days before the year count with their pause."""
    rows = (
        pauses(watch)
        .values_list("begun_by", "kind", "begun_on", "ended_on", "case__region")
        .annotate(
            count=Count("pk"),
            still=Count("pk", filter=running(watch)),
            long=Count("pk", filter=too_long(watch)),
        )
        .order_by()
    )
    found: dict[tuple[int, str], Use] = {}
    days = _Days(watch)
    for officer, kind, begun, ended, region, count, still, long in rows:
        one = found.setdefault((officer, kind), Use(officer, kind))
        one.count += count
        one.days += count * days.within(region, begun, watch.day if still else ended)
        one.running += still
        one.too_long += long
    return sorted(found.values(), key=lambda one: (one.officer, one.kind))


class _Days:
    """Working days from one day to another, both included: of thousands of spans each day is looked up once."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.table = cache(self._table)

    def _table(self, region: str) -> dict[date, int]:
        """How many working days lie between a year ago's first day and the end of each day since."""
        calendar, base = self.watch.calendars(region), self.watch.year.replace(year=self.watch.year.year - 1)
        days = [base, *days_after(base, self.watch.day)]
        return dict(zip(days, accumulate(map(calendar.is_working, days)), strict=True))

    def within(self, region: str, first: date, last: date) -> int:
        table, before = self.table(region), first - timedelta(days=1)
        if before in table:
            return table[last] - table[before]
        return self.watch.calendars(region).working_days_between(before, last)


@dataclass(frozen=True)
class Pick:
    """Of the pauses those that one number of the board counts."""

    officer: int | None = None
    kind: str = ""
    how: str = ""
    """`running`, `too_long`."""

    def rows(self, watch: Watch) -> QuerySet[Pause]:
        rows = pauses(watch)
        if self.officer is not None:
            rows = rows.filter(begun_by=self.officer)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.how:
            rows = rows.filter({"running": running, "too_long": too_long}[self.how](watch))
        return rows
