"""From the facts of a matter to its deadline, with the reason of every day (民法典 200-204, 行政许可法 82, 行政处罚法 85).

The day of receipt is not counted; a day counts if it is a working day and the clock ran through all of it; the period
ends with its last day, so that closing on the due day is in time. Nothing here looks at a clock: today is an argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from .calendars import Calendar, days_after

_HOME = ZoneInfo("Asia/Shanghai")


class ClockState(StrEnum):
    """How a clock stands."""

    label: str

    NOT_STARTED = "not_started", "未开始"
    RUNNING = "running", "进行中"
    DUE_SOON = "due_soon", "即将到期"
    PAUSED = "paused", "停时"
    MET = "met", "按时办结"
    BREACHED = "breached", "逾期"

    def __new__(cls, value: str, label: str) -> ClockState:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """As a model field or a filter wants them."""
        return [(state.value, state.label) for state in cls]


@dataclass(frozen=True)
class Pause:
    """The clock stood still (停时) from one day to another; `end` is None while it still does."""

    begin: date
    end: date | None
    reason: str
    """The kind of pause as it is shown, for instance 补正 or 听证."""


@dataclass(frozen=True)
class Extension:
    """A decision that gives further working days (延期)."""

    days: int
    decided_on: date
    reason: str


@dataclass(frozen=True)
class Facts:
    """What is stored of a matter; a moment must carry its time zone and counts as the day it falls on in China."""

    received: date | datetime | None
    limit: int
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[Extension, ...] = ()
    closed: date | datetime | None = None
    warn_days: int = 1


@dataclass(frozen=True)
class DayLine:
    """One day of the explanation."""

    day: date
    counted: bool
    number: int | None
    reason: str
    provisional: bool


@dataclass(frozen=True)
class Deadline:
    """When a matter must be closed, how it stands, and why."""

    due: date | None
    """None before receipt, and while the clock stands still with no end in sight."""
    state: ClockState
    remaining: int | None
    """Days still to be counted after today (after the day of closing, for what is closed): 0 on the due day, negative
    when late, at least -1 from the next day on even if that is no working day. None before receipt."""
    used: int
    """Days counted up to today or the day of closing; what lies past the due day counts too."""
    provisional: bool
    days: tuple[DayLine, ...]
    """From the day of receipt to the due day; with an open pause up to today or the day of closing."""


def local_day(moment: date | datetime) -> date:
    """The day in China; a moment without time zone is a mistake of the caller, not a day."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"{moment} carries no time zone: nobody knows which day it is in China")
    try:
        return moment.astimezone(_HOME).date()
    except OverflowError:  # the last hours of the year 9999, the first of the year 1
        return moment.date()


@dataclass(frozen=True)
class _Stop:
    """A pause in local days."""

    begin: date
    end: date
    open: bool
    reason: str


def deadline(facts: Facts, calendar: Calendar, *, today: date) -> Deadline:
    """The deadline as the facts stand on a day; what lies after that day (a closing, an open pause) is not known yet.

    A pause moves the due day only if it begins on that day or before: afterwards the period is over and a breach stays
    one. An extension counts only if decided on or before the due day as it stood without it.
    """
    _check(facts)
    today = local_day(today)
    if facts.received is None:
        return Deadline(None, ClockState.NOT_STARTED, None, 0, False, ())
    received = local_day(facts.received)
    closed = None if facts.closed is None else local_day(facts.closed)
    if closed is not None and closed > today:
        closed = None
    until = today if closed is None else closed
    stops = _stops(facts.pauses, until)
    limit, due = _reach(facts, calendar, received, stops)

    last = due if due is not None else max(until, received)
    lines = _lines(received, last, calendar, stops)
    numbered = [line.day for line in lines if line.counted]
    used = sum(day <= until for day in numbered)
    remaining = limit - used
    if due is not None and until > due:
        late = calendar.working_days_between(due, until)
        used, remaining = used + late, -max(1, late)
    return Deadline(
        due=due,
        state=_state(due, closed, today, remaining, stops, facts.warn_days),
        remaining=remaining,
        used=used,
        provisional=due == date.max or any(line.provisional for line in lines),
        days=lines,
    )


def _check(facts: Facts) -> None:
    if facts.limit < 1:
        raise ValueError("a limit is at least one working day")
    if any(extension.days < 1 for extension in facts.extensions):
        raise ValueError("an extension gives at least one working day")
    for pause in facts.pauses:
        if pause.end is not None and local_day(pause.end) < local_day(pause.begin):
            raise ValueError(f"the pause of {pause.begin} ends before it begins")


def _stops(pauses: Sequence[Pause], until: date) -> list[_Stop]:
    """The pauses in local days, in order. An open one that has not begun by then is still no pause at all."""
    found = []
    for pause in pauses:
        begin = local_day(pause.begin)
        if pause.end is not None:
            found.append(_Stop(begin, local_day(pause.end), False, pause.reason))
        elif begin <= until:
            found.append(_Stop(begin, date.max, True, pause.reason))
    return sorted(found, key=lambda stop: (stop.begin, stop.end))


def _reach(
    facts: Facts, calendar: Calendar, received: date, stops: Sequence[_Stop]
) -> tuple[int, date | None]:
    """The limit with the extensions that count, and the day on which the count reaches it."""
    limit = facts.limit
    due = _nth_day(received, limit, calendar, stops)
    for extension in sorted(facts.extensions, key=lambda one: local_day(one.decided_on)):
        if due is None or local_day(extension.decided_on) <= due:
            limit += extension.days
            due = _nth_day(received, limit, calendar, stops)
    return limit, due


def _nth_day(received: date, limit: int, calendar: Calendar, stops: Sequence[_Stop]) -> date | None:
    """The day that is counted as number `limit`; None when an open pause comes first."""
    number = 0
    for day in days_after(received):
        touching = _touching(stops, day)
        if any(stop.open for stop in touching):
            return None
        if not touching and calendar.is_working(day):
            number += 1
            if number == limit:
                return day
    return date.max


def _touching(stops: Sequence[_Stop], day: date) -> list[_Stop]:
    """The pauses in which the clock did not run through all of the day: first and last day included [own definition]."""
    return [stop for stop in stops if stop.begin <= day <= stop.end] if stops else []


def _lines(received: date, last: date, calendar: Calendar, stops: Sequence[_Stop]) -> tuple[DayLine, ...]:
    lines = [DayLine(received, False, None, "收到当日不计", False)]
    number = 0
    for day in days_after(received, last):
        judgement = calendar.judge(day)
        touching = _touching(stops, day)
        source = f"({judgement.source})" if judgement.source else ""
        if touching and judgement.working:
            kinds = "、".join(dict.fromkeys(stop.reason for stop in touching if stop.reason))
            reason = f"停时({kinds})不计" if kinds else "停时不计"
        elif not judgement.working:
            reason = f"{judgement.reason}不计{source}"
        else:
            number += 1
            reason = f"{judgement.reason}，计第{number}日{source}" if judgement.special else f"第{number}日"
        counted = judgement.working and not touching
        # A day on which the clock stood still does not count, whatever the notice will say.
        provisional = judgement.provisional and not touching
        if provisional:
            reason += f"({calendar.caveat(day)})"
        lines.append(DayLine(day, counted, number if counted else None, reason, provisional))
    return tuple(lines)


def _state(
    due: date | None,
    closed: date | None,
    today: date,
    remaining: int,
    stops: Sequence[_Stop],
    warn_days: int,
) -> ClockState:
    if closed is not None:
        return ClockState.MET if due is None or closed <= due else ClockState.BREACHED
    if due is not None and today > due:
        return ClockState.BREACHED
    # On the day on which it ends a pause is over for whoever looks, though the day is not counted.
    if any(stop.begin <= today and (stop.open or today < stop.end) for stop in stops):
        return ClockState.PAUSED
    return ClockState.DUE_SOON if remaining <= warn_days else ClockState.RUNNING
