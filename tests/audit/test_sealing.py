"""Events get their place in the chain after they are committed, each once, none left out."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from accounts.models import Department
from audit import canonical, rows, sealing
from audit.heads import export_head
from audit.history_sealing import digest_of
from audit.models import Checkpoint, Event, HistorySeal, Seal

from .conftest import by_owner, checked


def test_sealed_events_stand_in_a_chain_without_a_gap(journal):
    seals = list(Seal.objects.all())
    assert [seal.position for seal in seals] == list(range(1, Event.objects.count() + 1))
    previous = canonical.GENESIS
    for seal, row in zip(seals, rows.sealed(0, len(seals), 3), strict=True):
        told = row[-1]
        digest = canonical.digest(seal.algorithm, canonical.event_form(told))
        assert bytes(seal.digest) == digest
        assert bytes(seal.hash) == canonical.link("sha256", seal.position, told["id"], previous, digest)
        previous = bytes(seal.hash)


def test_sealing_again_adds_nothing(journal):
    before = Seal.objects.count(), Checkpoint.objects.count()
    assert journal.seal().sealed == 0
    assert (Seal.objects.count(), Checkpoint.objects.count()) == before


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_a_backlog_is_sealed_in_short_batches(journal, batch):
    for number in range(8):
        journal.happen(str(number))
    run = sealing.seal_events(batch=batch)
    assert run.sealed == 8
    assert run.settled == sealing.ceiling("audit_event")
    assert sealing.tail().count == 0
    assert not checked().findings


def test_the_unsealed_tail_is_told_with_its_age(journal):
    assert sealing.tail().count == 0
    event = journal.happen("未封存")
    left = sealing.tail()
    assert (left.count, left.oldest) == (1, event.at)
    assert left.age.total_seconds() >= 0
    report = checked()
    assert (report.tail, report.findings) == (1, [])


def test_a_crash_between_event_and_seal_loses_nothing(journal, monkeypatch):
    """The sealer dies after it has written seals: its transaction is gone, the next run begins where it began."""
    journal.happen("崩溃前")
    before = Seal.objects.count()

    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_settle", die)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal_events()
    assert Seal.objects.count() == before
    assert journal.seal().sealed == 1
    assert not checked().findings


@pytest.mark.parametrize("name", [one for one in canonical.ALGORITHMS if canonical.offered(one)])
def test_the_algorithm_stands_with_each_value_and_may_change(journal, settings, name):
    settings.AUDIT_HASH = name
    event = journal.happen("换算法")
    journal.seal()
    seal = Seal.objects.get(event_id=event.pk)
    assert seal.algorithm == name
    assert event.mark.startswith(f"hmac-{name}/0a1b2c3d:")
    settings.AUDIT_HASH = "sha256"
    journal.happen("换回来")
    journal.seal()
    assert not checked().findings


@pytest.mark.parametrize("table", ["audit_seal", "audit_checkpoint", "audit_historyseal", "audit_head"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}"])
def test_the_chain_itself_cannot_be_changed(journal, city, table, change):
    journal.rename(city.scjg, "示例局")
    journal.seal(history=True)
    export_head(actor=journal.system)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises((InternalError, ProgrammingError), match="append-only"), transaction.atomic():
        connection.cursor().execute(change.format(table))


def test_no_event_stands_on_two_positions(journal):
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.create(
            position=9999, event_id=journal.events[0], algorithm="sha256", form=1, digest=b"x", hash=b"x"
        )


def test_what_the_database_gives_back_has_the_form_that_was_marked(journal):
    """Numbers, order and spelling change on the way through the database; the form does not."""
    data = {"b": 1e22, "a": [1.0, -0.0, 0.1, True, None], "文": {"2": 2, "1": '\u2028"\\'}}
    event = journal.happen("往返")
    told = {**{name: getattr(event, name) for name in canonical.FIELDS}, "data": canonical.as_stored(data)}
    form = canonical.content_form(told)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(data)])
        back = canonical.parsed(cursor.fetchone()[0])
    assert canonical.content_form({**told, "data": back}) == form


# --- history ---------------------------------------------------------------------------------------------------


def test_history_is_digested_by_range_and_the_event_carries_it_into_the_chain(journal, city):
    journal.rename(city.scjg, "示例局")
    journal.seal(history=True)
    ranges = HistorySeal.objects.filter(table="accounts_historicaldepartment")
    total = Department.history.count()
    assert sum(one.count for one in ranges) == total > 0
    event = Event.objects.filter(verb="audit.seal_history").latest("pk")
    assert Seal.objects.filter(event_id=event.pk).exists()
    assert event.data["rows"] == sum(one.count for one in HistorySeal.objects.filter(event_id=event.pk))
    report = checked()
    assert report.findings == []
    assert report.history_rows >= total
    journal.rename(city.scjg, "示例局二")
    journal.seal(history=True)
    assert ranges.order_by("first").last().count == 1
    assert not checked().findings


def test_history_that_nothing_was_added_to_costs_no_event(journal, city):
    journal.seal(history=True)
    before = Event.objects.count()
    journal.seal(history=True)
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    "manner",
    [
        "timezone = 'America/New_York'",
        "datestyle = 'German'",
        "bytea_output = 'escape'",
        "intervalstyle = 'sql_standard'",
    ],
)
def test_the_digest_of_a_range_does_not_depend_on_who_asks(journal, city, manner):
    columns = sorted(field.column for field in Department.history.model._meta.concrete_fields)
    before = digest_of("accounts_historicaldepartment", columns, 0, 10**9)
    by_owner(f"SET LOCAL {manner}")
    assert digest_of("accounts_historicaldepartment", columns, 0, 10**9) == before
    assert before.count == Department.history.count() > 0
