"""Letting somebody in to one object for a time, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.holdings import Holdings, held_on
from accounts.models import SEPARATE_ROLES, Department, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused

from .reach import BUSINESS_ROLES, Grants, all_grants, grants_of
from .rows import DatedGrant, Origin, Right


def grant(
    obj: Model,
    *,
    to: User | Department,
    right: str = Right.VIEW,
    origin: str,
    since: date,
    until: date,
    actor: User,
    reason: str,
    basis: str = "",
    now: datetime | None = None,
) -> DatedGrant:
    """Open one object to a person or a body from one day to another; both days count.

    No day lies further ahead than `settings.GRANT_LONGEST_DAYS`. Longer work is granted anew, with a reason of then.
    """
    grants = grants_of(type(obj))
    if grants is None:
        raise TypeError(f"{obj._meta.label} is not opened by grants")
    policy_for(grants.model).require(actor, "grant", obj)
    moment = now or present()
    reason = reason.strip()
    _right_fits(grants, to, right, origin)
    _days_fit(since, until, today=local_day(moment))
    if not reason:
        raise Refused("grant.reason", "授权必须写明理由，例如会办、委托或者检查的事由。")
    data = {
        "to": _key_of(to),
        "right": str(right),
        "origin": str(origin),
        "since": since.isoformat(),
        "until": until.isoformat(),
        "basis": basis,
    }
    with act("grant.give", actor=actor, on=obj, reason=reason, data=data):
        # One after another for each object: the second of two who grant at once sees what the first gave.
        grants.model._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)  # type: ignore[attr-defined]
        policy_for(grants.model).require(actor, "grant", obj)
        _grantee_fits(to, right, actor=actor, today=local_day(moment))
        table = grants.table_for(to)
        permission = Permission.objects.get(
            content_type=ContentType.objects.get_for_model(grants.model),
            codename=f"{right}_{grants.model._meta.model_name}",
        )
        grantee: Mapping[str, Any] = {"user": to} if isinstance(to, User) else {"group": _group_of(to)}
        wanted = {"content_object": obj, "permission": permission, **grantee}
        there = table.given.filter(**wanted, revoked_at=None, since__lte=until, until__gte=since).first()
        if there is not None:
            raise Refused(
                "grant.overlapping",
                f"{there.since}至{there.until}已有同样的授权。请改为从{there.until + timedelta(days=1)}起，或者先撤销原授权。",
            )
        return table.given.create(
            **wanted,
            origin=origin,
            reason=reason,
            basis=basis.strip(),
            since=since,
            until=until,
            given_by=actor,
            given_at=moment,
        )


def revoke(given: DatedGrant, *, actor: User, reason: str, now: datetime | None = None) -> DatedGrant:
    """Take a grant back at once, before its last day; what was done under it stays done."""
    policy_for(type(given)).require(actor, "revoke", given)
    return _revoked(given, actor=actor, reason=reason, now=now)


def revoke_all_of(person: User, *, actor: User, reason: str, now: datetime | None = None) -> int:
    """Take back everything granted to a person who leaves; what was granted to the bodies stays theirs.

    For the administrators of accounts and of rights, in their own acts; returns how many there were.
    """
    if actor.username != User.SYSTEM and not actor.holds(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
        raise NotAllowed("您没有撤销授权的权限。")
    day = local_day(now or present())
    count = 0
    for grants in all_grants():
        for given in grants.users.given.filter(user=person, revoked_at=None, until__gte=day).order_by("pk"):
            _revoked(given, actor=actor, reason=reason, now=now)
            count += 1
    return count


def _revoked(given: DatedGrant, *, actor: User, reason: str, now: datetime | None) -> DatedGrant:
    moment = now or present()
    reason = reason.strip()
    if not reason:
        raise Refused("grant.reason", "撤销授权必须写明理由。")
    with act("grant.revoke", actor=actor, on=given, reason=reason):
        given = type(given).given.select_for_update(of=("self",)).get(pk=given.pk)
        if given.revoked_at is not None:
            raise Refused("grant.revoked", f"该授权已于{local_day(given.revoked_at)}撤销。")
        if given.until < local_day(moment):
            raise Refused("grant.over", f"该授权已于{given.until}到期，不需要撤销。")
        given.revoked_at, given.revoked_by, given.revoke_reason = moment, actor, reason[:500]
        given.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    return given


# --- what can be granted ----------------------------------------------------------------------------------------------


def _right_fits(grants: Grants, to: Model, right: str, origin: str) -> None:
    if right not in grants.rights or origin not in Origin.values:
        raise Refused("grant.right", f"{grants.model._meta.verbose_name}没有这种授权，请重新选择。")
    if right != Right.HANDLE:
        return
    if not isinstance(to, User):
        raise Refused("grant.handler", "承办只能委托给经办人本人，不能委托给机构。")
    if origin != Origin.DELEGATION:
        raise Refused("grant.origin", "承办的来由应为委托办理；会办和检查请选择查看或者查阅案卷。")


def _days_fit(since: date, until: date, *, today: date) -> None:
    if until < since:
        raise Refused("grant.dates", "截止日期不得早于起始日期。")
    if since < today:
        raise Refused("grant.past", f"起始日期不得早于今天({today})：授权不能倒签。")
    last = today + timedelta(days=settings.GRANT_LONGEST_DAYS)
    if until > last:
        raise Refused(
            "grant.too_long",
            f"授权最长{settings.GRANT_LONGEST_DAYS}天，截止日期不得晚于{last}；到期仍需要的，另行授权并写明理由。",
        )


def _grantee_fits(to: User | Department, right: str, *, actor: User, today: date) -> None:
    if isinstance(to, Department):
        if not to.active:
            raise Refused("grant.closed", f"{to}已停用，不能授权。")
        if to.pk in actor.departments_as(*BUSINESS_ROLES):
            raise Refused("grant.oneself", "不能给自己或者自己任职的机构授权。")
        return
    if to.pk == actor.pk:
        raise Refused("grant.oneself", "不能给自己或者自己任职的机构授权。")
    held: Holdings = held_on(to.pk, today)
    if any(role in held.roles for role in SEPARATE_ROLES):
        raise Refused("grant.administrator", "三员不接触业务数据，不能授权(三员分立)。")
    if not to.is_active or not any(role in held.roles for role in BUSINESS_ROLES):
        raise Refused(
            "grant.no_role", f"{to}没有在任的业务角色，不能授权；授权只在角色之外增加，不能代替角色。"
        )
    if right == Right.HANDLE and Role.OFFICER not in held.roles:
        raise Refused("grant.handler", f"{to}不是在任经办人，不能委托承办。")


def _group_of(body: Department) -> Group:
    """The body as a grantee; made with its first grant, and no part of its data (no history row)."""
    body = Department.objects.select_for_update(of=("self",)).get(pk=body.pk)
    if body.group_id is None:
        body.group = Group.objects.create(name=f"机构 {body.code}")
        body.skip_history_when_saving = True
        body.save(update_fields=["group"])
    return body.group


def _key_of(to: User | Department) -> str:
    return to.username if isinstance(to, User) else to.code
