"""When a month's reports fall far below what the same body usually reports of the same item [own definition].

Median and median absolute deviation: one odd month in the history changes neither, and a body whose months differ widely is left
alone. So is what has a season: a month that was as quiet a year ago. A hint to ask, never a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from supervision.rules.rates import one_place

_TO_DEVIATION = Fraction(14826, 10000)
"""Makes the median absolute deviation comparable with a standard deviation."""


@dataclass(frozen=True)
class Usual:
    """From when on a month is far below. Our own working definition; no plan names figures."""

    months: int = 12
    least_months: int = 6
    """With a shorter history nobody is suspected."""
    least_volume: int = 5
    """A median below says nothing: two instead of four happens."""
    deviations: int = 3
    part: Fraction = Fraction(1, 2)
    """And below so much of the median, however even the months were."""


@dataclass(frozen=True)
class Shortfall:
    now: int
    usual: Fraction
    spread: Fraction
    """The median absolute deviation."""
    months: int

    @property
    def missing(self) -> int:
        """By how much the month lies below the usual one."""
        return int(self.usual) - self.now

    @property
    def words(self) -> str:
        return (
            f"本月{self.now}条，前{self.months}个月的中位数{one_place(self.usual)}条"
            f"(通常上下{one_place(self.spread)}条)，明显偏少"
        )


def shortfall(before: Sequence[int], now: int, usual: Usual = Usual()) -> Shortfall | None:
    """How a month stands to the months before it (oldest first); None: nothing to ask about."""
    months = before[-usual.months :]
    if len(months) < usual.least_months:
        return None
    middle = Fraction(median(months))
    if middle < usual.least_volume:
        return None
    spread = Fraction(median(abs(one - middle) for one in months))
    limit = min(middle * usual.part, middle - usual.deviations * _TO_DEVIATION * spread)
    if len(months) == usual.months and months[0] < limit:
        return None  # a year ago it was quiet too: a season
    return Shortfall(now, middle, spread, len(months)) if now < limit else None
