"""Small calendars for pages: months as weeks from Monday to Sunday."""

from __future__ import annotations

import calendar as weeks
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .calendars import Calendar
from .deadlines import DayLine


@dataclass(frozen=True)
class MonthDay:
    """One square of a month."""

    day: date
    kind: str
    """work, weekend, off, makeup; in an explanation: receipt, counted, skipped, due; outside: what lies beyond it."""
    title: str
    """What the square says when pointed at."""
    mark: str = ""
    """A sign inside the square: 休, 班, or the number of the day counted."""
    provisional: bool = False


@dataclass(frozen=True)
class Month:
    year: int
    number: int
    weeks: tuple[tuple[MonthDay | None, ...], ...]
    working: int = 0
    notes: tuple[str, ...] = ()
    """Named days, told in words: for paper and for those who do not see colours."""


def year_months(calendar: Calendar, year: int) -> list[Month]:
    """The twelve months of a year as the calendar judges them."""
    return [_month_of_year(calendar, year, number) for number in range(1, 13)]


def _month_of_year(calendar: Calendar, year: int, number: int) -> Month:
    squares = {}
    for day in _days_of(year, number):
        judgement = calendar.judge(day)
        if judgement.special:
            kind, mark = ("makeup", "班") if judgement.working else ("off", "休")
        else:
            kind, mark = ("work" if judgement.working else "weekend"), ""
        title = f"{day} {judgement.reason}" + (f"({judgement.source})" if judgement.source else "")
        squares[day] = MonthDay(day, kind, title, mark, judgement.provisional)
    working = sum(calendar.is_working(day) for day in squares)
    return Month(year, number, _weeks(year, number, squares), working, _named(calendar, list(squares)))


def _named(calendar: Calendar, days: list[date]) -> tuple[str, ...]:
    """Neighbouring days of one name in one phrase: 1-7日国庆节放假."""
    runs: list[tuple[str, int, int]] = []
    for day in days:
        special = calendar.days.get(day)
        if special is None:
            continue
        reason = special.reason
        if runs and runs[-1][0] == reason and runs[-1][2] == day.day - 1:
            runs[-1] = (reason, runs[-1][1], day.day)
        else:
            runs.append((reason, day.day, day.day))
    return tuple(
        f"{first}日{reason}" if first == last else f"{first}-{last}日{reason}" for reason, first, last in runs
    )


def explained_months(lines: Iterable[DayLine], due: date | None) -> list[Month]:
    """The months that an explanation touches, each day marked with its part in the count."""
    told: Mapping[date, DayLine] = {line.day: line for line in lines}
    if not told:
        return []
    first, last = min(told), max(told)
    months = []
    year, number = first.year, first.month
    while (year, number) <= (last.year, last.month):
        squares = {
            day: _explained(told[day], due, first) if day in told else MonthDay(day, "outside", str(day))
            for day in _days_of(year, number)
        }
        months.append(Month(year, number, _weeks(year, number, squares)))
        year, number = (year, number + 1) if number < 12 else (year + 1, 1)
    return months


def _explained(line: DayLine, due: date | None, first: date) -> MonthDay:
    if line.day == first:
        kind, mark = "receipt", "收"
    elif line.day == due:
        kind, mark = "due", "止"
    elif line.counted:
        kind, mark = "counted", str(line.number)
    else:
        kind, mark = "skipped", ""
    return MonthDay(line.day, kind, f"{line.day} {line.reason}", mark, line.provisional)


def _days_of(year: int, number: int) -> list[date]:
    return [date(year, number, day) for day in range(1, weeks.monthrange(year, number)[1] + 1)]


def _weeks(
    year: int, number: int, squares: Mapping[date, MonthDay]
) -> tuple[tuple[MonthDay | None, ...], ...]:
    return tuple(
        tuple(squares[date(year, number, day)] if day else None for day in week)
        for week in weeks.monthcalendar(year, number)
    )
