"""Entries to deliver and a platform to deliver them to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.acts import act
from exchange.models import Entry
from exchange.services import outbox, sending

from .receiver import KEY, Receiver


@pytest.fixture(autouse=True)
def _no_platform_of_this_machine(settings) -> None:
    settings.UPPER_PLATFORM_URL, settings.UPPER_PLATFORM_KEY, settings.UPPER_PLATFORM_CA = "", b"", ""


@pytest.fixture
def receiver(settings, monkeypatch) -> Iterator[Receiver]:
    """The platform, set up in the settings; the sender waits a second instead of half a minute."""
    found = Receiver()
    settings.UPPER_PLATFORM_URL, settings.UPPER_PLATFORM_KEY = found.url, KEY
    monkeypatch.setattr(sending, "WHOLE_SECONDS", 0.7)
    monkeypatch.setattr(sending, "_LIMITS", httpx.Timeout(0.4))
    yield found
    found.close()


@pytest.fixture
def jobs(db) -> Callable[[], list[ProcrastinateJob]]:
    """The jobs that send, made since the test began: the queue's tables are emptied by no test."""
    newest = ProcrastinateJob.objects.order_by("-id").values_list("id", flat=True).first() or 0
    rows = ProcrastinateJob.objects.filter(task_name=outbox.TASK, id__gt=newest)
    return lambda: list(rows.order_by("id"))


@pytest.fixture
def put_entry(system) -> Callable[..., Entry]:
    """Put an entry as a decision does."""

    def run(number: int = 1, *, now: datetime | None = None, **more: Any) -> Entry:
        given = {
            "topic": "repair.granted",
            "key": f"repair.granted:XF-2026-{number:04}",
            "payload": {
                "case": f"XF-2026-{number:04}",
                "subject": "示例商贸有限公司",
                "decided_on": "2026-11-20",
            },
            "reference": f"XF-2026-{number:04}",
            "actor": system,
            "now": now,
            **more,
        }
        with act("test.decide", actor=system):
            return outbox.put(**given)

    return run
