"""What was reported, when for the first time, and what stood of it at the end of a day: read from the history of records.

A record counts from the first day on which it was more than a draft; it counts no longer from the day on which it was
withdrawn. In time is what was first reported within the limit `report` after the day of the decision (发改办财金〔2018〕424号).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from commitments.selectors.standing import end_of
from credit_records.models import Record
from credit_records.selectors.reporting import NO_DECISION
from worktime.models import Limit
from worktime.selectors import calendar_for

_FACTS = """
    SELECT stood.id, stood.department_id, stood.item_id, stood.decision_date,
           (stood.came_at AT TIME ZONE 'Asia/Shanghai')::date AS reported_on,
           (stood.came_at AT TIME ZONE 'Asia/Shanghai')::date <= due.on_day AS in_time
    FROM (
        SELECT DISTINCT ON (id) id, department_id, item_id, decision_date, state,
               min(history_date) FILTER (WHERE state <> 'draft') OVER (PARTITION BY id) AS came_at
        FROM credit_records_historicalrecord
        WHERE history_date < %(before)s
        ORDER BY id, history_date DESC, history_id DESC
    ) AS stood
    LEFT JOIN unnest(%(decided)s::date[], %(due)s::date[]) AS due (decided, on_day) ON due.decided = stood.decision_date
    WHERE stood.came_at IS NOT NULL AND NOT stood.state = ANY (%(none)s)
"""
_LOOKED_BACK = 90
"""Days before the span for which due days are worked out: whatever was decided earlier is late on its first day."""


@dataclass(frozen=True)
class Asked:
    """Which records are meant: first reported, or decided, from one day to another, as known at the end of a day."""

    first: date
    last: date
    as_of: date
    departments: frozenset[int] | None = None
    """None: all that the product holds."""
    items: frozenset[int] | None = None

    @property
    def until(self) -> date:
        return min(self.last, self.as_of)


@dataclass(frozen=True)
class Line:
    """The reports of one department and item in one month."""

    department: int
    item: int
    month: date
    reported: int
    in_time: int

    @property
    def late(self) -> int:
        return self.reported - self.in_time


def _due_days(asked: Asked) -> tuple[list[date], list[date]]:
    """Until when a decision of each day was to be reported; decisions older than the days listed are late anyway."""
    decided, due = [], []
    calendar = calendar_for("")
    limits = list(Limit.objects.filter(kind="report", state=Limit.State.IN_FORCE))
    earliest = asked.first - timedelta(days=_LOOKED_BACK)
    for day in (earliest + timedelta(days=n) for n in range((asked.until - earliest).days + 1)):
        for limit in limits:
            if limit.in_force_from <= day and (limit.in_force_to is None or day <= limit.in_force_to):
                decided.append(day)
                due.append(calendar.add_working_days(day, limit.target_days))
    return decided, due


def _parameters(asked: Asked) -> dict[str, Any]:
    decided, due = _due_days(asked)
    return {
        "before": end_of(asked.as_of),
        "decided": decided,
        "due": due,
        "none": list(NO_DECISION),
        "first": asked.first,
        "last": asked.until,
        "departments": _ids(asked.departments),
        "items": _ids(asked.items),
    }


def _ids(given: Collection[int] | None) -> list[int] | None:
    return None if given is None else sorted(given)


_MEANT = """
    (%(departments)s::bigint[] IS NULL OR department_id = ANY (%(departments)s))
    AND (%(items)s::bigint[] IS NULL OR item_id = ANY (%(items)s))
"""
_BY_REPORT = f"SELECT * FROM ({_FACTS}) AS fact WHERE reported_on BETWEEN %(first)s AND %(last)s AND {_MEANT}"
_BY_DECISION = (
    f"SELECT * FROM ({_FACTS}) AS fact WHERE decision_date BETWEEN %(first)s AND %(last)s AND {_MEANT}"
)


def _counted(query: str, month_of: str, asked: Asked) -> list[Line]:
    statement = f"""
        SELECT department_id, item_id, date_trunc('month', {month_of})::date,
               count(*), count(*) FILTER (WHERE in_time)
        FROM ({query}) AS meant GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(asked))
        return [Line(*row) for row in cursor.fetchall()]


def first_reports(asked: Asked) -> list[Line]:
    """First reports of the span by department, item and month of the report (及时率)."""
    return _counted(_BY_REPORT, "reported_on", asked)


def decisions_reported(asked: Asked) -> list[Line]:
    """Reported decisions of the span by department, item and month of the decision (上报率)."""
    return _counted(_BY_DECISION, "decision_date", asked)


def _rows(query: str, asked: Asked, condition: str) -> QuerySet[Record]:
    statement, parameters = _positional(
        f"SELECT id FROM ({query}) AS meant WHERE {condition}", _parameters(asked)
    )
    return Record.objects.filter(pk__in=RawSQL(statement, parameters))  # noqa: S611  made of constants, values bound


def rows_of_first_reports(asked: Asked, *, in_time: bool | None = None) -> QuerySet[Record]:
    """The records behind `first_reports`; with `in_time` those in time, or those late."""
    condition = {None: "true", True: "in_time", False: "in_time IS NOT TRUE"}[in_time]
    return _rows(_BY_REPORT, asked, condition)


def rows_of_decisions(asked: Asked) -> QuerySet[Record]:
    return _rows(_BY_DECISION, asked, "true")


def _positional(statement: str, named: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The same statement with places instead of names: what an expression of the ORM can carry."""
    order: list[Any] = []

    class _Places(dict):
        def __missing__(self, name: str) -> str:
            order.append(named[name])
            return "%s"

    return statement % _Places(), order
