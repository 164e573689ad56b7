"""The upper platform's address, key and authorities: read whole or refused by name."""

from __future__ import annotations

import base64

import pytest

from config import upper_platform
from config.environment import BadSetting

NAME = "XINHENG_TEST_PLATFORM"


@pytest.fixture
def put(monkeypatch):
    return lambda value: monkeypatch.setenv(NAME, value)


@pytest.mark.parametrize(
    "value",
    [
        "https://platform.example.gov.cn/credit/messages",
        "https://10.0.0.5:8443",
        "http://localhost:8080/messages",
        "http://127.0.0.1:9",
        "http://[::1]:9/x",
    ],
)
def test_an_address_is_read(put, value):
    put(value)
    assert upper_platform.address(NAME) == value


@pytest.mark.parametrize(
    "value",
    [
        "http://platform.example.gov.cn/messages",
        "http://localhost.example.gov.cn/",
        "ftp://platform.example.gov.cn/",
        "platform.example.gov.cn",
        "https://",
        "https:///messages",
        "https://platform.example.gov.cn:port/",
        "https://platform.example.gov.cn/a b",
        "https://平台.example.gov.cn/",
    ],
)
def test_any_other_address_stops_the_start(put, value):
    put(value)
    with pytest.raises(BadSetting, match=NAME):
        upper_platform.address(NAME)


@pytest.mark.parametrize(
    "value",
    ["https://user:geheim@platform.example.gov.cn/", "https://platform.example.gov.cn/?token=geheim"],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(put, value):
    put(value)
    with pytest.raises(BadSetting) as fault:
        upper_platform.address(NAME)
    assert "geheim" not in str(fault.value)


def test_without_an_address_nothing_is_needed(put):
    put(" ")
    assert upper_platform.address(NAME) == ""
    assert upper_platform.key(NAME, needed=False) == b""
    assert upper_platform.authorities(NAME) == ""
    with pytest.raises(BadSetting, match="is missing"):
        upper_platform.key(NAME, needed=True)


def test_a_key_is_read_in_both_spellings_of_base64(put):
    key = bytes(range(220, 256))
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        put(encode(key).decode())
        assert upper_platform.key(NAME, needed=True) == key


@pytest.mark.parametrize("value", ["short", "not base64 at all!", base64.b64encode(b"x" * 31).decode()])
def test_a_weak_key_stops_the_start(put, value):
    put(value)
    with pytest.raises(BadSetting, match=NAME) as fault:
        upper_platform.key(NAME, needed=True)
    assert value not in str(fault.value)


def test_authorities_are_a_file_of_certificates(put, tmp_path):
    file = tmp_path / "ca.pem"
    put(str(file))
    with pytest.raises(BadSetting, match="cannot be read"):
        upper_platform.authorities(NAME)
    file.write_text("hello")
    with pytest.raises(BadSetting, match="no certificate"):
        upper_platform.authorities(NAME)
    file.write_text("-----BEGIN CERTIFICATE-----\n")
    assert upper_platform.authorities(NAME) == str(file)


def test_only_this_machine_is_at_home():
    assert upper_platform.is_at_home("http://127.0.0.1:8000/x")
    assert not upper_platform.is_at_home("https://platform.example.gov.cn/")
