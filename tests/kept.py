"""Worlds that many tests begin in: built once by the services, put back as rows for every further test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from audit.clock import now, today
from audit.models import Event

_NOW = "@now@"
_kept: dict[tuple[Any, ...], Kept] = {}
_here: list[tuple[str, Kept]] = []
"""The worlds in which the running test stands."""


@dataclass(frozen=True)
class Kept:
    tables: tuple[tuple[str, bytes], ...]
    """Each table's new rows as COPY gives them, `_NOW` where the clock's own time stood."""
    files: tuple[tuple[str, bytes, int], ...]
    """Path, content and mode of each new file of the store."""

    @property
    def events(self) -> int:
        return sum(rows.count(b"\n") for table, rows in self.tables if table == Event._meta.db_table)

    def put_back(self) -> None:
        moment = now().isoformat().encode()
        # Keys to other tables are looked at when all is there.
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in self.tables:
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows.replace(_NOW.encode(), moment))
        for name, content, mode in self.files:
            path = Path(settings.MEDIA_ROOT, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)


def begin() -> None:
    """A test begins, in no world yet."""
    _here.clear()


def build_once(name: str, build: Callable[[], object], *, alone: bool = True) -> None:
    """What `build` writes into the database and the store; from the second time on without building.

    It may depend on the clock and on the worlds that stand already: under a stopped clock, on another day, on other
    worlds it is another world. Where a test has written something itself (everything written leaves an event in the
    journal), it is built there and not kept, unless it stands `alone` and touches nothing else. It changes and
    deletes nothing that was there before.
    """
    began = now()
    stopped = abs(began - datetime.now(UTC)) > timedelta(seconds=1)
    key = (name, began if stopped else today(), connection.in_atomic_block)
    if not alone:
        key += tuple(below for below, _ in _here)
        if Event.objects.count() != _events_of_migrations() + sum(world.events for _, world in _here):
            build()
            return
    if key in _kept:
        _kept[key].put_back()
    else:
        before = set(_files())
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO testing.mark DEFAULT VALUES RETURNING xmin::text")
                first = int(cursor.fetchone()[0])
            build()
        rows = tuple(_written_since(first, None if stopped else (began, now())))
        files = ((name, Path(settings.MEDIA_ROOT, name)) for name in _files() if name not in before)
        _kept[key] = Kept(rows, tuple((name, path.read_bytes(), path.stat().st_mode) for name, path in files))
    _here.append((name, _kept[key]))


@cache
def _events_of_migrations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM as_migrated.audit_event")
        return int(cursor.fetchone()[0])


def _files() -> list[str]:
    store = Path(settings.MEDIA_ROOT)
    return [str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()]


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
