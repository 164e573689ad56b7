"""The upper platform is told of every decision on an objection the same day, record by record (Y22#21)."""

from __future__ import annotations

from datetime import date

import pytest

from credit_records.models import Record
from exchange.models import Entry
from exchange.selectors.outbox import entries_of
from exchange.topics import readable
from objections.models import Point
from objections.services import deciding
from objections.services.deciding import Ruling

from .filing import Way, at, fine_claim


def test_a_decision_is_told_with_its_points_and_the_records_new_state(way):
    way.accept().ask().answer().propose()
    assert not Entry.objects.exists()
    way.decide()
    case = way.fresh().case
    (entry,) = entries_of(case.number)
    letter = case.letters.get(kind="decision").number
    assert (entry.topic, entry.due_on, entry.state) == ("objection.decided", date(2026, 11, 20), "waiting")
    assert letter in entry.key
    told = entry.payload
    assert (told["letter_number"], told["decided_on"]) == (letter, "2026-11-20")
    assert told["record"]["state"] == "published"
    (point,) = told["points"]
    assert (point["outcome"], point["after"]) == ("corrected", "0.3")
    shown = {line.label: line.value for line in readable(told)}
    assert (shown["结论"], shown["异议事由"], shown["记录状态"]) == ("支持，更正", "内容错误", "已发布")


def test_each_record_of_an_objection_is_a_message_of_its_own(city, file_objection, records):
    other = fine_claim(records[1])
    way = Way(city, file_objection(fine_claim(records[0]), other)).accept().ask().answer()
    rulings = {
        1: Ruling(Point.Outcome.NOT_UPHELD, "与决定书一致。"),
        2: Ruling(Point.Outcome.WITHDRAWN, "处罚已经撤销。"),
    }
    deciding.propose(way.objection, actor=city.officer, rulings=rulings, reason="事实清楚。", now=at(19))
    way.decide()
    told = {entry.record: entry.payload for entry in entries_of(way.fresh().case.number)}
    assert {record.pk: payload["record"]["state"] for record, payload in told.items()} == {
        records[0].pk: "published",
        records[1].pk: "withdrawn",
    }
    assert [len(payload["points"]) for payload in told.values()] == [1, 1]


def test_a_decision_that_fails_tells_nobody(way, monkeypatch):
    way.accept().ask().answer().propose()
    monkeypatch.setattr(deciding, "tell_owners", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        way.decide()
    assert not Entry.objects.exists()
    assert Record.objects.filter(corrections__isnull=False).count() == 0
