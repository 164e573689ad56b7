"""产生台账: a department's month as a grid, the months of an area at a glance, and what the ledger says against what came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Department
from audit.clock import today
from credit_records.models import CatalogueItem, Record, ZeroReport
from credit_records.selectors.reporting import (
    NO_DECISION,
    expected_items,
    in_reading_order,
    month_start,
    record_items_in_force,
)
from supervision.models import MonthlyProduction
from supervision.selectors.reported import Asked, decisions_reported, rows_of_decisions
from supervision.selectors.reporting import Reconciled, reconciled


def last_day(month: date) -> date:
    return month_start(month, -1) - timedelta(days=1)


def state_of(line: MonthlyProduction | None, zero: ZeroReport | None) -> str:
    """Marks what stands of a line, so that a form can say what it was filled in upon."""
    told = f"{line.entered_at:%Y%m%d%H%M%S%f}" if line is not None else ""
    return f"{told}/{zero.pk if zero is not None else ''}"


@dataclass(frozen=True)
class GridLine:
    """One item of a department's month, as it stands now."""

    item: CatalogueItem
    usual: bool
    """Reported by the department within the last year, or told of in this month."""
    line: MonthlyProduction | None
    zero: ZeroReport | None
    reported: int

    @property
    def told(self) -> bool:
        return self.line is not None or self.zero is not None

    @property
    def due(self) -> int:
        return self.line.due if self.line is not None else 0

    @property
    def missing(self) -> int:
        return max(self.due - self.reported, 0)

    @property
    def beyond(self) -> int:
        return max(self.reported - self.due, 0) if self.told else 0

    @property
    def seen(self) -> str:
        return state_of(self.line, self.zero)


def ledger_items() -> frozenset[int]:
    """What a ledger can speak of: the items whose rows become records, without those that cases alone decide."""
    found = CatalogueItem.objects.exclude(kind__in=(*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION))
    return frozenset(found.values_list("pk", flat=True))


def of_month(department: int, month: date) -> Asked:
    """The question after the decisions of a month as they stand today."""
    return Asked(month, last_day(month), today(), frozenset({department}))


def month_grid(department: Department, month: date) -> list[GridLine]:
    """All items of the catalogue that could be reported in the month, the usual ones first (seven queries)."""
    told = {"department": department, "month": month}
    lines = {
        one.item_id: one for one in MonthlyProduction.objects.filter(**told).select_related("entered_by")
    }
    zeros = {one.item_id: one for one in ZeroReport.objects.filter(**told, withdrawn_at=None)}
    reported = {one.item: one.reported for one in decisions_reported(of_month(department.pk, month))}
    spoken_of = lines.keys() | zeros.keys() | reported.keys()
    usual = {item for _, item in expected_items([department.pk], month)} | spoken_of
    items = list(record_items_in_force(min(last_day(month), today())))
    known = {one.pk for one in items}
    gone = CatalogueItem.objects.filter(pk__in=spoken_of - known).exclude(kind__in=CatalogueItem.BY_DECISION)
    if spoken_of - known:
        items += in_reading_order(gone)
    found = [
        GridLine(one, one.pk in usual, lines.get(one.pk), zeros.get(one.pk), reported.get(one.pk, 0))
        for one in items
    ]
    return sorted(found, key=lambda one: not one.usual)


def untold_items(departments: Iterable[int], month: date) -> int:
    """Items with decisions reported of a month of which its ledger says nothing (one query)."""
    told = MonthlyProduction.objects.filter(month=month, department__in=departments)
    decided = Record.objects.filter(
        department__in=departments, decision_date__gte=month, decision_date__lte=last_day(month)
    ).exclude(Q(state__in=NO_DECISION) | Q(item__kind__in=CatalogueItem.BY_DECISION))
    pairs = (
        decided.order_by()
        .values("department", "item")
        .difference(told.order_by().values("department", "item"))
    )
    return pairs.count()


def not_due_yet(asked: Asked, one: Reconciled) -> bool:
    """Without a ledger in a month that still runs: it is told when the month is over, nothing differs so far."""
    return one.told is None and last_day(one.month) >= asked.as_of


def differences(asked: Asked) -> list[Reconciled]:
    """Lines in which ledger and reports differ."""
    return [one for one in by_month(asked) if (one.missing or one.untold) and not not_due_yet(asked, one)]


def by_month(asked: Asked) -> list[Reconciled]:
    """All lines of the span, the newest month first."""
    return sorted(reconciled(asked), key=lambda one: (-one.month.toordinal(), one.department, one.item))


def reported_beyond(asked: Asked, due: int) -> QuerySet[Record]:
    """The records of one line beyond what its ledger says was due: those that came last [own definition]."""
    rows = rows_of_decisions(asked).order_by("pk")
    later = rows.values("pk")[due:]
    return Record.objects.filter(pk__in=later)
