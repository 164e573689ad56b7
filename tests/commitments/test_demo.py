"""The invented commitments: told along the real path, the same at every run, with work left to do."""

from __future__ import annotations

from datetime import date

import pytest

from audit.acts import act
from audit.models import Event
from commitments import demo
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from commitments.selectors.figures import figures_of
from commitments.selectors.pages import open_tasks
from exchange.models import Entry

from ..kept import build_once
from .counter import at, company

NOW = at(20, 15)


@pytest.fixture
def told(city, settings, monkeypatch):
    """A hundred instead of three hundred, so that it can run in a test."""
    settings.DEMO = True
    monkeypatch.setattr(demo, "_COUNT", 100)

    def tell() -> int:
        with act("test.subjects", actor=city.system):
            for number in range(1, 31):
                company(number)
        return demo.load(NOW)

    return build_once("a year of commitments", tell)


def test_a_year_of_commitments_is_told_once(told):
    assert told == Commitment.objects.count() == 100
    events = Event.objects.count()
    assert demo.load(NOW) == 0
    assert Event.objects.count() == events


def test_there_is_work_in_every_standing(told):
    day = NOW.date()
    assert set(Commitment.objects.values_list("state", flat=True)) == {"valid", "withdrawn"}
    assert set(Performance.objects.values_list("status", flat=True)) == {"full", "part", "none"}
    assert set(Commitment.objects.values_list("kind", flat=True)) == set(Commitment.Kind.values) - {"repair"}
    for model in (Verification, OwedMaterial):
        late = open_tasks(model.objects.all(), overdue_on=day).count()
        assert 0 < late < open_tasks(model.objects.all()).count() < 40, model


def test_nothing_is_told_of_the_future_and_the_past_is_in_the_histories(told):
    assert not Commitment.objects.filter(registered_at__gt=NOW).exists()
    assert not Performance.objects.filter(reported_at__gt=NOW).exists()
    assert not Event.objects.filter(at__gt=NOW, verb__startswith="commitment").exists()
    before, after = figures_of(on=date(2026, 5, 20)), figures_of(on=NOW.date())
    assert 30 < before.counts.commitments < 70 < after.counts.commitments
    assert before.counts.reports < after.counts.reports


def test_the_office_has_reported_by_hand_what_is_older_than_today(told):
    assert set(Entry.objects.filter(made_at__lt=at(20, 0)).values_list("state", flat=True)) == {"by_hand"}
    assert not Entry.objects.filter(by_hand_at__gt=NOW).exists()
    assert Entry.objects.filter(topic="matter.published").exists()
