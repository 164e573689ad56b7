"""Who sees letters, and who writes down that they were delivered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, register
from casework.models import Letter, LetterTemplate


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _visible(user: Any) -> Q:
    """The office sees every letter; a department those to itself, and the window those it hands to the applicant."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return NOTHING
    return Q(addressee_department__in=own) | Q(addressee_department=None, case__window__in=own)


@register
class LetterPolicy(Policy):
    model = Letter
    rules = {
        "view": _visible,
        "render": lambda user: EVERYTHING,
        "record_delivery": lambda user: _when(user.holds(Role.OFFICER)),
    }
    creation = lambda user: user.holds(Role.OFFICER, Role.APPROVER)  # noqa: E731


@register
class LetterTemplatePolicy(Policy):
    """The office reads the texts it sends."""

    model = LetterTemplate
    rules = {"view": lambda user: _when(user.holds(*OFFICE_ROLES))}
