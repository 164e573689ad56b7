"""The floor: nothing but COPY of ready rows into tables like the record's and its history's.

Two kinds of tables: with the same indexes, and with the same foreign keys as well, which the real tables have.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from django.db import connection, transaction

from bench.scene import settle, statement

_TABLES = ("credit_records_record", "credit_records_historicalrecord")
_PIECE = 1 << 17


def make_tables() -> None:
    """Empty tables with the columns, defaults, checks and indexes of the real ones; `_keyed` with foreign keys too."""
    for table in _TABLES:
        for ending in ("floor", "keyed"):
            statement("CREATE TABLE {} (LIKE {} INCLUDING ALL)", f"{table}_{ending}", table)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
                [table],
            )
            for (definition,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table}_keyed ADD {definition}")


class ReadyRows:
    """The rows that a run of the intake has made, as files for COPY."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bench-rows-")
        connection.ensure_connection()
        for table in _TABLES:
            with (
                connection.connection.cursor() as cursor,
                cursor.copy(f"COPY {table} TO STDOUT") as copy,
                self._file(table).open("wb") as stream,
            ):
                for data in copy:
                    stream.write(data)

    def _file(self, table: str) -> Path:
        return Path(self.folder.name) / table

    def load(self, ending: str) -> float:
        """Seconds to load both tables in one transaction."""
        for table in _TABLES:
            statement("TRUNCATE {}", f"{table}_{ending}")
        settle()
        start = time.perf_counter()
        with transaction.atomic():
            for table in _TABLES:
                with (
                    connection.connection.cursor() as cursor,
                    cursor.copy(f"COPY {table}_{ending} FROM STDIN") as copy,
                    self._file(table).open("rb") as stream,
                ):
                    while data := stream.read(_PIECE):
                        copy.write(data)
        return time.perf_counter() - start

    def close(self) -> None:
        for table in _TABLES:
            for ending in ("floor", "keyed"):
                statement("TRUNCATE {}", f"{table}_{ending}")
        self.folder.cleanup()
