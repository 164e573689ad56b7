"""Who may open accounts and give roles."""

from __future__ import annotations

from django.db.models import Model

from accounts.models import User
from accounts.policy import NotAllowed, policy_for


def require_keeper(model: type[Model], actor: User) -> None:
    """Accounts and roles are made by the administrator whose policy says so, or by the system itself."""
    if actor.username != User.SYSTEM and not policy_for(model).may_create(actor):
        raise NotAllowed("您没有开设账号或授予角色的权限。")
