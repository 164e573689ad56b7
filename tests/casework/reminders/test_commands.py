"""The commands for the operator: reminders by hand, and the check of the stored days."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from audit.acts import act
from audit.models import Event
from casework.models import Case, CaseRound, Notice
from casework.selectors.clock import clock_of, days_taken
from casework.services import clock_check

from .conftest import at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday(monkeypatch):
    """The 20th of November 2026, ten o'clock, wherever somebody looks at the clock."""
    for module in (
        "casework.management.commands.send_reminders",
        "casework.management.commands.recompute_clocks",
    ):
        monkeypatch.setattr(f"{module}.today", lambda: at(20).date())
    monkeypatch.setattr("casework.services.reminders.present", lambda: at(20))
    monkeypatch.setattr("casework.services.clock_check.present", lambda: at(20))


def run(name: str, *arguments: str) -> tuple[str, int]:
    out = StringIO()
    status = 0
    try:
        call_command(name, *arguments, stdout=out)
    except SystemExit as end:
        status = int(end.code or 0)
    return out.getvalue(), status


def test_reminders_by_hand_are_counted_and_repeatable(office):
    office.case()
    assert run("send_reminders") == ("即将到期1条，逾期0条，失效0条，待发邮件0封。\n", 0)
    answer = json.loads(run("send_reminders", "--json")[0])
    assert answer == {"working_day": True, "due_soon": 0, "breached": 0, "outdated": 0, "mails": 0}


def test_a_daily_scheduler_can_leave_out_days_off(office, monkeypatch):
    office.case()
    monkeypatch.setattr("casework.management.commands.send_reminders.today", lambda: at(21).date())
    assert run("send_reminders", "--working-days") == ("今天不是工作日，不发提醒。\n", 0)
    assert not Notice.objects.exists()


def test_stored_days_agree_with_their_facts(office):
    case = office.case()
    office.refresh(case, at(20))
    office.ask(case)
    office.pause(office.case(), at(20))
    assert run("recompute_clocks") == ("核对在办案件2件、未答复往来1件，0件不一致。\n", 0)


def test_what_differs_is_named_and_left_alone_unless_it_is_to_be_fixed(office):
    case = office.case()
    request = office.ask(case)
    office.put(case, due_on=date(2026, 11, 30))
    office.put(request, due_on=date(2026, 12, 1))
    said, status = run("recompute_clocks")
    assert status == 1
    assert f"{case.number} 应办结：库中2026-11-30，应为2026-11-23" in said
    assert "应答复：库中2026-12-01，应为2026-11-18" in said
    assert "2件不一致。" in said
    case.refresh_from_db()
    assert case.due_on == date(2026, 11, 30)

    said, status = run("recompute_clocks", "--fix")
    assert (status, said.splitlines()[-1]) == (1, "核对在办案件1件、未答复往来1件，2件不一致，已更正。")
    case.refresh_from_db()
    request.refresh_from_db()
    assert (case.due_on, request.due_on) == (date(2026, 11, 23), date(2026, 11, 18))
    assert run("recompute_clocks")[1] == 0


def test_a_correction_leaves_history_and_an_event(office):
    case = office.put(office.case(), due_on=date(2026, 11, 30))
    (drift,) = clock_check.drifts(at(20).date())
    assert clock_check.recompute(drift, actor=office.city.system, reason="示例")
    event = Event.objects.order_by("-pk").first()
    assert (event.verb, event.target_id, event.reason) == ("case.recompute", str(case.pk), "示例")
    assert event.data == {"due_on": "2026-11-30 → 2026-11-23"}
    newest = case.history.order_by("-history_id").first()
    assert (newest.due_on, newest.event_id) == (date(2026, 11, 23), event.pk)


def test_what_another_has_corrected_meanwhile_is_not_written_again(office):
    case = office.put(office.case(), due_on=date(2026, 11, 30))
    (drift,) = clock_check.drifts(at(20).date())
    office.put(case, due_on=date(2026, 11, 23))
    before = case.history.count()
    assert not clock_check.recompute(drift, actor=office.city.system, reason="示例")
    assert case.history.count() == before


def test_the_check_asks_the_same_however_many_cases(office, django_assert_max_num_queries):
    for _ in range(12):
        office.ask(office.case())
    with django_assert_max_num_queries(8):
        assert list(clock_check.drifts(at(20).date())) == []


def test_rounds_that_ended_before_their_days_were_kept_get_them_from_their_facts(office):
    """Received on Monday, still for a hearing from Tuesday to Thursday, ended on Friday; taken up again since."""
    case = office.case()
    office.pause(case, at(17))
    office.put(case.pauses.get(), ended_on=at(19).date())
    office.put(case, closed_on=at(20).date(), state=Case.State.CLOSED)
    by_the_step = days_taken(case, clock_of(Case.objects.get(pk=case.pk), today=at(20).date()))
    with act("test.round", actor=office.city.system):
        ended = CaseRound.of(case)
        ended.save()
    office.put(case, closed_on=None, state=Case.State.DRAFTING, round=2, clock_from=at(20))
    said, status = run("recompute_clocks")
    assert (status, f"{case.number} 第1轮 用时(工作日，不含停时)：库中空，应为{by_the_step[0]}" in said) == (
        1,
        True,
    )
    run("recompute_clocks", "--fix")
    ended.refresh_from_db()
    assert by_the_step[0] < by_the_step[1]
    assert (ended.net_days, ended.gross_days) == by_the_step
    assert ended.history.count() == 2
    assert not list(clock_check.uncounted_rounds())
