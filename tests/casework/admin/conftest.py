"""The office at work, and people before the pages on that Friday."""

from __future__ import annotations

import pytest
from django.test import Client

from credit_records.models import Record

from ...credit_records.builders import penalty
from .work import TODAY, Work, at


@pytest.fixture
def work(city, report, monkeypatch) -> Work:
    report(penalty(1), penalty(2), publish=True)
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(TODAY, 18))
    return Work(city, list(Record.objects.order_by("pk")))


@pytest.fixture
def cases(work):
    """One case at least behind every filter, by name."""
    return work.everything()


@pytest.fixture
def signed_in(city):
    def browser(user) -> Client:
        client = Client()
        client.force_login(getattr(city, user) if isinstance(user, str) else user)
        return client

    return browser
