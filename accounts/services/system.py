"""The account under which the product itself acts, and accounts by name for commands."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from audit.clock import today


def system_account() -> User:
    """The account under which the product itself acts (expiry, start-up, failed sign-ins)."""
    return User.objects.get(username=User.SYSTEM)


def ensure_system_account() -> User:
    """The same account, made anew where the migration's own row is gone (a database emptied by `flush`)."""
    account = User.objects.filter(username=User.SYSTEM).first()
    if account is None:
        account = User(username=User.SYSTEM, display_name="系统", password="!")  # noqa: S106  no password fits
        account.save_base(raw=True)
    return account


def actor_named(username: str) -> Any:
    """The active account of that name, for commands; None when there is none."""
    return User.objects.filter(username=username, is_active=True).exclude(last_day__lt=today()).first()
