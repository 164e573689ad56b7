"""What the check of a file asks of commitments and reports beyond the catalogue: their codes, and what is owed.

Required columns, lengths, lists, dates and the conditions between columns are the catalogue's.
"""

from __future__ import annotations

from commitments.rules.codes import parse_code
from commitments.rules.owed_text import parse_owed
from credit_records.intake.cells import Memory
from credit_records.intake.judging import JudgedRows
from credit_records.rules.faults import Fault, reject
from credit_records.rules.field_specs import Role

OWED = "CN_RCCL"


def check_commitments(rows: JudgedRows) -> None:
    """Codes taken over are well-formed and of the day of their commitment; owed pieces have a name and a deadline."""
    for position, code, day in _codes(rows):
        if isinstance(code, Fault):
            rows.say(position, _code_column(rows), code)
        elif day is not None and code.day != day:
            rows.say(
                position,
                _code_column(rows),
                reject(
                    "commitment.code_other_day",
                    f"承诺编码中的日期是{code.day}，与承诺作出日期{day}不一致，请核对两处。",
                ),
            )
    read = Memory(parse_owed)
    for position, text in enumerate(rows.values.get(OWED, ())):
        if text is not None and isinstance(found := read[text], Fault):
            rows.say(position, OWED, found)


def check_performances(rows: JudgedRows) -> None:
    """The code is well-formed, and nothing was determined before the day that stands in it."""
    for position, code, day in _codes(rows):
        if isinstance(code, Fault):
            rows.say(position, _code_column(rows), code)
        elif day is not None and day < code.day:
            rows.say(
                position,
                rows.version.code_of(Role.DECISION_DATE),
                reject(
                    "performance.before_commitment",
                    f"认定日期{day}早于承诺编码中的承诺作出日期{code.day}，请核对。",
                ),
            )


def _code_column(rows: JudgedRows) -> str:
    return rows.version.code_of(Role.DOCUMENT_NUMBER)


def _codes(rows: JudgedRows):  # type: ignore[no-untyped-def]  # position, code or fault, day
    codes, days = rows.of(Role.DOCUMENT_NUMBER), rows.of(Role.DECISION_DATE)
    for position, (code, day) in enumerate(zip(codes, days, strict=True)):
        if code is not None:
            yield position, parse_code(code), day
