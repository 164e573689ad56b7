"""A new calendar and the open tasks of commitments: seen first, moved with the confirmation, journalled one by one."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import Event
from commitments.rules.fields import Owed
from commitments.services.owing import settle
from commitments.services.performing import verify
from worktime.models import CalendarVersion
from worktime.services import add_day, confirm_calendar, draft_calendar, preview, propose_calendar

from .counter import DAY, at

TODAY = date(2026, 11, 17)


def proposed(city, day: int) -> CalendarVersion:
    """A version that makes one day of November a day off."""
    version = draft_calendar(
        "", actor=city.officer, title="", known_until=date(2026, 12, 31), source="示例通知", reason="示例"
    )
    add_day(version, actor=city.officer, day=date(2026, 11, day), off=True, name="示例节日")
    version.refresh_from_db()
    return propose_calendar(version, actor=city.officer)


@pytest.fixture
def tasks(counter):
    """Open: a verification and a piece due on Monday the 23rd, a piece due before the new day; done: another of both."""
    clerk = counter.city.clerk
    first = counter.missing(Owed("验资报告", 5), Owed("场地证明", 2))
    second = counter.missing(Owed("图纸", 5))
    verify(
        second.verifications.get(), actor=clerk, how="核查。", status="full", determined_on=DAY, now=at(17)
    )
    settle(second.owed.get(), actor=clerk, now=at(17))
    return first, second


def days_of(commitment) -> list[date]:
    owed = commitment.owed.order_by("number").values_list("due_on", flat=True)
    return [commitment.verifications.get().due_on, *owed]


def test_what_moves_is_shown_before_anything_is_written(counter, tasks):
    first, _ = tasks
    moved = [
        (one.number, one.old_due, one.new_due, one.becomes_late)
        for one in preview(proposed(counter.city, 20), TODAY)
    ]
    assert moved == [(first.code, date(2026, 11, 23), date(2026, 11, 24), False)] * 2
    assert days_of(first) == [date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 18)]


def test_confirming_moves_what_is_open_and_says_so_of_each(counter, tasks):
    first, second = tasks
    city = counter.city
    confirm_calendar(proposed(city, 20), actor=city.approver, reason="通知已发布", now=at(17))
    assert days_of(first) == [date(2026, 11, 24), date(2026, 11, 24), date(2026, 11, 18)]
    assert days_of(second) == [date(2026, 11, 23), date(2026, 11, 23)]
    events = Event.objects.filter(verb="commitment.due_moved")
    assert [one.data for one in events] == [{"from": "2026-11-23", "to": "2026-11-24"}] * 2
    assert {one.target_id for one in events} == {str(first.pk)}
