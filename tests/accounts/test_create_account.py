"""The first administrators of an empty system are opened by command, under the same rules as everybody."""

from __future__ import annotations

import sys

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.checks import DEMO_USERNAMES
from accounts.models import Membership, Role, User
from audit.acts import act
from audit.clock import today
from audit.models import Event

PASSWORD = "Bootstrap-2026-示例"
VARIABLE = "XINHENG_INITIAL_PASSWORD"


@pytest.fixture(autouse=True)
def initial_password(monkeypatch):
    monkeypatch.setenv(VARIABLE, PASSWORD)


def create(username="xt.feng", *, name="冯示例", role="sysadmin", **options):
    call_command("create_account", username, name=name, role=role, **options)


def typed(monkeypatch, *answers):
    """Somebody at a terminal who types these answers."""
    monkeypatch.delenv(VARIABLE)
    waiting = iter(answers)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(waiting))


@pytest.mark.parametrize("role", ["sysadmin", "secadmin"])
def test_the_first_administrator_can_sign_in_and_holds_the_role_from_today(system, role):
    create(role=role)
    user = authenticate(username="xt.feng", password=PASSWORD)
    assert user.is_staff
    assert not user.is_superuser
    assert user.roles == {role: frozenset({0})}
    assert Membership.objects.get(user=user).since == today()


@pytest.mark.parametrize(("options", "asked"), [({}, True), ({"keep_password": True}, False)])
def test_the_first_password_is_to_be_changed_unless_the_person_chose_it(system, capsys, options, asked):
    create(**options)
    assert User.objects.get(username="xt.feng").must_change_password is asked
    assert ("首次登录须先修改密码" in capsys.readouterr().out) is asked


def test_the_journal_keeps_it_as_acts_of_the_system_and_never_the_password(system):
    create()
    events = list(Event.objects.filter(verb__startswith="account.").order_by("id"))
    assert [event.verb for event in events] == ["account.register", "account.give_role"]
    assert {event.actor_id for event in events} == {system.pk}
    assert events[1].reason
    assert PASSWORD not in "".join(str(event.data) + event.reason for event in events)
    assert User.history.filter(username="xt.feng").exists()


def test_a_department_is_named_by_its_code(city):
    create(department=city.office.code, reason="接任")
    assert User.objects.get(username="xt.feng").department == city.office
    with pytest.raises(CommandError, match="没有代码"):
        create("xt.li", department="11640100DEP00009X9", reason="接任")


@pytest.mark.parametrize("username", [*DEMO_USERNAMES, User.SYSTEM])
def test_names_of_the_demo_and_of_the_system_are_refused(system, settings, username):
    settings.DEMO = False
    with pytest.raises(CommandError, match="请另取"):
        create(username)
    assert User.objects.filter(username=username).count() == (username == User.SYSTEM)


@pytest.mark.parametrize("username", ["", "冯 示例", "a" * 151])
def test_a_name_that_no_form_would_take_is_refused(system, username):
    with pytest.raises(CommandError, match="不可用"):
        create(username)


def test_a_second_account_of_the_same_name_is_refused_in_any_case(system):
    create()
    with pytest.raises(CommandError, match="已有账号"):
        create("XT.Feng", reason="接任")


@pytest.mark.parametrize("password", ["short-1", "1234567890123", "password123", "xt.feng2026"])
def test_a_weak_password_is_refused_and_nothing_is_left_behind(system, monkeypatch, password):
    monkeypatch.setenv(VARIABLE, password)
    with pytest.raises(CommandError, match="密码不合要求"):
        create()
    assert not User.objects.filter(username="xt.feng").exists()


def test_a_further_administrator_needs_a_reason_until_nobody_holds_the_role(city):
    with pytest.raises(CommandError, match="--reason"):
        create()
    create(reason="原管理员调离,无人可开设账号")
    assert Event.objects.filter(verb="account.give_role").latest("id").reason.startswith("原管理员调离")
    with act("test.gone", actor=city.system):
        # Past the services, which refuse to close the last one.
        for holder in User.objects.filter(memberships__role=Role.SECURITY_ADMIN):
            holder.is_active = False
            holder.save(update_fields=["is_active"])
    create("aq.chen", role="secadmin")
    assert User.objects.get(username="aq.chen").holds(Role.SECURITY_ADMIN)


@pytest.mark.parametrize("role", ["auditor", "officer", "clerk"])
def test_other_roles_are_given_on_the_pages(system, role):
    with pytest.raises(CommandError):
        create(role=role)


def test_the_password_is_asked_for_twice_on_a_terminal(system, monkeypatch):
    typed(monkeypatch, PASSWORD, PASSWORD)
    create()
    assert authenticate(username="xt.feng", password=PASSWORD) is not None


def test_two_different_passwords_open_nothing(system, monkeypatch):
    typed(monkeypatch, PASSWORD, PASSWORD + "x")
    with pytest.raises(CommandError, match="不一致"):
        create()
    assert not User.objects.filter(username="xt.feng").exists()


def test_without_terminal_and_variable_it_says_what_to_set(system, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(CommandError, match=VARIABLE):
        create()


def test_the_operator_resets_the_password_of_an_administrator(city, monkeypatch):
    monkeypatch.setenv("XINHENG_INITIAL_PASSWORD", "Another-long-one-2027")
    call_command("reset_password", "secadmin", "--reason", "本人书面申请")
    city.secadmin.refresh_from_db()
    assert city.secadmin.check_password("Another-long-one-2027")
    assert city.secadmin.must_change_password
