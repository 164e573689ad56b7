"""Into the outbox with the decision: true or undone with it, once per key, due the same day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.acts import act
from audit.models import Event
from credit_records.models import Record
from exchange.models import Entry
from exchange.services import outbox
from exchange.services.canonical import NotCanonical, canonical
from exchange.services.outbox import KeyReused

from ..credit_records.builders import penalty

MIDNIGHT = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
"""Half past midnight of the 21st in China."""


def test_an_entry_is_due_on_the_local_day_it_was_made(put_entry):
    entry = put_entry(now=MIDNIGHT)
    assert entry.due_on == date(2026, 11, 21)
    assert (entry.state, entry.next_try_at, entry.attempts) == ("waiting", MIDNIGHT, 0)


def test_an_entry_stands_or_falls_with_the_decision(system, put_entry, receiver, jobs):
    def fail() -> None:
        put_entry()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        fail()
    assert (Entry.objects.count(), jobs()) == (0, [])
    entry = put_entry()
    assert [job.args for job in jobs()] == [{"entry_id": entry.pk}]


def test_an_entry_outside_of_a_transaction_is_refused(transactional_db, system):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        outbox.put(topic="t", key="k", payload={}, reference="X", actor=system)


def test_the_same_key_is_the_same_entry_and_one_job(put_entry, receiver, jobs):
    first = put_entry(payload={"a": 1, "b": ["甲", None, True]})
    again = put_entry(payload={"b": ["甲", None, True], "a": 1})
    assert again.pk == first.pk
    assert (Entry.objects.count(), len(jobs())) == (1, 1)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"payload": {"other": "content"}}, "digest"),
        ({"topic": "repair.revoked"}, "topic"),
        ({"reference": "XF-2026-9999"}, "reference"),
    ],
)
def test_another_message_under_the_same_key_is_a_loud_error_and_changes_nothing(put_entry, change, named):
    first = put_entry()
    with pytest.raises(KeyReused, match=named), transaction.atomic():
        put_entry(**change)
    first.refresh_from_db()
    assert first.payload["case"] == "XF-2026-0001"
    assert Entry.objects.count() == 1


@pytest.mark.parametrize(
    "payload",
    [
        {"fine": 0.3},
        {"fine": Decimal("0.3")},
        {"on": date(2026, 11, 20)},
        {1: "a"},
        {"a": [{"b": float("nan")}]},
        {"a": "\x00"},
        {"a": "\ud800"},
        {"a": {1, 2}},
    ],
    ids=repr,
)
def test_what_has_no_one_form_in_json_is_refused(put_entry, payload):
    with pytest.raises(NotCanonical), transaction.atomic():
        put_entry(payload=payload)
    assert not Entry.objects.exists()


def test_a_payload_comes_back_from_the_database_byte_for_byte(put_entry):
    payload = {"乙": ["示例“甲”", '🀄\u2028 \\ " / é'], "n": 10**30, "empty": {}, "z": None, "a": [True, -0]}
    entry = put_entry(payload=payload)
    assert canonical(Entry.objects.get(pk=entry.pk).payload) == canonical(payload)


def test_numbers_of_people_are_masked_wherever_they_stand(put_entry):
    entry = put_entry(
        payload={"reasons": "王示例(11010519491231002X)已履行", "points": [{"a": ["11010519491231002X"]}]}
    )
    assert "19491231" not in canonical(entry.payload).decode()
    assert entry.payload["reasons"].startswith("王示例(")


@pytest.mark.parametrize("given", [{"key": ""}, {"key": "k" * 201}, {"topic": ""}, {"reference": ""}])
def test_an_entry_needs_topic_key_and_reference(put_entry, given):
    with pytest.raises(ValueError, match="topic"), transaction.atomic():
        put_entry(**given)


def test_putting_is_explained_in_the_journal_and_the_history(put_entry, system):
    entry = put_entry()
    event = Event.objects.get(verb="outbox.put")
    assert event.data == {"topic": entry.topic, "key": entry.key}
    assert entry.history.get().event_id == event.pk


def test_the_entry_keeps_its_record_and_another_record_is_another_message(put_entry, report):
    report(penalty(1), penalty(2), publish=True)
    first, second = Record.objects.order_by("pk")
    entry = put_entry(record=first)
    assert entry.record == first
    with pytest.raises(KeyReused, match="record"), transaction.atomic():
        put_entry(record=second)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "delivered"},
        {"state": "sending"},
        {"state": "by_hand", "next_try_at": None},
        {"next_try_at": None},
        {"state": "failed"},
    ],
    ids=repr,
)
def test_the_database_refuses_a_state_without_its_facts(put_entry, system, wrong):
    entry = put_entry()
    for name, value in wrong.items():
        setattr(entry, name, value)
    with pytest.raises(IntegrityError), act("test.break", actor=system):
        entry.save(update_fields=list(wrong))
