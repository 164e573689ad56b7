"""When a department has sent nothing for longer than its own history makes plausible [own definition].

Nobody is measured by others: a body that decides little may send little. Days are calendar days, because gaps are compared with gaps;
public holidays since the last sending (春节, 国庆节) are allowed on top of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from statistics import median

from credit_records.rules.dates import add_months
from supervision.rules.rates import one_place


@dataclass(frozen=True)
class Plausible:
    """How long a pause may be before it is asked about. Our own working definition; no plan names figures."""

    times: int = 2
    """So many of its own usual gaps."""
    least_gaps: int = 3
    """With fewer gaps there is no usual one, and nobody is accused."""
    least_months: int = 1
    """A full month at least: ledgers and zero reports are monthly."""


@dataclass(frozen=True)
class Silence:
    last: date
    days: int
    """Since the last sending."""
    usual: Fraction
    """The median gap of its own, in days."""
    allowed: int
    holidays: int = 0
    """Weekdays off since the last sending; they are part of `allowed`."""

    @property
    def words(self) -> str:
        return (
            f"最近一次报送是{self.last:%Y-%m-%d}，已{self.days}天；"
            f"本单位通常每{one_place(self.usual)}天报送一次，超过{self.allowed}天{f'(含节假日{self.holidays}天)' if self.holidays else ''}提示"
        )


def silence(
    sent: Iterable[date], on: date, holidays: Iterable[date] = (), plausible: Plausible = Plausible()
) -> Silence | None:
    """The silence of a body that sent something on these days, as of a day; None: nothing to ask about.

    `holidays`: weekdays on which nobody works.
    """
    days = sorted({one for one in sent if one <= on})
    if len(days) <= plausible.least_gaps:
        return None
    usual = Fraction(median((later - before).days for before, later in itertools.pairwise(days)))
    last = days[-1]
    month = (add_months(last, plausible.least_months) - last).days
    off = len({one for one in holidays if last < one <= on})
    allowed = max(month, int(usual * plausible.times)) + off
    since = (on - last).days
    return Silence(last, since, usual, allowed, off) if since > allowed else None
