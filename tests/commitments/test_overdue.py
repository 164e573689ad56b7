"""What is late or broken, for whom, how long, and how a department is driven on."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from accounts.models import Membership
from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.clock import telling_of
from audit.faults import Refused
from audit.models import Event
from casework.models import Notice
from commitments.models import OwedMaterial, Verification
from commitments.rules.fields import Owed
from commitments.selectors.overdue import counts, filled, keys
from commitments.selectors.task_figures import Waiting, task_figures, tasks_on
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance, verify, withdraw_performance
from commitments.services.urging import urge
from worktime.selectors import calendars_in_force

from .counter import CHINA, DAY, at

SHORT = {"unfulfilled": "未补办手续", "liability_pursued": "责令限期改正"}
DAY_AFTER = date(2026, 11, 25)
"""Wednesday: what was due on Monday the 23rd is two working days late."""


@pytest.fixture
def scene(counter):
    """Of the market supervision: one late, one with late material, one partly kept; of the other department one not kept;
    one in time and one withdrawn."""
    city = counter.city
    counter.late = counter.register()
    counter.owing = counter.missing(Owed("验资报告", 3))
    counter.part = counter.register()
    counter.none = counter.register(
        actor=city.stranger, department=city.sthj, disclosure="limited", made_on=date(2026, 11, 13)
    )
    for one, actor, status in ((counter.part, city.clerk, "part"), (counter.none, city.stranger, "none")):
        verify(one.verifications.get(), actor=actor, how="实地。", status=status, determined_on=date(2026, 11, 18),
               now=at(18), **SHORT)  # fmt: skip
    verify(
        counter.owing.verifications.get(), actor=city.clerk, how="实地。", status="full", determined_on=DAY, now=at(18)
    )  # fmt: skip
    gone = counter.register()
    withdraw(gone, actor=city.reviewer, reason="重复。", now=at(17))
    return counter


def listed(user, **asked) -> list[tuple[str, str, int]]:
    found = filled(keys(user, DAY_AFTER, **asked), today=DAY_AFTER, calendars=calendars_in_force())
    return [(row.series, row.commitment.code[-6:], row.working_days) for row in found]


def test_all_three_series_stand_in_one_list_the_oldest_first(scene):
    assert listed(scene.city.officer) == [
        ("broken", "000003", 5),
        ("broken", "000001", 5),
        ("owed", "000002", 4),
        ("verification", "000001", 2),
    ]
    assert counts(scene.city.officer, DAY_AFTER) == {"verification": 1, "owed": 1, "broken": 2}


@pytest.mark.parametrize(
    ("who", "series"),
    [
        ("clerk", ["broken", "owed", "verification"]),
        ("reviewer", ["broken", "owed", "verification"]),
        ("stranger", ["broken"]),
        ("supervisor", ["broken", "broken", "owed", "verification"]),
        ("auditor", []),
        ("upper", []),
        ("sysadmin", []),
    ],
)
def test_each_sees_what_the_policies_show(scene, who, series):
    user = getattr(scene.city, who)
    assert [name for name, _, _ in listed(user)] == series
    assert sum(counts(user, DAY_AFTER).values()) == len(series)


def test_a_series_and_a_department_narrow_the_list(scene):
    city = scene.city
    assert len(listed(city.officer, series="broken")) == 2
    assert listed(city.officer, series="broken", department=city.sthj.pk) == [("broken", "000001", 5)]


def test_the_last_report_that_stands_decides(scene):
    city = scene.city
    better = report_performance(
        scene.part, actor=city.clerk, status="full", determined_on=DAY_AFTER, now=at(25)
    )
    assert len(listed(city.officer, series="broken")) == 1
    withdraw_performance(better, actor=city.reviewer, reason="报错。", now=at(25))
    assert len(listed(city.officer, series="broken")) == 2


# --- urging ----------------------------------------------------------------------------------------------------


def test_urging_tells_the_clerks_of_the_department_and_the_journal(scene, settings):
    settings.DEMO = True
    city = scene.city
    with telling_of(at(25)):
        assert urge(scene.owing, actor=city.officer) == 2
    notices = Notice.objects.filter(kind="urged").order_by("person")
    assert {one.person for one in notices} == {city.clerk, city.second_clerk}
    assert "“验资报告”应于2026-11-19前补交" in notices[0].text
    event = Event.objects.get(verb="commitment.urge")
    assert (event.actor, event.target_id) == (city.officer, str(scene.owing.pk))


def test_nobody_is_urged_twice_a_day_whoever_urges(scene, settings):
    settings.DEMO = True
    city = scene.city
    with telling_of(datetime(2026, 11, 25, 0, 5, tzinfo=CHINA)):
        urge(scene.late, actor=city.officer)
    with telling_of(datetime(2026, 11, 25, 23, 55, tzinfo=CHINA)):
        with pytest.raises(Refused) as refused:
            urge(scene.late, actor=city.approver)
        assert refused.value.code == "commitment.urged_today"
        urge(scene.owing, actor=city.officer)  # another one may be
    with telling_of(datetime(2026, 11, 26, 0, 5, tzinfo=CHINA)):
        urge(scene.late, actor=city.approver)
    assert Event.objects.filter(verb="commitment.urge").count() == 3


def test_what_is_not_late_is_not_urged(scene):
    with pytest.raises(Refused) as refused:
        urge(scene.late, actor=scene.city.officer, now=at(23))
    assert refused.value.code == "commitment.nothing_late"
    assert not Notice.objects.exists()


def test_a_department_without_clerks_is_said(scene):
    held = Membership.objects.get(department=scene.city.sthj, role="clerk")
    with act("test.leaving", actor=scene.city.system):
        held.until = date(2026, 1, 1)
        held.save(update_fields=["until"])
    with pytest.raises(Refused) as refused:
        urge(scene.none, actor=scene.city.officer, now=at(25))
    assert refused.value.code == "commitment.nobody_to_urge"


@pytest.mark.parametrize("who", ["clerk", "reviewer", "supervisor"])
def test_those_who_see_it_do_not_urge(scene, who):
    with pytest.raises(NotAllowed):
        urge(scene.late, actor=getattr(scene.city, who), now=at(25))


def test_a_stranger_is_told_nothing(scene):
    with pytest.raises(NotVisible):
        urge(scene.none, actor=scene.city.clerk, now=at(25))


# --- what waited on a past day -------------------------------------------------------------------------------------


def test_waiting_tasks_of_a_past_day_agree_with_the_count_by_hand(counter, settings):
    """A due on the 23rd, done on the 24th; B with material due on the 19th, never done. Counted at the end of each day."""
    settings.DEMO = True
    city = counter.city
    with telling_of(at(16)):
        first = counter.register(now=None)
        counter.missing(Owed("验资报告", 3), now=None, actor=city.stranger, department=city.sthj)
    with telling_of(at(24)):
        verify(first.verifications.get(), actor=city.clerk, how="实地。", status="full", determined_on=DAY)
    by_hand = {
        15: ((0, 0), (0, 0)),
        16: ((2, 0), (1, 0)),
        19: ((2, 0), (1, 0)),
        20: ((2, 0), (1, 1)),
        23: ((2, 0), (1, 1)),
        24: ((1, 1), (1, 1)),
    }
    for number, (verifications, owed) in by_hand.items():
        day = date(2026, 11, number)
        total = task_figures(day)[0]
        assert (total.verifications, total.owed) == (Waiting(*verifications), Waiting(*owed)), day
        assert tasks_on(Verification, day).count() == verifications[0]
        assert tasks_on(OwedMaterial, day, late=True).count() == owed[1]
    assert [one.department for one in task_figures(date(2026, 11, 24))] == [None, city.sthj]
    assert task_figures(date(2026, 11, 24), city.scjg)[0].verifications == Waiting(0, 0)
