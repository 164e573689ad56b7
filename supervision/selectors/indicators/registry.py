"""What an indicator is asked and answers. Each computation names the rows behind both its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet

from supervision.rules.rates import share

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question:
    """For what an indicator is asked: from the first day of its period to a day, as known at the end of that day."""

    first: date
    as_of: date
    departments: frozenset[int] | None = None
    """The bodies whose data count; None: all that the product holds."""
    last: date | None = None
    """The last day of the period, where more is known than that (a closed month, as known today); None: `as_of`."""
    known: dict[Any, Any] | None = field(default=None, compare=False, repr=False)
    """What has been worked out for this question already, while several indicators are asked at once."""

    def once(self, what: Any, work_out: Callable[[], Answer]) -> Answer:
        """The answer that another indicator has needed before, or its working out."""
        if self.known is None:
            return work_out()
        if (what, self) not in self.known:
            self.known[what, self] = work_out()
        return cast("Answer", self.known[what, self])

    @property
    def until(self) -> date:
        """The last day that counts; what is counted as it stands (subjects, commitments) stands at its end."""
        return min(self.last or self.as_of, self.as_of)

    @classmethod
    def of_year(cls, as_of: date, departments: frozenset[int] | None = None) -> Question:
        """The plan's targets are yearly: from 1 January on."""
        return cls(date(as_of.year, 1, 1), as_of, departments)

    @classmethod
    def of_month(
        cls, month: date, as_of: date, departments: frozenset[int] | None = None, *, of_year: bool = False
    ) -> Question:
        """One month (any day of it), or the year up to its end, as known at the end of a day, as a rule a later one."""
        last = date(month.year + month.month // 12, month.month % 12 + 1, 1) - timedelta(days=1)
        return cls(date(month.year, 1 if of_year else month.month, 1), as_of, departments, last)


@dataclass(frozen=True)
class Rows:
    """The rows of a number: of what kind they are, and how they are found; nothing is asked for before they are called for."""

    of: type[Model]
    find: Callable[[], QuerySet[Any]]

    def __call__(self) -> QuerySet[Any]:
        return self.find()


@dataclass(frozen=True)
class Part:
    """One of the two numbers, in words, with its rows; a sum (days) has rows too, but is not their number."""

    words: str
    number: int
    rows: Rows | None = None
    counts_rows: bool = True


@dataclass(frozen=True)
class Computed:
    numerator: Part
    denominator: Part
    remarks: tuple[str, ...] = field(default=())
    """What the reader has to know of this answer: months without a ledger, rounds without days."""

    @property
    def value(self) -> Fraction | None:
        return share(self.numerator.number, self.denominator.number)


Computation = Callable[[Question], Computed]
_known: dict[str, Computation] = {}


def computes(code: str) -> Callable[[Computation], Computation]:
    """Register a computation under the code by which the plan's rows name it."""

    def keep(computation: Computation) -> Computation:
        if code in _known:
            raise ValueError(f"{code} is computed twice")
        _known[code] = computation
        return computation

    return keep


def computation(code: str) -> Computation:
    from . import cases, codes, commitments, reporting  # noqa: F401  register what they compute

    return _known[code]


def computations() -> frozenset[str]:
    from . import cases, codes, commitments, reporting  # noqa: F401

    return frozenset(_known)
