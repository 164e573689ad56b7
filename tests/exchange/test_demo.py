"""The demo city has no platform to send to: closed objections were reported by hand, decided ones wait."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from casework.models import Case
from credit_records.demo import city as demo
from credit_records.demo import plan
from credit_records.demo.departments import BODIES
from exchange.models import Entry
from exchange.selectors.outbox import there_on
from objections.demo import load

DAY = date(2026, 11, 22)


@pytest.fixture
def told(system, monkeypatch, settings) -> None:
    settings.DEMO = True
    monkeypatch.setattr(plan, "RECORDS", {"penalty-org": 600})
    monkeypatch.setattr(plan, "BODIES", tuple(body for body in BODIES if body.slug in {"scjg", "sthj"}))
    demo.load(today=DAY)
    assert load(datetime(2026, 11, 22, 10, tzinfo=ZoneInfo("Asia/Shanghai"))) > 30


def test_entries_of_closed_cases_were_reported_by_hand_the_others_wait(told):
    states = {
        case.number: {entry.state for entry in Entry.objects.filter(reference=case.number)}
        for case in Case.objects.filter(state__in=("decided", "closed"))
    }
    stages = dict(Case.objects.values_list("number", "state"))
    assert Counter(stages[number] for number in states)["closed"] > 5
    for number, found in states.items():
        assert found == ({"by_hand"} if stages[number] == "closed" else {"waiting"}), number
    in_time = Counter(there_on(entry) == entry.due_on for entry in Entry.objects.filter(state="by_hand"))
    assert in_time[True] > in_time[False] > 0
