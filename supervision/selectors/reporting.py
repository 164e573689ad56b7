"""上报率, 合规率, 及时率: the department's own ledger held against what came in, by department, item and month, as of any day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from audit.clock import today
from commitments.selectors.standing import end_of, standing
from credit_records.models import IntakeBatch, ZeroReport
from credit_records.selectors.batches import uploaded_files
from credit_records.selectors.reporting import NOT_JUDGED, instant
from supervision.models import MonthlyProduction
from supervision.rules.rates import share

from .reported import Asked, Line, decisions_reported

GOOD = F("created") + F("updated") + F("unchanged")
"""Of a file: its rows that passed as they were."""
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
    """The lines of the ledger behind what was due; zero reports add nothing to it.

    Of a past day each with what it said then (`known_produced` and the like), whatever it says now.
    """
    months = {"month__gte": asked.first.replace(day=1), "month__lte": asked.last}
    if asked.departments is not None:
        months["department_id__in"] = asked.departments
    if asked.items is not None:
        months["item_id__in"] = asked.items
    if asked.as_of >= today():
        return MonthlyProduction.objects.filter(**months)
    lines = standing(MonthlyProduction, asked.as_of).filter(**months)
    who = Coalesce(NullIf("entered_by__display_name", Value("")), "entered_by__username")
    told = {
        "produced": F("produced"),
        "exempt": F("exempt"),
        "exempt_reason": F("exempt_reason"),
        "entered_by": who,
    }
    return MonthlyProduction.objects.filter(pk__in=lines.values("id")).annotate(
        **_as_known(MonthlyProduction, asked.as_of, told)
    )


def _as_known(model: Any, day: date, told: Mapping[str, Any]) -> dict[str, Subquery]:
    """What the rows of a list said at the end of a day, by `known_` and the name; worked out of the rows that are shown alone."""
    newest = model.history.model.objects.filter(id=OuterRef("pk"), history_date__lt=end_of(day)).order_by(
        "-history_date", "-history_id"
    )
    return {
        f"known_{name}": Subquery(newest.annotate(**{f"told_{name}": value}).values(f"told_{name}")[:1])
        for name, value in told.items()
    }


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


def counted_uploads(asked: Asked) -> QuerySet[Any]:
    """Files uploaded in the span for the first time (no mended ones) that were judged by the end of the day, with their counts then.

    Rows of the table where the day is today, otherwise rows of its history: what is explained or checked anew later counts later.
    """
    uploads = uploaded_files(IntakeBatch.objects.all()).filter(
        corrects=None,
        uploaded_at__gte=instant(asked.first),
        uploaded_at__lt=instant(_day_after(asked.until)),
    )
    if asked.departments is not None:
        uploads = uploads.filter(department__in=asked.departments)
    if asked.items is not None:
        uploads = uploads.filter(item__in=asked.items)
    if asked.as_of >= today():  # a fraction of the history
        return uploads.exclude(state__in=NOT_JUDGED)
    # Which they are never changes: of these alone the history is read.
    history = IntakeBatch.history.model.objects
    newest = (
        history.filter(id__in=uploads.order_by().values("pk"), history_date__lt=end_of(asked.as_of))
        .order_by("id", "-history_date", "-history_id")
        .distinct("id")
    )
    return history.filter(history_id__in=newest.values("history_id")).exclude(state__in=NOT_JUDGED)


def first_uploads(asked: Asked) -> QuerySet[IntakeBatch]:
    """The batches of `counted_uploads`; of a past day each with its counts then (`known_rows` and the like)."""
    if asked.as_of >= today():
        return counted_uploads(asked)
    told = {"rows": F("rows"), "good": GOOD, "held": F("held"), "rejected": F("rejected")}
    return IntakeBatch.objects.filter(pk__in=counted_uploads(asked).values("id")).annotate(
        **_as_known(IntakeBatch, asked.as_of, told)
    )


def failed_uploads(asked: Asked) -> QuerySet[IntakeBatch]:
    """Those of `first_uploads` of which a row did not pass as it was."""
    failed = counted_uploads(asked).filter(Q(held__gt=0) | Q(rejected__gt=0))
    return first_uploads(asked).filter(pk__in=failed.values("id"))


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
        counted_uploads(asked)
        .order_by()
        .values_list(*by)
        .annotate(total=Sum("rows"), good=Sum(GOOD))
        .order_by(*by)
    )


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
