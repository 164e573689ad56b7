"""Sessions: idle and absolute end, one for an account, none that was fixed beforehand, nothing typed lost."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.services import deactivate, reactivate, reset_password

from .conftest import HOME, LOGIN, sign_in, text_of

LIST = "/admin/credit_records/record/"
IDLE, TOO_LONG, ELSEWHERE = "较长时间没有操作", "登录时间已满", "您的账号已在别处登录"


def said_at_the_login(client: Client) -> str:
    return text_of(client.get(LOGIN))


def test_half_an_hour_without_a_request_ends_the_session_and_the_way_back_is_kept(signed_in, clock):
    client = signed_in()
    clock(minutes=29)
    assert client.get(LIST).status_code == 200
    clock(minutes=29)
    assert client.get(LIST).status_code == 200
    clock(minutes=30)
    answer = client.get(f"{LIST}?q=x")
    assert answer.status_code == 302
    assert answer.url == f"{LOGIN}?next=/admin/credit_records/record/%3Fq%3Dx"
    assert "_auth_user_id" not in client.session
    assert IDLE in said_at_the_login(client)


def test_twelve_hours_end_it_though_somebody_works(signed_in, clock):
    client = signed_in()
    for _ in range(24):
        clock(minutes=29)
        assert client.get(HOME).status_code == 200
    clock(minutes=24)
    assert client.get(HOME).status_code == 302
    assert TOO_LONG in said_at_the_login(client)


def test_the_stamp_is_written_once_a_minute_and_costs_no_query_otherwise(signed_in, clock):
    client = signed_in("auditor")
    before = client.session["signin_seen"]

    def writes() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(HOME).status_code == 200
        return sum(one["sql"].startswith("UPDATE") for one in asked)

    clock(seconds=59)
    assert writes() == 0
    assert client.session["signin_seen"] == before
    clock(seconds=1)
    assert writes() == 1
    assert client.session["signin_seen"] == before + 60


def test_a_second_sign_in_ends_the_first_one_which_is_told_so(signed_in):
    first, second = signed_in(), signed_in()
    assert second.get(HOME).status_code == 200
    assert first.get(HOME).status_code == 302
    assert ELSEWHERE in said_at_the_login(first)
    assert second.get(HOME).status_code == 200
    other = signed_in("reviewer")
    assert (second.get(HOME).status_code, other.get(HOME).status_code) == (200, 200)


def test_what_was_posted_after_the_end_is_not_done_but_kept_on_the_page(signed_in, city, clock):
    client = signed_in("sysadmin")
    page = reverse("admin:accounts_user_verb", args=[city.clerk.pk, "deactivate"])
    clock(minutes=31)
    answer = client.post(page, {"reason": "<b>调离</b>\n第二行", "password": "Geheim-2026-x"})
    text = text_of(answer)
    assert answer.status_code == 403
    assert User.objects.get(pk=city.clerk.pk).is_active
    assert IDLE in text
    assert "&lt;b&gt;调离&lt;/b&gt;\n第二行" in text
    assert f'action="{page}"' in text
    assert "Geheim" not in text
    # Signed in again in another window of the same browser, the kept form is simply sent.
    sign_in(client, "sysadmin")
    client.post(page, {"reason": "调离"})
    assert not User.objects.get(pk=city.clerk.pk).is_active


def test_a_kept_form_is_sent_again_by_the_one_who_filled_it_in_and_by_nobody_else(signed_in, city, clock):
    client = signed_in("secadmin")
    page = reverse("admin:accounts_user_verb", args=[city.clerk.pk, "deactivate"])
    clock(minutes=31)
    text = text_of(client.post(page, {"reason": "调离"}))
    again = {
        "reason": "调离",
        "signin_kept_of": re.search(r'name="signin_kept_of" hidden>\s*(\w+)<', text)[1],
    }
    sign_in(client, "sysadmin")
    answer = client.post(page, again)
    assert answer.status_code == 403
    assert "另一个账号填写的" in text_of(answer)
    assert "调离" in text_of(answer)
    assert User.objects.get(pk=city.clerk.pk).is_active
    again["signin_kept_of"] = "x"
    assert client.post(page, again).status_code == 403
    # The administrator's own form goes through.
    clock(minutes=31)
    text = text_of(client.post(page, {"reason": "调离"}))
    again["signin_kept_of"] = re.search(r'name="signin_kept_of" hidden>\s*(\w+)<', text)[1]
    sign_in(client, "sysadmin")
    client.post(page, again)
    assert not User.objects.get(pk=city.clerk.pk).is_active


def test_without_a_session_a_post_leads_to_the_sign_in_as_ever(city):
    assert Client().post(f"{LIST}bulk/publish/").url.startswith(LOGIN)


def test_what_a_page_asks_by_itself_keeps_no_session_alive(signed_in, clock):
    client = signed_in()
    for _ in range(2):
        clock(minutes=14)
        assert client.get(LIST, HTTP_ACCEPT="application/json").status_code == 200
    clock(minutes=2)
    assert client.get(LIST).status_code == 302


def test_programs_are_answered_in_json(signed_in, clock):
    client = signed_in()
    clock(minutes=31)
    assert client.get(LIST, HTTP_ACCEPT="application/json").status_code == 401


def test_a_session_key_of_before_the_sign_in_is_worth_nothing_afterwards(city):
    client = Client()
    client.get(LOGIN)
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "a" * 32  # given by an attacker
    sign_in(client, "clerk")
    key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert key != "a" * 32
    attacker = Client()
    attacker.cookies[django_settings.SESSION_COOKIE_NAME] = "a" * 32
    assert attacker.get(HOME).status_code == 302


@pytest.mark.parametrize("ending", ["password", "closed", "closed and opened again"])
def test_all_sessions_end_with_a_new_password_and_with_the_account(signed_in, city, ending):
    client = signed_in()
    if ending == "password":
        reset_password(city.clerk, actor=city.sysadmin, password="Neues-Heng-2027", reason="遗忘")
    else:
        deactivate(city.clerk, actor=city.sysadmin, reason="调离")
        if ending != "closed":
            reactivate(city.clerk, actor=city.sysadmin, reason="调回")
    assert client.get(HOME).status_code == 302


def test_a_session_begun_by_code_counts_and_ends_no_other(signed_in, city):
    browser = signed_in()
    client = Client()
    client.force_login(User.objects.get(pk=city.clerk.pk))
    assert client.get(HOME).status_code == 200
    assert browser.get(HOME).status_code == 200


def test_the_cookie_is_out_of_reach_for_scripts_and_goes_with_the_browser(city):
    client = Client()
    sign_in(client, "clerk")
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert not cookie["expires"]
