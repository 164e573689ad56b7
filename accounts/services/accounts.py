"""Accounts are opened, closed and opened again."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models import Q

from accounts.models import SEPARATE_ROLES, Department, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

from .keeping import require_keeper
from .last_holder import keep_a_holder


def register_account(
    *,
    actor: User,
    username: str,
    display_name: str,
    department: Department | None,
    password: str | None = None,
    must_change_password: bool | None = None,
) -> User:
    """Open an account. Roles are given apart, by another administrator.

    A password given by an administrator is changed at the first sign-in, if nothing else is said.
    """
    require_keeper(User, actor)
    if must_change_password is None:
        must_change_password = password is not None and actor.username != User.SYSTEM
    user = User(
        username=username,
        display_name=display_name,
        department=department,
        is_staff=True,
        must_change_password=must_change_password,
    )
    user.set_password(password)
    with act("account.register", actor=actor, data={"username": username}):
        user.save()
    return user


def _set_active(user: User, active: bool, *, verb: str, actor: User, reason: str) -> User:
    policy_for(User).require(actor, "change", user)
    if actor.pk == user.pk:
        raise Refused("account.oneself", "不能停用或启用自己的账号。")
    with act(verb, actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
        if user.is_active == active:
            raise Refused("account.state", "该账号已是启用状态。" if active else "该账号已停用。")
        if not active:
            keep_a_holder(SEPARATE_ROLES, after=today() - timedelta(days=1), without=Q(user=user.pk))
        user.is_active = active
        if active and user.has_left(today()):
            user.last_day = None
        # A session of before is over for good, also when the account is opened again.
        user.session_mark = secrets.token_urlsafe(24)
        user.save(update_fields=["is_active", "last_day", "session_mark"])
    return user


def deactivate(user: User, *, actor: User, reason: str) -> User:
    """Close an account at once: open sessions end with the next click; what the person did stays.

    Not the last system or security administrator or auditor: nobody may blind the house by closing an account.
    """
    return _set_active(user, False, verb="account.deactivate", actor=actor, reason=reason)


def reactivate(user: User, *, actor: User, reason: str) -> User:
    """Open a closed account again; its roles are as they were, but that a leaver's have ended with the last day."""
    return _set_active(user, True, verb="account.reactivate", actor=actor, reason=reason)
