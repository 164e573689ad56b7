"""Of what a report tells: an office's area, a period, and the end of which day is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from accounts.holdings import area_of_office
from accounts.models import Department
from supervision.rules.periods import Period
from supervision.selectors.indicators.registry import Question
from supervision.selectors.reported import Asked
from supervision.selectors.sla import Watch


@dataclass(frozen=True)
class Scope:
    """Everything in a report is asked of this."""

    office: Department
    period: Period
    as_of: date
    """What was known at the end of this day counts: a ledger of October is told in November."""
    user: Any

    @property
    def last(self) -> date:
        """The last day that counts; of a period that is not over, the last that is known."""
        return min(self.period.last, self.as_of)

    @cached_property
    def bodies(self) -> frozenset[int]:
        return area_of_office(self.office.pk)

    @cached_property
    def known(self) -> Mapping[int, Department]:
        return Department.objects.in_bulk(self.bodies)

    @property
    def offices(self) -> frozenset[int]:
        return frozenset(pk for pk, one in self.known.items() if one.is_office)

    def name(self, body: int) -> str:
        one = self.known.get(body) or self._elsewhere(body)
        return one.short_name or one.name

    def _elsewhere(self, body: int) -> Department:
        """A body that is given a task without lying in the area, as an office above or beside."""
        return Department.objects.get(pk=body)

    @property
    def of_year(self) -> Question:
        """The plan's targets are yearly: from 1 January to the end of the period."""
        return self._to(self.last)

    @property
    def of_year_before(self) -> Question | None:
        """The same up to the period before, as known on the same day; None where a new year has begun."""
        before = self.period.before
        return self._to(before.last) if before.last.year == self.last.year else None

    def _to(self, last: date) -> Question:
        return Question(date(last.year, 1, 1), self.as_of, self.bodies, last)

    @property
    def reported(self) -> Asked:
        return Asked(self.period.first, self.last, self.as_of, self.bodies)

    @cached_property
    def watch(self) -> Watch:
        """The clocks at the end of the period: rounds and their histories tell it of any day."""
        return Watch(self.last, self.offices, self.user, region=self.office.division)


def months_to(day: date, count: int = 12) -> list[date]:
    """The first days of so many months, that of the day being the last."""
    number = day.year * 12 + day.month - 1
    return [_month(n) for n in range(number - count + 1, number + 1)]


def _month(number: int) -> date:
    year, month = divmod(number, 12)
    return date(year, month + 1, 1)
