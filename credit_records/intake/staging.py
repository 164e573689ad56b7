"""Checked rows into the staging table by COPY: the check of the next chunk runs while the database stores the last."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection
from psycopg import Connection, sql

from credit_records.intake.checking import STAGED, CheckedChunk
from credit_records.intake.judging import Finding
from credit_records.models import IntakeFinding, IntakeRow

# Signs that neither cleaned text nor JSON ever holds stand between values and for NULL, so that a chunk becomes COPY's
# text format as a whole: written value by value it took a third of the time of the check.
_BETWEEN_VALUES, _BETWEEN_ROWS, _NULL = "\x1f", "\x1e", "\x1d"
_FINDINGS_AT_A_TIME = 10_000
_SENT_AHEAD = 1 << 20
_ROWS = sql.SQL("COPY {} ({}) FROM STDIN (DELIMITER E'\\x1f', NULL E'\\x1d')").format(
    sql.Identifier(IntakeRow._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", "explanation", *STAGED])),
)
_FINDINGS = sql.SQL("COPY {} ({}) FROM STDIN").format(
    sql.Identifier(IntakeFinding._meta.db_table),
    sql.SQL(", ").join(map(sql.Identifier, ["batch_id", *Finding._fields])),
)


def _lines(chunk: CheckedChunk, *before: str) -> bytes:
    """A chunk in COPY's text format; the values `before` begin every row."""
    numbers, *columns, details = chunk.columns
    texts = [[_NULL if v is None else v for v in column] if None in column else column for column in columns]
    start = "".join(value + _BETWEEN_VALUES for value in before)
    heads = map(_BETWEEN_VALUES.join, zip(map(str, numbers), *texts, strict=True))
    text = (start + (_BETWEEN_ROWS + start).join(heads)).encode()
    between_values, between_rows = _BETWEEN_VALUES.encode(), _BETWEEN_ROWS.encode()
    signs = text.count(between_values), text.count(between_rows)
    if signs != (len(chunk) * (len(before) + len(columns)), len(chunk) - 1):
        raise ValueError("a value holds one of the signs that stand between values")
    rows = map(between_values.join, zip(text.split(between_rows), details, strict=True))
    lines = between_rows.join(rows).replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return lines.replace(between_rows, b"\n") + b"\n"


def _widen(raw: Connection[Any]) -> None:
    """Let the socket hold some chunks, so that the check goes on while the server takes them (it waited a third more).

    The system grants what it allows at most. Network connections widen by themselves.
    """
    with socket.socket(fileno=os.dup(raw.fileno())) as door:
        if door.family == socket.AF_UNIX:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD)


def _copy_findings(raw: Connection[Any], batch_id: int, findings: list[Finding]) -> None:
    with raw.cursor() as cursor, cursor.copy(_FINDINGS) as copy:
        for finding in findings:
            copy.write_row((batch_id, *finding))


def clear(batch_id: int) -> None:
    """Forget an earlier or a broken-off check of the batch."""
    with connection.cursor() as cursor:
        for model in (IntakeRow, IntakeFinding):
            cursor.execute(
                sql.SQL("DELETE FROM {} WHERE batch_id = %s").format(sql.Identifier(model._meta.db_table)),
                [batch_id],
            )


def stage(
    batch_id: int, chunks: Iterable[CheckedChunk], *, progress: Callable[[int], None] = lambda rows: None
) -> int:
    """Store all chunks inside the running transaction; returns the number of rows.

    Rows are written into one COPY that stays open: the server stores what it has while the next chunk is checked.
    Neither `chunks` nor `progress` may use the connection meanwhile. Memory: one chunk, and some thousand remarks.
    """
    connection.ensure_connection()
    raw = connection.connection
    _widen(raw)
    waiting = iter(chunks)
    total = 0
    ended = False
    while not ended:
        findings: list[Finding] = []
        with raw.cursor() as cursor, cursor.copy(_ROWS) as copy:
            while len(findings) < _FINDINGS_AT_A_TIME:
                chunk = next(waiting, None)
                if chunk is None:
                    ended = True
                    break
                copy.write(_lines(chunk, str(batch_id), ""))
                findings += chunk.findings
                total += len(chunk)
                progress(total)
        if findings:
            _copy_findings(raw, batch_id, findings)
    return total
