"""How long cases took and how many were in time: rounds that ended, in figures, from one query a table of them.

A round counts in the month in which it ended. Refused and withdrawn ones are told apart: they are no handling.
Days are working days by the clock; net leaves the pauses out, gross does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Aggregate, Count, F, IntegerField, Max, Q, QuerySet, Sum

from casework.models import Case, CaseRound, Decision
from repair.models import Application
from supervision.rules.rates import share


class Percentile(Aggregate):
    """The smallest value within which so many percent lie (nearest rank, as `rules.rates.percentile`)."""

    function = "percentile_disc"
    template = "%(function)s(%(part)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = IntegerField()

    def __init__(self, expression: str, part: int, **extra: Any) -> None:
        super().__init__(expression, part=part / 100, **extra)


@dataclass(frozen=True)
class Took:
    """What a group of ended rounds took; None where there are none."""

    count: int = 0
    in_time: int = 0
    net_total: int = 0
    gross_total: int = 0
    median: int | None = None
    ninety: int | None = None
    longest: int | None = None
    uncounted: int = 0
    """Rounds whose days are not worked out yet (`manage.py recompute_clocks --fix`)."""

    @property
    def mean(self) -> Fraction | None:
        return share(self.net_total, self.count - self.uncounted)

    @property
    def gross_mean(self) -> Fraction | None:
        return share(self.gross_total, self.count - self.uncounted)

    @property
    def share_in_time(self) -> Fraction | None:
        return share(self.in_time, self.count)

    @property
    def late(self) -> int:
        return self.count - self.in_time


SHIELDED = Application.objects.filter(kind=Application.Kind.SHIELD).order_by().values("case")
"""Repair cases that shield for a time and repair nothing; few of all."""
REVIEWED = (Decision.Outcome.REVOKED, Decision.Outcome.KEPT)
"""Rounds that looked again at a repair got by false material."""
IN_TIME = Q(due_on=None) | Q(closed_on__lte=F("due_on"))
_FIGURES: Mapping[str, Any] = {
    "count": Count("pk"),
    "in_time": Count("pk", filter=IN_TIME),
    "net_total": Sum("net_days", default=0),
    "gross_total": Sum("gross_days", default=0),
    "median": Percentile("net_days", 50),
    "ninety": Percentile("net_days", 90),
    "longest": Max("net_days"),
    "uncounted": Count("pk", filter=Q(net_days=None)),
}


def ended(first: date, last: date, *, cases: QuerySet[Case] | None = None) -> QuerySet[CaseRound]:
    """Rounds decided and done from one day to another; `cases` narrows them to what the user sees."""
    rounds = CaseRound.objects.filter(
        closed_on__gte=first, closed_on__lte=last, state=Case.State.CLOSED
    ).order_by()
    return rounds if cases is None else rounds.filter(case__in=cases.order_by().values("pk"))


def took(rounds: QuerySet[CaseRound]) -> Took:
    return Took(**rounds.aggregate(**_FIGURES))
