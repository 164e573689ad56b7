"""What a new calendar does to open matters: the rooms above say which of theirs move, and move them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from .rules.calendars import Calendar

Calendars = Callable[[str], Calendar]
"""The calendar of a region, by its code."""


class Moved(NamedTuple):
    """An open matter whose due day is another under the new calendar."""

    number: str
    title: str
    url: str
    old_due: date | None
    new_due: date | None
    becomes_late: bool
    """It is in time by the old calendar and late by the new one."""


class Provider(Protocol):
    """What a room registers; it sees all its open matters, whoever looks: the office keeps the calendar for all."""

    def preview(self, calendars: Calendars, *, today: date) -> Sequence[Moved]:
        """Which matters would move; writes nothing."""

    def apply(self, *, actor: Any, reason: str, now: datetime) -> int:
        """Compute the stored due days anew, inside the confirming act, with one event for each that moves."""


_providers: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Add a room's provider; rooms do so when they start."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def preview(calendars: Calendars, *, today: date) -> list[Moved]:
    """All that would move, what becomes late first."""
    found = [moved for provider in _providers for moved in provider.preview(calendars, today=today)]
    return sorted(found, key=lambda moved: (not moved.becomes_late, moved.new_due or date.max, moved.number))


def apply(*, actor: Any, reason: str, now: datetime) -> int:
    return sum(provider.apply(actor=actor, reason=reason, now=now) for provider in _providers)
