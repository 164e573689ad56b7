"""The facts of records as of the end of a day: from the standing table, and from the history what is not worked in yet.

Both say the same; a figure never depends on when the table was last brought up to date (docs/adr/0021).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from commitments.selectors.standing import end_of
from credit_records.models import Record
from credit_records.selectors.reporting import NO_DECISION
from supervision.models import PublicationCount, RecordStanding, ReportCount, StandingMark
from supervision.models.standing import OPEN_END

from .one_view import in_view

HISTORY = Record.history.model._meta.db_table
TABLE = RecordStanding._meta.db_table
REPORTS = ReportCount._meta.db_table
PUBLICATIONS = PublicationCount._meta.db_table

_DAY = "(history_date AT TIME ZONE 'Asia/Shanghai')::date"
FACTS = f"""
    SELECT id AS record_id, department_id, item_id, decision_date, reported_on, published_on,
           day AS known_from, lead(day, 1, %(open)s::date) OVER (PARTITION BY id ORDER BY day) AS known_until, counted
    FROM (
        SELECT *, lag((department_id, item_id, decision_date, counted)) OVER (PARTITION BY id ORDER BY day)
                  IS DISTINCT FROM (department_id, item_id, decision_date, counted) AS began
        FROM (
            SELECT DISTINCT ON (id, {_DAY}) id, {_DAY} AS day, department_id, item_id, decision_date,
                   NOT state = ANY (%(none)s) AS counted,
                   min({_DAY}) FILTER (WHERE state <> 'draft') OVER (PARTITION BY id) AS reported_on,
                   min({_DAY}) FILTER (WHERE state = 'published') OVER (PARTITION BY id) AS published_on
            FROM {HISTORY} WHERE {{of}}
            ORDER BY id, {_DAY}, history_date DESC, history_id DESC
        ) AS ends
    ) AS stretches WHERE began
"""
"""Every stretch of a record's life, those that need no row too; `of` says of which records."""
NEEDED = "counted OR published_on IS NOT NULL"
FACT_COLUMNS = "record_id, department_id, item_id, decision_date, reported_on, published_on, known_from, known_until, counted"


def parameters() -> dict[str, Any]:
    return {"open": OPEN_END, "none": list(NO_DECISION)}


# What is not worked in is looked up record by record: as long as the job runs it is little.
_TAIL = f"SELECT id FROM {HISTORY} WHERE history_id > %(settled)s"
LATE = f"""
    SELECT DISTINCT ON (h.id) h.id AS record_id, department_id, item_id, decision_date,
           ((min(history_date) FILTER (WHERE state <> 'draft') OVER of_record) AT TIME ZONE 'Asia/Shanghai')::date
               AS reported_on,
           ((min(history_date) FILTER (WHERE state = 'published') OVER of_record) AT TIME ZONE 'Asia/Shanghai')::date
               AS published_on,
           NOT state = ANY (%(none)s) AS counted
    FROM {HISTORY} h WHERE h.id IN ({_TAIL}) AND history_date < %(before)s
    WINDOW of_record AS (PARTITION BY h.id)
    ORDER BY h.id, history_date DESC, history_id DESC
"""
_STOOD = "known_from <= %(as_of)s AND known_until > %(as_of)s"
STOOD_IN_TABLE = f"""
    SELECT record_id, department_id, item_id, decision_date, reported_on, published_on, counted
    FROM {TABLE} WHERE {_STOOD} AND record_id NOT IN ({_TAIL})"""
STOOD = f"""
    {STOOD_IN_TABLE}
    UNION ALL
    SELECT * FROM ({LATE}) AS late
"""
"""One row for each record that was known at the end of the day; inside `FROM (…)`."""
COUNTED = f"""
    SELECT department_id, item_id, decision_date, reported_on, change AS number
    FROM {REPORTS} WHERE day <= %(as_of)s
    UNION ALL
    SELECT department_id, item_id, decision_date, reported_on, -1
    FROM {TABLE} WHERE {_STOOD} AND counted AND record_id IN ({_TAIL})
    UNION ALL
    SELECT department_id, item_id, decision_date, reported_on, 1 FROM ({LATE}) AS late WHERE counted
"""
"""The same as numbers, to be summed: of records that count, by body, item and the two days."""
PUBLISHED = f"""
    SELECT department_id, change AS number FROM {PUBLICATIONS} WHERE day <= %(as_of)s
    UNION ALL
    SELECT department_id, -1 FROM {TABLE}
    WHERE {_STOOD} AND published_on <= %(as_of)s AND record_id IN ({_TAIL})
    UNION ALL
    SELECT department_id, 1 FROM ({LATE}) AS late WHERE published_on IS NOT NULL
"""


def settled() -> int:
    """Up to which history row the table holds everything (one query).

    Asked before the figure: a refresh in between makes the table know more than this says, which is then looked up for nothing.
    """
    return in_view("settled", _settled)


def _settled() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(settled), 0) FROM {StandingMark._meta.db_table}")
        return int(cursor.fetchone()[0])


def as_of(day: date) -> dict[str, Any]:
    """What the statements above ask for."""
    return {"as_of": day, "before": end_of(day), "settled": settled(), **parameters()}


def tail() -> int:
    """Rows of the history that are not worked in."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_TAIL}) AS tail", {"settled": settled()})
        return int(cursor.fetchone()[0])


BODIES = "(%(departments)s::bigint[] IS NULL OR department_id = ANY (%(departments)s))"


def of_bodies(day: date, departments: Collection[int] | None) -> dict[str, Any]:
    return {**as_of(day), "departments": None if departments is None else sorted(departments)}


def published_by(day: date, departments: Collection[int] | None) -> int:
    """How many records had been published by the end of the day, whatever became of them (two queries)."""
    statement = f"SELECT coalesce(sum(number), 0)::int FROM ({PUBLISHED}) AS published WHERE {BODIES}"
    with connection.cursor() as cursor:
        cursor.execute(statement, of_bodies(day, departments))
        return int(cursor.fetchone()[0])


class Named(NamedTuple):
    """A statement that gives the ids of some records, few of all, each once; with what its places stand for."""

    statement: str
    given: tuple[Any, ...]


def _published_among(named: Named, day: date, departments: Collection[int] | None) -> tuple[str, list[Any]]:
    """Which of them had been published by the end of the day: each is looked up."""
    statement, given = positional(
        # A scalar subquery: of EXISTS the planner would gather all records there are.
        f"(SELECT true FROM {TABLE} WHERE record_id = named.id AND {_STOOD}"
        f" AND published_on <= %(as_of)s AND {BODIES} AND record_id NOT IN ({_TAIL}) LIMIT 1)"
        f" OR named.id IN (SELECT record_id FROM ({LATE}) AS late WHERE published_on IS NOT NULL AND {BODIES})",
        of_bodies(day, departments),
    )
    found = f"SELECT named.id FROM ({named.statement}) AS named (id) WHERE {statement}"
    return found, [*named.given, *given]


def published_among(named: Named, day: date, departments: Collection[int] | None) -> int:
    """How many of some records, few of all, had been published by the end of the day (two queries)."""
    statement, given = _published_among(named, day, departments)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({statement}) AS found", given)
        return int(cursor.fetchone()[0])


def rows_published_among(named: Named, day: date, departments: Collection[int] | None) -> QuerySet[Record]:
    """The records behind `published_among`."""
    statement, given = _published_among(named, day, departments)
    return Record.objects.filter(pk__in=RawSQL(statement, given))  # noqa: S611  made of constants, values bound


def positional(statement: str, named: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The same statement with places instead of names: what an expression of the ORM can carry."""
    order: list[Any] = []

    class _Places(dict):
        def __missing__(self, name: str) -> str:
            order.append(named[name])
            return "%s"

    return statement % _Places(), order
