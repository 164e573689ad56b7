"""The mail server's address: read whole or refused by name, and a password is never repeated."""

from __future__ import annotations

import pytest

from config import mail
from config.environment import BadSetting

NAME = "XINHENG_TEST_MAIL"


@pytest.fixture
def put(monkeypatch):
    return lambda value: monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize(
    ("value", "host", "port", "tls", "ssl"),
    [
        ("smtp://10.0.0.5", "10.0.0.5", 25, False, False),
        ("smtp+tls://mail.example.gov.cn", "mail.example.gov.cn", 587, True, False),
        ("smtps://mail.example.gov.cn:2465", "mail.example.gov.cn", 2465, False, True),
    ],
)
def test_an_address_is_read(put, value, host, port, tls, ssl):
    put(value)
    found = mail.settings_from(NAME)
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == (host, port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (tls, ssl)
    assert found["EMAIL_TIMEOUT"] > 0


def test_user_and_password_may_hold_any_character(put):
    put("smtp+tls://xin%40heng:p%2Fw%3A@mail.example.gov.cn")
    found = mail.settings_from(NAME)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("xin@heng", "p/w:")


def test_without_an_address_no_mail_is_sent(put):
    put("")
    found = mail.settings_from(NAME)
    assert found["EMAIL_HOST"] == ""
    assert found["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
    assert mail.sender(NAME, needed=False) == mail.site(NAME, needed=False) == ""


@pytest.mark.parametrize(
    "value",
    [
        "mail.example.gov.cn",
        "http://mail",
        "smtp://",
        "smtp://h:port",
        "smtp://u:geheim@h/x",
        "smtp://u:geheim@h?tls=1",
    ],
)
def test_a_wrong_address_is_refused_by_name_without_its_password(put, value):
    put(value)
    with pytest.raises(BadSetting, match=NAME) as refusal:
        mail.settings_from(NAME)
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("value", ["", "nobody", "a b@example.gov.cn"])
def test_a_server_needs_a_sender(put, value):
    put(value)
    with pytest.raises(BadSetting, match=NAME):
        mail.sender(NAME, needed=True)


@pytest.mark.parametrize("value", ["", "xinheng.example.gov.cn", "ftp://x"])
def test_a_server_needs_the_address_that_links_lead_to(put, value):
    put(value)
    with pytest.raises(BadSetting, match=NAME):
        mail.site(NAME, needed=True)


def test_the_address_of_the_product_ends_with_one_slash(put):
    for value in ("https://xinheng.example.gov.cn", "https://xinheng.example.gov.cn//"):
        put(value)
        assert mail.site(NAME, needed=True) == "https://xinheng.example.gov.cn/"
