"""The office at work, and people before the pages on that Friday."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from casework.models import Case
from credit_records.models import Record

from ...credit_records.builders import penalty
from ...kept import build_once
from .work import TODAY, Work, at, second_officer


@pytest.fixture
def work(city, report, monkeypatch) -> Work:
    report(penalty(1), penalty(2), publish=True)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(TODAY, 18))
    build_once("second officer", lambda: second_officer(city), alone=False)
    return Work(city, list(Record.objects.order_by("pk")), User.objects.get(username="officer2"))


@pytest.fixture
def cases(work):
    """One case at least behind every filter, by name."""

    def build() -> dict[str, int]:
        return {name: case.pk for name, case in work.everything().items()}

    named = build_once("an office at work", build, alone=False)
    found = Case.objects.in_bulk(named.values())
    work.named = {name: found[pk] for name, pk in named.items()}
    return work.named


@pytest.fixture
def signed_in(city):
    def browser(user) -> Client:
        client = Client()
        client.force_login(getattr(city, user) if isinstance(user, str) else user)
        return client

    return browser
