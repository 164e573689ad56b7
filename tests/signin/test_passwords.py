"""Passwords: what they must hold, no former one again, and their age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from accounts.services import change_own_password, reset_password
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from credit_records.models import Record
from signin.models import UsedPassword

from ..conftest import PASSWORD
from .conftest import HOME, password_page, sign_in, text_of

GOOD = "另一个-Heng-2027-{}"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab-1234567", None),
        ("Ab-123456", "password_too_short"),
        ("20262027202", "password_entirely_numeric"),
        ("password123", "password_too_common"),
        ("abcdefghijklm", "password_not_mixed"),
        ("Clerk-2026-aa", "password_names"),
        ("张示例-Abc-2026", "password_names"),
        ("市场监管-Abc-2026", "password_names"),
    ],
)
def test_the_rules_of_a_new_password(city, password, code):
    try:
        validate_password(password, city.clerk)
        found = []
    except ValidationError as error:
        found = [one.code for one in error.error_list]
    assert (code in found) if code else found == []


def test_none_of_the_last_five_passwords_is_taken_again(city):
    own = [PASSWORD, *(GOOD.format(number) for number in range(5))]
    for password in own[1:]:
        change_own_password(city.clerk, password=password)
    for password in own[1:-1]:
        with pytest.raises(Refused) as refused:
            change_own_password(city.clerk, password=password)
        assert refused.value.code == "account.weak_password"
    assert UsedPassword.objects.filter(user=city.clerk).count() == 5
    change_own_password(city.clerk, password=PASSWORD)  # the sixth before: forgotten


def test_the_old_password_does_not_come_back_by_changing_it_often_on_one_day(city, settings, monkeypatch):
    settings.PASSWORD_LEAST_DAYS = 1
    with pytest.raises(Refused) as refused:
        change_own_password(city.clerk, password=GOOD.format(1))
    assert refused.value.code == "account.password_too_new"
    assert User.objects.get(pk=city.clerk.pk).check_password(PASSWORD)
    # One that an administrator gave is changed at once, and then the day counts again.
    reset_password(city.clerk, actor=city.sysadmin, password=GOOD.format(2), reason="遗忘")
    change_own_password(city.clerk, password=GOOD.format(3))
    with pytest.raises(Refused):
        change_own_password(city.clerk, password=GOOD.format(4))
    tomorrow = today() + timedelta(days=1)
    monkeypatch.setattr("accounts.services.passwords.today", lambda: tomorrow)
    change_own_password(city.clerk, password=GOOD.format(4))


def test_a_reset_and_the_passwords_of_others_follow_the_same_rule(city):
    change_own_password(city.clerk, password=GOOD.format(1))
    with pytest.raises(Refused):
        reset_password(city.clerk, actor=city.sysadmin, password=PASSWORD, reason="遗忘")
    change_own_password(city.stranger, password=GOOD.format(1))  # somebody else's is not compared


def test_former_passwords_are_kept_as_hashes_only(city):
    change_own_password(city.clerk, password=GOOD.format(1))
    for used in UsedPassword.objects.all():
        assert "$" in used.encoded
        assert PASSWORD not in used.encoded


def test_the_day_of_the_password_is_set_with_every_new_one_and_with_no_other_write(city):
    assert city.clerk.password_set_on == today()
    changed = change_own_password(city.clerk, password=GOOD.format(1))
    assert User.objects.get(pk=changed.pk).password_set_on == today()
    given = reset_password(city.stranger, actor=city.sysadmin, password=GOOD.format(2), reason="遗忘")
    assert User.objects.get(pk=given.pk).password_set_on == today()


@pytest.fixture
def aged(city, settings, monkeypatch):
    """Passwords are good for 90 days, and it is so many days later."""
    settings.PASSWORD_DAYS = 90

    def later(days: int) -> None:
        day = today() + timedelta(days=days)
        monkeypatch.setattr("signin.middleware.today", lambda: day)

    return later


def test_from_seven_days_before_the_workbench_warns_and_afterwards_only_the_form_opens(signed_in, aged):
    client = signed_in()
    aged(83)
    assert "密码还能用" not in text_of(client.get(HOME))
    aged(84)
    assert "密码还能用7天" in text_of(client.get(HOME))
    aged(90)
    assert "密码还能用1天" in text_of(client.get(HOME))
    aged(91)
    answer = client.get(HOME)
    assert (answer.status_code, answer.url) == (302, password_page())
    assert "密码已到期" in text_of(client.get(password_page()))
    assert client.post("/admin/credit_records/record/bulk/submit/").url == password_page()
    assert not Record.objects.exists()


def test_a_new_password_opens_everything_again(city, signed_in, aged, monkeypatch):
    client = signed_in()
    aged(91)
    monkeypatch.setattr("accounts.models.people.today", lambda: today() + timedelta(days=91))
    new = GOOD.format(1)
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(password_page(), form).status_code == 302
    assert client.get(HOME).status_code == 200


def test_the_form_says_why_a_former_password_is_not_taken(city):
    change_own_password(city.clerk, password=GOOD.format(1))
    client = Client()
    sign_in(client, "clerk", GOOD.format(1))
    form = {"old_password": GOOD.format(1), "new_password1": PASSWORD, "new_password2": PASSWORD}
    answer = client.post(password_page(), form)
    assert answer.status_code == 200
    assert "不能使用最近5次用过的密码" in text_of(answer)


def test_a_renewed_hash_is_no_new_password(city, settings):
    settings.PASSWORD_HASHERS = [
        *settings.PASSWORD_HASHERS,
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    ]
    before = UsedPassword.objects.filter(user=city.clerk).count()
    user = User.objects.get(pk=city.clerk.pk)
    with act("test.old_hash", actor=city.system):
        user.password = PBKDF2PasswordHasher().encode(PASSWORD, "abcdefghijklmnopqrstuv", 1)
        user.save(update_fields=["password"])
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)
    assert UsedPassword.objects.filter(user=city.clerk).count() == before
