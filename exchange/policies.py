"""Who sees and does what here."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, policy_for, register

from .models import Attempt, Entry


def _visible(user: Any) -> Q:
    """The office sees all; a department what tells of its own records."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    return Q(record__department__in=own) if own else NOTHING


def _handles(user: Any) -> Q:
    return EVERYTHING if user.holds(Role.OFFICER, Role.APPROVER) else NOTHING


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
