"""Checked rows into the staging table by COPY: the check of the next chunk runs while the database stores the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection
from psycopg import Connection, sql

from credit_records.intake.checking import STAGED, CheckedChunk, Finding
from credit_records.models import IntakeFinding, IntakeRow

_ROWS = sql.SQL("COPY {} ({}) FROM STDIN").format(
    sql.Identifier(IntakeRow._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", "explanation", *STAGED])),
)
_FINDINGS = sql.SQL("COPY {} ({}) FROM STDIN").format(
    sql.Identifier(IntakeFinding._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", *Finding._fields])),
)


def _copy(raw: Connection[Any], batch_id: int, chunk: CheckedChunk) -> None:
    batch = str(batch_id)
    with raw.cursor() as cursor:
        with cursor.copy(_ROWS) as copy:
            for row in chunk.rows:
                copy.write_row((batch, "", *row))
        if chunk.findings:
            with cursor.copy(_FINDINGS) as copy:
                for finding in chunk.findings:
                    copy.write_row((batch, *finding))


def clear(batch_id: int) -> None:
    """Forget an earlier or a broken-off check of the batch."""
    with connection.cursor() as cursor:
        for model in (IntakeRow, IntakeFinding):
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE batch_id = %s").format(sql.Identifier(model._meta.db_table)), [batch_id]
            )


def stage(
    batch_id: int, chunks: Iterable[CheckedChunk], *, progress: Callable[[int], None] = lambda rows: None
) -> int:
    """Store all chunks inside the running transaction; returns the number of rows. Memory: two chunks."""
    connection.ensure_connection()
    raw = connection.connection
    total = 0
    # One thread owns the connection while it copies; at most one chunk waits behind it.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="staging") as writer:
        under_way: Future[None] | None = None
        for chunk in chunks:
            if under_way is not None:
                under_way.result()
            under_way = writer.submit(_copy, raw, batch_id, chunk)
            total += len(chunk.rows)
            progress(total)
        if under_way is not None:
            under_way.result()
    return total
