"""为什么是这一天: the days of a clock as a small calendar and as a list, with the reason of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from audit.clock import local_day
from casework.machine import machine_of
from casework.models import Case
from casework.selectors.clock import Clock
from worktime.rules.deadlines import DayLine, Deadline

_WEEKDAYS = "一二三四五六日"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """One day of the list and of the calendar."""

    day: date
    kind: str
    """start, counted, off, paused; outside: before or after the count."""
    number: int | None = None
    reason: str = ""
    marks: tuple[str, ...] = ()
    today: bool = False
    provisional: bool = False

    @property
    def weekday(self) -> str:
        return _WEEKDAYS[self.day.weekday()]

    @property
    def label(self) -> str:
        """What stands in the calendar below the figure."""
        if self.marks:
            return self.marks[0]
        if self.number is not None:
            return f"第{self.number}日"
        return {"start": "收到", "paused": "停时", "off": self.reason.partition("不计")[0][:4]}.get(
            self.kind, ""
        )


@dataclass(frozen=True)
class Days:
    """The days of one clock, in weeks from Monday to Sunday and one below the other."""

    lines: list[Day]
    weeks: list[list[Day]]
    provisional: bool

    @property
    def first(self) -> date:
        return self.lines[0].day

    @property
    def last(self) -> date:
        return self.lines[-1].day


def _kind(line: DayLine, first: bool) -> str:
    if first:
        return "start"
    if line.counted:
        return "counted"
    return "paused" if line.reason.startswith("停时") else "off"


def days_of(deadline: Deadline, marks: dict[date, list[str]], *, today: date) -> Days:
    """The explanation of one deadline; `marks` says what falls on a day (due days)."""
    lines = [
        Day(
            line.day,
            _kind(line, at == 0),
            line.number,
            line.reason,
            tuple(marks.get(line.day, ())),
            line.day == today,
            line.provisional,
        )
        for at, line in enumerate(deadline.days)
    ]
    return Days(lines, _weeks(lines, today), any(line.provisional for line in lines))


def _weeks(lines: Sequence[Day], today: date) -> list[list[Day]]:
    if not lines:
        return []
    known = {line.day: line for line in lines}
    day = lines[0].day - lines[0].day.weekday() * _ONE_DAY
    weeks = []
    while day <= lines[-1].day:
        week = [day + n * _ONE_DAY for n in range(7)]
        weeks.append([known.get(one, Day(one, "outside", today=one == today)) for one in week])
        day += 7 * _ONE_DAY
    return weeks


def case_days(case: Case, clock: Clock, *, today: date) -> Days:
    """Acceptance, target and legal limit in one list: they count the same days and end one after the other."""
    marks: dict[date, list[str]] = {}
    accept = f"应{machine_of(case.kind).steps['accept'].label}"
    for title, one in ((accept, clock.acceptance), ("目标到期", clock.target), ("法定到期", clock.legal)):
        if one is not None and one.due is not None:
            marks.setdefault(one.due, []).append(title)
    if case.closed_on is not None and case.closed_on >= local_day(case.clock_from):
        marks.setdefault(case.closed_on, []).append("办结")
    longest = max(
        (one for one in (clock.target, clock.legal) if one is not None), key=lambda one: len(one.days)
    )
    return days_of(longest, marks, today=today)
