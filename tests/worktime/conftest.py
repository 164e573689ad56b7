"""A calendar for 2027 on its way, and rooms above that have open matters."""

from __future__ import annotations

from datetime import date

import pytest

from worktime import impact
from worktime.impact import Moved
from worktime.models import CalendarVersion
from worktime.rules.deadlines import Facts, deadline
from worktime.selectors import calendar_for
from worktime.services import draft_calendar, import_days, load_shipped, propose_calendar

NOTICE_2027 = """日期,类型,名称
2027-01-01,放假,元旦
2027-01-02,放假,元旦
2027-01-03,放假,元旦
2027-02-06,放假,春节
2027-01-31,上班,春节调休上班
"""
SOURCE_2027 = "国办关于2027年部分节假日安排的通知(示例)"


@pytest.fixture
def shipped(system):
    load_shipped(actor=system)


@pytest.fixture
def in_force(shipped) -> CalendarVersion:
    return CalendarVersion.objects.get(region="", state="in_force")


@pytest.fixture
def draft(in_force, city) -> CalendarVersion:
    version = draft_calendar(
        "",
        actor=city.officer,
        title="",
        known_until=date(2027, 12, 31),
        source=SOURCE_2027,
        reason="通知已发布",
    )
    import_days(version, actor=city.officer, text=NOTICE_2027)
    version.refresh_from_db()
    return version


@pytest.fixture
def proposed(draft, city) -> CalendarVersion:
    return propose_calendar(draft, actor=city.officer)


class Room:
    """A room above with open matters: number, region, receipt and limit, and the due day it has stored."""

    def __init__(self, today: date) -> None:
        self.matters: dict[str, tuple[str, Facts]] = {}
        self.due: dict[str, date | None] = {}
        self.applied: list[str] = []
        self.today = today

    def add(self, number: str, received: date, n: int, region: str = "") -> None:
        self.matters[number] = (region, Facts(received, n))
        self.due[number] = self._due(number, calendar_for(region))

    def _due(self, number, calendar):
        return deadline(self.matters[number][1], calendar, today=self.today).due

    def preview(self, calendars, *, today):
        found = []
        for number, (region, _) in self.matters.items():
            old, new = self.due[number], self._due(number, calendars(region))
            if new != old:
                late = new is not None and new < today <= old
                found.append(Moved(number, f"示例案件{number}", "/admin/", old, new, late))
        return found

    def apply(self, *, actor, reason, now):
        for number, (region, _) in self.matters.items():
            new = self._due(number, calendar_for(region))
            if new != self.due[number]:
                self.due[number] = new
                self.applied.append(f"{number} {actor.username} {reason}")
        return len(self.applied)


@pytest.fixture
def room(shipped, monkeypatch) -> Room:
    monkeypatch.setattr(impact, "_providers", [])
    return impact.register(Room(date(2026, 12, 28)))
