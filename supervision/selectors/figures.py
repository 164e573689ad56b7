"""The plan's indicators as of a day: number, value, target and whether it is met, each with the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from supervision.models import Indicator
from supervision.rules.rates import words

from .indicators.registry import Computed, Question, computation
from .whole import unless_all


class Told:
    """How a figure that has an `indicator` and a `value` is told."""

    indicator: Indicator
    value: Fraction | None

    @property
    def met(self) -> bool | None:
        """None without data, and where the plan's figure has not been entered."""
        goal = self.indicator.goal
        return None if goal is None else goal.met_by(self.value)

    @property
    def words(self) -> str:
        return words(self.value, self.indicator.unit)

    @property
    def goal_words(self) -> str:
        return "未设目标" if self.indicator.goal is None else str(self.indicator.goal)


@dataclass(frozen=True)
class Figure(Told):
    """One computed row of the table on a day."""

    indicator: Indicator
    asked: Question
    computed: Computed

    @property
    def value(self) -> Fraction | None:
        return self.computed.value


def indicators_on(day: date) -> list[Indicator]:
    """The rows of the table as they held on a day, in its order (one query)."""
    return list(Indicator.objects.in_force(day).order_by("number", "place"))


def figure(indicator: Indicator, asked: Question) -> Figure:
    """One computed row, worked out for itself."""
    return _figure(indicator, asked, replace(asked, departments=unless_all(asked.departments)))


def figures(asked: Question) -> list[Figure]:
    """All computed rows; those kept by hand are not among them. What several have in common is worked out once."""
    shared = replace(asked, departments=unless_all(asked.departments), known={})
    return [_figure(one, asked, shared) for one in indicators_on(asked.until) if one.computed]


def _figure(indicator: Indicator, asked: Question, meant: Question) -> Figure:
    return Figure(indicator, asked, computation(indicator.computed)(meant))
