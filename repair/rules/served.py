"""两书同达 as a rule: from which decisions on, and within how many working days, the notice on repair is served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from worktime.rules.calendars import Calendar

from .eligibility import RepairRulesError

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ServedRule:
    """Decisions of `since` and later; served within `days` working days after the decision, then it is missing."""

    since: date
    days: int
    source: str


def served_rule_from_dict(data: Mapping[str, Any]) -> ServedRule | None:
    """The `served_notice` of a rule set's repair part; None where the order asks for nothing of the kind.

    Raises `RepairRulesError` with every mistake.
    """
    part = data.get("served_notice")
    if part is None:
        return None
    problems = []
    given: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
    try:
        since = date.fromisoformat(str(given.get("since")))
    except ValueError:
        since = date.max
        problems.append("两书同达的“since”应为 2026-01-31 样式的日期")
    days = given.get("days")
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        problems.append("两书同达的“days”应为不小于0的整数(工作日)")
        days = 0
    source = str(given.get("source") or "").strip()
    if not source:
        problems.append("两书同达要写明“source”")
    if problems:
        raise RepairRulesError(*problems)
    return ServedRule(since, days, source)


def last_day_overdue(days: int, calendar: Calendar, *, today: date) -> date:
    """The newest day of decision whose term is over: more than so many working days lie after it, up to today."""
    day = today
    while calendar.working_days_between(day, today) <= days and day > date.min:
        day -= _ONE_DAY
    return day
