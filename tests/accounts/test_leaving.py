"""Leavers: roles end with a day, work goes to a successor or stands in the way, the account closes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.urls import reverse

from accounts import services
from accounts.models import Membership, Role, User
from accounts.policy import NotAllowed, NotVisible
from accounts.services import leaving
from accounts.services.last_holder import running_out
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from audit.models import Event
from casework.models import Case, Notice, Substitution
from casework.selectors.lists import CHIPS
from casework.services import assignment
from objections.models import Objection

from ..conftest import PASSWORD


def go(city, user, days: int = 0, **more):
    values = {"actor": city.sysadmin, "reason": "调离〔2026〕3号", **more}
    return services.leave(user, last_day=today() + timedelta(days=days), **values)


def refused(call, code: str, *words: str) -> None:
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.code == code
    for word in words:
        assert word in refusal.value.message


@pytest.fixture
def second(city) -> User:
    return city.person("officer2", "韩示例", Role.OFFICER, city.office)


@pytest.fixture
def case(way, city) -> Case:
    """Accepted by the officer, who is in charge."""
    way.accept()
    held = Case.objects.get(pk=Objection.objects.get().case_id)
    assert held.assignee == city.officer
    return held


def test_roles_and_deputies_end_with_the_last_day_and_the_account_after_it(city, monkeypatch):
    held = Membership.objects.get(user=city.approver)
    deputy = services.deputise(
        held,
        actor=city.secadmin,
        deputy=city.supervisor,
        since=today(),
        until=today() + timedelta(days=30),
        reason="休假",
    )
    assert go(city, city.approver, 5) == {}
    held.refresh_from_db()
    deputy.refresh_from_db()
    last = today() + timedelta(days=5)
    assert held.until == deputy.until == last
    approver = User.objects.get(pk=city.approver.pk)
    assert (approver.last_day, approver.is_active) == (last, True)
    assert authenticate(username="approver", password=PASSWORD)
    event = Event.objects.filter(verb="account.leave").get()
    assert (event.actor, event.target_id, event.reason) == (
        city.sysadmin,
        str(approver.pk),
        "调离〔2026〕3号",
    )
    assert event.data == {"last_day": str(last)}
    assert approver.history.first().event_id == held.history.first().event_id == event.pk
    for module in ("accounts.backends", "accounts.models.people"):
        monkeypatch.setattr(f"{module}.today", lambda: last + timedelta(days=1))
    assert authenticate(username="approver", password=PASSWORD) is None
    assert not User.objects.get(pk=approver.pk).roles


@pytest.mark.parametrize("who", ["auditor", "secadmin", "sysadmin"])
def test_the_last_of_the_three_is_followed_by_another_before_the_role_ends(city, who):
    """Whoever leaves before that day is no other holder, although still there today."""
    person, held = getattr(city, who), Membership.objects.get(user=getattr(city, who))
    second = city.person("second", "沈示例", held.role, None)
    go(city, second, 3)
    keeper = second if who == "sysadmin" else city.sysadmin
    giver = second if who == "secadmin" else city.secadmin

    def end():
        services.end_role(held, actor=giver, until=today() + timedelta(days=5), reason="调离")

    refused(lambda: go(city, person, 5, actor=keeper), "account.last_holder", "最后一位", "授予另一人")
    refused(end, "account.last_holder", Role(held.role).label)
    city.person("third", "韩示例", held.role, None)
    end()
    go(city, person, 5, actor=keeper)
    assert User.objects.get(pk=person.pk).last_day == today() + timedelta(days=5)


def test_the_three_do_not_run_out_by_their_own_dates(city):
    """A second one to a day is no successor: what the only lasting one would leave behind counts on every day to come."""
    day, held = today(), Membership.objects.get(user=city.auditor)
    second = services.register_account(
        actor=city.system, username="second", display_name="沈示例", department=None, password=PASSWORD
    )

    def give(until):
        return services.give_role(
            second, Role.AUDITOR, actor=city.secadmin, since=day, until=until, reason="接任"
        )

    first = give(day + timedelta(days=30))
    refused(
        lambda: services.end_role(held, actor=city.secadmin, until=day, reason="调离"),
        "account.last_holder", str(day + timedelta(days=31)),
    )  # fmt: skip
    services.end_role(first, actor=city.secadmin, until=day, reason="改期")
    with act("test.close", actor=city.system):  # past the services
        city.auditor.is_active = False
        city.auditor.save(update_fields=["is_active"])
    refused(lambda: services.give_role(second, Role.AUDITOR, actor=city.secadmin, since=day + timedelta(days=1),
                                       until=day + timedelta(days=9), reason="接任"),
            "account.last_holder", "不填截止日期", str(day + timedelta(days=10)))  # fmt: skip
    assert running_out(day) == {"auditor": day + timedelta(days=1)}


def test_nobody_blinds_the_house_by_closing_the_only_auditor(city):
    refused(
        lambda: services.deactivate(city.auditor, actor=city.sysadmin, reason="停职"),
        "account.last_holder", "审计员",
    )  # fmt: skip
    second = city.person("auditor2", "沈示例", Role.AUDITOR, None)
    services.deactivate(city.auditor, actor=city.sysadmin, reason="停职")
    refused(lambda: services.deactivate(second, actor=city.sysadmin, reason="停职"), "account.last_holder")


def test_an_open_session_ends_with_the_last_day(city, client, monkeypatch):
    client.force_login(city.supervisor, backend="accounts.backends.AccountBackend")
    go(city, city.supervisor)
    assert client.get(reverse("admin:index")).status_code == 200
    monkeypatch.setattr("accounts.backends.today", lambda: today() + timedelta(days=1))
    assert client.get(reverse("admin:index")).status_code == 302


def test_a_last_day_that_is_over_closes_the_account_at_once(city):
    go(city, city.supervisor, -3)
    gone = User.objects.get(pk=city.supervisor.pk)
    assert not gone.is_active
    assert not gone.roles
    assert authenticate(username="supervisor", password=PASSWORD) is None
    services.reactivate(gone, actor=city.sysadmin, reason="返岗")
    back = User.objects.get(pk=gone.pk)
    assert (back.is_active, back.last_day) == (True, None)
    assert not back.roles


def test_whoever_leaves_with_open_work_names_a_successor(city, case, second):
    assert services.work_of(city.officer) == {"在办案件": 1}
    refused(lambda: go(city, city.officer), "account.open_work", "在办案件1件", "指定接手人")
    assert Membership.objects.get(user=city.officer).until is None
    assert go(city, city.officer, successor=second) == {"在办案件": 1}
    case.refresh_from_db()
    assert case.assignee == second
    event = Event.objects.get(verb="case.hand_over")
    assert (event.target_id, event.data) == (str(case.pk), {"leaver": "officer", "successor": "officer2"})
    assert case.number in Notice.objects.get(person=second, text__contains="移交给您").text
    assert services.work_of(city.officer) == {}


def test_the_sheet_to_be_signed_tells_numbers_and_names_to_the_three_alone(city, case, second, client):
    url = reverse("admin:accounts_user_hand_over", args=[city.officer.pk])
    assignment.substitute(
        city.officer, actor=city.officer, by=second, since=today(), until=today() + timedelta(days=20)
    )

    def page(who, right=200):
        client.force_login(getattr(city, who), backend="accounts.backends.AccountBackend")
        answer = client.get(url)
        assert answer.status_code == right
        return answer.content.decode()

    assert "没有办理离岗" in page("sysadmin")
    go(city, city.officer, 3, successor=second)
    last = str(today() + timedelta(days=3))
    for who in ("sysadmin", "secadmin", "auditor"):
        told = page(who)
        for word in ("在办案件1件", "韩示例(officer2)", f"{city.office}经办人(至{last})", "代办1项", "调离〔2026〕3号",
                     "接手人签字", "系统管理员签字"):  # fmt: skip
            assert word in told
        assert case.number not in told
        assert case.subject.name not in told
    for who in ("approver", "officer", "clerk"):
        page(who, 403 if who != "clerk" else 404)
    services.stay(city.officer, actor=city.sysadmin, reason="不调离了")
    assert "没有交接单" in page("sysadmin")


@pytest.mark.parametrize("who", ["approver", "supervisor", "clerk", "auditor", "upper"])
def test_a_successor_holds_a_fitting_role_in_the_same_body(city, case, who):
    refused(
        lambda: go(city, city.officer, successor=getattr(city, who)),
        "account.successor",
        "不是同一机构的经办人",
    )
    case.refresh_from_db()
    assert case.assignee == city.officer


def test_nobody_hands_over_to_oneself_or_to_somebody_who_leaves_too(city, case, second):
    refused(lambda: go(city, city.officer, successor=city.officer), "account.successor")
    go(city, second, 10)
    refused(lambda: go(city, city.officer, successor=second), "account.successor", "也要离岗")


def test_work_that_cannot_be_handed_over_stands_in_the_way(city, second, monkeypatch):
    chaired = leaving.OpenWork(
        "待主持的听证", lambda user: User.objects.filter(pk=user.pk), "department", frozenset()
    )
    monkeypatch.setattr(leaving, "_kinds", [chaired])
    refused(lambda: go(city, city.officer, successor=second), "account.open_work", "待主持的听证1件", "改派")


def test_hearings_count_as_open_work(db):
    assert {kind.label for kind in leaving._kinds} >= {"在办案件", "待主持的听证"}


def test_nobody_stands_in_for_or_through_a_leaver(city, second):
    made = assignment.substitute(
        city.officer, actor=city.officer, by=second, since=today(), until=today() + timedelta(days=20)
    )
    go(city, second, 2)
    made.refresh_from_db()
    assert made.until == today() + timedelta(days=2)
    assert Substitution.history.filter(id=made.pk).count() == 2


def test_cases_of_somebody_shut_out_at_once_wait_in_the_list_of_the_office(city, case):
    rule = CHIPS["whose", "left"].rule
    waiting = Case.objects.filter(rule(city.approver, today()))
    assert not waiting.exists()
    services.deactivate(city.officer, actor=city.sysadmin, reason="停职")
    assert waiting.get() == case
    services.reactivate(city.officer, actor=city.sysadmin, reason="复职")
    assert not waiting.exists()
    services.end_role(
        Membership.objects.get(user=city.officer), actor=city.secadmin, until=today(), reason="转岗"
    )
    tomorrow = today() + timedelta(days=1)
    assert Case.objects.filter(rule(city.approver, tomorrow)).get() == case


def test_who_stays_after_all_keeps_the_account_and_gets_roles_anew(city):
    go(city, city.clerk, 9)
    refused(lambda: go(city, city.clerk, 10), "account.leaving", "撤销离岗")
    late = today() + timedelta(days=10)

    def prolong():
        return services.give_role(
            city.clerk, Role.CLERK, actor=city.secadmin, department=city.scjg, since=late, reason="续任"
        )

    refused(prolong, "account.closed", "离岗")
    services.stay(city.clerk, actor=city.sysadmin, reason="不调离了")
    prolong()
    refused(lambda: services.stay(city.clerk, actor=city.sysadmin, reason="再来"), "account.leaving")


@pytest.mark.parametrize(
    ("who", "error"),
    [("secadmin", NotAllowed), ("auditor", NotAllowed), ("approver", NotAllowed), ("stranger", NotVisible)],
)
def test_only_the_system_administrator_lets_people_go(city, who, error):
    for verb in (
        lambda actor: go(city, city.clerk, actor=actor),
        lambda actor: services.stay(city.clerk, actor=actor, reason="x"),
    ):
        with pytest.raises(error):
            verb(getattr(city, who))


def test_nobody_lets_oneself_go(city):
    refused(lambda: go(city, city.sysadmin), "account.oneself")
    assert User.objects.get(pk=city.sysadmin.pk).last_day is None
