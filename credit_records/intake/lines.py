"""Checked rows in the text format of COPY, made without the database, so that any process can make them."""

from __future__ import annotations

from typing import NamedTuple

from credit_records.intake.checking import CheckedChunk
from credit_records.intake.judging import Finding

# Signs that neither cleaned text nor JSON ever holds stand between values and for NULL, so that a chunk becomes COPY's
# text format as a whole: written value by value it took a third of the time of the check.
_BETWEEN_VALUES, _BETWEEN_ROWS, _NULL = "\x1f", "\x1e", "\x1d"
FORMAT = "DELIMITER E'\\x1f', NULL E'\\x1d'"


class StagedLines(NamedTuple):
    """The lines of some rows as the staging table takes them, and the remarks on these rows."""

    text: bytes
    rows: int
    findings: list[Finding]


def lines_of(chunk: CheckedChunk, batch_id: int) -> StagedLines:
    """The lines of a chunk: the batch, an empty explanation, and the values in the order of `STAGED`."""
    if not len(chunk):
        return StagedLines(b"", 0, chunk.findings)
    numbers, *columns, details = chunk.columns
    texts = [[_NULL if v is None else v for v in column] if None in column else column for column in columns]
    start = f"{batch_id}{_BETWEEN_VALUES}{_BETWEEN_VALUES}"
    heads = map(_BETWEEN_VALUES.join, zip(map(str, numbers), *texts, strict=True))
    text = (start + (_BETWEEN_ROWS + start).join(heads)).encode()
    between_values, between_rows = _BETWEEN_VALUES.encode(), _BETWEEN_ROWS.encode()
    signs = text.count(between_values), text.count(between_rows)
    if signs != (len(chunk) * (2 + len(columns)), len(chunk) - 1):
        raise ValueError("a value holds one of the signs that stand between values")
    rows = map(between_values.join, zip(text.split(between_rows), details, strict=True))
    lines = between_rows.join(rows).replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return StagedLines(lines.replace(between_rows, b"\n") + b"\n", len(chunk), chunk.findings)
