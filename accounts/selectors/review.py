"""The yearly review of accounts and rights (账号权限复核): roles that do not go together, accounts that nobody uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import Department, Membership, Role, RolePair, User
from accounts.rules.compatibility import Term
from audit.clock import CHINA


@dataclass(frozen=True)
class Violation:
    """One person who holds two roles against a pair, and on which days from the one asked about on."""

    person: User
    one: Membership
    other: Membership
    pair: RolePair
    term: Term


def violations(
    on: date, pairs: Iterable[RolePair] | None = None, people: Iterable[User] | None = None
) -> list[Violation]:
    """Who holds, or will hold, roles together that do not go together: given before the pair was added, or written past the services.

    Two queries, however many people there are.
    """
    asked = RolePair.objects.filter(Q(until__isnull=True) | Q(until__gte=on)) if pairs is None else pairs
    pairs = list(asked)
    held = Membership.objects.lasting(on - timedelta(days=1)).with_bodies().order_by("user__username", "pk")
    if people is not None:
        held = held.filter(user__in=[person.pk for person in people])
    by_person: dict[int, list[Membership]] = {}
    for one in held:
        by_person.setdefault(one.user_id, []).append(one)
    coming = Term(on)
    found = []
    for of_one in by_person.values():
        for one, other in combinations(of_one, 2):
            for pair in pairs:
                clash = pair.rule.clash(one.post, other.post)
                days = clash.common(coming) if clash else None
                if days:
                    found.append(Violation(one.user, one, other, pair, days))
    return found


def law_pairs_missing() -> int:
    """How many of the pairs of 三员分立 are not there: 0 but where somebody has reached into the database."""
    separate = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
    kept = {
        frozenset(pair)
        for pair in RolePair.objects.filter(
            by_law=True, scope=RolePair.Scope.ANYWHERE, until__isnull=True
        ).values_list("role_a", "role_b")
    }
    wanted = {frozenset({str(one), str(other)}) for one in separate for other in Role if one != other}
    return len(wanted - kept)


def dormant(on: date, days: int | None = None) -> QuerySet[User]:
    """Open accounts without a sign-in for so many days (`XINHENG_DORMANT_DAYS`); never used: since they were opened."""
    least = settings.XINHENG_DORMANT_DAYS if days is None else days
    before = datetime.combine(on - timedelta(days=least), time(), CHINA)
    unused = Q(last_login__lt=before) | Q(last_login__isnull=True, date_joined__lt=before)
    return User.objects.working(on).filter(unused).order_by("username")


def misplaced(on: date) -> QuerySet[Membership]:
    """Roles held in a body that has been closed since, or is no office any more."""
    office = ("officer", "approver", "supervisor", "upper")
    wrong = Q(department__active=False) | Q(role__in=office, department__is_office=False)
    return Membership.objects.in_force(on).filter(wrong).select_related("user", "department").order_by("pk")


def staffed(body: Department, on: date, *roles: str) -> int:
    """How many roles (of these kinds; any without) are held in the body now or later."""
    held = Membership.objects.lasting(on - timedelta(days=1)).filter(department=body)
    return (held.filter(role__in=roles) if roles else held).count()
