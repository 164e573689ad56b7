"""Whatever fails in the middle of a decision: all of its effect is there afterwards, or none of it."""

from __future__ import annotations

import pytest

from breaches.models import DecidedMeasure
from breaches.services import effects, publishing
from breaches.services.deciding import Ruling
from casework.models import Decision, Letter
from credit_records.models import Record
from exchange.models import Entry

from ..casework.faults import none_of_it, steps_of

pytestmark = pytest.mark.django_db

BROKEN = ["issue_decision", "enter_record", "write_conclusion", "take_measures", "put_entry", "announce"]
NOT_BROKEN = ["issue_decision", "write_conclusion", "announce"]


def test_every_step_of_the_effect_is_made_to_fail_below():
    of_its_own = steps_of(effects) - {"apply"}
    assert of_its_own | {publishing.put_entry.__name__} == {*BROKEN, *NOT_BROKEN}


def test_a_breach_that_fails_at_a_step_leaves_nothing_and_succeeds_the_next_time(breach_way, monkeypatch):
    breach_way.accept().told().propose()
    none_of_it(monkeypatch, effects, BROKEN, breach_way.decide)
    breach_way.decide()
    assert Letter.objects.get(kind="decision").serial == 1
    assert (Record.objects.count(), DecidedMeasure.objects.count()) == (1, 3)
    assert Entry.objects.filter(topic=publishing.TOPIC).count() == 1


def test_so_does_one_that_was_none(breach_way, monkeypatch):
    breach_way.accept().told().propose(Ruling(Decision.Outcome.NOT_BROKEN))
    none_of_it(monkeypatch, effects, NOT_BROKEN, breach_way.decide)
    breach_way.decide()
    assert not breach_way.fresh().pending
