"""A record of the market supervision and people beside it to whom it may be opened."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.grants.rows import Origin
from accounts.grants.services import grant
from accounts.models import User
from audit.clock import today

CHINA = ZoneInfo("Asia/Shanghai")


def person(user: User) -> User:
    """The account as the next request loads it."""
    return User.objects.get(pk=user.pk)


def let_in(obj: Any, to: Any, *, by: User, days: int = 10, begins: int = 0, **more: Any) -> Any:
    """Open it from today (or later) on for some days."""
    first = today() + timedelta(days=begins)
    return grant(
        obj,
        to=to,
        actor=by,
        **{
            "origin": Origin.CO_HANDLING,
            "since": first,
            "until": first + timedelta(days=days - 1),
            "reason": "与生态环境局会办示例案件",
            **more,
        },
    )


def on_day(monkeypatch: Any, day: date) -> None:
    moment = datetime(day.year, day.month, day.day, 10, tzinfo=CHINA)
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
