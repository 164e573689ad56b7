"""The one border where instants become local days."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

CHINA = ZoneInfo("Asia/Shanghai")
_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    return _told.get() or timezone.now()


@contextmanager
def telling_of(moment: datetime) -> Iterator[None]:
    """Let the invented past of the demo happen at a moment, journal and history included; in demo mode alone."""
    if not settings.DEMO:
        raise RuntimeError("the clock moves in demo mode only")
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)


def local_day(instant: datetime) -> date:
    """The calendar day in China on which an instant falls; a day taken from UTC is wrong from 00:00 to 08:00."""
    return instant.astimezone(CHINA).date()


def today() -> date:
    return local_day(now())
