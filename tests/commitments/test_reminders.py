"""Those who keep commitments are told once on the day and once when it has passed, and nobody else is."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.policy import NotAllowed
from casework.models import Notice
from commitments import tasks
from commitments.rules.fields import Owed
from commitments.services.performing import verify
from commitments.services.reminders import remind

from .counter import DAY, at


@pytest.fixture
def told(counter):
    """A run at ten o'clock of a day of November: who was told what."""

    def run(day: int) -> dict[str, list[str]]:
        before = set(Notice.objects.values_list("pk", flat=True))
        remind(actor=counter.city.system, now=at(day))
        found: dict[str, list[str]] = {}
        for notice in Notice.objects.exclude(pk__in=before).select_related("person").order_by("pk"):
            found.setdefault(notice.person.username, []).append(notice.text)
        return found

    return run


def test_the_clerks_are_told_on_the_due_day_and_the_day_after_and_then_no_more(counter, told):
    counter.register()
    assert told(20) == {}
    due = ["市场监管承诺核查：今日到期1件，请办理。"]
    assert told(23) == {"clerk": due, "clerk2": due}
    assert told(23) == {}
    late = ["市场监管承诺核查：逾期1件，请办理。"]
    assert told(24) == {"clerk": late, "clerk2": late}
    assert told(25) == {}


def test_a_run_that_was_missed_is_made_good_by_the_next(counter, told):
    counter.register()
    assert set(told(27)) == {"clerk", "clerk2"}
    assert told(30) == {}


def test_what_becomes_late_later_is_told_again(counter, told):
    counter.register()
    counter.register(now=at(17))
    assert set(told(24)) == {"clerk", "clerk2"}
    assert told(24) == {}
    assert told(25)["clerk"] == ["市场监管承诺核查：逾期2件，请办理。"]


def test_each_series_and_each_body_has_its_own_line(counter, told):
    city = counter.city
    counter.missing(Owed("验资报告", 5))
    counter.register(actor=city.stranger, department=city.sthj)
    counter.register(actor=city.officer, department=city.office)
    found = told(23)
    assert set(found) == {"clerk", "clerk2", "stranger", "officer"}
    assert found["clerk"] == [
        "市场监管承诺核查：今日到期1件，请办理。",
        "市场监管容缺材料：今日到期1件，请办理。",
    ]
    assert found["stranger"] == ["生态环境承诺核查：今日到期1件，请办理。"]


def test_what_is_done_is_not_reminded_of(counter, told):
    commitment = counter.register()
    verify(
        commitment.verifications.get(), actor=counter.city.clerk, how="核查。", status="full", determined_on=DAY,
        now=at(18),
    )  # fmt: skip
    assert told(24) == {}


def test_only_the_system_reminds(counter):
    with pytest.raises(NotAllowed):
        remind(actor=counter.city.officer)


@pytest.mark.parametrize(("day", "notices"), [(date(2026, 11, 24), 2), (date(2026, 11, 28), 0)])
def test_the_job_rests_on_days_off(counter, monkeypatch, day, notices):
    from audit import clock

    counter.register()
    monkeypatch.setattr(clock.timezone, "now", lambda: at(day.day))
    tasks.remind(timestamp=0)
    assert Notice.objects.count() == notices
