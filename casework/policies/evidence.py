"""Who sees the evidence of a case, reads its content, crosses it out and hands it on."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import in_own_office, within_area
from accounts.grants.reach import granted_behind
from accounts.grants.rows import Right
from accounts.models import Role
from accounts.policy import NOTHING, Policy, any_of, policy_for, register
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


def _of_offices(user: Any) -> Q:
    return within_area(user, "case__owning_body")


def _visible(user: Any) -> Q:
    """The office sees all of the cases of its area; a department its own and what was shared with it, on cases that it sees.

    Who reviews a decision reads the whole file of the case: it travels with the decision (上级审核).
    """
    handed = any_of(_own(user), _shared(user)) & Q(case__in=policy_for(Case).scope(user))
    return any_of(
        _of_offices(user), handed, laid_before(user), granted_behind(user, "case", Case, Right.INSPECT)
    )


def _readable(user: Any) -> Q:
    """What was crossed out is read by the office alone, and by those whose it is."""
    return any_of(Q(removed_at=None), _of_offices(user), _own(user))


def _delegated(user: Any) -> Q:
    return granted_behind(user, "case", Case, Right.HANDLE) if user.departments_as(Role.OFFICER) else NOTHING


def _removable(user: Any) -> Q:
    """Officers any of their office's cases, a department its own: while the case still takes evidence from them."""
    whose = any_of(in_own_office(user, "case__owning_body", Role.OFFICER), _own(user), _delegated(user))
    cases = policy_for(Case).scope(user, "add_evidence").filter(closed_on=None)
    return whose & Q(case__in=cases)


def _handed_on(user: Any) -> Q:
    return in_own_office(user, "case__owning_body", Role.OFFICER) & Q(removed_at=None)


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
        own = user.departments_as(*_DEPARTMENT)
        return any_of(
            within_area(user, "evidence__case__owning_body"),
            Q(department__in=own, evidence__in=EvidencePolicy.scope(user)) if own else NOTHING,
        )

    rules = {"view": lambda user: EvidenceSharePolicy._view(user)}
