"""Who sees and does what here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from accounts.areas import in_sight, keeps_common, within_area
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import Policy, any_of, policy_for, register

from .models import Attempt, Entry

_DOING = (Role.OFFICER, Role.APPROVER)
_about_bodies: list[Callable[[frozenset[int]], Q]] = []


def show_by_bodies(rule: Callable[[frozenset[int]], Q]) -> None:
    """Let a room above say which entries without a record tell of things of these bodies."""
    _about_bodies.append(rule)


def _without_record(user: Any, *roles: str) -> Q:
    """Of the bodies in the area as the rooms above know them; all of them for who keeps what all share."""
    area = user.area_as(*roles)
    about = (rule(area) for rule in _about_bodies) if area else ()
    return Q(record=None) & any_of(keeps_common(user, *roles), *about)


def _visible(user: Any) -> Q:
    """The office sees what tells of its area; a department what tells of its own records."""
    return any_of(in_sight(user, "record__department"), _without_record(user, *OFFICE_ROLES))


def _handles(user: Any) -> Q:
    return any_of(within_area(user, "record__department", *_DOING), _without_record(user, *_DOING))


@register
class EntryPolicy(Policy):
    model = Entry
    rules = {
        "view": _visible,
        "history": _visible,
        "retry": _handles,
        "register_by_hand": _handles,
        # What leaves by hand leaves through the office, and through people who answer for it.
        "export": _handles,
    }


@register
class AttemptPolicy(Policy):
    model = Attempt
    rules = {"view": lambda user: Q(entry__in=policy_for(Entry).scope(user))}
