"""Which days are working days, and why (全国年节及纪念日放假办法; the yearly notice of the State Council's office)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

_WEEKDAYS = "一二三四五六日"
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class SpecialDay:
    """A day that a notice takes out of the usual week: off (放假), or a make-up working day (调休上班)."""

    off: bool
    name: str
    source: str
    """The notice that made the day so."""

    @property
    def reason(self) -> str:
        if self.off:
            return self.name if "放假" in self.name else f"{self.name}放假"
        return self.name if "上班" in self.name else f"{self.name}调休上班"


class DayJudgement(NamedTuple):
    """Whether a day is a working day, with the reason as an office reads it."""

    working: bool
    reason: str
    provisional: bool
    """The notice that could change this day has not been issued, or is not in the calendar."""
    source: str = ""
    """The notice, when one made the day off or on."""
    special: bool = False
    """A notice speaks of this day."""


@dataclass(frozen=True)
class Calendar:
    """The working days of a region: the week, and the days on which notices depart from it.

    Beyond `known_until` (and before `known_from`) a weekday is taken as working and said to be provisional: nothing
    raises, and nothing is guessed in silence.
    """

    region: str
    version: str
    known_until: date
    days: Mapping[date, SpecialDay]
    known_from: date = field(default=date.min)

    def judge(self, day: date) -> DayJudgement:
        provisional = not self.known_from <= day <= self.known_until
        special = self.days.get(day)
        if special is not None:
            return DayJudgement(not special.off, special.reason, provisional, special.source, True)
        weekday = day.weekday()
        if weekday >= _SATURDAY:
            return DayJudgement(False, f"周{_WEEKDAYS[weekday]}", provisional)
        return DayJudgement(True, "工作日", provisional)

    def is_working(self, day: date) -> bool:
        special = self.days.get(day)
        return day.weekday() < _SATURDAY if special is None else not special.off

    def caveat(self, day: date) -> str:
        """Why a provisional day is provisional, as a sentence fragment; empty for any other day."""
        if day > self.known_until:
            return f"{day.year}年节假日尚未公布，暂按周末推算"
        if day < self.known_from:
            return f"{day.year}年放假安排未收录，暂按周末推算"
        return ""

    def next_working_day(self, day: date) -> date:
        """The first working day after the day; the last day there is when none follows."""
        return self.add_working_days(day, 1)

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after the day, which itself is not counted (民法典 201); the day itself for 0."""
        if n < 0:
            raise ValueError("working days are added forwards only")
        for following in days_after(day) if n else ():
            day = following
            if self.is_working(following):
                n -= 1
                if n == 0:
                    break
        return day

    def due_days(self, first: date, last: date, n: int) -> Iterator[date]:
        """`add_working_days(day, n)` of each day from the first to the last, at the cost of about one of them a day."""
        due = self.add_working_days(first, n)
        yield due
        for day in days_after(first, last):
            if n == 0:
                due = day
            elif self.is_working(day):
                due = self.next_working_day(due)
            yield due

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days lie after `a`, up to and including `b`; none when `b` is not later."""
        return sum(map(self.is_working, days_after(a, b)))


def days_after(day: date, last: date = date.max) -> Iterator[date]:
    """The days after a day, one by one, up to the last, and never past the end of the calendar."""
    while day < last:
        day += _ONE_DAY
        yield day


def overlaid(base: Calendar, layer: Calendar) -> Calendar:
    """A calendar with the days of a smaller region laid over it: where both speak of a day, the region prevails.

    A region announces its own days too: what it has not announced yet is provisional there, even when the national
    notice is out.
    """
    return Calendar(
        region=layer.region,
        version=f"{base.version}；{layer.region}：{layer.version}",
        known_until=min(base.known_until, layer.known_until),
        days={**base.days, **layer.days},
        known_from=base.known_from,
    )


def layers_of(region: str) -> list[str]:
    """The codes whose calendars apply in a region, widest first: the country, the province, the city, the county."""
    if not region:
        return [""]
    return ["", *dict.fromkeys((f"{region[:2]}0000", f"{region[:4]}00", region))]
