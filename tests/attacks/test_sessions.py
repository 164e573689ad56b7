"""A session that somebody else has begun: laid into the browser before the sign-in, it is worth nothing after it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from ..conftest import PASSWORD

NAME = settings.SESSION_COOKIE_NAME


def _sign_in(client: Client):
    return client.post(reverse("admin:login"), {"username": "clerk", "password": PASSWORD, "next": "/admin/"})


def test_a_session_laid_into_the_browser_is_not_the_one_of_whoever_signs_in(city):
    laid = SessionStore()
    laid["mark"] = "attacker"
    laid.create()
    victim = Client()
    victim.cookies[NAME] = laid.session_key
    assert _sign_in(victim).status_code == 302
    assert victim.cookies[NAME].value != laid.session_key
    attacker = Client()
    attacker.cookies[NAME] = laid.session_key
    assert attacker.get(reverse("admin:credit_records_record_changelist")).status_code == 302


def test_a_key_that_was_never_given_is_not_taken(city):
    victim = Client()
    victim.cookies[NAME] = "a" * 32
    _sign_in(victim)
    assert victim.cookies[NAME].value != "a" * 32
    assert not SessionStore().exists("a" * 32)


def test_after_signing_out_the_old_key_opens_nothing(city):
    client = Client()
    _sign_in(client)
    key = client.cookies[NAME].value
    client.post(reverse("admin:logout"))
    thief = Client()
    thief.cookies[NAME] = key
    assert thief.get(reverse("admin:credit_records_record_changelist")).status_code == 302


def test_scripts_do_not_read_the_cookie_and_other_sites_do_not_send_it(city):
    client = Client()
    _sign_in(client)
    cookie = client.cookies[NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] in ("Lax", "Strict")
