"""How far grants reach: which tables of grants there are, and the condition by which policies let grantees in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, Model, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate

from accounts.holdings import also_held_by
from accounts.models import DEPARTMENT_ROLES, OFFICE_ROLES, Membership, Role, User
from accounts.policy import NOTHING
from audit.clock import CHINA

from .rows import RIGHTS_HOLDING, DatedGrant, DepartmentGrant, Right, UserGrant

BUSINESS_ROLES = (*sorted(DEPARTMENT_ROLES), *sorted(OFFICE_ROLES), Role.UPPER_REVIEWER)
"""A grant adds to one of these and replaces none: 三员 and people without a role are let in nowhere."""
BODY_ROLES = (*sorted(DEPARTMENT_ROLES), *sorted(OFFICE_ROLES))
"""Whom a grant to a body reaches there."""


@dataclass(frozen=True)
class Grants:
    """The two tables of grants of one model, and what they may open of it."""

    model: type[Model]
    users: type[UserGrant]
    departments: type[DepartmentGrant]
    rights: Mapping[str, str]
    """Right → what it is called for this model."""
    listed_by: str = "view"
    """Whoever has this verb on an object, and has it by rule, reads who else was let in, and why."""

    def table_for(self, to: Model) -> type[DatedGrant]:
        return self.users if to._meta.label == "accounts.User" else self.departments

    @property
    def tables(self) -> tuple[type[DatedGrant], type[DatedGrant]]:
        return self.departments, self.users


_registered: dict[type[Model], Grants] = {}

_COLUMNS = """
    NULL::text, NULL::bigint, NULL::text, NULL::bigint[],
    '{label}', given.content_object_id, split_part(permission.codename, '_', 1), given.id, given.until
"""
_IN_FORCE = "given.revoked_at IS NULL AND given.since <= %(day)s AND given.until >= %(day)s"
_HELD = """
    held.user_id = %(user)s AND held.since <= %(day)s AND (held.until IS NULL OR held.until >= %(day)s)
    AND held.role IN ({roles})
"""
_TO_THE_PERSON = f"""
    SELECT {_COLUMNS} FROM {{table}} AS given JOIN auth_permission AS permission ON permission.id = given.permission_id
    WHERE given.user_id = %(user)s AND {_IN_FORCE}
      AND EXISTS (
          SELECT 1 FROM accounts_membership AS held
          WHERE {_HELD} AND held.since <= (given.given_at AT TIME ZONE 'Asia/Shanghai')::date)
"""
"""Beside a role that was held when it was given: who has since moved to another post is let in anew, or not at all."""
_TO_THE_BODY = f"""
    SELECT {_COLUMNS} FROM {{table}} AS given JOIN auth_permission AS permission ON permission.id = given.permission_id
    WHERE {_IN_FORCE} AND given.group_id IN (
        SELECT body.group_id FROM accounts_membership AS held
        JOIN accounts_department AS body ON body.id = held.department_id WHERE {_HELD})
"""


def register(grants: Grants) -> None:
    """Let the grants of a model count from now on: they come with the one query for what a person holds."""
    if grants.model in _registered:
        return
    _registered[grants.model] = grants
    for query, table, roles in (
        (_TO_THE_PERSON, grants.users, BUSINESS_ROLES),
        (_TO_THE_BODY, grants.departments, BODY_ROLES),
    ):
        also_held_by(
            query.format(
                label=grants.model._meta.label_lower,
                table=table._meta.db_table,
                roles=", ".join(f"'{role}'" for role in roles),
            )
        )


def grants_of(model: type[Model]) -> Grants | None:
    return _registered.get(model)


def all_grants() -> tuple[Grants, ...]:
    return tuple(_registered.values())


def with_reach(given: QuerySet, day: date) -> QuerySet:
    """The same grants, each with `reaches`: whether it lets anybody in on a day on which it is in force.

    One to a person does not any more when the roles beside which it was given have ended, or the person has left.
    """
    if not issubclass(given.model, UserGrant):
        return given.annotate(reaches=Value(True))
    beside = Membership.objects.in_force(day).filter(
        user=OuterRef("user"), role__in=BUSINESS_ROLES, since__lte=OuterRef("given_on")
    )
    there = User.objects.working(day).filter(pk=OuterRef("user"))
    return given.annotate(given_on=TruncDate("given_at", tzinfo=CHINA)).annotate(
        reaches=Case(When(Exists(beside) & Exists(there), then=Value(True)), default=Value(False))
    )


def granted(user: Any, model: type[Model], right: str = Right.VIEW) -> Q:
    """The objects of a model opened to the user for the time being; no condition at all for whom nothing is."""
    label = model._meta.label_lower
    keys = frozenset().union(*(user.holdings.granted(label, held) for held in RIGHTS_HOLDING[right]))
    return Q(pk__in=sorted(keys)) if keys else NOTHING


def granted_until(user: Any, obj: Model) -> date | None:
    """The last day on which something is granted to the user on this object; None where nothing is. Asks no query."""
    label, key = obj._meta.label_lower, obj.pk
    days = [one.until for one in user.holdings.grants if (one.label, one.object_id) == (label, key)]
    return max((day for day in days if day is not None), default=None)


def granted_behind(user: Any, key: str, model: type[Model], right: str = Right.VIEW) -> Q:
    """What hangs on such an object by its foreign key `key`."""
    rule = granted(user, model, right)
    return Q(**{f"{key}__in": rule.children[0][1]}) if rule is not NOTHING else NOTHING
