"""Who sees and keeps calendars and limits: everybody at work reads; the officer prepares and the approver confirms,
of an office that keeps what all share."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import keeps_common
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, register

from .models import CalendarVersion, Limit

_BUSINESS = (Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _readers(user: Any) -> Q:
    return _when(user.holds(*_BUSINESS))


def _officers(user: Any) -> Q:
    return keeps_common(user, Role.OFFICER)


def _approvers(user: Any) -> Q:
    return keeps_common(user, Role.APPROVER)


def _is_officer(user: Any) -> bool:
    return bool(user.keeps_common_data(Role.OFFICER))


@register
class CalendarVersionPolicy(Policy):
    """Drafts are edited by the officer; what is in force is read for ever."""

    model = CalendarVersion
    rules = {
        "view": _readers,
        "change": lambda user: _officers(user) & Q(state=CalendarVersion.State.DRAFT),
        "propose": lambda user: _officers(user) & Q(state=CalendarVersion.State.DRAFT),
        "confirm": _approvers,
        "reject": _approvers,
    }
    creation = _is_officer


@register
class LimitPolicy(Policy):
    """A new dated version is proposed by the officer and confirmed by another person."""

    model = Limit
    rules = {
        "view": _readers,
        "propose": _officers,
        "confirm": _approvers,
        "reject": _approvers,
    }
    creation = _is_officer
