"""Frozen months as they were kept: for the board's trend and ranks, for reports, and for the page that compares them with today.

Everything here reads what was stored; nothing is worked out anew but in `now_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet

from accounts.models import Department
from supervision.models import FrozenFigure, FrozenMonth, Indicator
from supervision.rules.ranks import ranks
from supervision.rules.rates import share

from .figures import Figure, Told, figure
from .indicators.registry import Question

TREND_MONTHS = 12


@dataclass(frozen=True)
class Then(Told):
    """A frozen figure, told as the board tells one."""

    stored: FrozenFigure

    @property
    def indicator(self) -> Indicator:
        """In the version under which it was frozen: a later target changes nothing of it."""
        return self.stored.indicator

    @property
    def value(self) -> Fraction | None:
        return share(self.stored.numerator, self.stored.denominator)


def frozen_month(office: Department | int, month: date) -> FrozenMonth | None:
    """The frozen month of an office; None where it has not been frozen. `month`: any day of it."""
    key = office if isinstance(office, int) else office.pk
    found = FrozenMonth.objects.filter(office=key, month=month.replace(day=1))
    return found.select_related("office", "frozen_by").first()


def frozen_figures(
    frozen: FrozenMonth, *, department: Department | int | None = None, of_year: bool = False
) -> list[Then]:
    """The figures of a frozen month in the order of the table, one query.

    Of the whole area, or of one department; of the month alone, or (`of_year`) from 1 January to its end.
    Empty for a body that the area did not hold when it was frozen.
    """
    key = department.pk if isinstance(department, Department) else department
    first = frozen.month.replace(month=1) if of_year else frozen.month
    return [Then(one) for one in _told(frozen.figures.filter(department=key, first=first))]


def figures_by_body(frozen: FrozenMonth, *, of_year: bool = False) -> dict[int | None, list[Then]]:
    """The same for the area (None) and every body at once (one query): for tables that compare departments."""
    first = frozen.month.replace(month=1) if of_year else frozen.month
    found: dict[int | None, list[Then]] = {}
    for one in _told(frozen.figures.filter(first=first)):
        found.setdefault(one.department_id, []).append(Then(one))
    return found


def _told(figures: QuerySet[FrozenFigure]) -> QuerySet[FrozenFigure]:
    return (
        figures.select_related("indicator", "department", "numerator_rows", "denominator_rows", "frozen")
        .defer("numerator_rows__keys", "denominator_rows__keys")
        .order_by("indicator__number", "indicator__place", "department")
    )


def months_until(month: date, number: int = TREND_MONTHS) -> list[date]:
    """The first days of as many months, the given one last."""
    found, day = [], month.replace(day=1)
    for _ in range(number):
        found.append(day)
        day = (day - timedelta(days=1)).replace(day=1)
    return found[::-1]


def trend(
    months: Sequence[date], *, offices: Iterable[int] = (), department: int | None = None
) -> dict[str, dict[date, Then]]:
    """By code of the indicator and month, what was frozen of the months alone (one query); months not frozen are missing.

    Of one body (as its nearest office froze it), or of the area of these offices (the largest of those frozen).
    """
    kept = FrozenFigure.objects.filter(frozen__month__in=list(months))
    if department is not None:
        kept = kept.filter(department=department)
    else:
        kept = kept.filter(department=None, frozen__office__in=list(offices))
    found: dict[str, dict[date, Then]] = {}
    rows = [one for one in _told(kept) if one.first == one.frozen.month]
    for one in sorted(rows, key=lambda one: len(one.frozen.bodies), reverse=department is None):
        found.setdefault(one.indicator.code, {}).setdefault(one.first, Then(one))
    return found


@dataclass(frozen=True)
class Rank:
    """Which place a body had among those of its office: k of n, in a frozen month."""

    month: date
    place: int
    of: int


def ranks_of(department: int, until: date) -> dict[str, Rank]:
    """The place of a body by code of the indicator, in the newest frozen month up to a day (two queries).

    Among the bodies of its own office, also where a higher one has frozen the month too. The best first, whichever way the
    target lies. Bodies without data have no place and are not counted.
    """
    newest = (
        FrozenMonth.objects.filter(figures__department=department, month__lte=until)
        .order_by("-month", "bodies__len", "office_id")
        .first()
    )
    if newest is None:
        return {}
    values: dict[str, dict[int, Fraction | None]] = {}
    for one in _told(newest.figures.filter(first=newest.month).exclude(department=None)):
        then, low = Then(one), one.indicator.wanted != Indicator.Wanted.AT_LEAST
        value = then.value
        values.setdefault(one.indicator.code, {})[one.department_id] = (
            -value if low and value is not None else value
        )
    places = {code: ranks(by_body).get(department) for code, by_body in values.items()}
    return {code: Rank(newest.month, *place) for code, place in places.items() if place is not None}


def question_of(month: date, known: date, bodies: frozenset[int], *, of_year: bool = False) -> Question:
    """What is asked of a closed month: its days, as known at the end of a later one."""
    return Question.of_month(month, known, bodies, of_year=of_year)


def now_of(then: Then, *, known: date, shared: dict[Any, Any] | None = None) -> Figure:
    """The same indicator, in the same version, of the same days and bodies, as it is known now.

    `shared`: what several figures of one page have in common is worked out once.
    """
    stored = then.stored
    bodies = frozenset(stored.frozen.bodies if stored.department_id is None else [stored.department_id])
    of_year = stored.first != stored.frozen.month
    asked = question_of(stored.frozen.month, known, bodies, of_year=of_year)
    return figure(stored.indicator, replace(asked, known=shared))
