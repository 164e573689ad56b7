"""The indicators kept by hand as they stood at the end of a day: what each body owes, and how it stands with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Q

from accounts.models import Department
from audit.clock import local_day, today
from commitments.selectors.standing import end_of, standing
from supervision.models import HandKept, HandKeptFile, Indicator
from supervision.rules.periods import Period, Standing, standing_of
from supervision.rules.rates import in_unit_words


@dataclass(frozen=True)
class Kept:
    """One entry on a day, told."""

    pk: int
    code: str
    department: Department
    period: Period
    deadline: date
    person: str
    state: str
    value: Decimal | None
    files: int
    standing: Standing

    def met(self, indicator: Indicator) -> bool | None:
        """Against the target, in the indicator's own unit; None without a figure, or without a target."""
        goal = indicator.goal
        if goal is None or self.value is None:
            return None
        return goal.met_by_told(Fraction(self.value))


def value_words(indicator: Indicator, value: Decimal | None) -> str:
    return "—" if value is None else in_unit_words(Fraction(value), indicator.unit)


def kept_on(day: date, bodies: Collection[int], *, code: str = "") -> list[Kept]:
    """Of these bodies, by indicator: the newest period of each, and whatever is still owed of earlier ones (three queries)."""
    if day >= today():
        rows = HandKept.objects.filter(first__lte=day, department__in=bodies)
    else:
        rows = standing(HandKept, day).filter(first__lte=day, department__in=bodies)
    if code:
        rows = rows.filter(code=code)
    found = list(rows.order_by("code", "department_id", "-first"))
    known = Department.objects.in_bulk({one.department_id for one in found})
    files = _files_on(day, [one.id for one in found])
    told, seen = [], set()
    for one in found:
        key = (one.code, one.department_id)
        if key in seen and one.state == HandKept.State.DONE:
            continue
        seen.add(key)
        reported = local_day(one.reported_at) if one.reported_at else None
        told.append(
            Kept(
                one.id, one.code, known[one.department_id], Period(one.period, one.first), one.deadline,
                one.person, one.state, one.value, files.get(one.id, 0),
                standing_of(one.state, one.deadline, reported, day),
            )
        )  # fmt: skip
    return told


def _files_on(day: date, entries: list[int]) -> dict[int, int]:
    until = end_of(day)
    kept = HandKeptFile.objects.filter(
        Q(removed_at=None) | Q(removed_at__gte=until), entry__in=entries, uploaded_at__lt=until
    )
    return dict(kept.order_by().values("entry").annotate(number=Count("pk")).values_list("entry", "number"))
