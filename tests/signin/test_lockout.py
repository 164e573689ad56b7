"""Brute force: few failures lock an account from an address, many lock it everywhere, and an address alone locks nobody out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt, AccessFailureLog
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts.policy import NotAllowed
from audit.clock import now
from audit.faults import Refused
from audit.models import Event
from signin.models import SignIn
from signin.services import unlocking

from ..conftest import PASSWORD
from .conftest import HOME, sign_in, text_of

WRONG = "falsch-Geraten-1"
LOCKED = "连续多次登录失败"


def fail(times: int, *, username: str = "clerk", address: str = "10.0.0.1", **more: object):
    answer = None
    for _ in range(times):
        answer = sign_in(Client(), username, WRONG, REMOTE_ADDR=address, **more)
    return answer


def can_sign_in(username: str = "clerk", address: str = "10.0.0.1") -> bool:
    return sign_in(Client(), username, REMOTE_ADDR=address).status_code == 302


def test_the_fifth_failure_locks_the_account_from_that_address_and_nobody_else(city):
    assert fail(4).status_code == 200
    answer = fail(1)
    assert answer.status_code == 429
    assert LOCKED in text_of(answer)
    assert not can_sign_in()
    assert can_sign_in(address="10.0.0.2")
    assert can_sign_in("reviewer")
    event = Event.objects.get(verb="account.lock")
    assert (event.data["username"], event.address) == ("clerk", "10.0.0.1")


def test_four_failures_do_not_and_the_right_password_gives_the_attempts_back(city):
    for _ in range(3):
        fail(4)
        assert can_sign_in()


def test_an_open_screen_is_no_place_to_guess_the_password(city, signed_in):
    """The form for another password counts like the sign-in, and gives the attempts back when it was right."""
    client, page = signed_in("clerk"), reverse("admin:password_change")

    def change(old: str):
        return client.post(page, {"old_password": old, "new_password1": "x", "new_password2": "y"})

    for _ in range(4):
        assert LOCKED not in text_of(change(WRONG))
    assert "旧密码" not in text_of(change(PASSWORD)).partition("errorlist")[2][:200]
    assert not AccessAttempt.objects.exists()
    for _ in range(5):
        answer = change(WRONG)
    assert answer.status_code == 429
    assert LOCKED in text_of(answer)
    assert LOCKED in text_of(change(PASSWORD))
    assert Event.objects.filter(verb="account.lock").exists()


def test_many_addresses_lock_the_account_everywhere(city):
    for number in range(5):
        fail(4, address=f"10.0.1.{number}")
    assert not can_sign_in(address="10.9.9.9")
    assert can_sign_in("reviewer", "10.0.1.1")


def test_one_address_failing_for_many_accounts_locks_no_other_account(city):
    for number in range(30):
        fail(1, username=f"guess{number}")
    assert can_sign_in()


def test_another_browser_name_gives_no_further_attempts(city):
    for number in range(5):
        fail(1, HTTP_USER_AGENT=f"guesser {number}")
    assert not can_sign_in()


def test_other_ways_to_write_the_name_give_no_further_attempts(city):
    for typed in (" clerk", "clerk ", "ｃｌｅｒｋ", "clerk\u3000", "ｃlerk"):
        fail(1, username=typed)
    assert not can_sign_in()


def test_the_page_says_the_same_whether_the_account_exists_or_not(city):
    def page(username: str, times: int) -> str:
        html = text_of(fail(times, username=username))
        return html[html.index("<body") :].replace(username, "NAME").split("csrfmiddlewaretoken")[0]

    assert page("clerk", 1) == page("nobody", 1)
    assert page("clerk", 5) == page("nobody", 5)


def test_a_name_without_account_costs_a_hash_as_well(city, monkeypatch):
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    real = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or real(self, *given)
    )
    fail(1, username="nobody")
    unknown = len(hashed)
    fail(1)
    assert unknown == len(hashed) - unknown == 1


def test_the_lock_ends_by_itself_and_failures_while_it_holds_do_not_prolong_it(city, monkeypatch):
    start = timezone.now()
    moment = [start]
    monkeypatch.setattr("axes.handlers.proxy.now", lambda: moment[0])
    fail(5)
    moment[0] = start + timedelta(minutes=14)
    fail(3)
    assert not can_sign_in()
    moment[0] = start + timedelta(minutes=15, seconds=1)
    assert can_sign_in()


def test_nothing_that_was_typed_is_kept(city):
    fail(5, QUERY_STRING="next=/secret/")
    for row in [*AccessAttempt.objects.values_list(), *AccessFailureLog.objects.values_list()]:
        assert WRONG not in str(row)
    assert "secret" not in str(list(AccessAttempt.objects.values()))


def test_the_system_administrator_unlocks_with_a_reason_and_nobody_else(city):
    fail(5)
    for other in (city.secadmin, city.auditor, city.officer):
        with pytest.raises(NotAllowed):
            unlocking.unlock(city.clerk, actor=other, reason="示例")
    client = Client()
    client.force_login(city.sysadmin)
    page = reverse("admin:accounts_user_verb", args=[city.clerk.pk, "unlock"])
    assert client.post(page, {"reason": ""}).status_code == 422
    assert not can_sign_in()
    client.post(page, {"reason": "本人来电，回拨核实"})
    assert can_sign_in()
    event = Event.objects.get(verb="account.unlock")
    assert (event.actor, event.reason) == (city.sysadmin, "本人来电，回拨核实")
    with pytest.raises(Refused) as refused:
        unlocking.unlock(city.clerk, actor=city.sysadmin, reason="示例")
    assert refused.value.code == "signin.not_locked"


def test_the_command_unlocks_on_the_server(city):
    fail(5, username="sysadmin")
    call_command("unlock_sign_in", "sysadmin", reason="现场核实", stdout=StringIO())
    assert can_sign_in("sysadmin")
    with pytest.raises(CommandError):
        call_command("unlock_sign_in", "nobody", reason="示例")


def test_what_is_too_old_is_dropped(city):
    fail(1)
    assert can_sign_in("reviewer")
    later = now() + timedelta(days=201)
    assert unlocking.clean(actor=city.system, now=now())["failures"] == 0
    counts = unlocking.clean(actor=city.system, now=later)
    assert (counts["attempts"], counts["failures"], counts["sign_ins"]) == (1, 1, 1)
    assert not SignIn.objects.exists()


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        ([], "203.0.113.9", "127.0.0.1"),
        (["127.0.0.0/8"], "203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8"], "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8"], "nonsense", "127.0.0.1"),
        (["10.0.0.0/8"], "203.0.113.9", "127.0.0.1"),
    ],
)
def test_the_proxys_word_for_the_address_counts_only_from_a_trusted_proxy(
    city, settings, proxies, told, address
):
    import ipaddress

    settings.TRUSTED_PROXIES = [ipaddress.ip_network(one) for one in proxies]
    sign_in(Client(), "clerk", WRONG, HTTP_X_FORWARDED_FOR=told)
    assert AccessAttempt.objects.get().ip_address == address
    assert Event.objects.filter(verb="account.sign_in").latest("pk").address == address


@pytest.mark.django_db(transaction=True)
def test_attempts_at_once_get_no_further_than_the_limit():
    def attempt(number: int) -> bool:
        try:
            request = RequestFactory().post("/admin/login/", HTTP_USER_AGENT=f"guesser {number}")
            return AxesProxyHandler.is_allowed(request, {"username": "nobody", "password": PASSWORD})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(24))) == 5


def test_signing_in_by_code_counts_nothing(city):
    client = Client()
    assert client.login(username="clerk", password=PASSWORD)
    assert client.get(HOME).status_code == 200
    assert not AccessAttempt.objects.exists()
