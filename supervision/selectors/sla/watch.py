"""Whose clocks are watched, on which day, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from accounts.models import Department
from audit.clock import today
from casework.models import Case
from casework.selectors.lists import SOON
from commitments.selectors.standing import end_of
from worktime.impact import Calendars
from worktime.rules.calendars import Calendar
from worktime.selectors import calendars_in_force

DAYS_AHEAD = 10


@dataclass(frozen=True)
class Watch:
    """The cases of these offices as they stood at the end of a day (today: as they stand now)."""

    day: date
    offices: frozenset[int]
    """Offices whose cases count; they lie in the area of the reader, who therefore sees every one of them."""
    user: Any
    region: str = ""
    """In whose calendar the coming working days are told; each case keeps the calendar of its own region."""
    department: int | None = None
    """A department: what it has been asked counts, in cases of these offices."""

    @property
    def live(self) -> bool:
        return self.day >= today()

    @property
    def before(self) -> datetime:
        """The first moment that is not known yet."""
        return end_of(self.day)

    @cached_property
    def _every_office(self) -> frozenset[int]:
        return frozenset(Department.objects.filter(is_office=True).values_list("pk", flat=True))

    def of_offices(self, path: str) -> Q:
        """Whose body (`path`) is one of the offices; no condition at all where these are all that there are."""
        own = self._every_office & self.offices
        return Q() if own == self._every_office else Q(**{f"{path}__in": own})

    @property
    def stood(self) -> RawSQL:
        """Of a day gone by the history rows of the cases that were open at its end, for `history_id__in`."""
        # One array instead of thousands of values, each of which the driver would have to place.
        return RawSQL("SELECT unnest(%s::bigint[])", [self._stood])

    @cached_property
    def _stood(self) -> list[int]:
        """Their numbers (one query)."""
        # Whatever was open then is open still, or has ended later.
        known = Case.objects.filter(
            self.of_offices("owning_body"),
            Q(closed_on__isnull=True) | Q(last_closed_on__gt=self.day),
            entered_at__lt=self.before,
        )
        found = known.annotate(told=Subquery(self.told("pk", "history_id"))).order_by()
        return [told for told in found.values_list("told", flat=True) if told is not None]

    def told(self, key: str, column: str) -> QuerySet[Any]:
        """A column of a case as its history had it at the end of the day, for a subquery."""
        rows = Case.history.model.objects.filter(id=OuterRef(key), history_date__lt=self.before)
        return rows.order_by("-history_date", "-history_id").values(column)[:1]

    @property
    def year(self) -> date:
        return self.day.replace(month=1, day=1)

    @property
    def month(self) -> date:
        return self.day.replace(day=1)

    @property
    def months(self) -> list[date]:
        """Twelve months by their first days, that of the day being the last."""
        last = self.day.year * 12 + self.day.month - 1
        return [date(number // 12, number % 12 + 1, 1) for number in range(last - 11, last + 1)]

    @cached_property
    def calendars(self) -> Calendars:
        return calendars_in_force()

    @property
    def calendar(self) -> Calendar:
        return self.calendars(self.region)

    @cached_property
    def days(self) -> list[date]:
        """The coming working days."""
        found, day = [], self.day
        for _ in range(DAYS_AHEAD):
            day = self.calendar.next_working_day(day)
            found.append(day)
        return found

    @property
    def soon(self) -> date:
        """The last of the two coming working days."""
        return self.days[SOON - 1]
