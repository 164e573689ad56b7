"""Worlds that many tests begin in: built once by the services, put back as rows for every further test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from audit.clock import now, today

_NOW = "@now@"
_kept: dict[tuple[str, datetime | date], Kept] = {}


@dataclass(frozen=True)
class Kept:
    tables: tuple[tuple[str, bytes], ...]
    """Each table's new rows as COPY gives them, `_NOW` where the clock's own time stood."""

    def put_back(self) -> None:
        moment = now().isoformat().encode()
        # Keys to other tables are looked at when all is there.
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in self.tables:
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows.replace(_NOW.encode(), moment))


def build_once(name: str, build: Callable[[], object]) -> None:
    """What `build` writes into the database; from the second time on without building.

    It may depend on the clock, which is why worlds of a stopped clock and of another day are kept apart, and on
    nothing else that differs between tests. It changes and deletes nothing that was there before.
    """
    began = now()
    stopped = abs(began - datetime.now(UTC)) > timedelta(seconds=1)
    key = (name, began if stopped else today())
    if key in _kept:
        _kept[key].put_back()
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO testing.mark DEFAULT VALUES RETURNING xmin::text")
            first = int(cursor.fetchone()[0])
        build()
    _kept[key] = Kept(tuple(_written_since(first, None if stopped else (began, now()))))


def _written_since(first: int, period: tuple[datetime, datetime] | None) -> list[tuple[str, bytes]]:
    """The rows written by transaction `first` or a later one; this test's own are the only ones in its database."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position),"
            " array_agg(data_type::text ORDER BY ordinal_position)"
            " FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY 1 ORDER BY 1"
        )
        for table, columns, types in cursor.fetchall():
            written = f"xmin::text::bigint >= {first}"
            cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" WHERE {written})')
            if not cursor.fetchone()[0]:
                continue
            taken = ", ".join(
                _without_the_time(column, period)
                if period and kind == "timestamp with time zone"
                else f'"{column}"'
                for column, kind in zip(columns, types, strict=True)
            )
            with cursor.copy(f'COPY (SELECT {taken} FROM "{table}" WHERE {written}) TO STDOUT') as copy:
                found.append((table, b"".join(bytes(piece) for piece in copy)))
    return found


def _without_the_time(column: str, period: tuple[datetime, datetime]) -> str:
    first, last = (moment.isoformat() for moment in period)
    return f"CASE WHEN \"{column}\" BETWEEN '{first}' AND '{last}' THEN '{_NOW}' ELSE \"{column}\"::text END"
