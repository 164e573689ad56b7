"""Shares, means and distributions as a board tells them: 0 of 0 is no data, and 99.99 is never 100.

Working days are whole numbers counted by the clock (`worktime.rules`); nothing here counts days.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


class Unit(enum.Enum):
    """In what a figure is told."""

    PERCENT = "%"
    PER_TEN_THOUSAND = "万分之"
    PER_HUNDRED_THOUSAND = "十万分之"
    RATIO = "比"
    WORKING_DAYS = "个工作日"
    COUNT = "项"


class Aim(enum.Enum):
    """How a figure stands to its target."""

    AT_LEAST = "不低于"
    AT_MOST = "不超过"
    BELOW = "低于"


_SCALE = {Unit.PERCENT: 100, Unit.PER_TEN_THOUSAND: 10_000, Unit.PER_HUNDRED_THOUSAND: 100_000}


def percent(share: Fraction | None) -> Fraction | None:
    """A share as a chart draws it, 0 to 100; none without data."""
    return None if share is None else share * 100


def one_place(value: Fraction) -> str:
    """A median or a spread in a sentence: 3, or 3.5."""
    return f"{float(value):.1f}".removesuffix(".0")


@dataclass(frozen=True)
class Target:
    """What the plan wants: a number in the figure's own unit (100 with PERCENT is 100 %)."""

    aim: Aim
    value: Fraction
    unit: Unit

    def met_by(self, value: Fraction | None) -> bool | None:
        """None without data: nothing to praise or to blame."""
        if value is None:
            return None
        return self.met_by_told(value * _SCALE.get(self.unit, 1))

    def met_by_told(self, told: Fraction) -> bool:
        """The same of a number that is in the unit already (kept by hand)."""
        if self.aim is Aim.AT_LEAST:
            return told >= self.value
        return told <= self.value if self.aim is Aim.AT_MOST else told < self.value

    def __str__(self) -> str:
        return f"{self.aim.value}{in_unit_words(self.value, self.unit)}"


def share(part: int, whole: int) -> Fraction | None:
    """A share; None of nothing. More than the whole is told as it is: the ledger is then shorter than the reports."""
    return Fraction(part, whole) if whole else None


def mean(days: Sequence[int]) -> Fraction | None:
    return Fraction(sum(days), len(days)) if days else None


def percentile(days: Sequence[int], part: int) -> int | None:
    """The smallest number of days within which `part` percent of the cases were done (nearest rank)."""
    if not 0 < part <= 100:
        raise ValueError(part)
    ordered = sorted(days)
    return ordered[math.ceil(len(ordered) * part / 100) - 1] if ordered else None


def in_unit(value: Fraction, unit: Unit) -> Fraction:
    """A share as the number that is told in its unit: 1/2 is 50 with PERCENT."""
    return value * _SCALE.get(unit, 1)


def words(value: Fraction | None, unit: Unit, *, places: int = 2) -> str:
    """A figure as the board shows it, cut off and not rounded: one late case among a million is never 100%."""
    if value is None:
        return "无数据"
    return in_unit_words(value * _SCALE.get(unit, 1), unit, places=places)


def in_unit_words(told: Fraction, unit: Unit, *, places: int = 2) -> str:
    """A number that is in its unit already."""
    scale = 10**places
    cut = Fraction(math.floor(told * scale), scale)
    number = f"{float(cut):.{places}f}".rstrip("0").rstrip(".")
    if not cut and told:
        number = f"不足{float(Fraction(1, scale)):.{places}f}"
    if unit in (Unit.PER_TEN_THOUSAND, Unit.PER_HUNDRED_THOUSAND):
        return f"{unit.value}{number}"
    return number if unit is Unit.RATIO else f"{number}{unit.value}"
