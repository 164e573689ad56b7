"""Checked rows into the staging table by COPY: the check of the next chunk runs while the database stores the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection
from psycopg import Connection, sql

from credit_records.intake.checking import STAGED, CheckedChunk, Finding
from credit_records.models import IntakeFinding, IntakeRow

# Signs that cleaned text never holds stand between values and for NULL, so that a chunk becomes COPY's text format
# as a whole: written value by value it took a third of the time of the check.
_BETWEEN_VALUES, _BETWEEN_ROWS, _NULL = "\x1f", "\x1e", "\x1d"
_ROWS = sql.SQL("COPY {} ({}) FROM STDIN (DELIMITER E'\\x1f', NULL E'\\x1d')").format(
    sql.Identifier(IntakeRow._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", "explanation", *STAGED])),
)
_FINDINGS = sql.SQL("COPY {} ({}) FROM STDIN").format(
    sql.Identifier(IntakeFinding._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", *Finding._fields])),
)


def _lines(columns: Sequence[Sequence[Any]], *before: str) -> str:
    """Columns of text and None in COPY's text format; the values `before` begin every row."""
    texts = [[_NULL if v is None else v for v in column] if None in column else column for column in columns]
    rows = len(columns[0])
    start = "".join(value + _BETWEEN_VALUES for value in before)
    text = start + (_BETWEEN_ROWS + start).join(map(_BETWEEN_VALUES.join, zip(*texts, strict=True)))
    signs = text.count(_BETWEEN_VALUES), text.count(_BETWEEN_ROWS)
    if signs != (rows * (len(before) + len(columns) - 1), rows - 1):
        raise ValueError("a value holds one of the signs that stand between values")
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(_BETWEEN_ROWS, "\n") + "\n"


def _copy(raw: Connection[Any], batch_id: int, chunk: CheckedChunk) -> None:
    batch = str(batch_id)
    with raw.cursor() as cursor:
        with cursor.copy(_ROWS) as copy:
            numbers, *columns = chunk.columns
            copy.write(_lines([list(map(str, numbers)), *columns], batch, ""))
        if chunk.findings:
            with cursor.copy(_FINDINGS) as copy:
                for finding in chunk.findings:
                    copy.write_row((batch_id, *finding))


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
            total += len(chunk)
            progress(total)
        if under_way is not None:
            under_way.result()
    return total
