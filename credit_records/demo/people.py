"""The people of the demo: ten accounts to sign in with, and those who made and reviewed the records."""

from __future__ import annotations

import os
from datetime import date
from typing import NamedTuple

from django.contrib.auth.hashers import check_password, make_password

from accounts.checks import CITY_USERNAMES
from accounts.models import Department, Membership, Role, User
from accounts.services import give_role, register_account
from audit.acts import act

from .departments import BODIES, OFFICE
from .names import SURNAMES

DEFAULT_PASSWORD = "Xinheng-demo-2026"  # noqa: S105  published in the README, refused in production
_TITLES = {"clerk": "示例", "reviewer": "审示例"}


class Person(NamedTuple):
    username: str
    display_name: str
    role: Role
    body: str | None
    """Slug of the department, None for the three administrators (三员)."""


class Crew(NamedTuple):
    """Who reports for a body: the reviewer is never the one who entered (四眼)."""

    clerk: User
    reviewer: User


SIGNING_IN = tuple(
    Person(username, *rest)
    for username, rest in zip(
        CITY_USERNAMES,
        (
            ("张示例", Role.CLERK, "scjg"),
            ("李示例", Role.REVIEWER, "scjg"),
            ("王示例", Role.CLERK, "sthj"),
            ("周示例", Role.REVIEWER, "sthj"),
            ("赵示例", Role.OFFICER, OFFICE),
            ("钱示例", Role.APPROVER, OFFICE),
            ("吴示例", Role.SUPERVISOR, OFFICE),
            ("郑示例", Role.AUDITOR, None),
            ("冯示例", Role.SYSTEM_ADMIN, None),
            ("陈示例", Role.SECURITY_ADMIN, None),
        ),
        strict=True,
    )
)


def demo_password() -> str:
    return os.environ.get("DEMO_PASSWORD") or DEFAULT_PASSWORD


def ensure_people(departments: dict[str, Department], *, actor: User, since: date) -> dict[str, Crew]:
    """Accounts and roles, those that are missing added; the published password set where it differs.

    Returns the clerk and the reviewer of every body.
    """
    everybody = [*SIGNING_IN, *_crews()]
    known = User.objects.filter(username__in=[one.username for one in everybody])
    users = {user.username: user for user in known}
    held = Membership.objects.filter(user__in=known, until=None)
    roles = set(held.values_list("user_id", "role", "department_id"))
    for one in everybody:
        department = departments[one.body] if one.body else None
        user = users.get(one.username)
        if user is None:
            user = users[one.username] = register_account(
                actor=actor, username=one.username, display_name=one.display_name, department=department
            )
        elif user.display_name in ("", user.username) or user.department_id != (department and department.pk):
            user.display_name, user.department = one.display_name, department
            with act("account.change", actor=actor, on=user, reason="演示账号"):
                user.save(update_fields=["display_name", "department"])
        if (user.pk, str(one.role), department and department.pk) not in roles:
            give_role(user, one.role, actor=actor, department=department, since=since)
    set_passwords([users[one.username] for one in SIGNING_IN], actor=actor)
    return {body.slug: Crew(users[f"clerk.{body.slug}"], users[f"reviewer.{body.slug}"]) for body in BODIES}


def _crews() -> list[Person]:
    """Clerk and reviewer of the other bodies: they made the demo's records and cannot sign in."""
    return [
        Person(
            f"{role}.{body.slug}", f"{SURNAMES[number % len(SURNAMES)]}{_TITLES[role]}", Role(role), body.slug
        )
        for number, body in enumerate(BODIES)
        for role in _TITLES
        if f"{role}.{body.slug}" not in CITY_USERNAMES
    ]


def set_passwords(users: list[User], *, actor: User) -> None:
    """The published password; one hash for all: checks of separate hashes would take seconds at every start."""
    password = demo_password()
    kept = {user.password for user in users}
    if len(kept) == 1 and check_password(password, kept.pop()):
        return
    hashed = make_password(password)
    with act("demo.passwords", actor=actor, data={"accounts": [user.username for user in users]}):
        for user in users:
            user.password = hashed
            user.save(update_fields=["password"])
