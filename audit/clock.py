"""The one border where instants become local days."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    return timezone.now()


def local_day(instant: datetime) -> date:
    """The calendar day in China on which an instant falls; a day taken from UTC is wrong from 00:00 to 08:00."""
    return instant.astimezone(CHINA).date()


def today() -> date:
    return local_day(now())
