"""What stands in the way of a role: asked under the lock of the account, for roles and for deputies alike."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from accounts.models import (
    DEPARTMENT_ROLES,
    OFFICE_ROLES,
    SEPARATE_ROLES,
    Department,
    Membership,
    Role,
    RolePair,
    User,
)
from accounts.models.roles import above
from accounts.rules.compatibility import Post, Term, same_post
from audit.faults import Refused

_IN_OFFICES = OFFICE_ROLES | {Role.UPPER_REVIEWER}


def locked_people(*people: User) -> list[User]:
    """The accounts as they are now, locked in the order of their keys: nobody waits for somebody who waits for them.

    Not their keys: whoever writes a row that names a person, with that row locked, goes on.
    """
    found = {
        one.pk: one
        for one in User.objects.select_for_update(no_key=True)
        .filter(pk__in={person.pk for person in people})
        .order_by("pk")
    }
    return [found[person.pk] for person in people]


def admit(person: User, role: str, department: Department | None, term: Term) -> Department | None:
    """Refuse unless the person may hold the role in the body for the term; returns the body as it is now.

    The person is locked (`locked_people`): two administrators at once see what the other has given.
    """
    _proper(term)
    _open_account(person, term)
    body = _fitting_body(role, department)
    post = Post(role, body.pk if body else 0, term, above(body))
    held = list(_beside(person, term))
    for other in held:
        if same_post(post, other.post):
            where = f"在{other.department}" if other.department else ""
            raise Refused(
                "account.role_held",
                f"{person}{where}已有这一角色({spell(other.term)})。需要改变期限的，请先终止原角色，再从次日起授予。",
            )
    pairs = list(pairs_lasting_on(term))
    for pair in pairs:
        for other in held:
            if pair.rule.clash(post, other.post):
                raise Refused("account.roles_apart", _apart(person, role, other, pair))
    return body


def spell(term: Term) -> str:
    return f"{term.since}起" if term.until is None else f"{term.since}至{term.until}"


def _proper(term: Term) -> None:
    if term.until is not None and term.until < term.since:
        raise Refused("account.role_dates", f"截止日期不得早于起始日期{term.since}。")


def _open_account(person: User, term: Term) -> None:
    if person.username == User.SYSTEM:
        raise Refused("account.closed", "系统账号不担任角色。")
    if not person.is_active:
        raise Refused("account.closed", f"{person}的账号已停用，请先由系统管理员启用。")
    if person.last_day is not None and not term.within(Term(term.since, person.last_day)):
        raise Refused(
            "account.closed",
            f"{person}已办理离岗，最后一天是{person.last_day}，角色不得超过这一天。离岗取消的，请先由系统管理员撤销离岗。",
        )


def _fitting_body(role: str, department: Department | None) -> Department | None:
    label = Role(role).label
    if role in SEPARATE_ROLES:
        if department is not None:
            raise Refused("account.role_body", f"{label}管理全系统，不指定机构，请将“机构”留空。")
        return None
    if department is None:
        must = "信用办" if role in _IN_OFFICES else "机构"
        raise Refused("account.role_body", f"{label}必须指定{must}。")
    # The body is not closed or made another kind of body while the role is given.
    body = (
        Department.objects.select_for_update(of=("self",), no_key=True)
        .select_related("parent__parent")
        .get(pk=department.pk)
    )
    if not body.active:
        raise Refused("account.role_body", f"{body}已停用，不能在该机构授予角色。")
    if role in _IN_OFFICES and not body.is_office:
        raise Refused("account.role_body", f"{label}只在信用办设置，{body}不是信用办，请另选机构。")
    if role in DEPARTMENT_ROLES or role in _IN_OFFICES:
        return body
    raise Refused("account.role_body", f"没有规定{label}设在什么机构。")


def _beside(person: User, term: Term) -> Iterable[Membership]:
    """What the person holds on some day of the term."""
    held = Membership.objects.filter(user=person).with_bodies()
    held = held.filter(Q(until__isnull=True) | Q(until__gte=term.since))
    return held if term.until is None else held.filter(since__lte=term.until)


def pairs_lasting_on(term: Term) -> Iterable[RolePair]:
    pairs = RolePair.objects.filter(Q(until__isnull=True) | Q(until__gte=term.since))
    return pairs if term.until is None else pairs.filter(since__lte=term.until)


def _apart(person: User, role: str, other: Membership, pair: RolePair) -> str:
    where = f"({other.department})" if other.department else ""
    return (
        f"{person}任{other.get_role_display()}{where}，{spell(other.term)}，不能同时任{Role(role).label}。"
        f"依据：{pair.reason.rstrip('。')}。请先终止原角色，或者由另一人担任。"
    )
