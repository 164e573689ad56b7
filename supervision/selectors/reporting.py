"""上报率, 合规率, 及时率: the department's own ledger held against what came in, by department, item and month, as of any day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import F, QuerySet, Sum

from audit.clock import today
from commitments.selectors.standing import standing
from credit_records.models import IntakeBatch, ZeroReport
from credit_records.selectors.batches import uploaded_files
from credit_records.selectors.reporting import NOT_JUDGED, instant
from supervision.models import MonthlyProduction
from supervision.rules.rates import share

from .reported import Asked, Line, decisions_reported, first_reports

Key = tuple[int, int, date]
"""Department, item, first day of the month."""


@dataclass(frozen=True)
class Told:
    """What a department says a month brought; a zero report says it too."""

    produced: int
    exempt: int = 0

    @property
    def due(self) -> int:
        return self.produced - self.exempt


@dataclass(frozen=True)
class Reconciled:
    """One department, item and month: its ledger beside its reports."""

    department: int
    item: int
    month: date
    told: Told | None
    """None: the department has said nothing of that month."""
    reported: int

    @property
    def missing(self) -> int:
        """漏报: due by the ledger and not reported."""
        return max(self.told.due - self.reported, 0) if self.told else 0

    @property
    def untold(self) -> int:
        """Reported beyond the ledger: the ledger is short, or there is none."""
        return max(self.reported - (self.told.due if self.told else 0), 0)

    @property
    def counted(self) -> int:
        """Reports that the rate counts: what goes beyond the ledger makes up for no other month."""
        return min(self.reported, self.told.due) if self.told else 0


def ledger_on(asked: Asked) -> dict[Key, Told]:
    """The ledger of the months of the span as it stood at the end of the day; where both exist it outweighs a zero report."""
    months = {"month__gte": asked.first.replace(day=1), "month__lte": asked.last}
    zeros = standing(ZeroReport, asked.as_of).filter(withdrawn_at=None, **months)
    lines = standing(MonthlyProduction, asked.as_of).filter(**months)
    found: dict[Key, Told] = {
        key: Told(0) for key in zeros.values_list("department_id", "item_id", "month") if _meant(asked, key)
    }
    for *key, produced, exempt in lines.values_list(
        "department_id", "item_id", "month", "produced", "exempt"
    ):
        if _meant(asked, (key[0], key[1], key[2])):
            found[key[0], key[1], key[2]] = Told(produced, exempt)
    return found


def rows_of_ledger(asked: Asked) -> QuerySet[MonthlyProduction]:
    """The lines of the ledger behind what was due; zero reports add nothing to it."""
    lines = standing(MonthlyProduction, asked.as_of).filter(
        month__gte=asked.first.replace(day=1), month__lte=asked.last
    )
    if asked.departments is not None:
        lines = lines.filter(department_id__in=asked.departments)
    if asked.items is not None:
        lines = lines.filter(item_id__in=asked.items)
    return MonthlyProduction.objects.filter(pk__in=lines.values("id"))


def _meant(asked: Asked, key: Key) -> bool:
    department, item, _ = key
    return (asked.departments is None or department in asked.departments) and (
        asked.items is None or item in asked.items
    )


def reconciled(asked: Asked) -> list[Reconciled]:
    """Every department, item and month of the span with a ledger, a report or both (three queries)."""
    return held_against(ledger_on(asked), decisions_reported(asked))


def held_against(ledger: Mapping[Key, Told], decisions: Iterable[Line]) -> list[Reconciled]:
    """The same of a ledger and of reports that are known."""
    reported = {(one.department, one.item, one.month): one.reported for one in decisions}
    return [
        Reconciled(*key, told=ledger.get(key), reported=reported.get(key, 0))
        for key in sorted(ledger.keys() | reported.keys())
    ]


def reporting_rate(lines: Iterable[Reconciled]) -> Fraction | None:
    """上报率: of what the ledgers say was due, the part that was reported; months without a ledger are no data."""
    told = [one for one in lines if one.told is not None]
    return share(sum(one.counted for one in told), sum(one.told.due for one in told if one.told))


@dataclass(frozen=True)
class Passed:
    """Rows of first uploads, and those of them that passed as they were."""

    department: int
    rows: int
    accepted: int


def first_uploads(asked: Asked) -> QuerySet[IntakeBatch]:
    """Files uploaded in the span for the first time (no mended ones) that were judged by the end of the day."""
    batches = uploaded_files(IntakeBatch.objects.all()).filter(
        corrects=None,
        uploaded_at__gte=instant(asked.first),
        uploaded_at__lt=instant(_day_after(asked.until)),
    )
    if asked.as_of >= today():  # the table itself, a fraction of its history
        batches = batches.exclude(state__in=NOT_JUDGED)
    else:
        stood = standing(IntakeBatch, asked.as_of).exclude(state__in=NOT_JUDGED)
        batches = batches.filter(pk__in=stood.values("id"))
    if asked.departments is not None:
        batches = batches.filter(department__in=asked.departments)
    return batches if asked.items is None else batches.filter(item__in=asked.items)


def passed_at_first(asked: Asked) -> list[Passed]:
    """合规率 by department (one query)."""
    return [Passed(*row) for row in _passed(asked, "department")]


def passed_by_item(asked: Asked) -> dict[tuple[int, int], Passed]:
    """The same by department and item (one query)."""
    return {
        (department, item): Passed(department, rows, accepted)
        for department, item, rows, accepted in _passed(asked, "department", "item")
    }


def _passed(asked: Asked, *by: str) -> QuerySet[Any]:
    return (
        first_uploads(asked)
        .order_by()
        .values_list(*by)
        .annotate(total=Sum("rows"), good=Sum(F("created") + F("updated") + F("unchanged")))
        .order_by(*by)
    )


def timely(asked: Asked) -> list[Line]:
    """及时率: first reports of the span (one query)."""
    return first_reports(asked)


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
