"""Changing keys and ciphers: everything that stands sealed under another one is opened and sealed again (ADR 18).

Current rows in short transactions, files one by one; a run killed at any moment has lost nothing and is simply started again.
No history row is written: the content stays as it was, and a row for each number would only be another copy under yet
another key. The journal tells of each batch. History tables refuse changes, so that what they keep stays under the key of
its day: `report` says how many values need which key.
"""

from __future__ import annotations

import glob
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import FileField
from psycopg import sql

from audit.acts import act
from audit.faults import Refused

from .sealed_columns import SealedColumn, sealed_columns, sealed_files
from .sealed_files import file_sealed_under, seal_stream, unseal_stream
from .sealing import CannotOpen, current_seal, seal, sealed_under, unseal

BATCH = 500
_UNFINISHED = ".resealed-"


@dataclass
class Places:
    """How many values stand under which cipher and key ("a1.<key id>"), by place."""

    current: dict[str, Counter[str]] = field(default_factory=dict)
    history: dict[str, Counter[str]] = field(default_factory=dict)
    files: dict[str, Counter[str]] = field(default_factory=dict)

    def under(self) -> dict[str, dict[str, int]]:
        """By key: how many current values, values in history and files need it."""
        found: dict[str, dict[str, int]] = {}
        for kind in ("current", "history", "files"):
            for counts in getattr(self, kind).values():
                for under, count in counts.items():
                    found.setdefault(under, {"current": 0, "history": 0, "files": 0})[kind] += count
        return found

    @property
    def left(self) -> int:
        """Current values and files that another key or cipher seals."""
        now = current_seal()
        return sum(
            count
            for kind in (self.current, self.files)
            for counts in kind.values()
            for under, count in counts.items()
            if under != now
        )


@dataclass
class Outcome:
    values: int = 0
    files: int = 0
    unopened: list[str] = field(default_factory=list)
    """What no key given opens: places and keys of rows, names of files."""


def report() -> Places:
    """Counts everything; reads each table once and the first bytes of each file."""
    places = Places()
    for column in sealed_columns():
        places.current[column.place] = _counted(column, column.model._meta.db_table)
        if column.history_table:
            places.history[column.place] = _counted(column, column.history_table)
    for file_field in sealed_files():
        counts: Counter[str] = Counter()
        for name in _file_names(file_field):
            try:
                with open(file_field.storage.path(name), "rb") as stored:
                    counts[file_sealed_under(stored)] += 1
            except FileNotFoundError:
                counts["missing"] += 1
            except CannotOpen:
                counts["not sealed"] += 1
        places.files[str(file_field)] = counts
    return places


def _counted(column: SealedColumn, table: str) -> Counter[str]:
    value = (
        sql.SQL("inner_value.value ->> 'sealed'")
        if column.within
        else sql.Identifier(str(column.field.column))
    )
    source = sql.SQL("{}").format(sql.Identifier(table))
    if column.within:
        source += sql.SQL(" CROSS JOIN LATERAL jsonb_each({}) AS inner_value").format(
            sql.Identifier(str(column.field.column))
        )
    # The regular expression leaves out the last part, as `sealed_under` does.
    statement = sql.SQL(
        "SELECT substring({value} from '^(.*)\\.') AS under, count(*) FROM {source} WHERE {value} <> '' GROUP BY 1"
    ).format(value=value, source=source)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return Counter({under or "not sealed": count for under, count in cursor.fetchall()})


def rotate(*, actor: Any, batch: int = BATCH) -> Outcome:
    """Seal everything current with the first key and the chosen cipher."""
    outcome = Outcome()
    with _alone():
        for column in sealed_columns():
            _reseal_column(column, outcome, actor=actor, batch=batch)
        for file_field in sealed_files():
            _reseal_files(file_field, outcome, actor=actor)
    return outcome


@contextmanager
def _alone() -> Iterator[None]:
    """A second run would take the unfinished files of the first for left ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('accounts.rotation'))")
        if not cursor.fetchone()[0]:
            raise Refused("keys.busy", "另一个密钥轮换任务正在运行，请等它结束后再试。")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('accounts.rotation'))")


# --- rows ---------------------------------------------------------------------------------------------------


def _reseal_column(column: SealedColumn, outcome: Outcome, *, actor: Any, batch: int) -> None:
    after: Sequence[Any] | None = None
    while True:
        with transaction.atomic():
            rows = _under_another(column, after, batch)
            if not rows:
                return
            after = rows[-1][0]
            renewed = []
            for key, value in rows:
                try:
                    renewed.append((key, _resealed(column, value)))
                except CannotOpen:
                    outcome.unopened.append(f"{column.place} {'/'.join(map(str, key))}")
            if renewed:
                told = {"place": column.place, "rows": len(renewed), "under": current_seal()}
                with act("keys.reseal", actor=actor, data=told):
                    _write(column, renewed)
                outcome.values += len(renewed)


def _keys(column: SealedColumn) -> list[sql.Identifier]:
    return [sql.Identifier(str(part.column)) for part in column.model._meta.pk_fields]


def _under_another(
    column: SealedColumn, after: Sequence[Any] | None, batch: int
) -> list[tuple[tuple[Any, ...], Any]]:
    """The next rows in the order of their key, locked: whoever is changing one is waited for."""
    keys, name = sql.SQL(", ").join(_keys(column)), sql.Identifier(str(column.field.column))
    if column.within:
        other = sql.SQL(
            "EXISTS (SELECT 1 FROM jsonb_each({name}) AS inner_value"
            " WHERE inner_value.value ->> 'sealed' NOT LIKE %(now)s)"
        )
    else:
        other = sql.SQL("{name} <> '' AND {name} NOT LIKE %(now)s")
    beyond = sql.SQL("AND ({keys}) > ({marks})").format(
        keys=keys, marks=sql.SQL(", ").join(sql.Placeholder(f"k{i}") for i in range(len(_keys(column))))
    )
    statement = sql.SQL(
        "SELECT {keys}, {name} FROM {table} WHERE {other} {beyond} ORDER BY {keys} LIMIT %(batch)s FOR UPDATE"
    ).format(
        keys=keys,
        name=name,
        table=sql.Identifier(column.model._meta.db_table),
        other=other.format(name=name),
        beyond=beyond if after is not None else sql.SQL(""),
    )
    given = {f"k{i}": part for i, part in enumerate(after or ())}
    with connection.cursor() as cursor:
        cursor.execute(statement, {"now": f"{current_seal()}.%", "batch": batch, **given})
        found = cursor.fetchall()
    return [(tuple(row[:-1]), _as_json(row[-1]) if column.within else row[-1]) for row in found]


def _as_json(value: Any) -> Any:
    # Django leaves jsonb as text to its own field, which alone knows how to read it.
    return json.loads(value) if isinstance(value, str) else value


def _resealed(column: SealedColumn, value: Any) -> Any:
    """The text sealed anew; of a JSON column the keys whose values hold one, each with the new text."""
    if not column.within:
        return seal(unseal(value))
    return {
        key: seal(unseal(inner["sealed"]))
        for key, inner in value.items()
        if isinstance(inner, dict) and sealed_under(inner.get("sealed") or "") not in ("", current_seal())
    }


def _write(column: SealedColumn, renewed: Sequence[tuple[tuple[Any, ...], Any]]) -> None:
    table, name = sql.Identifier(column.model._meta.db_table), sql.Identifier(str(column.field.column))
    same = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(key) for key in _keys(column))
    value = (
        sql.SQL("jsonb_set({name}, ARRAY[%s, 'sealed'], to_jsonb(%s::text))")
        if column.within
        else sql.SQL("%s")
    ).format(name=name)
    statement = sql.SQL("UPDATE {} SET {} = {} WHERE {}").format(table, name, value, same)
    lines: list[tuple[Any, ...]] = []
    for key, new in renewed:
        if column.within:
            lines += [(code, text, *key) for code, text in new.items()]
        else:
            lines.append((new, *key))
    with connection.cursor() as cursor:
        cursor.executemany(statement, lines)


# --- files --------------------------------------------------------------------------------------------------


def _file_names(file_field: FileField) -> Iterator[str]:
    rows: Any = file_field.model._default_manager
    yield from (
        rows.exclude(**{file_field.name: ""}).order_by().values_list(file_field.name, flat=True).iterator()
    )


def _reseal_files(file_field: FileField, outcome: Outcome, *, actor: Any) -> None:
    done = 0
    for name in _file_names(file_field):
        try:
            done += reseal_file(file_field.storage.path(name))
        except FileNotFoundError:
            outcome.unopened.append(f"{name} (missing)")
        except CannotOpen:
            outcome.unopened.append(name)
    if done:
        told = {"place": str(file_field), "rows": done, "under": current_seal()}
        with act("keys.reseal", actor=actor, data=told):
            outcome.files += done


def reseal_file(path: str) -> bool:
    """Put a file sealed anew in the place of the old one, at once or not at all; False when it needs none.

    Whoever is reading the old one goes on reading it. The new one is opened once before it counts.
    """
    folder, name = os.path.split(path)
    for left in glob.glob(f"{glob.escape(path)}{_UNFINISHED}*"):
        os.unlink(left)  # of a run that was killed
    with open(path, "rb") as stored:
        if file_sealed_under(stored) == current_seal():
            return False
        stored.seek(0)
        with (
            tempfile.TemporaryFile() as plain,
            tempfile.NamedTemporaryFile(dir=folder, prefix=f"{name}{_UNFINISHED}", delete=False) as fresh,
        ):
            try:
                unseal_stream(stored, plain)
                plain.seek(0)
                seal_stream(plain, fresh)
                fresh.flush()
                os.fsync(fresh.fileno())
                fresh.seek(0)
                _same(fresh, plain)
                before = os.fstat(stored.fileno())
                os.fchmod(fresh.fileno(), before.st_mode & 0o777)
                if before.st_uid != os.geteuid():  # run as root: the web server reads it afterwards as before
                    os.fchown(fresh.fileno(), before.st_uid, before.st_gid)
                os.replace(fresh.name, path)
            except BaseException:
                os.unlink(fresh.name)
                raise
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return True


def _same(fresh: Any, plain: Any) -> None:
    plain.seek(0)
    with tempfile.TemporaryFile() as again:
        unseal_stream(fresh, again)
        again.seek(0)
        while piece := plain.read(1 << 20):
            if again.read(1 << 20) != piece:
                raise CannotOpen("the file sealed anew does not open as it was")
