"""At the maximum publicity ends by itself: once, after missed runs too, with history, and wholly or not at all."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, close_old_connections, connection, connections

from accounts.models import User
from audit.acts import act
from audit.models import Event
from credit_records import tasks
from credit_records.models import Record
from credit_records.services import records

from ...repair.world import penalties, subjects

LAST = date(2026, 11, 20)
AFTER = LAST + timedelta(days=1)
State = Record.State


def make(city, *states, last=LAST):
    (person,) = subjects(city, 1)
    rows = [
        {
            "subject": person, "state": state, "publicity_latest_end": last,
            "repaired_by": "银信修〔2026〕1号" if state == State.REPAIRED else "",
        }
        for state in states
    ]  # fmt: skip
    return penalties(city, rows)


def state_of(record):
    return Record.objects.values_list("state", flat=True).get(pk=record.pk)


def ends():
    return Event.objects.filter(verb="record.end_publicity")


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (State.PUBLISHED, State.ENDED),
        (State.SUSPENDED, State.ENDED),
        (State.REPAIRED, State.REPAIRED),
        (State.WITHDRAWN, State.WITHDRAWN),
        (State.ENDED, State.ENDED),
        (State.SUBMITTED, State.SUBMITTED),
        (State.RETURNED, State.RETURNED),
        (State.DRAFT, State.DRAFT),
    ],
)
def test_only_what_is_in_force_ends_and_what_was_repaired_stays_repaired(city, catalogue, state, after):
    (record,) = make(city, state)
    assert records.end_publicity(actor=city.system, on=AFTER) == (1 if state != after else 0)
    assert state_of(record) == after
    newest = record.history.latest("history_id")
    assert newest.state == after
    assert record.history.count() == (2 if state != after else 1)
    if state == State.REPAIRED:
        assert newest.repaired_by == "银信修〔2026〕1号"


def test_what_has_no_end_never_ends(city, catalogue):
    (record,) = make(city, State.PUBLISHED, last=None)
    assert records.end_publicity(actor=city.system, on=date(2099, 12, 31)) == 0
    assert state_of(record) == State.PUBLISHED


def test_the_last_day_is_still_a_day_of_publicity(city, catalogue):
    make(city, State.PUBLISHED)
    assert records.end_publicity(actor=city.system, on=LAST) == 0
    assert not ends().exists()
    assert records.end_publicity(actor=city.system, on=AFTER) == 1


def test_a_month_without_a_run_is_caught_up_in_one(city, catalogue):
    every_day = [make_one for day in range(31) for make_one in make_on(city, LAST - timedelta(days=day))]
    (waiting,) = make_on(city, AFTER)
    # Nobody sees them meanwhile: the public selectors ask the dates, never a job.
    assert not Record.objects.public(AFTER).exclude(pk=waiting.pk).exists()
    assert records.end_publicity(actor=city.system, on=AFTER) == len(every_day)
    assert {state_of(record) for record in every_day} == {State.ENDED}
    assert state_of(waiting) == State.PUBLISHED
    assert records.end_publicity(actor=city.system, on=AFTER) == 0
    event = ends().get()
    assert Record.history.filter(event_id=event.pk, state=State.ENDED).count() == len(every_day)
    assert event.reason == "公示期满，自动停止公示"


def make_on(city, last):
    return penalties(city, [{"subject": _person(city), "publicity_latest_end": last}])


def _person(city):
    if not hasattr(city, "_person"):
        (city._person,) = subjects(city, 1)
    return city._person


def test_the_hourly_job_does_the_same_and_says_how_many(city, catalogue, monkeypatch, caplog):
    make(city, State.PUBLISHED, State.SUSPENDED)
    monkeypatch.setattr(tasks, "today", lambda: AFTER)
    with caplog.at_level("INFO", logger="credit_records.tasks"):
        tasks.end_publicity(timestamp=0)
        tasks.end_publicity(timestamp=3600)
    assert [record.message for record in caplog.records] == [
        "publicity ended for 2 records",
        "publicity ended for 0 records",
    ]
    assert ends().count() == 1


@pytest.mark.parametrize("broken", ["history", "update"])
def test_a_run_that_fails_halfway_leaves_nothing_behind(city, catalogue, monkeypatch, broken):
    made = make(city, State.PUBLISHED, State.PUBLISHED)
    real = records.write_history

    def fail(*args, **kwargs):
        if broken == "history":
            real(*args, **kwargs)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(records, "write_history", fail)
    with pytest.raises(RuntimeError):
        records.end_publicity(actor=city.system, on=AFTER)
    assert {state_of(record) for record in made} == {State.PUBLISHED}
    assert {record.history.count() for record in made} == {1}
    assert not ends().exists()
    monkeypatch.setattr(records, "write_history", real)
    assert records.end_publicity(actor=city.system, on=AFTER) == 2


# --- real connections -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_end_each_record_once(transactional_db, city, catalogue):
    made = make(city, *[State.PUBLISHED] * 30)
    start, counts = threading.Barrier(3), []

    def run():
        try:
            system = User.objects.get(pk=city.system.pk)
            start.wait()
            counts.append(records.end_publicity(actor=system, on=AFTER))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 30]
    assert {record.history.count() for record in made} == {2}
    # The runs that found nothing left to end say nothing.
    assert ends().count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_leaves_nothing_half_done(transactional_db, city, catalogue, monkeypatch):
    made = make(city, State.PUBLISHED, State.SUSPENDED)
    real = records.write_history

    def killed(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(records, "write_history", killed)
    with pytest.raises(DatabaseError):
        records.end_publicity(actor=city.system, on=AFTER)
    close_old_connections()
    connection.close()
    monkeypatch.setattr(records, "write_history", real)
    assert [state_of(record) for record in made] == [State.PUBLISHED, State.SUSPENDED]
    assert not ends().exists()
    assert records.end_publicity(actor=city.system, on=AFTER) == 2
    assert {record.history.count() for record in made} == {2}


def test_a_record_withdrawn_meanwhile_stays_withdrawn(city, catalogue):
    (record,) = make(city, State.PUBLISHED)
    with act("test.withdraw", actor=city.reviewer):
        record.state = State.WITHDRAWN
        record.save(update_fields=["state"])
    assert records.end_publicity(actor=city.system, on=AFTER) == 0
    assert state_of(record) == State.WITHDRAWN
