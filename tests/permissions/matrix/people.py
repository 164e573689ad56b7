"""Who asks: every role at every place from which one can look at a thing of the city's market supervision.

The things stay where they are, the people move: `clerk@other` is the clerk of another department, `officer@below` the officer of
a district's office, `officer@above` that of the region's, `officer@other` that of another city's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.grants.reach import Grants, grants_of
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
    "far_office": ("11610000DEP09999XD", "陕西省社会信用体系建设领导小组办公室", "region", "610000", True, None),
}  # fmt: skip
_DEPARTMENTS = {"own": "scjg", "other": "sthj", "below": "below", "above": "above"}
_OFFICES = {"own": "office", "other": "other_office", "below": "below_office", "above": "upper_office"}
_PLACES = {
    # Let in to the record and the cases by a grant, and by one that is over.
    Role.CLERK: {**_DEPARTMENTS, "granted": "sthj", "expired": "sthj"},
    Role.REVIEWER: _DEPARTMENTS,
    Role.OFFICER: {**_OFFICES, "granted": "other_office", "expired": "other_office"},
    Role.APPROVER: _OFFICES,
    Role.SUPERVISOR: _OFFICES,
    # The office before which the city lays its cases is the one above: that one is the upper reviewer's own.
    Role.UPPER_REVIEWER: {"own": "upper_office", "other": "far_office"},
    Role.AUDITOR: {"own": None},
    Role.SYSTEM_ADMIN: {"own": None},
    Role.SECURITY_ADMIN: {"own": None},
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
WITHOUT_ROLE = ("roleless", "superuser")
"""An account without any role, and one whose superuser flag somebody has set past the product."""
EVERYBODY = (
    *(f"{role.value}@{place}" for role, places in _PLACES.items() for place in places),
    *WITHOUT_ROLE,
    NOBODY,
)
ROLES = (*(role.value for role in _PLACES), *WITHOUT_ROLE, NOBODY)


def settle(city) -> None:
    """Bodies and people that the city does not have yet."""
    bodies = {name: getattr(city, name) for name in city.DEPARTMENTS}
    with act("test.settle", actor=city.system):
        for name, (code, title, level, division, is_office, parent) in BODIES.items():
            bodies[name] = Department.objects.create(
                code=code, name=title, level=level, division=division, is_office=is_office,
                parent=bodies[parent] if parent else None,
            )  # fmt: skip
    for role, places in _PLACES.items():
        for place, body in places.items():
            key = f"{role.value}@{place}"
            if key not in ALREADY_THERE:
                city.person(_username(key), "示例", role, bodies[body] if body else None)
    with act("test.settle", actor=city.system):
        for name in WITHOUT_ROLE:
            User.objects.create(
                username=name, display_name="示例", is_staff=True, department=city.scjg,
                is_superuser=name == "superuser",
            )  # fmt: skip


def let_in(city, things: Iterable[Model]) -> None:
    """The grants of those who are let in, today or no longer."""
    for thing in things:
        grants = grants_of(type(thing))
        for role, right in (
            (Role.CLERK, _widest(grants, Right.INSPECT)),
            (Role.OFFICER, _widest(grants, Right.HANDLE)),
        ):
            for place, first, last in (("granted", 0, 10), ("expired", -10, -1)):
                _grant(city, grants, thing, person(f"{role.value}@{place}"), right, first, last)


def let_a_body_in(city, thing: Model) -> None:
    """A grant to a body in which nobody works, so that there is one to look at."""
    grants = grants_of(type(thing))
    with act("test.grant", actor=city.system):
        group = Group.objects.create(name=f"guest {thing._meta.model_name}")
        Department.objects.create(
            code=f"11640100DEP7777{group.pk % 90 + 10}X", name=f"示例{group.name}", level="city", division="640100",
            group=group,
        )  # fmt: skip
        permission = Permission.objects.get(
            content_type=ContentType.objects.get_for_model(thing), codename=f"view_{thing._meta.model_name}"
        )
        grants.departments.given.create(
            content_object=thing, permission=permission, group=group, origin="inspection", reason="示例",
            since=today(), until=today() + timedelta(10), given_by=city.officer, given_at=now(),
        )  # fmt: skip


def _widest(grants: Grants, right: str) -> str:
    return right if right in grants.rights else Right.VIEW


def _grant(city, grants: Grants, thing: Model, to: User, right: str, first: int, last: int) -> None:
    """Past the service, which lets nobody in for days that are over."""
    permission = Permission.objects.get(
        content_type=ContentType.objects.get_for_model(thing), codename=f"{right}_{thing._meta.model_name}"
    )
    with act("test.grant", actor=city.system):
        grants.users.given.create(
            content_object=thing, permission=permission, user=to, origin="co_handling", reason="示例",
            since=today() + timedelta(first), until=today() + timedelta(last), given_by=city.officer, given_at=now(),
        )  # fmt: skip


def person(key: str) -> User:
    """The account; asked anew, so that what it holds is read anew."""
    name = {"stranger": "stranger", "strange_reviewer": "stranger2"}.get(ALREADY_THERE.get(key, ""), "")
    return User.objects.get(username=name or ALREADY_THERE.get(key) or _username(key))


def _username(key: str) -> str:
    return key.replace("@", ".")
