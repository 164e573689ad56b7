"""What becomes of the clocks if nobody acts: which cases turn late from day to day, and what is left of the month's share in time.

A case turns late on the day after its due day (`worktime.rules.deadlines`). One that is late can only end late, so that
whatever else is done the month's share is at most what is told here, were they all ended in it. What turns late in the next
month can still end in this one in time, or end in the next: of days beyond the month's end no share is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .rates import share


@dataclass(frozen=True)
class Ahead:
    """One of the coming working days."""

    day: date
    since: date
    """The working day before it: due from there on to the day before `day` is what turns late."""
    due: int
    """Due on the day, or on days off since the working day before it."""
    turning: int
    late: int
    share: Fraction | None
    """In time of what ended in the month, together with what is late by then; None beyond the month's end."""


def ahead(
    today: date,
    days: Sequence[date],
    due: Mapping[date, int],
    *,
    late: int,
    ended: int,
    in_time: int,
) -> list[Ahead]:
    """`due`: open cases by due day, those that stand still left out; `late`: late already; `ended`, `in_time`: of the month."""
    found, before = [], today
    for day in days:
        turning = sum(cases for on, cases in due.items() if before <= on < day)
        falling = sum(cases for on, cases in due.items() if before < on <= day)
        late += turning
        of_month = (day.year, day.month) == (today.year, today.month)
        told = share(in_time, ended + late) if of_month else None
        found.append(Ahead(day, before, falling, turning, late, told))
        before = day
    return found
