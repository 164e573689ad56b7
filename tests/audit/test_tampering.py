"""Whoever owns the tables changes the past by SQL; the verification finds it and names the first bad event."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction

from audit import canonical, heads, keys, rows
from audit.clock import today
from audit.models import Checkpoint, Event, Head, Seal

from .conftest import by_owner, checked


def first() -> tuple[str, int | None]:
    found = checked().first
    assert found is not None
    return found.code, found.event_id


def test_an_untouched_journal_passes(journal):
    report = checked()
    assert report.findings == []
    assert report.checked == report.position == Event.objects.count()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "'另一个理由'"), ("actor_label", "'别人'"), ("actor_id", "NULL"), ("at", "at + interval '1 microsecond'"),
        ("verb", "'test.other'"), ("data", "'{}'"), ("data", "data || '{\"n\": 4.0000001}'"), ("result", "'refused'"),
        ("target_id", "'9'"), ("request_id", "'x'"), ("address", "'10.0.0.1'"), ("batch_id", "7"), ("mark", "''"),
    ],
)  # fmt: skip
def test_a_changed_event_is_found(journal, column, value):
    bad = journal.events[4]
    assert by_owner(f"UPDATE audit_event SET {column} = {value} WHERE id = %s", bad) == 1
    assert first() == ("changed", bad)


def test_a_deleted_event_is_found(journal):
    by_owner("DELETE FROM audit_event WHERE id = %s", journal.events[4])
    assert first() == ("deleted", journal.events[4])


def test_a_deleted_event_is_found_when_its_seal_went_along(journal):
    position = journal.position(4)
    by_owner("DELETE FROM audit_event WHERE id = %s", journal.events[4])
    by_owner("DELETE FROM audit_seal WHERE event_id = %s", journal.events[4])
    found = checked().first
    assert (found.code, found.position) == ("gap", position)


def test_a_deleted_seal_is_found_with_its_event(journal):
    by_owner("DELETE FROM audit_seal WHERE event_id = %s", journal.events[4])
    assert first() == ("gap", journal.events[4])


def test_closing_the_gap_in_the_positions_does_not_help(journal):
    position = journal.position(4)
    by_owner("DELETE FROM audit_seal WHERE position = %s", position)
    by_owner("DELETE FROM audit_event WHERE id = %s", journal.events[4])
    by_owner("UPDATE audit_seal SET position = -position WHERE position > %s", position)
    by_owner("UPDATE audit_seal SET position = -position - 1 WHERE position < 0")
    assert first() == ("broken", journal.events[5])


def test_two_events_that_changed_places_are_found(journal):
    one, other = journal.events[3], journal.events[4]
    by_owner("UPDATE audit_event SET id = -1 WHERE id = %s", one)
    by_owner("UPDATE audit_event SET id = %s WHERE id = %s", one, other)
    by_owner("UPDATE audit_event SET id = %s WHERE id = -1", other)
    assert first() == ("changed", one)


def test_two_positions_that_changed_places_are_found(journal):
    one, other = journal.position(3), journal.position(4)
    by_owner("UPDATE audit_seal SET position = -1 WHERE position = %s", one)
    by_owner("UPDATE audit_seal SET position = %s WHERE position = %s", one, other)
    by_owner("UPDATE audit_seal SET position = %s WHERE position = -1", other)
    assert first() == ("broken", journal.events[4])


# --- insertion -------------------------------------------------------------------------------------------------

_COPY = (
    "INSERT INTO audit_event (id, at, actor_id, actor_label, verb, target_type, target_id, target_label, reason,"
    " batch_id, request_id, address, result, data, mark) SELECT %s, at, actor_id, actor_label, verb, target_type,"
    " target_id, target_label, 'gefälscht', batch_id, request_id, address, result, data, mark FROM audit_event WHERE id = %s"
)


def _hole(journal) -> int:
    """A number that a rolled-back transaction has used up, below others that are sealed."""
    with transaction.atomic():
        number = journal.happen("rückgängig").pk
        transaction.set_rollback(True)
    journal.events.pop()
    journal.happen("danach")
    journal.seal()
    assert not checked().findings
    return number


def test_an_event_put_into_a_hole_of_the_past_is_found_before_it_is_sealed(journal):
    number = _hole(journal)
    by_owner(_COPY, number, journal.events[0])
    assert first()[1] == number


def test_an_event_put_into_a_hole_is_found_even_with_the_key_and_sealed_by_the_product(journal):
    """The forger has the key for the mark and makes the sealer look at the past again; the head remembers what was settled."""
    number = _hole(journal)
    heads.export_head(actor=journal.system)
    by_owner(_COPY, number, journal.events[0])
    content = next(event for event in rows.unsealed(0, 100) if event["id"] == number)
    by_owner("UPDATE audit_event SET mark = %s WHERE id = %s",
             keys.marker().mark(canonical.content_form(content)), number)  # fmt: skip
    by_owner("DELETE FROM audit_checkpoint WHERE settled >= %s", number)
    journal.seal()
    assert Seal.objects.filter(event_id=number).exists()
    assert first() == ("inserted", number)


def test_an_event_inserted_at_the_end_without_the_key_is_found(journal):
    number = journal.events[-1] + 1000
    by_owner(_COPY, number, journal.events[0])
    content = next(event for event in rows.unsealed(0, 10) if event["id"] == number)
    mark = canonical.Marker("sha256").mark(canonical.content_form(content))
    by_owner("UPDATE audit_event SET mark = %s WHERE id = %s", mark, number)
    journal.seal()
    assert first() == ("unmarked", number)


def test_an_unsealed_event_that_is_changed_is_found_by_its_mark(journal):
    event = journal.happen("unversehrt")
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", event.pk)
    assert first() == ("forged", event.pk)
    journal.seal()
    assert first() == ("forged", event.pk)


# --- the tail, and everything computed anew ----------------------------------------------------------------------


@pytest.fixture
def head(journal) -> Head:
    made = heads.export_head(actor=journal.system)
    journal.seal()
    return made


def _cut(journal, number: int) -> None:
    """Everything from the event on is gone, and so is every trace of it in the database."""
    position = journal.position(number)
    by_owner("DELETE FROM audit_seal WHERE position >= %s", position)
    by_owner("DELETE FROM audit_event WHERE id >= %s", journal.events[number])
    by_owner("DELETE FROM audit_checkpoint WHERE position >= %s", position)
    by_owner("DELETE FROM audit_head")


def test_a_tail_that_was_cut_off_is_found_by_the_head(journal, head):
    _cut(journal, 9)
    found = checked().first
    assert (found.code, found.position, found.event_id) == ("truncated", head.position, journal.events[9])


def test_a_longer_tail_is_found_at_its_first_position(journal, head):
    position = journal.position(6)
    _cut(journal, 6)
    found = checked().first
    assert (found.code, found.position) == ("truncated", position)


def test_a_tail_cut_off_without_care_is_found_without_a_head(journal):
    position = journal.position(8)
    by_owner("DELETE FROM audit_seal WHERE position >= %s", position)
    found = checked().first
    assert (found.code, found.position, found.event_id) == ("truncated", position, journal.events[8])


def _recompute(position: int) -> None:
    """A forger with a copy of the program: every link from a position on is made anew, consistently."""
    last = Seal.objects.latest("position").position
    before = Seal.objects.filter(position=position - 1).first()
    previous = bytes(before.hash) if before else canonical.GENESIS
    for place, event_id, algorithm, form, _, _, event in list(rows.sealed(position - 1, last, 100)):
        digest = canonical.digest(algorithm, canonical.event_form(event, form))
        previous = canonical.link(algorithm, place, event_id, previous, digest)
        by_owner("UPDATE audit_seal SET digest = %s, hash = %s WHERE position = %s", digest, previous, place)


def _forge(journal, number: int, *, marker: canonical.Marker) -> None:
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", journal.events[number])
    last = Seal.objects.latest("position").position
    event = next(row[-1] for row in rows.sealed(0, last, 100) if row[1] == journal.events[number])
    mark = marker.mark(canonical.content_form(event))
    by_owner("UPDATE audit_event SET mark = %s WHERE id = %s", mark, journal.events[number])
    _recompute(journal.position(number))


def test_a_chain_computed_anew_is_found_by_the_mark_when_the_key_is_not_known(journal):
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", journal.events[4])
    _recompute(journal.position(4))
    assert first() == ("forged", journal.events[4])


def test_a_chain_computed_anew_with_the_key_is_found_by_the_head_and_named_by_its_stretch(journal):
    earlier = heads.export_head(actor=journal.system)
    for number in range(3):
        journal.happen(f"nach dem ersten {number}")
    journal.seal()
    later = heads.export_head(actor=journal.system, moment=earlier.at + timedelta(days=1))
    _forge(journal, 11, marker=keys.marker())
    report = checked()
    assert [finding.code for finding in report.findings] == ["rewritten"]
    assert report.first.position == earlier.position + 1
    assert report.first.event_id == Seal.objects.get(position=earlier.position + 1).event_id
    assert later.file_name in report.first.message
    assert report.anchored == earlier.position


def test_without_any_head_such_a_forger_is_not_found(journal):
    """What the ADR says remains open: key and database in one hand, and no head outside."""
    _forge(journal, 4, marker=keys.marker())
    assert not checked().findings


def test_a_head_kept_elsewhere_serves_when_the_files_are_forged_too(journal, head, tmp_path):
    copy = tmp_path / "kept.json"
    copy.write_bytes(heads.content_of(head))
    (heads.folder() / head.file_name).unlink()
    by_owner("DELETE FROM audit_head")
    _forge(journal, 4, marker=keys.marker())
    assert not checked().findings
    assert checked(places=[copy]).first.code == "rewritten"


@pytest.mark.parametrize(
    "change", [("position", 3), ("hash", "00" * 32), ("day", "2026-01-01"), ("settled", 1)]
)
def test_a_changed_head_does_not_pass_for_a_signed_one(journal, head, change):
    path = heads.folder() / head.file_name
    told = {**json.loads(path.read_text()), change[0]: change[1]}
    path.write_text(json.dumps(told))
    assert checked().first.code == "head_forged"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kind": "x"}', "\x00", "﻿{}"])
def test_a_file_that_is_no_head_is_told_and_harms_nothing(journal, head, content):
    (heads.folder() / "fremd.json").write_text(content)
    assert [finding.code for finding in checked().findings] == ["head_unreadable"]


def test_a_head_that_is_gone_is_told(journal, head):
    (heads.folder() / head.file_name).unlink()
    assert [finding.code for finding in checked().findings] == ["head_missing"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_head SET position = position - 1",
        "UPDATE audit_head SET hash = repeat('0', 64)",
        "UPDATE audit_head SET file_digest = repeat('0', 64)",
        "UPDATE audit_head SET day = day - 1",
        "DELETE FROM audit_head",
    ],
)
def test_the_list_of_heads_cannot_be_bent(journal, head, statement):
    assert by_owner(statement) == 1
    assert [finding.code for finding in checked().findings] == ["head_row"]


# --- since, and the command ------------------------------------------------------------------------------------------


def test_since_a_day_only_what_came_after_the_head_before_it_is_checked(journal, head):
    bad = journal.events[2]
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", bad)
    fresh = journal.happen("neu")
    journal.seal()
    report = checked(since=today())
    assert (report.since, report.findings) == (head.position, [])
    assert report.checked == report.position - head.position
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", fresh.pk)
    assert checked(since=today()).first.event_id == fresh.pk
    assert checked().first.event_id == bad


def test_since_begins_with_what_the_head_says_and_not_with_what_the_database_says(journal, head):
    journal.happen("neu")
    journal.seal()
    _forge(journal, 4, marker=keys.marker())
    found = checked(since=today()).first
    assert (found.code, found.position) == ("broken", head.position + 1)


def test_the_command_ends_with_one_and_names_the_event(journal, capsys):
    call_command("verify_audit", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["first"]) == (True, None)
    by_owner("UPDATE audit_event SET reason = 'x' WHERE id = %s", journal.events[4])
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--json", "--note")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["first"]["code"], told["first"]["event_id"]) == (
        False,
        "changed",
        journal.events[4],
    )
    noted = Event.objects.get(verb="audit.verify")
    assert (noted.result, noted.data["event"]) == ("refused", journal.events[4])
    with pytest.raises(SystemExit):
        call_command("verify_audit")
    assert f"[changed] 审计事件{journal.events[4]}" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--heads", "/nowhere/at/all")
    assert ended.value.code == 2


def test_the_memory_of_a_verification_is_a_step_and_not_the_journal(journal, django_assert_max_num_queries):
    """Four pieces of three: each is read, checked and let go."""
    assert checked(step=3).checked == Event.objects.count()


# --- heads ----------------------------------------------------------------------------------------------------------


def test_the_days_head_is_exported_once(journal):
    one = heads.export_head(actor=journal.system)
    assert one.signed
    content = heads.content_of(one)
    assert hashlib.sha256(content).hexdigest() == one.file_digest
    told = json.loads(content)
    last = Seal.objects.latest("position")
    assert (told["position"], told["count"], told["hash"], told["algorithm"]) == (
        last.position, last.position, bytes(last.hash).hex(), "sha256",
    )  # fmt: skip
    assert told["signature"].startswith("hmac-sha256/0a1b2c3d:")
    assert heads.export_head(actor=journal.system).pk == one.pk
    journal.seal()  # the export is an event itself
    two = heads.export_head(actor=journal.system)
    assert json.loads(heads.content_of(two))["previous_file"] == one.file_digest
    report = checked()
    assert (report.heads, report.heads_signed, report.anchored) == (2, 2, two.position)


def test_without_a_key_heads_are_not_signed_and_still_serve(journal, settings):
    settings.AUDIT_KEYS = {}
    head = heads.export_head(actor=journal.system)
    assert not head.signed
    report = checked()
    assert (report.findings, report.anchored) == ([], head.position)
    assert report.marks_unchecked >= len(journal.events)


def test_checkpoints_are_written_only_when_something_moved(journal):
    before = Checkpoint.objects.count()
    journal.seal()
    assert Checkpoint.objects.count() == before
