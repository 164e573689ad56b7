"""What the product tells browsers, the rules of uploads, and Django's own list for production."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from .conftest import HOME, LOGIN

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "b3BlbiBzZXNhbWUgb3BlbiBzZXNhbWUgb3BlbiBzZXM="
PRODUCTION = {
    "XINHENG_PRODUCTION": "1",
    "XINHENG_DEMO": "",
    "XINHENG_DEBUG": "",
    "XINHENG_SECRET_KEY": "kD83hf92lLq0Zp47vNc51xWm6RtY2uJs9GbEaHo3iPdQfTzVnXwMyCrKjLgB",
    "XINHENG_FIELD_KEYS": KEY,
    "XINHENG_ALLOWED_HOSTS": "xinheng.example.gov.cn",
}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_headers_stand_on_pages_and_refusals(city, header, value):
    for answer in (Client().get(LOGIN), Client().get("/nowhere/"), Client().get(HOME)):
        assert answer[header] == value
        assert "geolocation=()" in answer["Permissions-Policy"]


def test_the_policy_of_contents_lets_nothing_in_from_elsewhere(city):
    told = dict(
        one.strip().split(" ", 1)
        for one in Client().get(LOGIN)["Content-Security-Policy"].split(";")
        if one.strip()
    )
    none = {"object-src", "frame-src", "frame-ancestors", "base-uri", "worker-src"}
    assert {name for name, value in told.items() if value == "'none'"} == none
    assert told["default-src"] == told["form-action"] == told["connect-src"] == "'self'"
    assert told["script-src"] == "'self' 'unsafe-eval'"
    assert "http" not in str(told)


def test_what_a_signed_in_person_sees_is_stored_nowhere(city):
    client = Client()
    client.force_login(city.officer)
    for address in (
        HOME,
        "/admin/credit_records/record/",
        "/admin/credit_records/record/999999/change/",
        "/",
    ):
        assert "no-store" in client.get(address)["Cache-Control"], address


def test_uploads_are_limited_and_readable_by_the_product_alone():
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 3_000_000
    assert settings.DATA_UPLOAD_MAX_NUMBER_FILES <= 50
    assert settings.FILE_UPLOAD_PERMISSIONS == 0o600
    assert settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS == 0o700


def _in_production(*words: str, **more: str) -> subprocess.CompletedProcess:
    # An empty database of the same server: the checks look for accounts of the demo.
    where = connection.settings_dict
    host = where["HOST"].replace("/", "%2F")
    url = f"postgresql://{where['USER']}:{where['PASSWORD']}@{host}:{where['PORT']}/postgres"
    environment = {
        **os.environ,
        **PRODUCTION,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # as tests in a browser leave it to this process
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("preload", ["", "1"])
def test_djangos_list_for_production_is_clean(db, preload):
    done = _in_production(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", XINHENG_HSTS_PRELOAD=preload
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_in_production_cookies_and_two_factors_are_what_they_should_be(db):
    asked = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SESSION_COOKIE_HTTPONLY,"
        " s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT, s.TWO_FACTOR, s.PASSWORD_DAYS, s.PASSWORD_LEAST_DAYS, s.DEBUG)"
    )
    done = _in_production("-c", asked)
    assert done.stdout.split() == [
        "__Host-xinheng",
        "True",
        "True",
        "True",
        "31536000",
        "True",
        "True",
        "90",
        "1",
        "False",
    ]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"XINHENG_OIDC_CLIENT_ID": "x"}, "XINHENG_OIDC_ISSUER"),
        ({"XINHENG_OIDC_ONLY": "1"}, "XINHENG_OIDC_ONLY"),
        ({"XINHENG_TRUSTED_PROXIES": "proxy.example"}, "XINHENG_TRUSTED_PROXIES"),
        ({"XINHENG_IDLE_MINUTES": "0"}, "XINHENG_IDLE_MINUTES"),
        ({"XINHENG_PASSWORD_LEAST_DAYS": "91"}, "XINHENG_PASSWORD_LEAST_DAYS"),
    ],
)
def test_a_wrong_setting_stops_the_start(db, given, complaint):
    done = _in_production("manage.py", "check", **given)
    assert done.returncode != 0
    assert complaint in done.stderr
