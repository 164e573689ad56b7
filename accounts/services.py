"""The verbs of accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Model, Q

from audit.acts import act
from audit.faults import Refused

from .models import SEPARATE_ROLES, Department, Membership, Role, User
from .policy import NotAllowed, policy_for

SAME_PASSWORD = "新密码不能与现在的密码相同，请另设一个。"  # noqa: S105  a sentence


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


def _require_keeper(model: type[Model], actor: User) -> None:
    """Accounts and roles are made by the administrator whose policy says so, or by the system itself."""
    if actor.username != User.SYSTEM and not policy_for(model).may_create(actor):
        raise NotAllowed("您没有开设账号或授予角色的权限。")


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
    _require_keeper(User, actor)
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


def give_role(
    user: User, role: str, *, actor: User, department: Department | None = None, since: date, reason: str = ""
) -> Membership:
    """Give a role from a day on; nobody gives one to themselves, and 三员 are kept apart (三员分立)."""
    _require_keeper(Membership, actor)
    if actor.pk == user.pk:
        raise NotAllowed("不能给自己授予角色。")
    with act("account.give_role", actor=actor, on=user, reason=reason, data={"role": role}):
        # Two administrators giving roles to one account at once: the second sees what the first has given.
        User.objects.select_for_update().get(pk=user.pk)
        _keep_apart(user, role, since=since)
        return Membership.objects.create(user=user, role=role, department=department, since=since)


def _keep_apart(user: User, role: str, *, since: date) -> None:
    held = (
        Membership.objects.filter(user=user)
        .filter(Q(until__isnull=True) | Q(until__gte=since))
        .exclude(role=role)
    )
    for other in held:
        if role in SEPARATE_ROLES or other.role in SEPARATE_ROLES:
            raise Refused(
                "account.roles_apart",
                f"该账号已是{other.get_role_display()}，不能同时任{Role(role).label}(三员分立)；请先终止原角色，或另开账号。",
            )


def end_role(membership: Membership, *, actor: User, until: date, reason: str) -> Membership:
    """End a role with a day, the last on which it is held; the role stays readable in the list."""
    policy_for(Membership).require(actor, "change", membership)
    with act(
        "account.end_role", actor=actor, on=membership.user, reason=reason, data={"role": membership.role}
    ):
        membership = (
            Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
        )
        if until < membership.since:
            raise Refused("account.role_dates", f"截止日期不得早于起始日期{membership.since}。")
        if membership.until is not None and membership.until <= until:
            raise Refused("account.role_ended", f"该角色已于{membership.until}终止。")
        membership.until = until
        membership.save(update_fields=["until"])
    return membership


def _set_active(user: User, active: bool, *, verb: str, actor: User, reason: str) -> User:
    policy_for(User).require(actor, "change", user)
    if actor.pk == user.pk:
        raise Refused("account.oneself", "不能停用或启用自己的账号。")
    with act(verb, actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if user.is_active == active:
            raise Refused("account.state", "该账号已是启用状态。" if active else "该账号已停用。")
        user.is_active = active
        user.save(update_fields=["is_active"])
    return user


def deactivate(user: User, *, actor: User, reason: str) -> User:
    """Close an account at once: open sessions end with the next click; what the person did stays."""
    return _set_active(user, False, verb="account.deactivate", actor=actor, reason=reason)


def reactivate(user: User, *, actor: User, reason: str) -> User:
    """Open a closed account again; its roles are as they were."""
    return _set_active(user, True, verb="account.reactivate", actor=actor, reason=reason)


def reset_password(user: User, *, actor: User, password: str, reason: str) -> User:
    """Give a new first password to someone who lost theirs, to be changed at the next sign-in; open sessions end."""
    if actor.username != User.SYSTEM:
        policy_for(User).require(actor, "change", user)
    if actor.pk == user.pk:
        raise Refused("account.oneself", "修改自己的密码请用左下角菜单中的“修改密码”。")
    if actor.username != User.SYSTEM and user.holds(*SEPARATE_ROLES):
        # Whoever sets the password of another administrator could act as that administrator.
        raise Refused(
            "account.roles_apart", "三员账号的密码不能由另一管理员重置，请由运维人员在服务器上用命令办理。"
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("account.weak_password", "".join(error.messages)) from error
    with act("account.reset_password", actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=["password", "must_change_password"])
    return user


def change_own_password(user: User, *, password: str) -> User:
    """A person changes the own password; what it is or was is written nowhere."""
    with act("account.change_password", actor=user, on=user):
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.check_password(password):
            raise Refused("account.same_password", SAME_PASSWORD)
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=["password", "must_change_password"])
    return user


def actor_named(username: str) -> Any:
    """The active account of that name, for commands; None when there is none."""
    return User.objects.filter(username=username, is_active=True).first()
