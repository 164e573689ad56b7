"""What stood at the end of a day, read out of the histories: the rows, and their counts in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from psycopg import sql

from audit.clock import CHINA, now
from commitments.models import Commitment, Performance


class Breakdown(Enum):
    """By what the counts are told apart: the column of the commitment, the one of its report."""

    NONE = ("NULL::text", "NULL::text")
    DEPARTMENT = ("c.department_id", "c.department_id")
    KIND = ("c.kind", "c.kind")
    MONTH = ("date_trunc('month', c.made_on)::date", "date_trunc('month', p.determined_on)::date")


@dataclass(frozen=True)
class Counts:
    commitments: int = 0
    reports: int = 0


def end_of(day: date) -> datetime:
    """The first moment that no longer belongs to the day in China."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=CHINA)


def standing(model: Any, day: date) -> QuerySet[Any]:
    """The state of every row of a model at the end of the day: rows of its history table."""
    rows = model.history.model.objects
    newest = (
        rows.filter(history_date__lt=end_of(day))
        .order_by("id", "-history_date", "-history_id")
        .distinct("id")
    )
    return rows.filter(history_id__in=newest.values("history_id"))


def stood_where(model: Any, day: date, **conditions: Any) -> QuerySet[Any]:
    """The rows that stood so at the end of the day: as the table says, unless the day is over, then as its history says.

    The history is read once: asked as `standing` does, and joined with itself, a hundred thousand rows cost seconds.
    """
    if end_of(day) > now():
        return model.objects.filter(**conditions)
    return model.objects.filter(one_of("pk", ids_where(model, day, **conditions)))


def ids_where(model: Any, day: date, **conditions: Any) -> Any:
    """The numbers of the rows of `stood_where`, for `one_of`."""
    if end_of(day) > now():
        return model.objects.filter(**conditions).order_by().values("pk")
    columns = sorted({name.split("__")[0] for name in conditions})
    history = model.history.model
    newest = (
        history.objects.filter(history_date__lt=end_of(day))
        .order_by("id", "-history_date", "-history_id")
        .distinct("id")
    )
    # A second query around the first: a condition inside would choose another row than the newest.
    told, given = newest.values("id", *columns).query.sql_with_params()
    where, more = _compiled(history, conditions)
    return RawSQL(f"SELECT id FROM ({told}) AS stood WHERE {where}", [*given, *more])  # noqa: S611  compiled by Django


def one_of(column: str, ids: Any) -> Case:
    """Whether the column is one of the numbers, which come out of a history.

    Of these the planner knows nothing: taking thousands for a handful, it would go through them for each row. The CASE has them
    gathered once.
    """
    found = When(**{f"{column}__in": ids}, then=Value(True))
    return Case(found, default=Value(False), output_field=BooleanField())


def _compiled(history: Any, conditions: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The conditions as Django writes them of a table, said of `stood`."""
    query = history.objects.filter(**conditions).query
    text, given = query.where.as_sql(query.get_compiler("default"), connection)
    return text.replace(f'"{history._meta.db_table}".', "stood."), list(given)


_STOOD = sql.SQL(
    "SELECT DISTINCT ON (id) {columns} FROM {history} WHERE history_date < %(before)s"
    " ORDER BY id, history_date DESC, history_id DESC"
)
_COUNTED = """
WITH c AS {once} ({commitments}), p AS {once} ({performances})
SELECT key, sum(commitments)::int, sum(reports)::int FROM (
    SELECT {of_commitment} AS key, count(*) AS commitments, 0 AS reports FROM c
    WHERE c.state = 'valid' AND {conditions} AND {made} GROUP BY 1
    UNION ALL
    {reports}
) AS found GROUP BY key
"""
# Of what comes out of a history the planner knows nothing; the CASE keeps it from taking thousands for a handful, each of which
# it would look for by going through all reports.
_REPORTS = """
    SELECT {of_report}, 0, count(*) FROM p JOIN c ON c.id = p.commitment_id
    WHERE p.withdrawn_at IS NULL AND CASE WHEN c.state = 'valid' AND {conditions} THEN true END AND {determined} GROUP BY 1
"""
# Where nothing is asked of the commitment: all of them, without those few whose commitment did not stand.
_ALL_REPORTS = """
    SELECT {of_report}, 0, count(*) FROM p WHERE p.withdrawn_at IS NULL AND {determined} GROUP BY 1
    UNION ALL
    SELECT {of_report}, 0, -count(*) FROM p JOIN c ON c.id = p.commitment_id
    WHERE p.withdrawn_at IS NULL AND c.state <> 'valid' AND {determined} GROUP BY 1
"""


def _stood(model: Any, before: datetime, *columns: str) -> sql.Composable:
    """What stood before a moment; as long as that lies ahead, the table itself, a fraction of its history."""
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    if before > now():
        return sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(model._meta.db_table))
    return _STOOD.format(columns=listed, history=sql.Identifier(model.history.model._meta.db_table))


def _where(name: str, value: Any) -> sql.Composable:
    """A column of the commitment that is the value, or (`…__in`) one of the values."""
    column = sql.Identifier(name.removesuffix("__in"))
    if name.endswith("__in"):
        return sql.SQL("c.{} = ANY ({}::bigint[])").format(column, sql.Literal(value))
    return sql.SQL("c.{} = {}").format(column, sql.Literal(value))


def counted(
    breakdown: Breakdown,
    *,
    before: datetime,
    conditions: Mapping[str, Any],
    span: tuple[date, date] | None = None,
) -> dict[Any, Counts]:
    """Standing commitments and reports, told apart by the breakdown; `conditions` are columns of the commitment.

    With a span only commitments made and reports determined from its first day to the day before its second.
    """
    where = [_where(name, value) for name, value in conditions.items()]
    of_commitment, of_report = breakdown.value

    def within(column: str) -> sql.Composable:
        if span is None:
            return sql.SQL("true")
        return sql.SQL("{column} >= {first} AND {column} < {after}").format(
            column=sql.SQL(column), first=sql.Literal(span[0]), after=sql.Literal(span[1])
        )

    asked_of_it = bool(where) or "c." in of_report
    conditions = sql.SQL(" AND ").join(where) if where else sql.SQL("true")
    reports = sql.SQL(_REPORTS if asked_of_it else _ALL_REPORTS).format(
        of_report=sql.SQL(of_report), conditions=conditions, determined=within("p.determined_on")
    )
    statement = sql.SQL(_COUNTED).format(
        once=sql.SQL("NOT MATERIALIZED" if before > now() else "MATERIALIZED"),
        commitments=_stood(Commitment, before, "id", "department_id", "kind", "made_on", "state"),
        performances=_stood(Performance, before, "id", "commitment_id", "determined_on", "withdrawn_at"),
        of_commitment=sql.SQL(of_commitment),
        conditions=conditions,
        made=within("c.made_on"),
        reports=reports,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"before": before})
        return {key: Counts(made, reported) for key, made, reported in cursor.fetchall()}
