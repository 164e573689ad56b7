"""上报率, 合规率, 及时率 by department, item and month, folded as the reader asks, with places and lights.

The three months are three different ones: 上报率 goes by the month of the decision, 合规率 by that of the upload, 及时率 by that of the
first report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from operator import add
from typing import NamedTuple

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from accounts.models import Department
from audit.clock import CHINA
from credit_records.models import CatalogueItem
from supervision.models import Indicator
from supervision.rules.ranks import ranks
from supervision.rules.rates import Target, share
from supervision.selectors.reported import Asked, reports_and_decisions
from supervision.selectors.reporting import GOOD, Key, counted_uploads, held_against, ledger_on

from .ledgers import not_due_yet

RATES = ("reporting", "compliance", "timeliness")


class Rates(NamedTuple):
    """The numbers of which the three rates are made."""

    due: int = 0
    """By the ledgers."""
    counted: int = 0
    """Of them reported."""
    reported: int = 0
    """Decisions reported, also beyond the ledgers and without one."""
    missing: int = 0
    beyond: int = 0
    """Reported beyond a ledger; what has no ledger is `untold`."""
    untold: int = 0
    files: int = 0
    rows: int = 0
    accepted: int = 0
    first: int = 0
    """First reports of the span."""
    in_time: int = 0

    def __add__(self, other: Rates) -> Rates:  # type: ignore[override]  numbers, not places
        return Rates._make(map(add, self, other))

    @property
    def late(self) -> int:
        return self.first - self.in_time

    @property
    def failed(self) -> int:
        return self.rows - self.accepted

    @property
    def reporting(self) -> Fraction | None:
        return share(self.counted, self.due)

    @property
    def compliance(self) -> Fraction | None:
        return share(self.accepted, self.rows)

    @property
    def timeliness(self) -> Fraction | None:
        return share(self.in_time, self.first)


def rates_by_key(asked: Asked) -> dict[Key, Rates]:
    """Every department, item and month of the span in which something was told or came in (four queries)."""
    found: dict[Key, Rates] = {}

    def put(key: Key, more: Rates) -> None:
        found[key] = found[key] + more if key in found else more

    first_reports, decisions = reports_and_decisions(asked)
    for one in held_against(ledger_on(asked), decisions):
        put(
            (one.department, one.item, one.month),
            Rates(
                due=one.told.due if one.told else 0,
                counted=one.counted,
                reported=one.reported,
                missing=one.missing,
                beyond=one.untold if one.told else 0,
                untold=0 if one.told or not_due_yet(asked, one) else one.reported,
            ),
        )
    for line in first_reports:
        put((line.department, line.item, line.month), Rates(first=line.reported, in_time=line.in_time))
    for key, files, rows, accepted in _passed(asked):
        put(key, Rates(files=files, rows=rows, accepted=accepted))
    return found


def _passed(asked: Asked) -> Iterable[tuple[Key, int, int, int]]:
    months = (
        counted_uploads(asked)
        .order_by()
        .annotate(month=TruncMonth("uploaded_at", tzinfo=CHINA))
        .values_list("department", "item", "month")
        .annotate(files=Count("pk"), total=Sum("rows"), good=Sum(GOOD))
    )
    for department, item, month, files, total, good in months:
        yield (department, item, month.astimezone(CHINA).date()), files, total, good


BY: dict[str, tuple[str, Callable[[Key], int | date]]] = {
    "department": ("单位", lambda key: key[0]),
    "item": ("事项", lambda key: key[1]),
    "month": ("月份", lambda key: key[2]),
}


def folded(found: dict[Key, Rates], by: str) -> dict[int | date, Rates]:
    """The same numbers by one of the three; they add up to the whole."""
    _, part = BY[by]
    groups: dict[int | date, Rates] = {}
    for key, rates in found.items():
        groups[part(key)] = groups.get(part(key), Rates()) + rates
    return groups


def whole(found: dict[Key, Rates]) -> Rates:
    return sum(found.values(), Rates())


def places(groups: dict[int | date, Rates]) -> dict[str, dict[int | date, tuple[int, int]]]:
    """The place of each group by each rate."""
    return {rate: ranks({key: getattr(one, rate) for key, one in groups.items()}) for rate in RATES}


def peers_of(department: Department) -> frozenset[int]:
    """Bodies with which one is compared: those of the same level and place that report [own definition]."""
    alike = Department.objects.filter(
        level=department.level, division=department.division, is_office=False, active=True
    )
    return frozenset(alike.values_list("pk", flat=True)) | {department.pk}


def goals(day: date, item: CatalogueItem | None) -> dict[str, Target | None]:
    """What the plan wants of the three rates on a day: of licences and penalties 双公示's, else those of all kinds."""
    double = item is not None and item.kind in (CatalogueItem.Kind.LICENCE, CatalogueItem.Kind.PENALTY)
    start = "double" if double else "all"
    codes = {f"{start}-reported": RATES[0], f"{start}-compliant": RATES[1], f"{start}-timely": RATES[2]}
    found = Indicator.objects.in_force(day).filter(computed__in=codes)
    wanted: dict[str, Target | None] = dict.fromkeys(RATES)
    for one in found:
        wanted[codes[one.computed]] = one.goal
    return wanted
