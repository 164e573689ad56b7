"""Roles given by the security administrator of the test city, and how a refusal is looked at."""

from __future__ import annotations

from datetime import date

import pytest

from accounts import services
from accounts.models import Department, User
from audit.faults import Refused

DAY = date(2026, 3, 2)


def give(city, user: User, role: str, body: Department | None = None, since: date = DAY, until=None, by=None):
    return services.give_role(
        user,
        role,
        actor=by or city.secadmin,
        department=body,
        since=since,
        until=until,
        reason="任命〔2026〕1号",
    )


def refused(call, code: str, *words: str) -> None:
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.code == code
    for word in words:
        assert word in refusal.value.message


def newcomer(city, name: str = "newcomer", body: Department | None = None) -> User:
    return services.register_account(
        actor=city.system, username=name, display_name="褚示例", department=body or city.scjg
    )
