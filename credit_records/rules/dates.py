"""Dates as departments write them, and periods by the calendar (民法典 200-204)."""

from __future__ import annotations

import calendar
import datetime
import re
from zoneinfo import ZoneInfo

from credit_records.rules.faults import Fault, reject
from credit_records.rules.text import half_width, is_blank, shortened

LONG_TERM = datetime.date(2099, 12, 31)
"""What the national templates write for 长期有效: no end."""

FIRST_YEAR = 1900
LAST_YEAR = 2099

_HOME = ZoneInfo("Asia/Shanghai")
# Day 1 of Excel is 1900-01-01, but Excel also counts a 29 February 1900 that never was.
_SERIAL_ZERO = datetime.date(1899, 12, 30).toordinal()
_FIRST_SERIAL = 20000
_LAST_SERIAL = 80000

_CLOCK = r"[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?"
_SIGNS = re.compile(
    rf"([0-9]{{1,4}})\s*([/.-])\s*([0-9]{{1,2}})\s*\2\s*([0-9]{{1,2}})(?:(?:\s+|T){_CLOCK})?"
).fullmatch
_WORDS = re.compile(
    rf"([0-9]{{1,4}})\s*(年)\s*([0-9]{{1,2}})\s*月\s*([0-9]{{1,2}})\s*[日号](?:\s*{_CLOCK})?"
).fullmatch
_DIGITS = re.compile(rf"([0-9]{{4}})()([0-9]{{2}})([0-9]{{2}})(?:(?:\s+|T){_CLOCK})?").fullmatch
_WITH_OFFSET = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})"
).fullmatch


def parse_date(raw: object) -> datetime.date | Fault | None:
    """The date of a cell, None for a blank one, or the fault that keeps the row out.

    Understood are date cells, Excel serials (numbers or five digits), 2026/3/5, 2026-3-5, 2026.3.5, 20260305
    and 2026年3月5日, with a time of day or without, in either width. A moment that names its offset counts by
    the day in China. Two-digit years are not guessed.
    """
    if type(raw) is str:
        if len(raw) == 10 and raw[4] == raw[7] and raw[4] in "/-":
            try:
                return _in_range(datetime.date.fromisoformat(raw.replace("/", "-")))
            except ValueError:
                return _from_text(raw)
        return None if is_blank(raw) else _from_text(raw)
    if raw is None:
        return None
    if isinstance(raw, datetime.datetime):
        return _local_day(raw)
    if isinstance(raw, datetime.date):
        return _in_range(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _from_number(raw)
    return _unreadable(str(raw))


def _from_number(number: float) -> datetime.date | Fault:
    if _FIRST_SERIAL <= number < _LAST_SERIAL + 1:
        return _in_range(datetime.date.fromordinal(_SERIAL_ZERO + int(number)))
    if 10**7 <= number < 10**8 and number == int(number):
        return _from_text(str(int(number)))
    return _unreadable(f"{number:.15g}")


def _from_text(raw: str) -> datetime.date | Fault:
    text = half_width(raw)
    found = _SIGNS(text) or _WORDS(text) or _DIGITS(text)
    if found is None:
        if len(text) == 5 and text.isascii() and text.isdigit():
            return _from_number(int(text))
        if _WITH_OFFSET(text) is not None:
            try:
                return _local_day(datetime.datetime.fromisoformat(text))
            except ValueError:
                return _impossible(text)
        return _unreadable(text)
    year, _, month, day = found.groups()
    if len(year) < 4:
        return reject(
            "date.unreadable", f"日期“{shortened(text)}”的年份不足四位，应写全四位年份，如2026/03/05"
        )
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return _out_of_range(text)
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return _impossible(text)


def _local_day(moment: datetime.datetime) -> datetime.date | Fault:
    day = _in_range(moment.date())
    if moment.tzinfo is None or isinstance(day, Fault):
        return day
    return _in_range(moment.astimezone(_HOME).date())


def _in_range(day: datetime.date) -> datetime.date | Fault:
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else _out_of_range(str(day))


def _out_of_range(text: str) -> Fault:
    return reject(
        "date.out_of_range",
        f"日期“{shortened(text)}”超出{FIRST_YEAR}至{LAST_YEAR}年，应对照文书改正",
    )


def _impossible(text: str) -> Fault:
    return reject("date.impossible", f"日期“{shortened(text)}”在日历上不存在，应对照文书改正")


def _unreadable(text: str) -> Fault:
    return reject(
        "date.unreadable",
        f"“{shortened(text)}”不是可识别的日期，应写成2026/03/05的形式",
    )


def add_months(day: datetime.date, months: int) -> datetime.date:
    """End of a period of months: the corresponding day or the last of a shorter month (民法典 202)."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    if day.day <= 28:
        return datetime.date(year, month, day.day)
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
