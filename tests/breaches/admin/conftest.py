"""People at the pages of breaches, and the day on which they look at them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ...commitments.counter import at

STRANGERS = ("stranger", "auditor", "sysadmin", "upper")
"""The other department's clerk, and those who have nothing to do with cases."""


@pytest.fixture(autouse=True)
def _the_day(monkeypatch) -> list[datetime]:
    """Pages ask what day it is: Monday, 16 November 2026, at five."""
    from audit import clock

    moment: list[datetime] = [at(16, 17)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def on_day(_the_day):
    def set_day(day: int, hour: int = 18) -> None:
        _the_day[0] = at(day, hour)

    return set_day


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(way: Any, name: str = "change", *more: object) -> str:
    return reverse(f"admin:breaches_breach_{name}", args=[way.breach.pk, *more])


def verb(way: Any, name: str) -> str:
    return page(way, "verb", name)


def text_of(response: Any) -> str:
    return response.content.decode()


def steps_of(text: str) -> str:
    return text.partition('aria-label="可办理的步骤"')[2].partition("</section>")[0]
