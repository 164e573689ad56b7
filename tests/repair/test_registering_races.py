"""Two windows at once, on real connections: a record goes into one application, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from audit.faults import Refused
from casework.models import Case
from repair.models import Item
from repair.services import handling, registering
from repair.services.registering import Claim

from .applying import at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def _at_once(*attempts: Callable[[], Any]) -> list[str]:
    start, outcomes = threading.Barrier(len(attempts)), []

    def run(attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("done")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[attempt]) for attempt in attempts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_two_who_register_the_same_records_at_once(city, apply_for_repair, records, monkeypatch):
    """Both have looked before either has written, and name the records in opposite order."""
    looked = threading.Barrier(2)
    check = registering._check_claims

    def check_and_wait(*given: Any, **named: Any) -> None:
        check(*given, **named)
        looked.wait(timeout=20)

    monkeypatch.setattr(registering, "_check_claims", check_and_wait)
    claims = [Claim(record) for record in records]
    outcomes = _at_once(lambda: apply_for_repair(*claims), lambda: apply_for_repair(*reversed(claims)))
    assert outcomes == ["done", "repair.record_in_other_case"]
    assert Case.objects.get().number == "XF-2026-0001"
    assert Item.objects.filter(pending=True).count() == 2


def test_a_record_added_here_and_registered_there_at_once(city, apply_for_repair, records, monkeypatch):
    first = apply_for_repair(Claim(records[0]))
    looked = threading.Barrier(2)
    check = registering._check_claims

    def check_and_wait(*given: Any, **named: Any) -> None:
        check(*given, **named)
        looked.wait(timeout=20)

    monkeypatch.setattr(registering, "_check_claims", check_and_wait)
    outcomes = _at_once(
        lambda: registering.add_item(first, Claim(records[1]), actor=city.officer, now=at(16, 11)),
        lambda: apply_for_repair(Claim(records[1])),
    )
    assert outcomes == ["done", "repair.record_in_other_case"]
    assert Item.objects.filter(record=records[1], pending=True).count() == 1


def test_taken_up_again_and_registered_anew_at_once(city, apply_for_repair):
    first = apply_for_repair()
    handling.withdraw(first, actor=city.officer, reason="撤回。", now=at(17))
    outcomes = _at_once(
        lambda: handling.reopen(first, actor=city.approver, reason="再办。", now=at(18)),
        lambda: apply_for_repair(received_at=at(18), now=at(18)),
    )
    assert outcomes == ["done", "repair.record_in_other_case"]
    assert Item.objects.filter(pending=True).count() == 1
