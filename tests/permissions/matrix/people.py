"""Who asks: every role at every place from which one can look at a thing of the city's market supervision.

The things stay where they are, the people move: `clerk@other` is the clerk of another department, `officer@below` the officer of
a district's office, `officer@above` that of the region's, `officer@other` that of another city's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.grants.reach import grants_of
from accounts.grants.rows import Right
from accounts.models import Department, Role, User
from audit.acts import act
from audit.clock import now, today

NOBODY = "nobody"
"""Has not signed in."""
BODIES = {
    "other_office": ("11640200DEP099991X", "石嘴山市社会信用体系建设领导小组办公室", "city", "640200", True, "upper_office"),
    "below": ("11640104DEP00003XA", "银川市兴庆区市场监督管理局", "district", "640104", False, None),
    "below_office": ("11640104DEP09999XB", "银川市兴庆区社会信用体系建设领导小组办公室", "district", "640104", True, "office"),
    "above": ("11640000DEP00004XC", "宁夏回族自治区市场监督管理厅", "region", "640000", False, None),
    "guest": ("11640100DEP77771XE", "银川市示例受邀局", "city", "640100", False, None),
    "guest_office": ("11640300DEP09999XF", "吴忠市社会信用体系建设领导小组办公室", "city", "640300", True, "upper_office"),
    "far_office": ("11610000DEP09999XD", "陕西省社会信用体系建设领导小组办公室", "region", "610000", True, None),
}  # fmt: skip
LET_IN = {
    "granted": (0, 10, False),
    "expired": (-10, -1, False),
    "revoked": (0, 10, True),
    "coming": (1, 10, False),
}
"""People of another body with a grant on the record and the cases: its first and last day from today on, whether it was taken back."""
LAPSED = ("expired", "revoked", "coming")
"""A grant that is not in force is none: the tables write nothing of these, they get what those at `other` get."""
_DEPARTMENTS = {
    "own": "scjg",
    "other": "sthj",
    "below": "below",
    "above": "above",
    **dict.fromkeys(LET_IN, "sthj"),
}
_OFFICES = {
    "own": "office", "other": "other_office", "below": "below_office", "above": "upper_office",
    **dict.fromkeys(LET_IN, "other_office"),
}  # fmt: skip
INVITED = "invited"
"""Where the grant is to the body and not to the person."""
_NOWHERE = {"own": None, "granted": None}
"""Whom no grant lets in, because it adds to a business role and replaces none."""
_PLACES = {
    Role.CLERK: {**_DEPARTMENTS, INVITED: "guest"},
    Role.REVIEWER: _DEPARTMENTS,
    Role.OFFICER: {**_OFFICES, INVITED: "guest_office"},
    Role.APPROVER: _OFFICES,
    Role.SUPERVISOR: _OFFICES,
    # The office before which the city lays its cases is the one above: that one is the upper reviewer's own.
    Role.UPPER_REVIEWER: {
        "own": "upper_office",
        "other": "far_office",
        **dict.fromkeys(LET_IN, "far_office"),
    },
    Role.AUDITOR: _NOWHERE,
    Role.SYSTEM_ADMIN: _NOWHERE,
    Role.SECURITY_ADMIN: _NOWHERE,
}
ALREADY_THERE = {
    "clerk@own": "clerk",
    "reviewer@own": "reviewer",
    "clerk@other": "stranger",
    "reviewer@other": "strange_reviewer",
    "officer@own": "officer",
    "approver@own": "approver",
    "supervisor@own": "supervisor",
    "upper@own": "upper",
    "auditor@own": "auditor",
    "sysadmin@own": "sysadmin",
    "secadmin@own": "secadmin",
}
"""Of the city (`tests.conftest.City`)."""
WITHOUT_ROLE = ("roleless", "roleless@granted", "superuser")
"""An account without any role, also with a grant, and one whose superuser flag somebody has set past the product."""
EVERYBODY = (
    *(f"{role.value}@{place}" for role, places in _PLACES.items() for place in places),
    *WITHOUT_ROLE,
    NOBODY,
)
LET_IN_NOWHERE = (Role.AUDITOR.value, Role.SYSTEM_ADMIN.value, Role.SECURITY_ADMIN.value, *WITHOUT_ROLE[::2])
ROLES = (*(role.value for role in _PLACES), "roleless", "superuser", NOBODY)


def settle(city) -> None:
    """Bodies and people that the city does not have yet."""
    bodies = {name: getattr(city, name) for name in city.DEPARTMENTS}
    with act("test.settle", actor=city.system):
        for name, (code, title, level, division, is_office, parent) in BODIES.items():
            bodies[name] = Department.objects.create(
                code=code, name=title, level=level, division=division, is_office=is_office,
                parent=bodies[parent] if parent else None,
                group=Group.objects.create(name=code) if name.startswith("guest") else None,
            )  # fmt: skip
    for role, places in _PLACES.items():
        for place, body in places.items():
            key = f"{role.value}@{place}"
            if key not in ALREADY_THERE:
                city.person(_username(key), "示例", role, bodies[body] if body else None)
    with act("test.settle", actor=city.system):
        for name in WITHOUT_ROLE:
            User.objects.create(
                username=_username(name), display_name="示例", is_staff=True, department=city.scjg,
                is_superuser=name == "superuser",
            )  # fmt: skip


def let_in(city, things: Iterable[Model]) -> None:
    """Everybody at a place of `LET_IN`, and two bodies, have a grant on each of the things: the widest that can be given."""
    for thing in things:
        grants = grants_of(type(thing))
        widest = Right.INSPECT if Right.INSPECT in grants.rights else Right.VIEW
        for key in EVERYBODY:
            role, _, place = key.partition("@")
            if place in LET_IN:
                handles = role == Role.OFFICER and Right.HANDLE in grants.rights
                to = {"user": person(key)}
                _grant(city, grants.users, thing, to, Right.HANDLE if handles else widest, *LET_IN[place])
        for body in ("guest", "guest_office"):
            group = Group.objects.get(name=BODIES[body][0])
            _grant(city, grants.departments, thing, {"group": group}, widest, *LET_IN["granted"])


def _grant(
    city, table: Any, thing: Model, to: dict[str, Any], right: str, first: int, last: int, revoked: bool
) -> None:
    """Past the service, which lets nobody in for days that are over, nor whoever holds no business role."""
    permission = Permission.objects.get(
        content_type=ContentType.objects.get_for_model(thing), codename=f"{right}_{thing._meta.model_name}"
    )
    taken_back = (
        {"revoked_at": now(), "revoked_by": city.approver, "revoke_reason": "示例"} if revoked else {}
    )
    with act("test.grant", actor=city.system):
        table.given.create(
            content_object=thing, permission=permission, **to, origin="co_handling", reason="示例",
            since=today() + timedelta(first), until=today() + timedelta(last), given_by=city.officer, given_at=now(),
            **taken_back,
        )  # fmt: skip


def person(key: str) -> User:
    """The account; asked anew, so that what it holds is read anew."""
    name = {"stranger": "stranger", "strange_reviewer": "stranger2"}.get(ALREADY_THERE.get(key, ""), "")
    return User.objects.get(username=name or ALREADY_THERE.get(key) or _username(key))


def _username(key: str) -> str:
    return key.replace("@", ".")
