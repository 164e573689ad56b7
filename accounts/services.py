"""The verbs of accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

from audit.acts import act

from .models import Department, Membership, User
from .policy import NotAllowed


def system_account() -> User:
    """The account under which the product itself acts (expiry, start-up, failed sign-ins)."""
    return User.objects.get(username=User.SYSTEM)


def register_account(
    *, actor: User, username: str, display_name: str, department: Department | None, password: str | None = None
) -> User:
    """Open an account. Roles are given apart, by another administrator."""
    user = User(username=username, display_name=display_name, department=department, is_staff=True)
    user.set_password(password)
    with act("account.register", actor=actor, data={"username": username}):
        user.save()
    return user


def give_role(
    user: User, role: str, *, actor: User, department: Department | None = None, since: date, reason: str = ""
) -> Membership:
    """Give a role from a day on; nobody gives one to themselves."""
    if actor.pk == user.pk:
        raise NotAllowed("不能给自己授予角色。")
    with act("account.give_role", actor=actor, on=user, reason=reason, data={"role": role}):
        return Membership.objects.create(user=user, role=role, department=department, since=since)


def actor_named(username: str) -> Any:
    """The active account of that name, for commands; None when there is none."""
    return User.objects.filter(username=username, is_active=True).first()
