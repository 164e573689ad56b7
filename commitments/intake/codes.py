"""Codes for the rows of a batch that bring none: the next of their day without a gap, all days of the batch at once."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from django.db import connection

from audit.faults import Refused
from casework.models import Register
from casework.services.registers import locked_registers
from commitments.rules.codes import LAST_SERIAL, make_code
from commitments.services.codes import register_of
from credit_records.models import IntakeBatch

_WITHOUT = """
SELECT decision_date, array_agg(row ORDER BY row) FROM credit_records_intakerow
WHERE batch_id = %s AND verdict = 'accept' AND action = 'create' AND document_key = '' GROUP BY decision_date
"""
# Serials that are taken, in the table and by the rows of this batch that bring their own.
_TAKEN = """
SELECT c.code FROM unnest(%(prefixes)s::text[]) AS of (prefix)
JOIN commitments_commitment c ON c.code >= of.prefix AND c.code < of.prefix || ':'
UNION ALL
SELECT document_key FROM credit_records_intakerow
WHERE batch_id = %(batch)s AND verdict = 'accept' AND action = 'create' AND document_key <> ''
"""
_GIVEN = """
UPDATE credit_records_intakerow s SET document_number = given.code, document_key = given.code
FROM unnest(%(rows)s::int[], %(codes)s::text[]) AS given (row, code)
WHERE s.batch_id = %(batch)s AND s.row = given.row
"""


def give_codes(batch: IntakeBatch, division: str) -> int:
    """Number the rows to be registered that have no code, in the order of the file; returns how many.

    Inside the act that registers them: the registers of their days stay locked until it ends, and nothing is used up
    when it fails.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WITHOUT, [batch.pk])
        rows_by_day: dict[date, list[int]] = dict(cursor.fetchall())
    if not rows_by_day:
        return 0
    registers = locked_registers(register_of(division, day) for day in rows_by_day)
    rows: list[int] = []
    codes: list[str] = []
    with connection.cursor() as cursor:
        prefixes = [f"{division}{day:%Y%m%d}" for day in rows_by_day]
        cursor.execute(_TAKEN, {"prefixes": prefixes, "batch": batch.pk})
        taken = {code for (code,) in cursor.fetchall()}
        for day, of_day in rows_by_day.items():
            register = registers[register_of(division, day)]
            for row in of_day:
                register.last, code = _next(division, day, register.last, taken)
                rows.append(row)
                codes.append(code)
        cursor.execute(_GIVEN, {"rows": rows, "codes": codes, "batch": batch.pk})
    Register.objects.bulk_update(registers.values(), ["last"])
    return len(rows)


def _next(division: str, day: date, last: int, taken: Container[str]) -> tuple[int, str]:
    for serial in range(last + 1, LAST_SERIAL + 1):
        code = make_code(division, day, serial)
        if code not in taken:
            return serial, code
    raise Refused("commitment.codes_used_up", f"{division}在{day}的承诺编码已用完，请联系系统管理员。")
