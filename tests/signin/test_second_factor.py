"""Two factors: set up at the first sign-in, asked at each, once per code, throttled, recovered, reset; secrets sealed."""

from __future__ import annotations

import re
from base64 import b32decode
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP, totp

from accounts.policy import NotAllowed, NotVisible
from accounts.sealing import unseal
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Record
from signin import sessions
from signin.models import RecoveryCode, SignIn, TotpDevice
from signin.services import second_factor

from .conftest import HOME, sign_in, text_of

SET_UP, ASK, MINE = (
    "/admin/sign-in/second-factor/set-up/",
    "/admin/sign-in/second-factor/",
    "/admin/sign-in/second-factor/mine/",
)


@pytest.fixture(autouse=True)
def _on(settings):
    settings.TWO_FACTOR = True


@pytest.fixture
def telephone(monkeypatch):
    """A telephone whose clock, and the product's, the test moves: a code of another half minute is another code."""
    moment = [sessions.seconds()]
    monkeypatch.setattr(sessions, "seconds", lambda: moment[0])

    class Telephone:
        secret = b""

        def scan(self, page: str) -> None:
            typed = re.search(r'bo-secret">([A-Z2-7 ]+)<', page)[1]
            self.secret = b32decode(typed.replace(" ", ""))

        def code(self) -> str:
            shown = TOTP(self.secret)
            shown.time = moment[0]
            return f"{shown.token():06}"

        def later(self, seconds: int = 30) -> None:
            moment[0] += seconds

    return Telephone()


@pytest.fixture
def bound(city, telephone):
    """The officer has set up the telephone; what came back are the recovery codes."""
    client = Client()
    sign_in(client, "officer")
    telephone.scan(text_of(client.get(SET_UP)))
    page = text_of(client.post(SET_UP, {"code": telephone.code()}))
    telephone.later()
    return re.findall(r"<code>([A-Z2-7-]+)</code>", page)


def test_the_journal_tells_of_a_sign_in_when_it_is_whole(city, bound, telephone):
    """A password alone is told as such: whoever has stolen it has not signed in, and their place is not known from then on."""
    told = Event.objects.filter(verb__in=["account.sign_in", "account.password_given"])
    places = SignIn.objects.filter(user=city.officer)
    assert list(told.order_by("pk").values_list("verb", flat=True)) == [
        "account.password_given",
        "account.sign_in",
    ]
    assert places.count() == 1
    client = at_the_door()
    assert (told.filter(verb="account.sign_in").count(), told.count(), places.count()) == (1, 3, 1)
    client.post(ASK, {"code": telephone.code()})
    assert (told.filter(verb="account.sign_in").count(), told.count(), places.count()) == (2, 4, 2)


def at_the_door(username: str = "officer") -> Client:
    client = Client()
    sign_in(client, username)
    return client


def wait_is_over() -> None:
    """The wait after wrong codes, as if it had passed."""
    TotpDevice.objects.update(throttling_failure_timestamp=None)


@pytest.mark.parametrize(
    ("who", "asked"),
    [
        ("officer", True),
        ("approver", True),
        ("sysadmin", True),
        ("secadmin", True),
        ("auditor", True),
        ("clerk", False),
    ],
)
def test_the_roles_shipped_must_set_up_at_the_first_sign_in(city, who, asked):
    answer = at_the_door(who).get(HOME)
    assert (answer.status_code, answer.headers.get("Location")) == ((302, SET_UP) if asked else (200, None))


def test_until_then_every_page_is_closed_and_nothing_posted_is_done(city):
    client = at_the_door("officer")
    for address in (
        "/admin/credit_records/record/",
        "/admin/autocomplete/",
        reverse("admin:password_change"),
        MINE,
    ):
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith(SET_UP), address
    assert client.post("/admin/credit_records/record/bulk/publish/").url == SET_UP
    assert client.get("/admin/credit_records/record/", HTTP_ACCEPT="application/json").status_code == 403
    assert not Record.objects.exists()
    assert client.post(reverse("admin:logout")).status_code in (200, 302)


def test_set_up_takes_a_code_of_the_telephone_and_shows_ten_codes_once(city, telephone):
    client = at_the_door()
    page = text_of(client.get(SET_UP))
    assert "<svg" in page
    telephone.scan(page)
    assert "验证码不正确" in text_of(client.post(SET_UP, {"code": "000000"}))
    assert not TotpDevice.objects.exists()
    telephone.scan(text_of(client.get(SET_UP)))
    answer = client.post(SET_UP, {"code": telephone.code()})
    codes = re.findall(r"<code>([A-Z2-7-]+)</code>", text_of(answer))
    assert len(set(codes)) == 10
    assert "no-store" in answer["Cache-Control"]
    assert client.get(HOME).status_code == 200
    assert not set(codes) & set(re.findall(r"<code>([A-Z2-7-]+)</code>", text_of(client.get(MINE))))
    assert Event.objects.filter(verb="account.set_up_second_factor").exists()


def test_secret_and_codes_are_nowhere_in_plain(bound, telephone):
    device = TotpDevice.objects.get()
    assert bytes.fromhex(unseal(device.key_sealed)) == telephone.secret
    with connection.cursor() as cursor:
        for table in (
            "signin_totpdevice",
            "signin_recoverysheet",
            "signin_recoverycode",
            "audit_event",
            "django_session",
        ):
            cursor.execute(f"SELECT string_agg(row::text, ' ') FROM {table} AS row")
            text = str(cursor.fetchone()[0])
            assert telephone.secret.hex() not in text
            assert not [code for code in bound if code in text or code.replace("-", "") in text]


def test_the_code_is_asked_after_the_password_and_leads_on_to_where_one_wanted(bound, telephone):
    client = at_the_door()
    answer = client.get("/admin/credit_records/record/")
    assert answer.url == f"{ASK}?next=%2Fadmin%2Fcredit_records%2Frecord%2F"
    before = client.session.session_key
    answer = client.post(answer.url, {"code": telephone.code()})
    assert answer.url == "/admin/credit_records/record/"
    assert client.session.session_key != before
    assert client.get(HOME).status_code == 200


def test_the_way_on_never_leads_to_another_host(bound, telephone):
    answer = at_the_door().post(f"{ASK}?next=//evil.example/", {"code": telephone.code()})
    assert answer.url == HOME


def test_the_password_alone_ends_nobodys_session_and_both_factors_do(bound, telephone):
    client = at_the_door()
    client.post(ASK, {"code": telephone.code()})
    other = at_the_door()
    assert client.get(HOME).status_code == 200
    telephone.later()
    assert other.post(ASK, {"code": telephone.code()}).status_code == 302
    assert client.get(HOME).url.startswith("/admin/login/")
    assert other.get(HOME).status_code == 200


def test_a_code_is_good_once(bound, telephone):
    code = telephone.code()
    assert at_the_door().post(ASK, {"code": code}).status_code == 302
    second = at_the_door()
    assert "验证码不正确" in text_of(second.post(ASK, {"code": code}))
    assert second.get(HOME).status_code == 302


@pytest.mark.parametrize(
    "code", ["123456", "１２３４５６", "12345", "", "abcdef", "-12345", " " * 6, "9" * 40]
)
def test_a_wrong_code_opens_nothing_and_is_journalled(bound, telephone, code):
    client = at_the_door()
    assert client.post(ASK, {"code": code}).status_code == 200
    assert client.get(HOME).status_code == 302


def test_wrong_codes_make_the_next_try_wait_even_with_the_right_one(bound, telephone):
    client = at_the_door()
    for _ in range(5):
        wait_is_over()
        client.post(ASK, {"code": "000000"})
    assert Event.objects.filter(verb="account.second_factor", result="refused").count() == 5
    page = text_of(client.post(ASK, {"code": telephone.code()}))
    assert re.search(r"请等待1[56]秒后再试|请等待17秒后再试", page)
    assert client.get(HOME).status_code == 302
    wait_is_over()
    assert client.post(ASK, {"code": telephone.code()}).status_code == 302


def test_a_recovery_code_opens_once_and_is_told(bound):
    client = at_the_door()
    assert client.post(ASK, {"code": bound[0].lower().replace("-", " ")}).status_code == 302
    assert "您用恢复码登录，该恢复码已作废，还剩9个" in text_of(client.get(HOME))
    event = Event.objects.filter(verb="account.second_factor", result="done").latest("pk")
    assert event.data == {"means": "recovery", "left": 9}
    again = at_the_door()
    assert again.post(ASK, {"code": bound[0]}).status_code == 200
    assert again.get(HOME).status_code == 302


def test_codes_of_another_person_open_nothing(bound, city, telephone):
    stranger = at_the_door("approver")
    telephone.scan(text_of(stranger.get(SET_UP)))
    stranger.post(SET_UP, {"code": telephone.code()})
    again = at_the_door("approver")
    assert again.post(ASK, {"code": bound[1]}).status_code == 200
    assert again.get(HOME).status_code == 302


def test_the_set_up_page_is_closed_to_whoever_only_has_the_password(bound, telephone):
    client = at_the_door()
    before = TotpDevice.objects.get().key_sealed
    assert client.get(SET_UP).url.startswith(ASK)
    assert client.post(SET_UP, {"code": telephone.code()}).url.startswith(ASK)
    assert TotpDevice.objects.get().key_sealed == before


def test_new_recovery_codes_need_a_code_and_end_the_former_ones(bound, telephone):
    client = at_the_door()
    client.post(ASK, {"code": telephone.code()})
    assert "验证码不正确" in text_of(client.post(MINE, {"code": "000000"}))
    wait_is_over()
    telephone.later()
    page = text_of(client.post(MINE, {"code": telephone.code()}))
    fresh = re.findall(r"<code>([A-Z2-7-]+)</code>", page)
    assert len(fresh) == 10
    assert RecoveryCode.objects.count() == 10
    assert at_the_door().post(ASK, {"code": bound[0]}).status_code == 200


def test_an_open_screen_alone_binds_no_other_telephone(bound, telephone):
    client = at_the_door()
    client.post(ASK, {"code": telephone.code()})
    before = TotpDevice.objects.get().key_sealed
    assert client.get(SET_UP).url == MINE
    assert client.post(SET_UP, {"code": "000000"}).url == MINE
    assert "验证码不正确" in text_of(client.post(MINE, {"replace": "1", "code": "000000"}))
    assert client.get(SET_UP).url == MINE
    wait_is_over()
    telephone.later()
    assert client.post(MINE, {"replace": "1", "code": telephone.code()}).url == SET_UP
    telephone.later(601)
    assert client.get(SET_UP).url == MINE  # too late
    assert client.post(MINE, {"replace": "1", "code": telephone.code()}).url == SET_UP
    telephone.scan(text_of(client.get(SET_UP)))
    assert "手机已绑定" in text_of(client.post(SET_UP, {"code": telephone.code()}))
    assert TotpDevice.objects.get().key_sealed != before
    assert client.get(SET_UP).url == MINE


def test_whoever_signed_in_by_a_recovery_code_binds_another_telephone(bound, telephone):
    client = at_the_door()
    client.post(ASK, {"code": bound[0]})
    telephone.scan(text_of(client.get(SET_UP)))
    assert "手机已绑定" in text_of(client.post(SET_UP, {"code": telephone.code()}))


def test_a_session_that_was_to_set_up_cannot_overwrite_what_was_bound_since(city, telephone):
    client = at_the_door()
    telephone.scan(text_of(client.get(SET_UP)))
    second_factor_of(city.officer)
    assert client.post(SET_UP, {"code": telephone.code()}).url == ASK
    assert client.get(HOME).url == ASK


def test_whoever_need_not_may_and_is_then_asked(city, telephone):
    client = at_the_door("clerk")
    telephone.scan(text_of(client.get(MINE, follow=True)))
    client.post(SET_UP, {"code": telephone.code()})
    assert client.get(HOME).status_code == 200
    assert at_the_door("clerk").get(HOME).url == ASK


def test_a_lost_telephone_is_reset_by_the_system_administrator_alone(bound, city):
    session = at_the_door()
    for other, refusal in ((city.secadmin, NotAllowed), (city.clerk, NotVisible), (city.officer, NotAllowed)):
        with pytest.raises(refusal):
            second_factor.reset(city.officer, actor=other, reason="示例")
    client = Client()
    client.force_login(city.sysadmin)
    session_state = client.session
    session_state["signin_factor"] = "done"
    session_state.save()
    page = reverse("admin:accounts_user_verb", args=[city.officer.pk, "reset-second-factor"])
    client.post(page, {"reason": "手机遗失，当面核实"})
    assert not TotpDevice.objects.exists()
    assert session.get(HOME).status_code == 302
    assert session.get(HOME).url.startswith("/admin/login/")
    assert at_the_door().get(HOME).url == SET_UP
    event = Event.objects.get(verb="account.reset_second_factor")
    assert (event.actor, event.reason) == (city.sysadmin, "手机遗失，当面核实")
    with pytest.raises(Refused) as refused:
        second_factor.reset(city.officer, actor=city.sysadmin, reason="示例")
    assert refused.value.code == "signin.no_device"


def test_the_three_administrators_are_reset_on_the_server_only(city):
    second_factor_of(city.secadmin)
    for actor in (city.sysadmin,):
        with pytest.raises(Refused) as refused:
            second_factor.reset(city.secadmin, actor=actor, reason="示例")
        assert refused.value.code == "account.roles_apart"
    call_command("reset_second_factor", "secadmin", reason="现场核实身份", stdout=StringIO())
    assert not TotpDevice.objects.exists()


def second_factor_of(user) -> None:
    secret = second_factor.new_secret()
    second_factor.set_up(user, secret=secret, code=f"{totp(secret):06}")


def test_switched_off_nobody_is_asked_and_the_pages_are_gone(bound, settings):
    settings.TWO_FACTOR = False
    client = at_the_door()
    assert client.get(HOME).status_code == 200
    assert client.get(MINE).status_code == 404


def test_a_session_of_before_the_switch_is_asked_as_well(bound, settings):
    settings.TWO_FACTOR = False
    client = at_the_door()
    state = client.session
    del state["signin_factor"]
    state.save()
    settings.TWO_FACTOR = True
    assert client.get(HOME).url == ASK
