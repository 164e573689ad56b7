"""When a task falls due: once, or again on the corresponding day of each further period."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

ONCE = "once"
MONTHS = {ONCE: 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""How many months lie between two deadlines of a task with this period."""
MOST = 36
"""A task is given for three years of months at most; what is wanted for longer is given anew with the next plan."""


def months_later(day: date, months: int) -> date:
    """The corresponding day, or the last of a shorter month (民法典第二百零二条); the last day of a month stays the last."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    last = monthrange(year, month + 1)[1]
    ends_month = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if ends_month else min(day.day, last))


def due_days(first: date, period: str, until: date | None) -> list[date]:
    """Every deadline from the first to the last day of the task; without a last day to the end of that year.

    A task that is done once has the first alone. No more than `MOST`: the caller refuses what asks for more.
    """
    step = MONTHS[period]
    if not step:
        return [first]
    last = until or date(first.year, 12, 31)
    found = [first]
    while len(found) <= MOST:
        following = months_later(first, step * len(found))
        if following > last:
            break
        found.append(following)
    return found
