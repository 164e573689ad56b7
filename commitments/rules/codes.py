"""The code of a commitment (承诺编码): division 6 + day 8 + serial 6 of the national field set [impl]."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from credit_records.rules.faults import Fault, reject
from credit_records.rules.identifiers import division_state
from credit_records.rules.text import clean_code, long_number_lost

LENGTH = 20
LAST_SERIAL = 999_999
_SHAPE = re.compile("[0-9]{20}").fullmatch


class CommitmentCode(NamedTuple):
    division: str
    """Six digits of GB/T 2260: where the commitment was taken."""
    day: date
    """On which it was made."""
    serial: int
    """From 1, in one division on one day."""

    def __str__(self) -> str:
        return f"{self.division}{self.day:%Y%m%d}{self.serial:06d}"


def make_code(division: str, day: date, serial: int) -> str:
    """The code of the serial number; outside its range a programming error, not a fault of a clerk."""
    if not 1 <= serial <= LAST_SERIAL or re.fullmatch("[0-9]{6}", division) is None:
        raise ValueError(f"no commitment code for {division!r}, serial {serial}")
    return str(CommitmentCode(division, day, serial))


def parse_code(raw: object) -> CommitmentCode | Fault:
    """A code as a department wrote it, taken apart; of several faults the first is told.

    An abolished division is good: codes live longer than divisions.
    """
    if long_number_lost(raw):
        return reject(
            "commitment.code_lost_digits",
            "承诺编码被存成了数字，后几位已丢失，应将该列设为文本格式后重新填写。",
        )
    text = clean_code(raw)
    if _SHAPE(text) is None:
        return reject(
            "commitment.code_shape",
            f"承诺编码应为20位数字(区划6位、日期8位、流水号6位)，现为{len(text)}位“{text[:24]}”，请核对。",
        )
    division, day_text, serial = text[:6], text[6:14], int(text[14:])
    if division_state(division) == "unknown":
        return reject(
            "commitment.code_division", f"承诺编码前6位“{division}”不是已知的行政区划代码，请核对。"
        )
    try:
        day = date(int(day_text[:4]), int(day_text[4:6]), int(day_text[6:]))
    except ValueError:
        return reject("commitment.code_day", f"承诺编码第7至14位“{day_text}”不是日期，请核对。")
    if serial == 0:
        return reject("commitment.code_serial", "承诺编码的流水号从000001起编，不能是000000，请核对。")
    return CommitmentCode(division, day, serial)


def check_code(raw: object, *, made_on: date) -> str | Fault:
    """A code that is taken over: well-formed, and of the day on which the commitment was made."""
    found = parse_code(raw)
    if isinstance(found, Fault):
        return found
    if found.day != made_on:
        return reject(
            "commitment.code_other_day",
            f"承诺编码中的日期是{found.day}，与承诺作出日期{made_on}不一致，请核对两处。",
        )
    return str(found)
