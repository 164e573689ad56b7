"""A new calendar and the cases that are open: seen first, moved with the confirmation, journalled one by one."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import Event
from casework.models import Case, Request
from casework.services.clock_check import drifts
from objections.services import handling
from worktime.models import CalendarVersion
from worktime.services import add_day, confirm_calendar, draft_calendar, preview, propose_calendar

from ..objections.filing import at

TODAY = date(2026, 11, 19)


def proposed(city, day: int, *, off: bool) -> CalendarVersion:
    """A version that makes one day of November a day off, or a working day."""
    version = draft_calendar(
        "", actor=city.officer, title="", known_until=date(2026, 12, 31), source="示例通知", reason="示例"
    )
    add_day(version, actor=city.officer, day=date(2026, 11, day), off=off, name="示例节日")
    version.refresh_from_db()
    return propose_calendar(version, actor=city.officer)


@pytest.fixture
def new_calendar(city) -> CalendarVersion:
    return proposed(city, 20, off=True)


@pytest.fixture
def cases(city, way, file_objection) -> dict[str, Case]:
    """One that is asked of a department, one that has ended, one that is due before the new day."""
    way.accept().ask()
    ended = file_objection()
    handling.refuse(ended, actor=city.officer, reason="不属于。", now=at(17))
    late = file_objection(received_at=at(12), now=at(12, 11), late_entry_reason="示例")
    return {"asked": way.objection.case, "ended": ended.case, "due before": late.case}


def test_what_moves_is_shown_before_anything_is_written(cases, new_calendar):
    moved = {one.number: (one.old_due, one.new_due, one.becomes_late) for one in preview(new_calendar, TODAY)}
    assert moved == {cases["asked"].number: (date(2026, 11, 23), date(2026, 11, 24), False)}
    assert Case.objects.get(pk=cases["asked"].pk).due_on == date(2026, 11, 23)


def test_confirming_moves_the_open_cases_and_says_so_of_each(city, cases, new_calendar):
    confirm_calendar(new_calendar, actor=city.approver, reason="通知已发布", now=at(19))
    assert Case.objects.get(pk=cases["asked"].pk).due_on == date(2026, 11, 24)
    assert Case.objects.get(pk=cases["ended"].pk).due_on == date(2026, 11, 23)
    event = Event.objects.get(verb="case.due_moved")
    assert event.target_id == str(cases["asked"].pk)
    assert "施行" in event.reason
    assert event.data == {"from": "2026-11-23", "to": "2026-11-24"}
    assert list(drifts(TODAY)) == []


def test_a_day_taken_away_can_make_a_case_late_and_the_preview_says_so(city, cases):
    """A holiday that turns out to be none moves due days forward."""
    version = proposed(city, 21, off=False)
    (moved,) = (one for one in preview(version, date(2026, 11, 22)) if one.number == cases["asked"].number)
    assert (moved.new_due, moved.becomes_late) == (date(2026, 11, 21), True)


def test_requests_move_with_their_case(city, cases):
    request = Request.objects.get(case=cases["asked"])
    assert request.due_on == date(2026, 11, 19)
    confirm_calendar(proposed(city, 18, off=True), actor=city.approver, reason="示例", now=at(18))
    assert Request.objects.get(pk=request.pk).due_on == date(2026, 11, 20)
    assert list(drifts(TODAY)) == []
