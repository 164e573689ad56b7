"""The people of the boards' benchmark: an office with its supervisor and twenty officers, and a department's clerk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.test import Client

from accounts.models import Department, Role, User
from accounts.services import give_role, register_account, system_account
from audit.acts import act
from bench.fill import departments
from credit_records.rules.identifiers import make_uscc

OFFICERS = 20
_SUPERVISOR = "bench.supervisor"


def office() -> Department:
    found = Department.objects.filter(is_office=True, level="city").first()
    if found is not None:
        return found
    with act("bench.office", actor=system_account()):
        departments()
        return Department.objects.create(
            code=make_uscc("11", "640100", "DEP99999"),
            name="示例信用办",
            level="city",
            division="640100",
            is_office=True,
        )


def people() -> list[User]:
    """The officers; the supervisor is made with them."""
    body, system = office(), system_account()
    found = list(User.objects.filter(username__startswith="bench.officer").order_by("pk"))
    if found:
        return found
    for name, role in [(f"bench.officer{n}", Role.OFFICER) for n in range(OFFICERS)] + [
        (_SUPERVISOR, Role.SUPERVISOR)
    ]:
        person = register_account(actor=system, username=name, display_name="赵示例", department=None)
        give_role(person, role, actor=system, department=body, since=date(2020, 1, 1))
        if role == Role.OFFICER:
            found.append(person)
    return found


@contextmanager
def half_the_city() -> Iterator[None]:
    """Meanwhile every office answers for every second body only, as that of a district does for its own."""
    whole = User.area_as
    half = frozenset(list(Department.objects.order_by("pk").values_list("pk", flat=True))[::2])
    User.area_as = lambda self, *roles: whole(self, *roles) & half  # type: ignore[method-assign]
    try:
        yield
    finally:
        User.area_as = whole  # type: ignore[method-assign]


def signed_in(username: str = _SUPERVISOR) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client
