"""Who sees and keeps ledgers and figures: a department its own, an office and its supervisors their area."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import in_sight, keeps_common
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, register

from .models import Indicator, MonthlyProduction


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _own_clerks(user: Any) -> Q:
    own = user.departments_as(Role.CLERK)
    return Q(department__in=own) if own else NOTHING


@register
class MonthlyProductionPolicy(Policy):
    """What a department says of its months is read by it and by those who watch over it."""

    model = MonthlyProduction
    rules = {
        "view": lambda user: in_sight(user, "department"),
        "tell": _own_clerks,
    }
    creation = lambda user: bool(user.departments_as(Role.CLERK))  # noqa: E731


@register
class IndicatorPolicy(Policy):
    """By what all are measured all at work may read; the office that keeps common data drafts, its approver confirms."""

    model = Indicator
    rules = {
        "view": lambda user: _when(user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)),
        "confirm": lambda user: keeps_common(user, Role.APPROVER),
        "reject": lambda user: keeps_common(user, Role.OFFICER, Role.APPROVER),
    }
    creation = lambda user: user.keeps_common_data(Role.OFFICER)  # noqa: E731
