"""Who sees and does what with breaches: the case's own rules; a department reads along where it reported or was asked."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import keeps_common
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, policy_for, register
from casework.models import Case
from casework.policies import may_register, rules_of_the_case

from .models import Breach, DecidedMeasure, DegreeRule, Measure, PriorNotice


@register
class BreachPolicy(Policy):
    """A case is opened by the clerks of the department whose commitment it is, or by an officer (`services.registering`).

    The department reads along only where it has reported the breach or was asked to verify it: of a case that an officer
    opened it learns with the request, or from the record that the decision makes.
    """

    model = Breach
    rules = rules_of_the_case()
    creation = may_register


def _of_visible_breach(user: Any) -> Q:
    return Q(breach__case__in=policy_for(Case).scope(user))


@register
class PriorNoticePolicy(Policy):
    """What the subject was told and what it said; read with the case."""

    model = PriorNotice
    rules = {"view": _of_visible_breach}


@register
class DecidedMeasurePolicy(Policy):
    model = DecidedMeasure
    rules = {"view": _of_visible_breach}


def _readers(user: Any) -> Q:
    """Which rules and measures there are is no secret from those who work with commitments; drafts are the office's."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    return Q(state="in_force") if user.departments_as(Role.CLERK, Role.REVIEWER) else NOTHING


@register
class DegreeRulePolicy(Policy):
    """Drafted by an officer, put in force by an approver, of an office that keeps what all share; so are measures."""

    model = DegreeRule
    rules = {
        "view": _readers,
        "amend": lambda user: Q(state="draft") & keeps_common(user, Role.OFFICER),
        "confirm": lambda user: Q(state="draft") & keeps_common(user, Role.APPROVER),
        "discard": lambda user: Q(state="draft") & keeps_common(user, Role.OFFICER),
    }
    creation = lambda user: user.keeps_common_data(Role.OFFICER)  # noqa: E731


@register
class MeasurePolicy(Policy):
    """Drafted by an officer, put in force and ended by an approver."""

    model = Measure
    rules = {
        "view": _readers,
        "amend": lambda user: Q(state="draft") & keeps_common(user, Role.OFFICER),
        "confirm": lambda user: Q(state="draft") & keeps_common(user, Role.APPROVER),
        "discard": lambda user: Q(state="draft") & keeps_common(user, Role.OFFICER),
        "end": lambda user: Q(state="in_force") & keeps_common(user, Role.APPROVER),
    }
    creation = lambda user: user.keeps_common_data(Role.OFFICER)  # noqa: E731
