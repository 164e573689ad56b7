"""One person who asks for many numbers at the same moment, on real connections, gets no more than the limit allows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from accounts import reveals
from accounts.models import User
from accounts.reveals import reveal
from audit.clock import now
from audit.models import Event
from credit_records.models import Subject

from .test_reveals import NUMBER, WHY, person, record  # noqa: F401  fixtures
from .test_two_administrators import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


@pytest.mark.parametrize("limit", ["REVEALS_AT_ONCE", "REVEALS_A_DAY"])
def test_of_many_requests_at_once_as_many_are_answered_as_the_limit_allows(
    person,  # noqa: F811
    city,
    settings,
    monkeypatch,
    limit,
):
    settings.REVEALS_AT_ONCE, settings.REVEALS_A_DAY = 50, 50
    setattr(settings, limit, 2)
    met, counted = threading.Event(), reveals._within_limits

    def slowly(*args, **kwargs):
        counted(*args, **kwargs)
        met.wait(0.2)  # time for another to count the same, were it not made to wait

    monkeypatch.setattr(reveals, "_within_limits", slowly)

    def look():
        found = Subject.objects.get(pk=person.pk)
        assert reveal(found, "id", actor=User.objects.get(pk=city.reviewer.pk), **WHY) == NUMBER

    outcomes = at_once(*[look] * 5)
    code = {"REVEALS_AT_ONCE": "reveal.too_fast", "REVEALS_A_DAY": "reveal.limit"}[limit]
    assert sorted(outcomes) == ["done", "done", code, code, code]
    told = Event.objects.filter(verb=reveals.VERB, at__gte=now() - timedelta(minutes=5))
    assert told.filter(result="done").count() == 2
    connections.close_all()
