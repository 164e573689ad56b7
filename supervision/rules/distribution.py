"""How working days are spread over cases, from how often each number of days came: nothing here counts days.

Groups of a year are some thousand where its cases are a hundred thousand: a board adds them up as it needs them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .rates import share


@dataclass(frozen=True)
class Spread:
    """Numbers of days with how many cases took so many."""

    counts: Mapping[int, int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int | None, int]]) -> Spread:
        """From (days, cases); what has no days is left out."""
        found: Counter[int] = Counter()
        for days, cases in pairs:
            if days is not None and cases:
                found[days] += cases
        return cls(found)

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        return sum(days * cases for days, cases in self.counts.items())

    @property
    def mean(self) -> Fraction | None:
        return share(self.total, self.count)

    @property
    def longest(self) -> int | None:
        return max(self.counts, default=None)

    def percentile(self, part: int) -> int | None:
        """The smallest number of days within which `part` percent lie (nearest rank, as `rates.percentile`)."""
        if not 0 < part <= 100:
            raise ValueError(part)
        wanted, reached = -(-self.count * part // 100), 0
        for days in sorted(self.counts):
            reached += self.counts[days]
            if reached >= wanted:
                return days
        return None

    def within(self, days: int) -> int:
        """How many took no more than so many days."""
        return sum(cases for taken, cases in self.counts.items() if taken <= days)
