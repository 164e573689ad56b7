"""The two ratios of the city's plan, as of any day, each number with the rows behind it (银党办〔2022〕79号 第28项).

承诺践诺覆盖 = (commitments + performance reports) / enterprises; 践诺率 = performance reports / commitments. What stood on
a day is read from the history, never from counters: a commitment amended or withdrawn later counts for that day as it was
known then. 0/0 is no data. Months go by the day a commitment was made and a report determined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Left

from accounts.models import Department
from audit.clock import today
from commitments.models import Commitment, Performance
from commitments.rules.figures import Basis
from credit_records.models import Subject

from .bases import basis_on
from .standing import Breakdown, Counts, counted, end_of, ids_where, one_of, stood_where

# Read once: asked as `standing` does, a hundred thousand subjects cost seconds.
_EXISTED = f"""
    SELECT id FROM (
        SELECT DISTINCT ON (id) id, code, state FROM {Subject.history.model._meta.db_table}
        WHERE history_date < %s ORDER BY id, history_date DESC, history_id DESC
    ) AS stood WHERE state = %s AND left(code, 2) = ANY (%s)
"""


@dataclass(frozen=True)
class Scope:
    """For what the ratios are asked: the whole city or an office's area, one department, kind or month of it, or these together."""

    department: Department | None = None
    kind: str = ""
    month: date | None = None
    """Its first day."""
    bodies: frozenset[int] | None = None
    """Only commitments of these: the area of an office; None: of all."""

    def conditions(self) -> dict[str, Any]:
        """On the commitment itself."""
        found: dict[str, Any] = {}
        if self.department is not None:
            found["department_id"] = self.department.pk
        elif self.bodies is not None:
            found["department_id__in"] = sorted(self.bodies)
        if self.kind:
            found["kind"] = self.kind
        return found


CITY = Scope()


@dataclass(frozen=True)
class Ratio:
    """A fraction with its parts; `value` is None where there is nothing to divide by."""

    numerator: int
    denominator: int
    target: Fraction

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def reached(self) -> bool | None:
        """None: no data, and nothing to praise or blame."""
        return None if self.value is None else self.value >= self.target

    def __str__(self) -> str:
        return "无数据" if self.value is None else f"{float(self.value):.2f}"


@dataclass(frozen=True)
class Figures:
    """The numbers of one scope as they stood at the end of a day; each is the length of the rows of its name."""

    on: date
    scope: Scope
    basis: Basis
    counts: Counts
    enterprise_count: int

    @property
    def coverage(self) -> Ratio:
        return Ratio(
            self.counts.commitments + self.counts.reports, self.enterprise_count, self.basis.coverage_target
        )

    @property
    def performed(self) -> Ratio:
        return Ratio(self.counts.reports, self.counts.commitments, self.basis.performance_target)

    @property
    def empty(self) -> bool:
        """Neither a commitment nor a report: the scope has no data, which is not the same as a ratio of 0."""
        return not (self.counts.commitments or self.counts.reports)

    def commitments(self) -> QuerySet[Commitment]:
        return commitments_on(self.on, self.scope)

    def reports(self) -> QuerySet[Performance]:
        return reports_on(self.on, self.scope)

    def enterprises(self) -> QuerySet[Subject]:
        return enterprises_on(self.on, self.basis)


@dataclass(frozen=True)
class _Ground:
    """What all figures of a day have in common: by what is counted, and how many enterprises there are."""

    on: date
    basis: Basis
    enterprises: int

    @classmethod
    def of(cls, on: date | None) -> _Ground:
        day = on or today()
        basis = basis_on(day)
        return cls(day, basis, _enterprises(day, basis))

    def figures(self, scope: Scope, counts: Counts) -> Figures:
        return Figures(
            on=self.on, scope=scope, basis=self.basis, counts=counts, enterprise_count=self.enterprises
        )


def figures_of(scope: Scope = CITY, *, on: date | None = None) -> Figures:
    """The figures of a scope at the end of a day (today without one)."""
    ground = _Ground.of(on)
    return ground.figures(scope, _counts(ground.on, scope, Breakdown.NONE).get(None, Counts()))


def by_department(*, on: date | None = None, bodies: frozenset[int] | None = None) -> list[Figures]:
    """Every department that had a commitment or report by then, the most commitments first."""
    ground = _Ground.of(on)
    counts = _counts(ground.on, Scope(bodies=bodies), Breakdown.DEPARTMENT)
    known = Department.objects.in_bulk(list(counts))
    ordered = sorted(counts, key=lambda pk: (-counts[pk].commitments, known[pk].code))
    return [ground.figures(Scope(department=known[pk]), counts[pk]) for pk in ordered]


def by_kind(
    *, on: date | None = None, department: Department | None = None, bodies: frozenset[int] | None = None
) -> list[Figures]:
    """All seven kinds, those without a commitment too."""
    ground, scope = _Ground.of(on), Scope(department=department, bodies=bodies)
    counts = _counts(ground.on, scope, Breakdown.KIND)
    return [
        ground.figures(replace(scope, kind=kind), counts.get(kind, Counts()))
        for kind in Commitment.Kind.values
    ]


def by_month(
    months: int = 12,
    *,
    on: date | None = None,
    department: Department | None = None,
    bodies: frozenset[int] | None = None,
) -> list[Figures]:
    """The last months up to the day's own, the oldest first; a month without data is one of them."""
    ground, scope = _Ground.of(on), Scope(department=department, bodies=bodies)
    counts = _counts(ground.on, scope, Breakdown.MONTH)
    return [
        ground.figures(replace(scope, month=first), counts.get(first, Counts()))
        for first in _months_to(ground.on, months)
    ]


def commitments_on(day: date, scope: Scope = CITY) -> QuerySet[Commitment]:
    """Commitments registered by the end of the day and not withdrawn by then."""
    made = _within("made_on", scope.month)
    return stood_where(Commitment, day, state=Commitment.State.VALID, **scope.conditions(), **made)


def reports_on(day: date, scope: Scope = CITY) -> QuerySet[Performance]:
    """Reports given by the end of the day and not withdrawn by then, on commitments that stood then."""
    rows = stood_where(Performance, day, withdrawn_at=None, **_within("determined_on", scope.month))
    of = ids_where(Commitment, day, state=Commitment.State.VALID, **scope.conditions())
    return rows.filter(one_of("commitment", of))


def _within(column: str, month: date | None) -> dict[str, Any]:
    return {} if month is None else {f"{column}__gte": month, f"{column}__lt": _next_month(month)}


def enterprises_on(day: date, basis: Basis | None = None) -> QuerySet[Subject]:
    """Enterprises in state 存续 at the end of the day: the city's, whatever the department or month."""
    pairs = (basis or basis_on(day)).enterprise_pairs
    counting = {"state": Subject.State.EXISTING, "pair__in": pairs}
    if day >= today():  # the table itself, a fraction of its history
        return Subject.objects.annotate(pair=Left("code", 2)).filter(**counting)
    stood = RawSQL(_EXISTED, [end_of(day), Subject.State.EXISTING, list(pairs)])  # noqa: S611  constants, values bound
    return Subject.objects.filter(pk__in=stood)


def _enterprises(day: date, basis: Basis) -> int:
    """How many `enterprises_on` finds; of a day gone by out of an index of the history alone (one query)."""
    if day >= today():
        return enterprises_on(day, basis).order_by().count()
    with connection.cursor() as cursor:
        given = [end_of(day), Subject.State.EXISTING, list(basis.enterprise_pairs)]
        cursor.execute(f"SELECT count(*) FROM ({_EXISTED}) AS existed", given)
        return int(cursor.fetchone()[0])


def _counts(day: date, scope: Scope, breakdown: Breakdown) -> Mapping[Any, Counts]:
    month = (scope.month, _next_month(scope.month)) if scope.month is not None else None
    return counted(breakdown, before=end_of(day), conditions=scope.conditions(), span=month)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _months_to(day: date, months: int) -> Iterator[date]:
    number = day.year * 12 + day.month - 1
    for one in range(number - months + 1, number + 1):
        yield date(one // 12, one % 12 + 1, 1)
