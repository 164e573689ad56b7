"""A new calendar and open objections: shown before, moved with an event each, nobody left behind by a race."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from audit.models import Event
from casework.models import Case, Request
from casework.services import extensions, pauses
from objections.services import handling
from worktime.models import CalendarVersion
from worktime.services import (
    add_day,
    confirm_calendar,
    draft_calendar,
    load_shipped,
    preview,
    propose_calendar,
)

from .filing import at

TODAY = date(2026, 11, 18)


@pytest.fixture
def overlay(city, system):
    """A regional day off on Thursday the 19th, waiting for the approver; it shortens nobody's time."""

    def run() -> CalendarVersion:
        load_shipped(actor=system)
        version = draft_calendar(
            "640000",
            actor=city.officer,
            title="",
            known_until=date(2026, 12, 31),
            source="自治区放假通知(示例)",
        )
        add_day(version, actor=city.officer, day=date(2026, 11, 19), off=True, name="示例节日")
        return propose_calendar(version, actor=city.officer)

    return run


def test_a_new_calendar_shows_and_moves_open_cases_and_leaves_paused_and_ended_ones(
    city, way, file_objection, overlay
):
    way.accept().ask()
    paused = file_objection()
    handling.accept(paused, actor=city.officer, now=at(16, 14))
    pauses.pause(paused.case, actor=city.officer, kind="hearing", reason="听证。", now=at(17))
    ended = file_objection()
    handling.withdraw(ended, actor=city.officer, reason="当事人撤回。", now=at(17))
    version = overlay()

    moved = preview(version, TODAY)
    assert [(m.number, m.old_due, m.new_due, m.becomes_late) for m in moved] == [
        (way.objection.case.number, date(2026, 11, 23), date(2026, 11, 24), False)
    ]
    confirmed = confirm_calendar(version, actor=city.approver, now=at(18))
    assert confirmed.moved == 1
    assert Case.objects.get(pk=way.objection.pk).due_on == date(2026, 11, 24)
    assert Request.objects.get(case=way.objection.pk).due_on == date(2026, 11, 20)
    assert Case.objects.get(pk=paused.pk).due_on is None
    assert Case.objects.get(pk=ended.pk).due_on == ended.case.due_on
    event = Event.objects.get(verb="case.due_moved")
    assert (event.target_id, event.data) == (
        str(way.objection.pk),
        {"from": "2026-11-23", "to": "2026-11-24"},
    )
    # The pause ends: its case is counted by the calendar that came in force meanwhile.
    pauses.resume(paused.case, actor=city.officer, now=at(18))
    assert Case.objects.get(pk=paused.pk).due_on == date(2026, 11, 26)


def test_a_granted_extension_is_still_counted_after_the_calendar_has_moved(city, way, overlay):
    way.accept()
    extensions.ask_extension(way.objection.case, actor=city.officer, days=2, reason="复杂。", now=at(17))
    handling.grant_extension(way.objection, actor=city.approver, now=at(17, 11))
    confirm_calendar(overlay(), actor=city.approver, now=at(18))
    assert Case.objects.get(pk=way.objection.pk).due_on == date(2026, 11, 26)


@pytest.mark.django_db(transaction=True)
def test_a_case_registered_while_a_calendar_comes_in_force_is_counted_by_it(
    transactional_db, city, file_objection, overlay
):
    file_objection()
    version = overlay()
    registered, confirmed = threading.Event(), threading.Event()

    def register() -> None:
        try:
            with transaction.atomic():
                file_objection()
                registered.set()
                confirmed.wait(
                    1.5
                )  # the calendar must wait for this transaction, not this one for the calendar
        finally:
            connections.close_all()

    def confirm() -> None:
        try:
            registered.wait(20)
            confirm_calendar(version, actor=User.objects.get(pk=city.approver.pk), now=at(18))
            confirmed.set()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for one in (register, confirm)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert confirmed.is_set()
    assert set(Case.objects.values_list("due_on", flat=True)) == {date(2026, 11, 24)}
    assert connection.is_usable()
