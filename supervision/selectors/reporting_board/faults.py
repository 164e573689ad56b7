"""Which errors first uploads had, how many rows each kept out, and how the weeks went."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Min, QuerySet, Sum
from django.db.models.functions import TruncWeek

from audit.clock import CHINA
from credit_records.models import IntakeBatch, IntakeFinding
from credit_records.rules.faults import Severity
from credit_records.selectors.reporting import instant
from supervision.rules.rates import share
from supervision.selectors.reported import Asked
from supervision.selectors.reporting import GOOD, counted_uploads, first_uploads

_KEPT_OUT = (Severity.REJECT, Severity.HOLD)
MOST = 10


@dataclass(frozen=True)
class Kind:
    """One code, with the rows that it kept out."""

    code: str
    rows: int
    departments: tuple[tuple[int, int], ...]
    """(department, rows), the most first."""
    meaning: str
    mending: str


def findings_of(asked: Asked) -> QuerySet[IntakeFinding]:
    """Remarks of the span's first uploads that kept rows out."""
    batches = first_uploads(asked).order_by().values("pk")
    return IntakeFinding.objects.filter(batch__in=batches, severity__in=_KEPT_OUT)


def rows_with(asked: Asked, code: str) -> QuerySet[IntakeFinding]:
    """One remark for each row that a code kept out."""
    once = findings_of(asked).filter(code=code).order_by().values("batch", "row").annotate(one=Min("pk"))
    return IntakeFinding.objects.filter(pk__in=once.values("one"))


# File by file, each out of an index; all remarks of a year sorted at once would take three times as long.
_KINDS = """
    SELECT code, department_id, sum(rows)::int FROM ({batches}) AS batch CROSS JOIN LATERAL (
        SELECT code, count(DISTINCT "row") AS rows FROM {findings}
        WHERE batch_id = batch.id AND severity = ANY (%s) GROUP BY code
    ) AS found GROUP BY 1, 2
"""


def _counted(asked: Asked) -> list[tuple[str, int, int]]:
    """(code, department, rows that it kept out)."""
    uploads = first_uploads(asked).order_by().values("id", "department_id")
    try:
        batches, given = uploads.query.sql_with_params()
    except EmptyResultSet:  # no body or no item was asked about: a catalogue that is still empty
        return []
    statement = _KINDS.format(batches=batches, findings=IntakeFinding._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*given, list(_KEPT_OUT)])
        return cursor.fetchall()


def kinds(asked: Asked) -> list[Kind]:
    """The codes of the span, that with most rows first (one query)."""
    by_code: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for code, department, rows in _counted(asked):
        by_code[code].append((department, rows))
    found = []
    for code, departments in by_code.items():
        meaning, mending = manual().get(code, ("", ""))
        ordered = tuple(sorted(departments, key=lambda one: (-one[1], one[0])))
        found.append(Kind(code, sum(rows for _, rows in ordered), ordered, meaning, mending))
    return sorted(found, key=lambda one: (-one.rows, one.code))


@cache
def manual() -> dict[str, tuple[str, str]]:
    """What the manual's table says of each code: what it means, how to mend it."""
    text = (Path(settings.BASE_DIR) / "docs" / "manual" / "error-codes.md").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            code, _, meaning, mending = (cell.strip() for cell in line.strip().strip("|").split("|"))
            found[code.strip("`")] = (meaning, mending)
    return found


@dataclass(frozen=True)
class Week:
    """First uploads of one week, which begins on Monday."""

    monday: date
    files: int = 0
    rows: int = 0
    accepted: int = 0

    @property
    def percent(self) -> float | None:
        passed = share(self.accepted, self.rows)
        return None if passed is None else int(passed * 10_000) / 100


def weeks(asked: Asked, most: int = 13) -> list[Week]:
    """Week by week to the day, those without a file too, at most a quarter of them (one query)."""
    uploads = (
        counted_uploads(asked)
        .order_by()
        .annotate(week=TruncWeek("uploaded_at", tzinfo=CHINA))
        .values_list("week")
        .annotate(files=Count("pk"), total=Sum("rows"), good=Sum(GOOD))
    )
    found = {week.astimezone(CHINA).date(): rest for week, *rest in uploads}
    last = _monday(asked.until)
    number = min((last - _monday(asked.first)).days // 7 + 1, most)
    mondays = [last - timedelta(weeks=back) for back in range(number - 1, -1, -1)]
    return [Week(one, *found.get(one, ())) for one in mondays]


def uploads_of_week(asked: Asked, monday: date) -> QuerySet[IntakeBatch]:
    return first_uploads(asked).filter(
        uploaded_at__gte=instant(monday), uploaded_at__lt=instant(monday + timedelta(days=7))
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
