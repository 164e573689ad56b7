"""How a department's reporting stands: what waits, what came in this month, what is missing.

Callers pass `scope`, the batches (records) that the user's policy lets them see; nothing here widens it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from audit.clock import CHINA
from credit_records.models import (
    CatalogueItem,
    CatalogueVersion,
    IntakeBatch,
    IntakeFinding,
    Record,
    ZeroReport,
)
from credit_records.rules.faults import Severity

from .batches import handled_as_batches, not_replaced, uploaded_files

_REPORTED = (IntakeBatch.State.SUBMITTED, IntakeBatch.State.PUBLISHED)
NO_DECISION = (Record.State.DRAFT, Record.State.WITHDRAWN)
"""What never became more than a draft, or was withdrawn for good, is no decision reported in its month."""
NOT_JUDGED = (IntakeBatch.State.UPLOADED, IntakeBatch.State.REFUSED, IntakeBatch.State.TAKEN_BACK)
_BATCHES_LOOKED_AT = 200
"""“错误最多” looks at so many newest batches of the month."""


def month_start(day: date, back: int = 0) -> date:
    """The first day of the month `back` months before the day's own."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def instant(day: date) -> datetime:
    """The moment at which a day begins in China."""
    return datetime.combine(day, time.min, tzinfo=CHINA)


def in_reading_order(items: QuerySet[CatalogueItem]) -> QuerySet[CatalogueItem]:
    """Items as offices speak of them: 双公示 first, then the other kinds in the order of the catalogue."""
    return items.order_by(_kind_order(), "pk")


def _kind_order(path: str = "") -> Case:
    kinds = [
        When(**{f"{path}kind": kind}, then=Value(place)) for place, kind in enumerate(CatalogueItem.Kind)
    ]
    return Case(*kinds, default=Value(len(kinds)))


def items_in_force(on: date) -> QuerySet[CatalogueItem]:
    """The items that may be reported: those with a version in force on the day, but none that a case alone decides."""
    forced = CatalogueVersion.objects.in_force(on).filter(item=OuterRef("pk"))
    reported = CatalogueItem.objects.exclude(kind__in=CatalogueItem.BY_DECISION)
    return in_reading_order(reported.filter(Exists(forced)))


def record_items_in_force(on: date) -> QuerySet[CatalogueItem]:
    """Those of them whose rows become records: what is entered singly and reported as zero."""
    return items_in_force(on).exclude(kind__in=CatalogueItem.NOT_RECORDS)


def versions_in_force(on: date) -> QuerySet[CatalogueVersion]:
    """The version in force of each item that is reported, with its item and the number of its columns (one query)."""
    versions = CatalogueVersion.objects.in_force(on).exclude(item__kind__in=CatalogueItem.BY_DECISION)
    versions = versions.select_related("item").annotate(columns=Count("fields"))
    return versions.order_by(_kind_order("item__"), "item_id")


@dataclass(frozen=True)
class KindFigure:
    kind: str
    label: str
    rows: int


@dataclass(frozen=True)
class TopError:
    """The fault that cost the most rows: its column as the clerks write it, and how often."""

    code: str
    column: str
    times: int


@dataclass(frozen=True)
class MonthFigures:
    """One month of reporting."""

    kinds: list[KindFigure]
    first_rows: int
    first_accepted: int
    """Rows of first uploads (not of corrected files), and those of them that passed as they were."""

    @property
    def compliance(self) -> str:
        """合规率: rows accepted at first submission out of all rows of first uploads; empty without rows."""
        if not self.first_rows:
            return ""
        return f"{self.first_accepted * 100 / self.first_rows:.1f}%"


def _in_month(first: date) -> Q:
    return Q(uploaded_at__gte=instant(first), uploaded_at__lt=instant(month_start(first, -1)))


def month_batches(scope: QuerySet[IntakeBatch], first: date) -> QuerySet[IntakeBatch]:
    return scope.filter(_in_month(first))


def reported_records(records: QuerySet[Record], first: date) -> QuerySet[Record]:
    """The records that came in with what was uploaded in a month (typed ones too) and has been submitted."""
    reported = IntakeBatch.objects.filter(state__in=_REPORTED)
    batches = month_batches(reported.exclude(item__kind__in=CatalogueItem.BY_DECISION), first)
    return records.filter(batch__in=batches.order_by().values("pk"))


def judged_first_uploads(scope: QuerySet[IntakeBatch], first: date) -> QuerySet[IntakeBatch]:
    """The files of which a month's 合规率 is made: neither mended ones nor such as were never judged."""
    files = uploaded_files(month_batches(scope, first))
    return files.filter(corrects=None).exclude(state__in=NOT_JUDGED)


def month_figures(scope: QuerySet[IntakeBatch], records: QuerySet[Record], first: date) -> MonthFigures:
    """What was reported in a month by kind, and how much of it passed at first (two queries)."""
    by_kind = (
        reported_records(records, first)
        .order_by()
        .values("item__kind")
        .annotate(total=Count("pk"))
        .order_by("-total")
    )
    labels = dict(CatalogueItem.Kind.choices)
    firsts = (
        judged_first_uploads(scope, first)
        .order_by()
        .aggregate(rows=Sum("rows"), accepted=Sum(F("created") + F("updated") + F("unchanged")))
    )
    return MonthFigures(
        [KindFigure(row["item__kind"], labels[row["item__kind"]], row["total"]) for row in by_kind],
        firsts["rows"] or 0,
        firsts["accepted"] or 0,
    )


def top_error(scope: QuerySet[IntakeBatch], first: date) -> TopError | None:
    """The commonest reason of rejection in a month's files."""
    newest = uploaded_files(month_batches(scope, first)).filter(rejected__gt=0).order_by("-pk")
    found = (
        IntakeFinding.objects.filter(
            batch__in=list(newest.values_list("pk", flat=True)[:_BATCHES_LOOKED_AT]), severity=Severity.REJECT
        )
        .values("code", "column")
        .annotate(times=Count("pk"))
        .order_by("-times", "code")
        .first()
    )
    return TopError(found["code"], found["column"], found["times"]) if found else None


@dataclass(frozen=True)
class Missing:
    """A department has reported neither records nor zero for an item in a month."""

    department_id: int
    item: CatalogueItem
    month: date


def expected_items(departments: Collection[int], month: date) -> set[tuple[int, int]]:
    """(department, item) pairs reported within the last year: what is expected of the departments."""
    since = month_start(month, 12)
    batches = IntakeBatch.objects.filter(
        department__in=departments, state__in=_REPORTED, submitted_at__gte=instant(since)
    )
    zeros = ZeroReport.objects.filter(department__in=departments, month__gte=since)
    return set(batches.order_by().values_list("department_id", "item_id").distinct()) | set(
        zeros.order_by().values_list("department_id", "item_id").distinct()
    )


def missing_reports(departments: Collection[int], month: date) -> list[Missing]:
    """Items usually reported and left without a word in a month (at most five queries)."""
    expected = expected_items(departments, month)
    if not expected:
        return []
    items = {
        item.pk: item for item in record_items_in_force(month).filter(pk__in={item for _, item in expected})
    }
    told = set(
        ZeroReport.objects.filter(department__in=departments, month=month, withdrawn_at=None).values_list(
            "department_id", "item_id"
        )
    )
    decided = set(
        Record.objects.filter(
            department__in=departments, decision_date__gte=month, decision_date__lt=month_start(month, -1)
        )
        .exclude(state__in=NO_DECISION)
        .order_by()
        .values_list("department_id", "item_id")
        .distinct()
    )
    return [Missing(d, items[i], month) for d, i in sorted(expected - told - decided) if i in items]


@dataclass(frozen=True)
class Cell:
    """One month of one item on the zero report page."""

    month: date
    records: int = 0
    zero: ZeroReport | None = None
    expected: bool = True
    """False outside the catalogue's time in force."""


@dataclass(frozen=True)
class ItemMonths:
    item: CatalogueItem
    usual: bool
    """Reported by the department within the last year."""
    cells: list[Cell]


def reporting_months(department: int, months: Iterable[date], *, today: date) -> list[ItemMonths]:
    """Records and zero reports of a department by item and month, newest month first (six queries)."""
    months = sorted(months, reverse=True)
    first, end = months[-1], month_start(months[0], -1)
    counts = _counts(department, first, end)
    zeros = {
        (zero.item_id, zero.month): zero
        for zero in ZeroReport.objects.filter(
            department=department, month__gte=first, month__lt=end, withdrawn_at=None
        )
    }
    forced: dict[int, list[CatalogueVersion]] = {}
    versions = CatalogueVersion.objects.filter(state=CatalogueVersion.State.IN_FORCE, in_force_from__lt=end)
    for version in versions:
        forced.setdefault(version.item_id, []).append(version)
    usual = {item for _, item in expected_items([department], today)} | {
        item for item, _ in (*counts, *zeros)
    }
    return [
        ItemMonths(
            item,
            item.pk in usual,
            [
                Cell(
                    month,
                    counts.get((item.pk, month), 0),
                    zeros.get((item.pk, month)),
                    any(_covers(version, month) for version in forced.get(item.pk, ())),
                )
                for month in months
            ],
        )
        for item in record_items_in_force(today)
    ]


def _covers(version: CatalogueVersion, month: date) -> bool:
    return version.in_force_from < month_start(month, -1) and (
        version.in_force_to is None or version.in_force_to >= month
    )


def _counts(department: int, first: date, end: date) -> dict[tuple[int, date], int]:
    rows: Any = (
        Record.objects.filter(department=department, decision_date__gte=first, decision_date__lt=end)
        .exclude(state__in=NO_DECISION)
        .order_by()
        .annotate(month=TruncMonth("decision_date"))
        .values_list("item_id", "month")
        .annotate(times=Count("pk"))
    )
    return {(item, month): times for item, month, times in rows}


def waiting(scope: QuerySet[IntakeBatch], what: str) -> QuerySet[IntakeBatch]:
    """Batches that ask for somebody's work: `returned` and `submit` the clerk's, `review` the reviewer's."""
    states = {
        "returned": IntakeBatch.State.RETURNED,
        "submit": IntakeBatch.State.CHECKED,
        "review": IntakeBatch.State.SUBMITTED,
    }
    found = handled_as_batches(scope.filter(state=states[what]))
    return found if what == "review" else not_replaced(found)
