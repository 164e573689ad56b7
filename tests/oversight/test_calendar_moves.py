"""A new calendar and the replies that are due: seen first, moved with the confirmation, journalled one by one."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from audit.clock import CHINA
from audit.models import Event
from oversight.models import Addressee, Reply
from oversight.selectors.papers import mark_of_draft
from oversight.services import directives, replies
from worktime.services import add_day, confirm_calendar, draft_calendar, preview, propose_calendar

from .given import answer

pytestmark = pytest.mark.django_db


def proposed(city, month: int, day: int, *, off: bool):
    version = draft_calendar(
        "", actor=city.officer, title="", known_until=date(2026, 12, 31), source="示例通知", reason="示例"
    )
    add_day(version, actor=city.officer, day=date(2026, month, day), off=off, name="示例节日")
    version.refresh_from_db()
    return propose_calendar(version, actor=city.officer)


@pytest.fixture
def letters(city, on, issued):
    """Due on the 9th of March: one waits, one was answered, a circular owes nothing; a second round is due on the 12th."""
    letter = issued(city.scjg, city.sthj)
    ours, theirs = letter.addressees.order_by("department__code")
    again = issued().addressees.get()
    issued(grade="circular")
    with on(3, 5):
        answer(ours, city.clerk, city.reviewer, "已报。")
        answer(again, city.clerk, city.reviewer, "一")
        replies.send_back(again, actor=city.officer, reason="不够。")
    return ours, theirs, again


def days(*rows):
    return [Addressee.objects.get(pk=one.pk).due_on for one in rows]


def test_replies_that_are_due_move_and_what_was_given_stays(city, letters):
    version = proposed(city, 3, 9, off=True)
    moved = {
        (one.title.split()[0], one.old_due, one.new_due, one.becomes_late)
        for one in preview(version, date(2026, 3, 6))
    }
    assert moved == {
        ("银川市生态环境局", date(2026, 3, 9), date(2026, 3, 10), False),
        ("银川市市场监督管理局", date(2026, 3, 12), date(2026, 3, 13), False),
    }
    assert days(*letters) == [date(2026, 3, 9), date(2026, 3, 9), date(2026, 3, 12)]
    confirm_calendar(version, actor=city.approver, reason="示例", now=datetime(2026, 3, 6, 9, tzinfo=CHINA))
    assert days(*letters) == [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 13)]
    events = Event.objects.filter(verb="addressee.due_moved").order_by("pk")
    assert [one.data for one in events] == [
        {"from": "2026-03-09", "to": "2026-03-10"}, {"from": "2026-03-12", "to": "2026-03-13"},
    ]  # fmt: skip
    assert set(Reply.objects.values_list("due_on", flat=True)) == {date(2026, 3, 9)}


def test_a_day_that_turns_out_to_be_worked_makes_a_reply_late(city, letters):
    """Saturday the 7th of March is worked: it is the fifth working day, and over on Sunday."""
    version = proposed(city, 3, 7, off=False)
    late = {one.new_due: one.becomes_late for one in preview(version, date(2026, 3, 8))}
    assert late == {date(2026, 3, 7): True, date(2026, 3, 11): False}


def test_a_letter_read_before_the_calendar_moved_is_not_signed(city, on, drafted):
    draft = drafted()
    with on(3, 2):
        directives.submit(draft, actor=city.officer)
        read = mark_of_draft(draft, date(2026, 3, 2))
    version = proposed(city, 3, 9, off=True)
    confirm_calendar(version, actor=city.approver, reason="示例", now=datetime(2026, 3, 2, 9, tzinfo=CHINA))
    assert read != mark_of_draft(draft, date(2026, 3, 2))
