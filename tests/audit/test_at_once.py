"""Several transactions at once, on real connections: the chain waits for nobody, and nobody's event is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from audit import sealing
from audit.acts import note
from audit.models import Checkpoint, Event, Seal

from .conftest import checked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


class Slow:
    """A verb on a connection of its own: it has been given its number and commits when it is told to."""

    def __init__(self, actor: Any) -> None:
        self.actor = actor
        self.written, self.may_end = threading.Event(), threading.Event()
        self.event_id = 0
        self.rolls_back = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.written.wait(10)

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self.event_id = note("test.slow", actor=self.actor).pk
                self.written.set()
                self.may_end.wait(20)
                if self.rolls_back:
                    transaction.set_rollback(True)
        finally:
            connections.close_all()

    def end(self, *, rolls_back: bool = False) -> None:
        self.rolls_back = rolls_back
        self.may_end.set()
        self.thread.join()


def _elsewhere(work: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return results


def test_an_event_with_a_lower_number_that_commits_later_is_sealed_later(system):
    slow = Slow(system)
    try:
        quick = note("test.quick", actor=system)
        assert slow.event_id < quick.pk
        # The sealer neither waits for the slow one nor passes over it.
        run = sealing.seal_events()
        assert Seal.objects.filter(event_id=quick.pk).exists()
        assert run.settled < slow.event_id
        later = note("test.later", actor=system)
        sealing.seal_events()
        assert (
            Seal.objects.get(event_id=later.pk).position == Seal.objects.get(event_id=quick.pk).position + 1
        )
    finally:
        slow.end()
    run = sealing.seal_events()
    assert run.sealed == 1
    assert Seal.objects.latest("position").event_id == slow.event_id
    assert run.settled >= later.pk
    report = checked()
    assert report.findings == []
    assert report.checked == Event.objects.count()


def test_one_that_is_rolled_back_leaves_a_hole_that_nobody_can_fill(system):
    slow = Slow(system)
    note("test.quick", actor=system)
    sealing.seal_events()
    slow.end(rolls_back=True)
    run = sealing.seal_events()
    assert run.settled > slow.event_id
    assert not checked().findings


def test_transactions_that_overlap_for_ever_do_not_hold_the_settled_mark_for_ever(system):
    """Each run waits only for those that were writing when the ceiling was read."""
    first = Slow(system)
    sealing.seal_events()
    note("test.quick", actor=system)
    sealing.seal_events()
    second = Slow(system)
    first.end()
    sealing.seal_events()
    third = Slow(system)
    second.end()
    run = sealing.seal_events()
    assert first.event_id <= run.settled < third.event_id
    third.end()
    sealing.seal_events()
    assert not checked().findings


def test_of_two_sealers_at_once_one_leaves_it_to_the_other(system):
    note("test.quick", actor=system)
    with transaction.atomic():
        sealing.take_the_lock()

        def other() -> str:
            try:
                sealing.seal_events()
            except sealing.Busy:
                return "busy"
            return "sealed"

        assert _elsewhere(other) == ["busy"]
    sealing.seal_events()
    assert not checked().findings


def test_a_verb_does_not_wait_for_a_sealer(system):
    """The sealer holds its lock and its rows; an act on another connection goes through meanwhile."""
    note("test.quick", actor=system)
    with transaction.atomic():
        sealing.seal_events()
        assert _elsewhere(lambda: note("test.meanwhile", actor=system).verb) == ["test.meanwhile"]
    sealing.seal_events()
    assert not checked().findings


def test_many_writers_and_sealers_at_once_leave_one_unbroken_chain(system):
    start = threading.Barrier(5)

    def write() -> None:
        try:
            start.wait()
            for number in range(15):
                with transaction.atomic():
                    note("test.many", actor=system, data={"n": number})
                    if number % 4 == 0:
                        transaction.set_rollback(True)
        finally:
            connections.close_all()

    def seal() -> None:
        try:
            start.wait()
            for _ in range(15):
                try:
                    sealing.seal_events(batch=4)
                except sealing.Busy:
                    continue
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for work in (write, write, write, seal, seal)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sealing.seal_events()
    report = checked()
    assert report.findings == []
    assert report.checked == Event.objects.count() == Seal.objects.count()
    assert report.settled >= Event.objects.latest("pk").pk
    assert Checkpoint.objects.filter(kind="events").exists()
