"""The files of evidence in the store: none without its row, none lost with it, none changed unnoticed."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from audit.faults import Refused
from casework.models import Evidence
from casework.services import engine, evidence, evidence_files

from .conftest import NOW, stored

pytestmark = pytest.mark.django_db


def test_a_row_that_fails_leaves_no_file(add, settings, monkeypatch):
    def fail(*args, **kwargs):
        raise IntegrityError("示例")

    monkeypatch.setattr(Evidence, "save", fail)
    with pytest.raises(IntegrityError):
        add()
    assert not stored(settings)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_after_the_row_leaves_no_file(add, settings, monkeypatch):
    def fail(work):
        raise ZeroDivisionError

    monkeypatch.setattr(engine, "_finish", fail)
    with pytest.raises(ZeroDivisionError):
        add()
    gc.collect()
    assert not Evidence.objects.exists()
    assert not stored(settings)


@pytest.mark.django_db(transaction=True)
def test_a_rollback_of_the_caller_takes_the_file_along(add, settings):
    class Undone(Exception):
        pass

    def caller():
        with transaction.atomic():
            add()
            assert len(stored(settings)) == 1
            raise Undone

    with pytest.raises(Undone):
        caller()
    gc.collect()
    assert not Evidence.objects.exists()
    assert not stored(settings)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whole", [True, False], ids=["the rest is committed", "the rest is rolled back"])
def test_a_savepoint_that_is_given_up_takes_the_file_along_once_the_whole_is_decided(add, settings, whole):
    class Undone(Exception):
        pass

    def part():
        with transaction.atomic():
            add()
            raise Undone

    def caller():
        with transaction.atomic():
            kept = add()
            with pytest.raises(Undone):
                part()
            gc.collect()
            if not whole:
                raise Undone
            return kept

    if whole:
        kept = caller()
        assert evidence.verify(kept)
    else:
        with pytest.raises(Undone):
            caller()
    gc.collect()
    assert len(stored(settings)) == Evidence.objects.count() == (1 if whole else 0)


@pytest.mark.django_db(transaction=True)
def test_a_committed_file_stays_when_a_later_hook_fails(add, settings):
    def fail():
        raise ZeroDivisionError

    def caller():
        with transaction.atomic():
            transaction.on_commit(fail)
            add()

    with pytest.raises(ZeroDivisionError):
        caller()
    gc.collect()
    piece = Evidence.objects.get()
    assert evidence.verify(piece)


@pytest.mark.django_db(transaction=True)
def test_an_ordinary_commit_keeps_the_file(add):
    piece = add()
    gc.collect()
    assert evidence.verify(Evidence.objects.get(pk=piece.pk))


def test_the_sweep_takes_what_a_killed_process_left_and_nothing_else(add, city, settings):
    piece = add()
    folder = os.path.dirname(stored(settings)[0])
    left, young = os.path.join(folder, "left"), os.path.join(folder, "young")
    for path in (left, young):
        Path(path).write_bytes(b"")
    old = (NOW - timedelta(days=2)).timestamp()
    os.utime(left, (old, old))
    os.utime(piece.file.path, (old, old))
    os.utime(young, (NOW.timestamp(), NOW.timestamp()))
    assert evidence_files.sweep_files(actor=city.system, now=NOW) == 1
    assert sorted(stored(settings)) == sorted([piece.file.path, young])
    assert evidence_files.sweep_files(actor=city.system, now=NOW) == 0


def test_the_sweep_of_nothing_is_nothing(city):
    assert evidence_files.sweep_files(actor=city.system, now=NOW) == 0


@pytest.mark.parametrize("harm", ["changed", "cut", "gone", "exchanged"])
def test_a_file_that_was_tampered_with_is_noticed(add, harm):
    piece, other = add(), add()
    path = Path(piece.file.path)
    raw = bytearray(path.read_bytes())
    if harm == "changed":
        raw[-3] ^= 1
        path.write_bytes(raw)
    elif harm == "cut":
        path.write_bytes(raw[:-5])
    elif harm == "gone":
        path.unlink()
    else:
        path.write_bytes(Path(other.file.path).read_bytes())
    assert not evidence.verify(piece)
    assert evidence.verify(other)
    with pytest.raises(Refused) as refusal:
        evidence.content_of(piece)
    assert refusal.value.code == "evidence.broken"
