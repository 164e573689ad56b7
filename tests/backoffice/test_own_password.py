"""A password that somebody else gave opens nothing but the form to change it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Event
from credit_records.models import Record

from .conftest import page, text_of
from .test_keepers import FRESH, url
from .test_verbs import everything
from .test_writing import assert_history_equals_row

FORM, HOME = "admin:password_change", "admin:index"
GIVEN, OWN = FRESH, "只有自己知道-2027-示例"


@pytest.fixture
def given(signed_in, city):
    """The reviewer, signed in with the password that the system administrator has set."""
    signed_in("sysadmin").post(
        url("accounts_user", "verb", city.reviewer.pk, "reset-password"),
        {"reason": "遗忘", "password": GIVEN},
    )
    client = Client()
    assert client.login(username="reviewer", password=GIVEN)
    return client


def change(client, new=OWN, old=GIVEN):
    return client.post(reverse(FORM), {"old_password": old, "new_password1": new, "new_password2": new})


def test_every_address_leads_to_the_form_and_nothing_posted_is_done(given, record):
    before = everything()
    for address in (
        reverse(HOME), page("changelist"), page("change", record.pk), page("history", record.pk),
        reverse("admin:accounts_user_changelist"), reverse("admin:password_change_done"),
    ):  # fmt: skip
        answer = given.get(address)
        assert (answer.status_code, answer.url) == (302, reverse(FORM)), address
    for address in (page("verb", record.pk, "publish"), page("bulk", "publish"), page("export")):
        answer = given.post(address, {"_selected_action": [record.pk]})
        assert (answer.status_code, answer.url) == (302, reverse(FORM)), address
    assert everything() == before
    assert Record.objects.get(pk=record.pk).state == "submitted"


def test_the_form_says_why_and_signing_out_stays_possible(given):
    assert "现在的密码是别人为您设置的" in text_of(given.get(reverse(FORM)))
    assert given.post(reverse("admin:logout")).status_code in (200, 302)
    assert "_auth_user_id" not in given.session


def test_after_the_change_everything_is_open_again(given, city, record):
    assert change(given).status_code == 302
    assert given.get(reverse(HOME)).status_code == 200
    assert given.get(page("change", record.pk)).status_code == 200
    assert "现在的密码是别人为您设置的" not in text_of(given.get(reverse(FORM)))
    user = User.objects.get(pk=city.reviewer.pk)
    assert user.check_password(OWN)
    assert_history_equals_row(user)
    asked = list(user.history.order_by("history_id").values_list("must_change_password", flat=True))
    assert asked[-2:] == [True, False]
    verbs = list(Event.objects.order_by("pk").values_list("verb", flat=True))
    assert [verb for verb in verbs if "password" in verb] == [
        "account.reset_password",
        "account.change_password",
    ]


@pytest.mark.parametrize(("new", "sentence"), [(GIVEN, "新密码不能与现在的密码相同"), ("123456", "太短")])
def test_the_same_or_a_weak_password_changes_nothing(given, city, new, sentence):
    answer = change(given, new=new)
    assert answer.status_code == 200
    assert sentence in text_of(answer) or "至少" in text_of(answer)
    assert User.objects.get(pk=city.reviewer.pk).must_change_password
    assert given.get(reverse(HOME)).status_code == 302


def test_an_account_opened_on_the_page_begins_so_and_the_page_shows_it(signed_in, city):
    client = signed_in("sysadmin")
    form = {"username": "new.wei", "display_name": "卫示例", "department": city.scjg.pk, "password": GIVEN}
    assert client.post(url("accounts_user", "add"), form).status_code == 302
    opened = User.objects.get(username="new.wei")
    assert opened.must_change_password
    assert "须修改密码" in text_of(client.get(url("accounts_user", "change", opened.pk)))
    fresh = Client()
    assert fresh.login(username="new.wei", password=GIVEN)
    assert fresh.get(reverse(HOME)).url == reverse(FORM)


def test_people_with_a_password_of_their_own_are_not_asked(signed_in, city):
    assert not User.objects.filter(must_change_password=True).exists()
    assert signed_in("clerk").get(reverse(HOME)).status_code == 200
    assert Client().get(reverse(HOME)).url.startswith(reverse("admin:login"))
