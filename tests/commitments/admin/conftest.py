"""People at the pages of commitments on Tuesday, 17 November 2026."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from ..counter import at


@pytest.fixture(autouse=True)
def _the_day(monkeypatch) -> list[datetime]:
    from audit import clock

    moment: list[datetime] = [at(17, 11)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return moment


@pytest.fixture
def on_day(_the_day):
    def set_day(moment: datetime) -> None:
        _the_day[0] = moment

    return set_day


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return response.content.decode()
