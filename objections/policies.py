"""Who sees and does what with objections: the case's own rules, carried over."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, policy_for, register
from casework.models import Case
from casework.policies import may_register, rules_of_the_case

from .models import Objection, Point


@register
class ObjectionPolicy(Policy):
    model = Objection
    rules = rules_of_the_case()
    creation = may_register


def _points(user: Any) -> Q:
    """A department sees the points about its own records, and those of applications taken in at its window.

    What another body has found about a point is not the window's before the decision: `reads_answer`.
    """
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return NOTHING
    asked = Q(record__department__in=own, objection__case__in=policy_for(Case).scope(user))
    return asked | Q(objection__case__window__in=own)


def reads_answer(user: Any, point: Point) -> bool:
    """Whether the answer to a point is this reader's: the office's and the source's own; the window's once decided.

    Needs `point.record`; asks the database nothing.
    """
    if user.holds(*OFFICE_ROLES) or point.decided_on is not None:
        return True
    return point.record.department_id in user.departments_as(Role.CLERK, Role.REVIEWER)


@register
class PointPolicy(Policy):
    model = Point
    rules = {"view": _points}
