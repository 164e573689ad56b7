"""A chain to tamper with: some events, sealed, and the means of an owner of the tables."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from accounts.models import Department
from audit import sealing
from audit.acts import act, note
from audit.findings import Report
from audit.history_sealing import seal_history
from audit.models import Event, Seal
from audit.verifying import verify
from tests.conftest import City

KEY = base64.b64decode("cHJlc2VydmUgdGhlIGpvdXJuYWwgb2YgdGVzdHMgMSE=")


@pytest.fixture
def keyed(settings):
    settings.AUDIT_KEYS = {"0a1b2c3d": KEY}


def by_owner(statement: str, *params: object) -> int:
    """As the owner of the tables, with the triggers switched off for this statement; on again afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, params)
        count = cursor.rowcount
        cursor.execute("RESET session_replication_role")
    return count


class Journal:
    """Ten acts on a department, sealed, with their history."""

    def __init__(self, system) -> None:
        self.system = system
        self.events: list[int] = []
        for number in range(10):
            self.happen(f"第{number}次")
        self.seal()

    def happen(self, reason: str, verb: str = "test.act") -> Event:
        event = note(verb, actor=self.system, reason=reason, data={"n": len(self.events), "share": 0.5})
        self.events.append(event.pk)
        return event

    def rename(self, department: Department, name: str) -> None:
        with act("test.rename", actor=self.system, on=department):
            department.short_name = name
            department.save(update_fields=["short_name"])

    def seal(self, history: bool = False) -> sealing.Run:
        if history:
            seal_history(actor=self.system)
        return sealing.seal_events()

    def position(self, number: int) -> int:
        return Seal.objects.get(event_id=self.events[number]).position


@pytest.fixture
def city(system, monkeypatch) -> City:
    """Built, not put back: events copied in with old numbers and moved days are what the verification is there to find."""
    monkeypatch.setattr("tests.conftest.build_once", lambda name, build, **options: build())
    return City(system)


@pytest.fixture
def journal(city, keyed) -> Journal:
    return Journal(city.system)


@pytest.fixture
def codes() -> Callable[..., list[str]]:
    def found(**options: object) -> list[str]:
        return [finding.code for finding in checked(**options).findings]

    return found


def checked(**options: object) -> Report:
    since = options.pop("since", None)
    assert since is None or isinstance(since, date)
    return verify(since=since, **options)
