"""What departments were asked to verify (协查): what waits, what is late, how many answers came in time, and the place among them.

Facts with their times (`sent_at`, `answered_at`) tell it of any day; the due day is that of the request as it stands now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from audit.clock import CHINA
from casework.models import Request
from supervision.rules.distribution import Spread
from supervision.rules.ranks import ranks
from supervision.rules.rates import share

from .watch import Watch


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def requests(watch: Watch) -> QuerySet[Request]:
    """All that were sent by the end of the day, in cases of the offices; of the department where the watch names one."""
    rows = Request.objects.filter(
        watch.of_offices("case__owning_body"), kind=Request.Kind.VERIFICATION, sent_at__lt=watch.before
    ).order_by()
    return rows if watch.department is None else rows.filter(department=watch.department)


def waiting(watch: Watch) -> Q:
    """Neither answered nor recalled by the end of the day."""
    return Q(answered_at__isnull=True) | Q(answered_at__gte=watch.before)


def answered(watch: Watch, first: date, last: date | None = None) -> Q:
    """Answered from a day on; what was recalled is no answer."""
    until = watch.before if last is None else min(watch.before, _begin(last + timedelta(days=1)))
    return Q(state=Request.State.ANSWERED, answered_at__gte=_begin(first), answered_at__lt=until)


IN_TIME = Q(answered_at__date__lte=F("due_on"))


def late(watch: Watch) -> Q:
    return waiting(watch) & Q(due_on__lt=watch.day)


@dataclass(frozen=True)
class Body:
    """How a department stands."""

    waiting: int
    late: int
    today: int
    answered: int
    in_time: int

    @property
    def share(self) -> Fraction | None:
        return share(self.in_time, self.answered)


def by_department(watch: Watch) -> dict[int, Body]:
    """Every department that has something to answer or answered this year (one query)."""
    waits, done = waiting(watch), answered(watch, watch.year)
    rows = (
        requests(watch)
        .filter(waits | done)
        .values("department")
        .annotate(
            waiting=Count("pk", filter=waits),
            late=Count("pk", filter=late(watch)),
            today=Count("pk", filter=waits & Q(due_on=watch.day)),
            answered=Count("pk", filter=done),
            in_time=Count("pk", filter=done & IN_TIME),
        )
        .order_by()
    )
    return {row.pop("department"): Body(**row) for row in rows}


def places(bodies: dict[int, Body], among: Collection[int] | None = None) -> dict[int, tuple[int, int]]:
    """By the share of answers in time: place and how many have one; equal shares share a place."""
    return ranks({pk: one.share for pk, one in bodies.items() if among is None or pk in among})


def by_due_day(waits: QuerySet[Request]) -> Iterable[tuple[date, int]]:
    """How many of these are due on which day (one query)."""
    return waits.values_list("due_on").annotate(count=Count("pk")).order_by()


@dataclass(frozen=True)
class Month:
    """What one department answered in a month."""

    answered: int
    in_time: int
    days: Spread

    @property
    def share(self) -> Fraction | None:
        return share(self.in_time, self.answered)


def by_month(watch: Watch) -> dict[date, Month]:
    """Twelve months of answers with their working days, of the department of the watch (one query)."""
    rows = (
        requests(watch)
        .filter(answered(watch, watch.months[0]))
        .annotate(sent_on=TruncDate("sent_at"), answered_on=TruncDate("answered_at"))
        .values("sent_on", "answered_on", "case__region")
        .annotate(count=Count("pk"), in_time=Count("pk", filter=IN_TIME))
        .order_by()
    )
    found: dict[date, list[tuple[int, int, int]]] = {}
    for row in rows:
        calendar = watch.calendars(row["case__region"])
        days = calendar.working_days_between(row["sent_on"], row["answered_on"])
        month = row["answered_on"].replace(day=1)
        found.setdefault(month, []).append((days, row["count"], row["in_time"]))
    return {
        month: Month(
            sum(count for _, count, _ in own),
            sum(in_time for _, _, in_time in own),
            Spread.of((days, count) for days, count, _ in own),
        )
        for month, own in sorted(found.items())
    }


@dataclass(frozen=True)
class Pick:
    """Of the requests those that one number of the board counts."""

    body: int | None = None
    """The department that was asked; the address of the board calls its own question `department`."""
    how: str = ""
    """`waiting` (due after a day, until another), `late`, `today`; `answered`, `in_time`, `too_late` from `first` to `last`."""
    first: date | None = None
    last: date | None = None
    after: date | None = None

    def rows(self, watch: Watch) -> QuerySet[Request]:
        rows = requests(watch)
        if self.body is not None:
            rows = rows.filter(department=self.body)
        if self.how == "late":
            return rows.filter(late(watch))
        if self.how == "today":
            return rows.filter(waiting(watch), due_on=watch.day)
        if self.how == "waiting":
            rows = rows.filter(waiting(watch))
            rows = rows.filter(due_on__gt=self.after) if self.after else rows
            return rows.filter(due_on__lte=self.last) if self.last else rows
        rows = rows.filter(answered(watch, self.first or watch.year, self.last))
        if self.how == "in_time":
            rows = rows.filter(IN_TIME)
        return rows.exclude(IN_TIME) if self.how == "too_late" else rows
