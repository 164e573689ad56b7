"""Ending a lock before its time, and throwing away what is too old."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused

from ..lockout import cool_off, counted_as, is_locked_somewhere
from ..models import SignIn


def unlock(user: User, *, actor: Any, reason: str, now: datetime | None = None) -> User:
    """Let an account that was locked by failed attempts sign in at once. Refused: `signin.not_locked`."""
    if actor.username != User.SYSTEM:
        policy_for(User).require(actor, "change", user)
    with act("account.unlock", actor=actor, on=user, reason=reason):
        if not is_locked_somewhere(user.username, at=now or present()):
            raise Refused("signin.not_locked", "该账号没有因登录失败被锁定，不需要解除。")
        AccessAttempt.objects.filter(username=counted_as(user.username)).delete()
    return user


def clean(*, actor: Any, now: datetime | None = None) -> dict[str, int]:
    """Drop attempts that no longer count, sign-ins and failures older than is kept, and sessions that are over."""
    moment = now or present()
    kept_from = moment - timedelta(days=settings.SIGN_INS_KEPT_DAYS)
    counts = {
        "attempts": AccessAttempt.objects.filter(attempt_time__lt=moment - cool_off()).delete()[0],
        "failures": AccessFailureLog.objects.filter(attempt_time__lt=kept_from).delete()[0]
        + AccessLog.objects.filter(attempt_time__lt=kept_from).delete()[0],
        "sign_ins": SignIn.objects.filter(at__lt=kept_from).delete()[0],
        "sessions": Session.objects.filter(expire_date__lt=moment).delete()[0],
    }
    note("signin.clean", actor=actor, data=counts)
    return counts
