"""Worlds that many tests begin in: built once by the services, put back as rows for every further test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from audit.clock import now, today
from audit.models import Event

_NOW = "@now@"
_kept: dict[tuple[Any, ...], Kept] = {}
_asked_for: set[tuple[Any, ...]] = set()
_here: list[tuple[Any, Kept]] = []
"""The worlds in which the running test stands."""
_altered: Callable[[], bool] = bool


@dataclass(frozen=True)
class Kept:
    tables: tuple[tuple[str, bytes], ...]
    """Each table's new rows as COPY gives them, `_NOW` where the clock's own time stood."""
    gone: tuple[str, ...]
    """Statements that take away the rows which the build replaced or deleted."""
    files: tuple[tuple[str, bytes, int], ...]
    """Path, content and mode of each new file of the store."""
    afterwards: tuple[tuple[Callable[[], object], bool], ...]
    """What the build left to be done after the commit, which no commit of a test's transaction has done."""
    value: Any
    """What the build gave back."""

    @property
    def events(self) -> int:
        return sum(rows.count(b"\n") for table, rows in self.tables if table == Event._meta.db_table)

    def put_back(self) -> None:
        moment = now().isoformat().encode()
        # What triggers wrote is among the rows, and so are all that keys point to: neither runs nor is looked at again.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join(["SET LOCAL session_replication_role = replica", *self.gone]))
            for table, rows in self.tables:
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows.replace(_NOW.encode(), moment))
            cursor.execute("SET LOCAL session_replication_role = origin")
        for name, content, mode in self.files:
            path = Path(settings.MEDIA_ROOT, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(mode)
        for callback, robust in self.afterwards:
            transaction.on_commit(callback, robust=robust)


def begin(altered: Callable[[], bool]) -> None:
    """A test begins, in no world yet; `altered` says whether it has changed what the services run on."""
    global _altered
    _here.clear()
    _altered = altered


def build_once(
    name: Any, build: Callable[[], Any], *, alone: bool = True, at_first_sight: bool = True
) -> Any:
    """What `build` writes into the database and the store; from the second time on without building.

    It may depend on the clock and on the worlds that stand already: under a stopped clock, on another day, on other
    worlds it is another world. Where a test has written something itself (everything written leaves an event in the
    journal), has patched or set something, counts queries, or does several things at once, it is built there and not kept, unless it stands `alone`
    and touches nothing else. What `build` gives back is kept as well: keys and plain values, no rows. Keeping costs
    more than a small build: not `at_first_sight`, it is kept only when it is asked for a second time.
    """
    began = now()
    stopped = abs(began - datetime.now(UTC)) > timedelta(seconds=1)
    key = (name, began if stopped else today(), connection.in_atomic_block)
    if not alone:
        key += tuple(below for below, _ in _here)
        aside = threading.current_thread() is not threading.main_thread()
        if aside or _altered() or connection.force_debug_cursor or _something_else_was_written():
            return build()
    if key in _kept:
        _kept[key].put_back()
    elif at_first_sight or key in _asked_for:
        _kept[key] = _build(build, None if stopped else began)
    else:
        _asked_for.add(key)
        return build()
    _here.append((name, _kept[key]))
    return _kept[key].value


def called_once(verb: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """`verb(*given, **named)`, which is a world if called alike a second time; gives the key of the row that it returns."""

    def build() -> Any:
        made = verb(*given, **named)
        return made.pk if isinstance(made, Model) else None

    try:
        name = (verb.__module__, verb.__qualname__, _spelled(given), _spelled(named))
    except _NotToBeSpelled:
        return build()
    return build_once(name, build, alone=False, at_first_sight=False)


class _NotToBeSpelled(TypeError):
    """Nobody can say whether this is the same as another."""


def _spelled(value: Any) -> str:
    """What says of two calls that they are given the same: a row is its key."""
    if isinstance(value, Model):
        return f"{value._meta.label}:{value.pk}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_spelled(key)}: {_spelled(one)}' for key, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_spelled, value))}]"
    if is_dataclass(value):
        parts = {one.name: getattr(value, one.name) for one in fields(value)}
        return f"{type(value).__qualname__}{_spelled(parts)}"
    if isinstance(value, str | int | float | date | NoneType):
        return repr(value)
    raise _NotToBeSpelled(type(value))


def _something_else_was_written() -> bool:
    return Event.objects.count() != _events_of_migrations() + sum(world.events for _, world in _here)


def _build(build: Callable[[], Any], began: datetime | None) -> Kept:
    files_before, keys_before, left_before = set(_files()), _keys(), len(connection.run_on_commit)
    standing = len(_here)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO testing.mark DEFAULT VALUES RETURNING xmin::text")
                first = int(cursor.fetchone()[0])
            value = build()
            left = connection.run_on_commit[left_before:]
    finally:
        # Worlds that it was built on are parts of it.
        del _here[standing:]
    rows = tuple(_written_since(first, (began, now()) if began else None))
    files = ((name, Path(settings.MEDIA_ROOT, name)) for name in _files() if name not in files_before)
    return Kept(
        rows,
        tuple(_gone(keys_before, first)),
        tuple((name, path.read_bytes(), path.stat().st_mode) for name, path in files),
        tuple((callback, robust) for _, callback, robust in left) if connection.in_atomic_block else (),
        value,
    )


def _keys() -> dict[str, set[str]]:
    """Of each table the keys of the rows that it has, as SQL writes them."""
    return _of_each("SELECT array_agg(quote_literal({key})) FROM {table}")


def _gone(keys_before: dict[str, set[str]], first: int) -> Iterator[str]:
    unchanged = _of_each(
        f"SELECT array_agg(quote_literal({{key}})) FROM {{table}} WHERE xmin::text::bigint < {first}"
    )
    for table, before in keys_before.items():
        gone = sorted(before - unchanged.get(table, set()))
        if gone:
            yield f'DELETE FROM "{table}" WHERE {_tables()[table].key} IN ({", ".join(gone)})'


def _of_each(question: str) -> dict[str, set[str]]:
    """What a question after keys finds in each table, in one go; tables in which it finds nothing are left out."""
    asked = " UNION ALL ".join(
        f"SELECT '{name}', ({question.format(table=chr(34) + name + chr(34), key=table.key)})"
        for name, table in _tables().items()
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {name: set(found) for name, found in cursor.fetchall() if found}


@dataclass(frozen=True)
class _Table:
    key: str
    """SQL for the primary key, whether of one column or of several."""
    columns: tuple[tuple[str, str], ...]
    """Name and type of each."""


@cache
def _tables() -> dict[str, _Table]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname::text, ("
            " SELECT CASE WHEN count(*) = 1 THEN min(quote_ident(k.attname))"
            " ELSE 'ROW(' || string_agg(quote_ident(k.attname), ', ' ORDER BY k.attnum) || ')::text' END"
            " FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attnum = ANY (i.indkey)),"
            " array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.atttypid::regtype::text ORDER BY a.attnum)"
            " FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
            " GROUP BY c.oid, c.relname, i.indkey ORDER BY 1"
        )
        return {
            name: _Table(key, tuple(zip(columns, types, strict=True)))
            for name, key, columns, types in cursor.fetchall()
        }


@cache
def _events_of_migrations() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM as_migrated.audit_event")
        return int(cursor.fetchone()[0])


def _files() -> list[str]:
    store = Path(settings.MEDIA_ROOT)
    return [str(path.relative_to(store)) for path in store.rglob("*") if path.is_file()]


def _written_since(first: int, period: tuple[datetime, datetime] | None) -> Iterator[tuple[str, bytes]]:
    """The rows written by transaction `first` or a later one; this test's own are the only ones in its database."""
    written = f"xmin::text::bigint >= {first}"
    with connection.cursor() as cursor:
        for name in _of_each(f"SELECT array_agg(''::text) FROM {{table}} WHERE {written}"):
            columns = _tables()[name].columns
            taken = ", ".join(
                _without_the_time(column, period)
                if period and kind == "timestamp with time zone"
                else f'"{column}"'
                for column, kind in columns
            )
            with cursor.copy(f'COPY (SELECT {taken} FROM "{name}" WHERE {written}) TO STDOUT') as copy:
                yield name, b"".join(bytes(piece) for piece in copy)


def _without_the_time(column: str, period: tuple[datetime, datetime]) -> str:
    first, last = (moment.isoformat() for moment in period)
    return f"CASE WHEN \"{column}\" BETWEEN '{first}' AND '{last}' THEN '{_NOW}' ELSE \"{column}\"::text END"
