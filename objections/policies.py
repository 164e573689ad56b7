"""Who sees and does what with objections: the case's own rules, carried over."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import bodies_in_sight, within_area
from accounts.models import Role
from accounts.policy import Policy, any_of, policy_for, register
from casework.models import Case
from casework.policies import may_register, rules_of_the_case

from .models import Objection, Point


@register
class ObjectionPolicy(Policy):
    model = Objection
    rules = rules_of_the_case()
    creation = may_register


def _points(user: Any) -> Q:
    """The office sees those of its area's cases; a department those about its own records, and those taken in at its window.

    What another body has found about a point is not the window's before the decision: `reads_answer`.
    """
    of_offices = within_area(user, "objection__case__owning_body")
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return of_offices
    asked = Q(record__department__in=own, objection__case__in=policy_for(Case).scope(user))
    return any_of(of_offices, asked, Q(objection__case__window__in=own))


def reads_answer(user: Any, point: Point) -> bool:
    """Whether the answer to a point is this reader's: the office's and the source's own; the window's once decided.

    Needs `point.record`; asks the database nothing.
    """
    return point.decided_on is not None or point.record.department_id in bodies_in_sight(user)


@register
class PointPolicy(Policy):
    model = Point
    rules = {"view": _points}
