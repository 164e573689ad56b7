"""Periods until a commitment is looked after, as a matter sets them: working days, or months (民法典 202, 203)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from credit_records.rules.dates import add_months
from credit_records.rules.faults import Fault, reject
from worktime.rules.calendars import Calendar

WORKING_DAYS, MONTHS = "days", "months"
UNITS = {WORKING_DAYS: "个工作日", MONTHS: "个月"}
MOST = {WORKING_DAYS: 250, MONTHS: 36}
_LONGEST_BASIS = 200


@dataclass(frozen=True)
class Period:
    """How long, by which document."""

    amount: int
    unit: str
    basis: str

    def __str__(self) -> str:
        return f"{self.amount}{UNITS[self.unit]}"


@dataclass(frozen=True)
class Due:
    day: date
    provisional: bool
    """It reaches into a year whose holidays are not announced."""


def parse_period(amount: int | None, unit: str, basis: str) -> Period | list[Fault] | None:
    """A period as it was filled in: nothing at all is none, half of it is a fault."""
    if amount is None and not basis:
        return None
    if amount is None or unit not in UNITS:
        return [
            reject(
                "matter.period_half", "自定核查期限的，请填写数值、单位和依据；不自定的，数值和依据都留空。"
            )
        ]
    found = []
    if not 1 <= amount <= MOST[unit]:
        found.append(
            reject(
                "matter.period_amount", f"核查期限应是1至{MOST[unit]}{UNITS[unit]}，现为{amount}，请改正。"
            )
        )
    if not basis:
        found.append(
            reject("matter.period_basis", "自定核查期限必须写明依据(文件名称和条款，或者本单位制度)。")
        )
    if len(basis) > _LONGEST_BASIS:
        found.append(reject("text.too_long", f"核查期限依据最多{_LONGEST_BASIS}个字，请精简。"))
    return found or Period(amount, unit, basis)


def due_by(period: Period, from_on: date, calendar: Calendar) -> Due:
    """The last day of the period. The first day is not counted; a month period ends on the corresponding day, or on the
    last of a shorter month, and on the next working day when that day is none."""
    if period.unit == WORKING_DAYS:
        day = calendar.add_working_days(from_on, period.amount)
    else:
        day = add_months(from_on, period.amount)
        if not calendar.is_working(day):
            day = calendar.next_working_day(day)
    return Due(day, not calendar.known_from <= day <= calendar.known_until)
