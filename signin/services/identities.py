"""Binding an account to a person of the single sign-on, and unbinding it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction

from accounts.models import SEPARATE_ROLES, User
from accounts.policy import policy_for
from accounts.sealing import seal, unseal
from audit.acts import act, note
from audit.clock import now as present
from audit.faults import Refused
from audit.models import Event

from .. import sessions
from ..identities import Identity, index_of

SAID = "该账号已绑定统一身份认证的另一用户，或者该用户已绑定另一账号，不能登录。请联系系统管理员核实。"


def is_somebody_else(user: User, issuer: str, sub: str) -> bool:
    """Whether the account is bound to another person than this, or this person to another account."""
    held = held_by(user)
    if held is not None:
        return not held.is_of(issuer, sub)
    return Identity.objects.filter(person_index=index_of(issuer, sub), until__isnull=True).exists()


def held_by(user: User) -> Identity | None:
    return Identity.objects.filter(user=user.pk, until__isnull=True).first()


def tell_somebody_else(user: User) -> None:
    """The provider named somebody else than the account is bound to; the journal keeps it on the account."""
    note(
        "account.sign_in",
        actor=user,
        on=user,
        data={"code": "signin.other_person"},
        result=Event.Result.REFUSED,
    )


def bind(user: User, issuer: str, sub: str, *, now: datetime | None = None) -> None:
    """Bind the account with the first whole sign-in; nothing to do at later ones. Refused: `signin.other_person`."""
    held = held_by(user)
    if held is not None and held.is_of(issuer, sub):
        return
    with act("account.bind_identity", actor=user, on=user):
        list(User.objects.select_for_update(of=("self",)).filter(pk=user.pk))
        if is_somebody_else(user, issuer, sub):
            raise Refused("signin.other_person", SAID)
        try:
            with transaction.atomic():
                Identity.of(issuer, sub, user=user, since=now or present()).save()
        except IntegrityError as error:  # the same person through another account at this moment
            raise Refused("signin.other_person", SAID) from error


_NAMED = "_identity_named"
_KEPT = "signin_identity"
"""In the session between the provider's word and the second factor: the issuer and, sealed, its `sub`."""


def keep_in_mind(user: User, issuer: str, sub: str) -> None:
    setattr(user, _NAMED, (issuer, sub))


def lay_into_session(request: Any, user: User) -> None:
    issuer, sub = getattr(user, _NAMED, ("", ""))
    if issuer:
        request.session[_KEPT] = [issuer, seal(sub)]


def bind_kept(request: Any, user: User) -> bool:
    """Bind whom the provider named, now that the sign-in is whole: whoever lacks the second factor binds nothing."""
    kept = request.session.pop(_KEPT, None)
    if kept is None:
        return True
    try:
        bind(user, kept[0], unseal(kept[1]))
    except Refused as refusal:
        messages.error(request, refusal.message)
        return False
    return True


def unbind(user: User, *, actor: User, reason: str, now: datetime | None = None) -> User:
    """End the binding: who signs in next under the account's name at the provider is bound; open sessions end.

    That of one of the three administrators is ended on the server alone (`manage.py unbind_identity`), like their second factor.
    """
    if actor.username != User.SYSTEM:
        policy_for(User).require(actor, "change", user)
        if actor.pk == user.pk:
            raise Refused("account.oneself", "不能解除自己的统一身份认证绑定。")
        if user.holds(*SEPARATE_ROLES):
            raise Refused(
                "account.roles_apart",
                "三员账号的统一身份认证绑定不能由另一管理员解除，请由运维人员在服务器上用命令办理。",
            )
    with act("account.unbind_identity", actor=actor, on=user, reason=reason):
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        held = held_by(user)
        if held is None:
            raise Refused("signin.not_bound", "该账号没有绑定统一身份认证，不需要解除。")
        held.until = now or present()
        held.save(update_fields=["until"])
        sessions.new_mark(user)
    return user
