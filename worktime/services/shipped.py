"""What the product brings along: the national days, the yearly notices, the limits with their sources.

The days come from the table of chinesecalendar, and only from its table: its functions raise beyond the last year it
knows, and `find_workday` is a day off from a holiday start. A notice under `data/notices` prevails over the table.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chinese_calendar import constants

from accounts.models import User
from audit import bulk
from audit.acts import act
from audit.clock import now as present
from worktime.models import CalendarVersion, Limit
from worktime.rules.calendars import SpecialDay
from worktime.rules.notices import read_notice, to_stored

DATA = Path(__file__).resolve().parent.parent / "data"
NEW_YEAR = "New Year's Day"
_NAMES = {
    NEW_YEAR: "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}


class Shipped(NamedTuple):
    days: dict[date, SpecialDay]
    known_from: date
    known_until: date


class Loaded(NamedTuple):
    """What `load_shipped` has added."""

    calendars: list[CalendarVersion]
    limits: list[Limit]


def _notice_year(day: date, name: str) -> int:
    """Days before New Year belong to the next year's notice."""
    return day.year + (name == NEW_YEAR and day.month == 12)


@cache
def shipped_days() -> Shipped:
    """The national days of all years that are known: table first, notices over it."""
    days: dict[date, SpecialDay] = {}
    years: dict[date, int] = {}
    for off, table in ((True, constants.holidays), (False, constants.workdays)):
        for day, name in table.items():
            years[day] = _notice_year(day, name)
            chinese = _NAMES.get(name, name)
            source = f"国办关于{years[day]}年部分节假日安排的通知"
            days[day] = SpecialDay(off, chinese if off else f"{chinese}调休上班", source)
    last = max(years.values())
    for path in sorted((DATA / "notices").glob("*.csv")):
        if path.stem.isdigit():
            # The notice of a whole year: nothing of the table's stays beside it.
            last = max(last, int(path.stem))
            days = {day: one for day, one in days.items() if years.get(day) != int(path.stem)}
        for line in read_notice(path.read_text(encoding="utf-8")):
            days[line.day] = line.special
    return Shipped(dict(sorted(days.items())), date(min(years.values()), 1, 1), date(last, 12, 31))


def load_shipped(*, actor: User) -> Loaded:
    """Bring what is shipped into the database; what the office has made of it since is never touched. Repeatable.

    A first calendar is put in force at once. When a later release knows more than what is in force, its days become a
    draft that the office looks at, proposes and confirms like any other.
    """
    return Loaded(_load_calendar(actor), _load_limits(actor))


def _load_calendar(actor: User) -> list[CalendarVersion]:
    known = list(CalendarVersion.objects.filter(region="").values_list("number", "state", "known_until"))
    days, known_from, known_until = shipped_days()
    if any(until >= known_until for _, _, until in known) or any(
        state in (CalendarVersion.State.DRAFT, CalendarVersion.State.PROPOSED) for _, state, _ in known
    ):
        return []
    version = CalendarVersion(
        region="",
        number=max((number for number, _, _ in known), default=0) + 1,
        title="全国工作日历",
        known_from=known_from,
        known_until=known_until,
        days=to_stored(days),
        source=f"国务院办公厅{known_from.year}年至{known_until.year}年各年部分节假日安排的通知",
        prepared_by=actor,
    )
    if not known:
        version.state, version.in_force_at = CalendarVersion.State.IN_FORCE, present()
    with act("worktime.load", actor=actor, reason="随产品装入", data={"known_until": str(known_until)}):
        version.save()
    return [version]


def _load_limits(actor: User) -> list[Limit]:
    known = set(Limit.objects.values_list("kind", flat=True))
    missing = [row for row in _shipped_limits() if row["kind"] not in known]
    if not missing:
        return []
    with act("worktime.load", actor=actor, reason="随产品装入", data={"limits": len(missing)}):
        limits = [Limit(**row, state=Limit.State.IN_FORCE, proposed_by=actor) for row in missing]
        return bulk.create_all(Limit, limits)


@cache
def _shipped_limits() -> list[dict[str, Any]]:
    rows = json.loads((DATA / "limits.json").read_text(encoding="utf-8"))
    for row in rows:
        for key in ("in_force_from", "in_force_to"):
            if row.get(key):
                row[key] = date.fromisoformat(row[key])
    return list(rows)
