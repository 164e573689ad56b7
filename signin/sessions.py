"""Sessions: one for an account, over after a time without work and after a day's work at the latest.

The stamps lie in the session itself and the valid mark on the user's row: both are loaded with every request anyway. The stamp of the last
request is written at most once a minute. Seconds are those of the machine's clock, not of `audit.clock`, which demo data may move.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import User

from .rules import End, Stamps, why_over

STARTED, SEEN, MARK = "signin_started", "signin_seen", "signin_mark"
LAST = "signin_last"
"""What is told about the sign-in before: `at`, `address`, `failed`."""
FACTOR = "signin_factor"
"""Where the second factor stands: one of `services.second_factor.State`."""
ASKED = "signin_factor_asked"
"""When a session without second factor was last held against what the person's roles demand (seconds)."""
MINUTE = 60


def seconds() -> int:
    return int(time.time())


def begin(request: Any, user: User, *, proven: bool) -> None:
    """Stamp a new session. One that begins on a page of the product ends all others of the account (`take_over`).

    Not while the second factor is still to be given (`proven` false): whoever only knows a password disturbs nobody.
    """
    session = request.session
    session[STARTED] = session[SEEN] = seconds()
    session[MARK] = user.session_mark
    if proven and request.resolver_match is not None:
        take_over(request, user)


def take_over(request: Any, user: User) -> None:
    """Make this session the account's only one."""
    user.session_mark = request.session[MARK] = new_mark(user)


def new_mark(user: User) -> str:
    """Give the account another mark: whatever session had the former one is over with its next request."""
    mark = secrets.token_urlsafe(24)
    # The mark is no part of the account's history, so it goes past the guard of `User.objects`.
    QuerySet(User).filter(pk=user.pk).update(session_mark=mark)
    return mark


def check(request: Any, *, is_work: bool = True) -> End | None:
    """Why the session of a signed-in request is over; None: it goes on, and the request is remembered.

    What a page asks by itself (`is_work` false: the progress of a check) keeps no session alive.
    """
    session, now = request.session, seconds()
    stamps = Stamps(session.get(STARTED, now), session.get(SEEN, now), session.get(MARK, ""))
    over = why_over(
        stamps,
        now=now,
        mark=request.user.session_mark,
        idle=settings.SIGN_IN_IDLE_MINUTES * 60,
        longest=settings.SIGN_IN_LONGEST_HOURS * 3600,
    )
    if over is None and is_work and (SEEN not in session or now - stamps.seen >= MINUTE):
        session[STARTED], session[SEEN] = stamps.started, now
    return over
