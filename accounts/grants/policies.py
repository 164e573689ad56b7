"""Who sees grants, gives them and takes them back: the same for every table of grants."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.db.models import Model, Q

from accounts.holdings import Holdings
from accounts.models import Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, policy_for
from accounts.policy import register as register_policy

from .reach import BODY_ROLES, Grants, register


def by_rule_alone(user: Any) -> Any:
    """The same person as if nothing were granted: what a role shows, and no exception."""
    if not user.holdings.grants:
        return user
    other = copy(user)
    other.__dict__["holdings"] = Holdings(user.holdings.titles)
    return other


def _to_oneself(user: Any, of_people: bool) -> Q:
    if of_people:
        return Q(user=user.pk)
    bodies = user.departments_as(*BODY_ROLES)
    return Q(group__body__in=bodies) if bodies else NOTHING


def _listed(user: Any, model: type[Model], of_people: bool, by: str = "view") -> Q:
    """The security administrator and the auditor read all grants; others those on objects of their own, and to themselves.

    Being let in to an object does not show who else is let in.
    """
    if user.holds(Role.SECURITY_ADMIN, Role.AUDITOR):
        return EVERYTHING
    own = policy_for(model).scope(by_rule_alone(user), by)
    return any_of(Q(content_object__in=own), _to_oneself(user, of_people))


def _revocable(user: Any, model: type[Model]) -> Q:
    """Whoever may grant takes back, whoever gave it; the security administrator any."""
    if user.holds(Role.SECURITY_ADMIN):
        return EVERYTHING
    return Q(content_object__in=policy_for(model).scope(user, "grant"))


def open_by_grants(grants: Grants) -> None:
    """Let a model be opened by grants: they count, and their lists have a policy. Its own policy has the verb `grant`."""
    register(grants)
    target = grants.model
    for table, of_people in ((grants.users, True), (grants.departments, False)):
        rules = {
            "view": lambda user, of_people=of_people: _listed(user, target, of_people, grants.listed_by),
            "revoke": lambda user: _revocable(user, target),
        }
        name = f"{table.__name__}Policy"
        register_policy(
            type(
                name,
                (Policy,),
                {
                    "__doc__": _listed.__doc__,
                    "__module__": __name__,
                    "model": table,
                    "rules": rules,
                    "creation": staticmethod(lambda user: policy_for(target).may(user, "grant")),
                },
            )
        )
