"""Passwords are changed by the person, or given anew by an administrator."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import SEPARATE_ROLES, User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

SAME_PASSWORD = "新密码不能与现在的密码相同，请另设一个。"  # noqa: S105  a sentence
_PASSWORD = ("password", "password_set_on")


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
    _keep_rules(password, user)
    with act("account.reset_password", actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        user.set_password(password)
        user.must_change_password = True
        user.save(update_fields=[*_PASSWORD, "must_change_password"])
    return user


def change_own_password(user: User, *, password: str) -> User:
    """A person changes the own password; what it is or was is written nowhere.

    Refused: `account.password_too_new` (`settings.PASSWORD_LEAST_DAYS`; not for one that somebody else gave), `account.same_password`,
    `account.weak_password`.
    """
    with act("account.change_password", actor=user, on=user):
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.must_change_password and _is_new(user):
            raise Refused(
                "account.password_too_new",
                f"密码设定满{settings.PASSWORD_LEAST_DAYS}天后才能再改。怀疑密码被他人知道的，请立即请系统管理员重设。",
            )
        if user.check_password(password):
            raise Refused("account.same_password", SAME_PASSWORD)
        _keep_rules(password, user)
        user.set_password(password)
        user.must_change_password = False
        user.save(update_fields=[*_PASSWORD, "must_change_password"])
    return user


def _is_new(user: User) -> bool:
    return (
        user.password_set_on is not None
        and (today() - user.password_set_on).days < settings.PASSWORD_LEAST_DAYS
    )


def _keep_rules(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused("account.weak_password", "".join(error.messages)) from error
