"""Leavers (离岗交接): roles end with the last day, open work goes to a successor, the account closes by itself.

The rooms above say what open work a person can have (`open_work`) and what else ends with a person (`on_leaving`).
The system administrator, who starts it, sees numbers only: what the work is about stays in its room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.db.models import Q, QuerySet

from accounts.grants.services import revoke_all_of
from accounts.models import SEPARATE_ROLES, Membership, Role, User
from accounts.policy import policy_for
from accounts.selectors.hand_over import HANDED_OVER
from audit.acts import act, note
from audit.clock import today
from audit.faults import Refused

from .admission import locked_people
from .last_holder import keep_a_holder
from .roles import end_with


class HandOver(Protocol):
    def __call__(self, rows: QuerySet, *, leaver: User, successor: User, actor: User, reason: str) -> Any:
        """Write the successor into the rows, lock them first, and tell the journal of each; inside the act of leaving."""


@dataclass(frozen=True)
class OpenWork:
    """One kind of work that lies in a person's hands."""

    label: str
    """As the administrator reads it: 在办案件."""
    rows: Callable[[User], QuerySet]
    body: str
    """The path from a row to the body in which the work is done."""
    roles: frozenset[str]
    """Of which the successor holds one, in that body."""
    hand_over: HandOver | None = None
    """Without it the work cannot be handed over here: it is done or changed in its room before the person leaves."""


class Leaving(Protocol):
    def __call__(self, user: User, *, last_day: date, actor: User, reason: str) -> int:
        """End what the person has beside roles (rights on single objects, substitutes); inside the act of leaving. Says how many."""


def _revoke_grants(user: User, *, last_day: date, actor: User, reason: str) -> int:
    """What was opened to the person is taken back with the last day; until a later one it counts beside a role, and never without."""
    return revoke_all_of(user, actor=actor, reason=reason) if last_day <= today() else 0


_kinds: list[OpenWork] = []
_endings: list[tuple[str, Leaving]] = [("对单个对象的授权", _revoke_grants)]


def open_work(
    label: str,
    *,
    rows: Callable[[User], QuerySet],
    body: str,
    roles: frozenset[str] | set[str],
    hand_over: HandOver | None = None,
) -> None:
    _kinds.append(OpenWork(label, rows, body, frozenset(roles), hand_over))


def on_leaving(label: str, ending: Leaving) -> None:
    """`label` as the administrator reads it: 代办."""
    _endings.append((label, ending))


def work_of(user: User) -> dict[str, int]:
    """How much of each kind lies in the person's hands; kinds of which there is none are left out. A count for each kind."""
    counts = {kind.label: kind.rows(user).count() for kind in _kinds}
    return {label: count for label, count in counts.items() if count}


def leave(
    user: User, *, actor: User, last_day: date, reason: str, successor: User | None = None
) -> dict[str, int]:
    """Let a person go with a last day: roles and their deputies end with it, open work goes to the successor now.

    After that day the account is closed without anybody doing anything: `AccountBackend` lets nobody in past `last_day`, and
    no role is in force. A last day before today closes it at once. Returns what was handed over. Refused when open
    work is left (`account.open_work`), naming it by kind and number. Whoever must be shut out at once regardless is
    deactivated; their cases then wait in the list of the office as 待交接.
    """
    policy_for(User).require(actor, "change", user)
    if actor.pk == user.pk:
        raise Refused("account.oneself", "不能为自己办理离岗，请由另一位系统管理员办理。")
    data = {"last_day": str(last_day)} | ({"successor": successor.username} if successor else {})
    with act("account.leave", actor=actor, on=user, reason=reason, data=data):
        if successor is None:
            [leaver] = locked_people(user)
        elif successor.pk == user.pk:
            raise Refused("account.successor", "接手人不能是离岗人本人。")
        else:
            leaver, successor = locked_people(user, successor)
        if not leaver.is_active:
            raise Refused("account.state", "该账号已停用。")
        if leaver.last_day is not None:
            raise Refused(
                "account.leaving",
                f"该账号已办理离岗，最后一天是{leaver.last_day}。需要改变的，请先撤销离岗。",
            )
        keep_a_holder(SEPARATE_ROLES, after=last_day, without=Q(user=leaver.pk))
        handed = _hand_over(leaver, successor, actor=actor, reason=reason)
        roles, deputies = _end_roles(leaver, last_day)
        ended = {
            label: ending(leaver, last_day=last_day, actor=actor, reason=reason) for label, ending in _endings
        }
        told = {
            **data,
            "roles": roles,
            "deputies": deputies,
            "handed": [f"{label}{count}件" for label, count in handed.items()],
            "ended": [f"{label}{count}项" for label, count in ended.items() if count],
        }
        note(HANDED_OVER, actor=actor, on=leaver, reason=reason, data=told)
        leaver.last_day = last_day
        leaver.is_active = last_day >= today()
        leaver.save(update_fields=["last_day", "is_active"])
    return handed


def stay(user: User, *, actor: User, reason: str) -> User:
    """The person does not leave after all: the account stays open. Roles that were ended are given anew by whoever gives roles."""
    policy_for(User).require(actor, "change", user)
    if actor.pk == user.pk:
        raise Refused("account.oneself", "不能为自己撤销离岗，请由另一位系统管理员办理。")
    with act("account.stay", actor=actor, on=user, reason=reason):
        [user] = locked_people(user)
        if user.last_day is None:
            raise Refused("account.leaving", "该账号没有办理离岗。")
        user.last_day = None
        user.save(update_fields=["last_day"])
    return user


def _end_roles(leaver: User, last_day: date) -> tuple[list[str], list[str]]:
    """End the leaver's roles and those that others hold in the leaver's stead; both in words, with the last day that they now have."""
    roles, deputies = [], []
    for held in (
        Membership.objects.select_for_update(of=("self",))
        .filter(Q(user=leaver) | Q(deputy_of__user=leaver))
        .lasting(last_day)
        .select_related("user", "department")
        .order_by("pk")
    ):
        end_with(held, last_day)
        what = f"{held.department or ''}{held.get_role_display()}"
        day = "未开始，撤回" if held.withdrawn else f"至{held.until}"
        if held.user_id == leaver.pk:
            roles.append(f"{what}({day})")
        else:
            deputies.append(f"{held.user}代理{what}({day})")
    return roles, deputies


def _hand_over(leaver: User, successor: User | None, *, actor: User, reason: str) -> dict[str, int]:
    handed: dict[str, int] = {}
    left: list[str] = []
    for kind in _kinds:
        rows = kind.rows(leaver)
        count = rows.count()
        if not count:
            continue
        if kind.hand_over is None:
            left.append(f"{kind.label}{count}件(须先在办理页面办结或者改派)")
        elif successor is None:
            left.append(f"{kind.label}{count}件")
        else:
            _fits(successor, kind, rows)
            kind.hand_over(rows, leaver=leaver, successor=successor, actor=actor, reason=reason)
            handed[kind.label] = count
    if left:
        raise Refused(
            "account.open_work",
            f"{leaver}还有{'、'.join(left)}没有交接。请指定接手人，或者由其单位先行移交；须立即停用的，用“停用账号”。",
        )
    return handed


def _fits(successor: User, kind: OpenWork, rows: QuerySet) -> None:
    day = today()
    roles = "、".join(Role(role).label for role in Role if role in kind.roles)
    if not successor.is_active or successor.last_day is not None:
        raise Refused("account.successor", f"{successor}的账号已停用或者也要离岗，请另选接手人。")
    bodies = set(rows.order_by().values_list(kind.body, flat=True).distinct())
    held = Membership.objects.in_force(day).filter(user=successor, role__in=kind.roles, department__in=bodies)
    if bodies - set(held.values_list("department", flat=True)):
        raise Refused(
            "account.successor",
            f"{successor}不是同一机构的{roles}，不能接手{kind.label}。请另选接手人，或者先由安全管理员授予角色。",
        )
