"""People who sign in on the page, with clocks that the test moves."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from signin import sessions

from ..conftest import PASSWORD

LOGIN, HOME = "/admin/login/", "/admin/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: object):
    """The form of the sign-in page, sent."""
    return client.post(LOGIN, {"username": username, "password": password, "next": HOME}, **more)


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def signed_in(city):
    def browser(who: str = "clerk", **options: object) -> Client:
        client = Client(**options)
        answer = sign_in(client, getattr(city, who).username)
        assert (answer.status_code, answer.url) == (302, HOME)
        return client

    return browser


@pytest.fixture
def clock(monkeypatch):
    """The machine's clock as sessions read it: `clock(minutes=31)` moves it on."""
    moment = [sessions.seconds()]
    monkeypatch.setattr(sessions, "seconds", lambda: moment[0])

    def move(*, minutes: float = 0, hours: float = 0, seconds: float = 0) -> None:
        moment[0] += int(minutes * 60 + hours * 3600 + seconds)

    return move


def password_page() -> str:
    return reverse("admin:password_change")
