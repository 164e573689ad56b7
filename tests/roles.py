"""Roles that the services give to nobody, for tests of what holds all the same."""

from __future__ import annotations

from datetime import date

from accounts.models import Department, Membership, User
from accounts.services import system_account
from audit.acts import act

LONG_AGO = date(2020, 1, 1)


def holds_besides(
    user: User, role: str, department: Department | None = None, *, since: date = LONG_AGO
) -> Membership:
    """A further role beside one that it does not go with, as somebody holds who had both before the pair was added.

    Four eyes on one case or batch are about the person and hold for such a one too.
    """
    with act("test.holds_besides", actor=system_account(), on=user):
        return Membership.objects.create(user=user, role=role, department=department, since=since)
