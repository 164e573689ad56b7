"""The code of a new commitment: the next of its division and day, or the one that the department gave it."""

from __future__ import annotations

from datetime import date

from audit.faults import Refused
from casework.services.registers import next_number
from commitments.models import Commitment
from commitments.rules.codes import LAST_SERIAL, check_code, make_code
from credit_records.rules.faults import Fault


def register_of(division: str, day: date) -> tuple[str, int]:
    """The series in which a division's codes of a day are numbered."""
    return f"commitment.{division}.{day:%Y%m%d}", day.year


def new_code(division: str, day: date) -> str:
    """The next code without a gap: given in the transaction that registers, its register locked until that ends.

    Serials that were taken over from elsewhere are passed over; they are nobody's gap.
    """
    while True:
        serial = next_number(*register_of(division, day))
        if serial > LAST_SERIAL:
            raise Refused(
                "commitment.codes_used_up", f"{division}在{day}的承诺编码已用完，请联系系统管理员。"
            )
        code = make_code(division, day, serial)
        if not Commitment.objects.filter(code=code).exists():
            return code


def taken_over(raw: str, *, made_on: date) -> str:
    """The department's own code, checked (commitment.code_* refusals)."""
    found = check_code(raw, made_on=made_on)
    if isinstance(found, Fault):
        raise Refused(found.code, found.message)
    if Commitment.objects.filter(code=found).exists():
        raise Refused("commitment.code_taken", f"承诺编码{found}已经登记，请核对是否重复登记。")
    return found
