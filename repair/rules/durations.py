"""How long repairs took, from the facts of their rounds and requests. Days are counted by the clock, nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """Of so many how many were within the limit, the mean and the longest, in working days.

    Without any there is no share and no mean: no data, not 100%.
    """

    count: int
    within: int
    total_days: int
    longest: int | None

    @property
    def over(self) -> int:
        return self.count - self.within

    @property
    def share(self) -> float | None:
        """In percent, cut off after the first decimal: one late case is never 100%."""
        return self.within * 1000 // self.count / 10 if self.count else None

    @property
    def mean(self) -> float | None:
        return round(self.total_days / self.count, 2) if self.count else None

    @property
    def all_within(self) -> bool | None:
        return self.within == self.count if self.count else None


def measured(took: Iterable[tuple[int, bool]]) -> Measure:
    """Of working days used, each with whether that was within the limit."""
    found = list(took)
    days = [one for one, _ in found]
    return Measure(len(found), sum(within for _, within in found), sum(days), max(days, default=None))
