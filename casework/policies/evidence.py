"""Who sees the evidence of a case, reads its content, crosses it out and hands it on."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, policy_for, register
from casework.models import Case, Evidence, EvidenceShare

from .cases import laid_before

_DEPARTMENT = (Role.CLERK, Role.REVIEWER)


def _own(user: Any) -> Q:
    """What a department provided or uploaded itself."""
    own = user.departments_as(*_DEPARTMENT)
    return Q(uploaded_for__in=own) | Q(department__in=own) if own else NOTHING


def _shared(user: Any) -> Q:
    own = user.departments_as(*_DEPARTMENT)
    return Q(pk__in=EvidenceShare.objects.filter(department__in=own).values("evidence")) if own else NOTHING


def _visible(user: Any) -> Q:
    """The office sees all; a department its own and what was shared with it, on cases that it sees.

    Who reviews a decision reads the whole file of the case: it travels with the decision (上级审核).
    """
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    handed = any_of(_own(user), _shared(user)) & Q(case__in=policy_for(Case).scope(user))
    return any_of(handed, laid_before(user))


def _readable(user: Any) -> Q:
    """What was crossed out is read by the office alone, and by those whose it is."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    return Q(removed_at=None) | _own(user)


def _removable(user: Any) -> Q:
    """Officers any, a department its own: while the case still takes evidence from them."""
    whose = EVERYTHING if user.holds(Role.OFFICER) else _own(user)
    cases = policy_for(Case).scope(user, "add_evidence").filter(closed_on=None)
    return whose & Q(case__in=cases)


def _handed_on(user: Any) -> Q:
    if not user.holds(Role.OFFICER):
        return NOTHING
    return Q(removed_at=None)


@register
class EvidencePolicy(Policy):
    model = Evidence
    rules = {"view": _visible, "read": _readable, "remove": _removable, "share": _handed_on}


@register
class EvidenceSharePolicy(Policy):
    """Which departments hold a piece is known to whoever sees the piece; a department sees its own shares only."""

    model = EvidenceShare

    @staticmethod
    def _view(user: Any) -> Q:
        if user.holds(*OFFICE_ROLES):
            return EVERYTHING
        return Q(department__in=user.departments_as(*_DEPARTMENT), evidence__in=EvidencePolicy.scope(user))

    rules = {"view": lambda user: EvidenceSharePolicy._view(user)}
