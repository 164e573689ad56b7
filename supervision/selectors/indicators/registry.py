"""What an indicator is asked and answers. Each computation names the rows behind both its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from supervision.rules.rates import share

Rows = Callable[[], QuerySet[Any]]


@dataclass(frozen=True)
class Question:
    """For what an indicator is asked: from the first day of its period to a day, as known at the end of that day."""

    first: date
    as_of: date
    departments: frozenset[int] | None = None
    """The bodies whose data count; None: all that the product holds."""

    @classmethod
    def of_year(cls, as_of: date, departments: frozenset[int] | None = None) -> Question:
        """The plan's targets are yearly: from 1 January on."""
        return cls(date(as_of.year, 1, 1), as_of, departments)


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
