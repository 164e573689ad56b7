"""Set-based writes that leave the same history as `save()` does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models
from psycopg import sql

from .acts import current_act
from .guard import SilentWrite

_OWN_COLUMNS = (
    "history_id",
    "history_date",
    "history_type",
    "history_user_id",
    "history_change_reason",
    "event_id",
)


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> tuple[str, sql.Composed]:
    history = model.history.model  # type: ignore[attr-defined]
    names = [f.column for f in history._meta.concrete_fields if f.column not in _OWN_COLUMNS]
    return history._meta.db_table, sql.SQL(", ").join(map(sql.Identifier, names))


def write_history(
    model: type[models.Model], *, kind: str, where: sql.Composable, params: Sequence[Any] = ()
) -> int:
    """Copy the present state of the rows that satisfy `where` into the history table, in one statement.

    `kind` is "+" (created) or "~" (changed). Must run inside an act, in the same transaction as the write itself;
    the rows written are exactly what the table holds, never what an object in memory believed.
    """
    event = current_act()
    if event is None:
        raise SilentWrite(f"history of {model._meta.label} written outside audit.act()")
    table, columns = _columns(model)
    statement = sql.SQL(
        "INSERT INTO {history} ({columns}, history_date, history_type, history_user_id, history_change_reason, event_id)"
        " SELECT {columns}, %s, %s, %s, %s, %s FROM {table} WHERE {where}"
    ).format(
        history=sql.Identifier(table),
        columns=columns,
        table=sql.Identifier(model._meta.db_table),
        where=where,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [event.at, kind, event.actor_id, event.reason or None, event.pk, *params])
        return int(cursor.rowcount)


def create_all(model: type[models.Model], objects: Sequence[Any], *, batch_size: int = 1000) -> list[Any]:
    """Insert many objects of a tracked model with their history rows; for thousands, not for files."""
    if not objects:
        return []
    # The guarded manager refuses bulk_create; the plain query set underneath does the insert, history follows.
    created = models.QuerySet(model=model).bulk_create(objects, batch_size=batch_size)
    write_history(model, kind="+", where=sql.SQL("id = ANY(%s)"), params=[[o.pk for o in created]])
    return list(created)
