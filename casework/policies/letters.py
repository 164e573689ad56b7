"""Who sees letters, and who writes down that they were delivered."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import in_own_office, within_area
from accounts.grants.reach import granted_behind
from accounts.grants.rows import Right
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, register
from casework.models import Case, Letter, LetterTemplate

from .cases import laid_before


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _visible(user: Any) -> Q:
    """The office sees every letter of its area's cases; a department those to itself, and the window those it hands to the applicant.

    The office one level up sees what is laid before it by letter, and the decision that came of it.
    """
    own, upper = user.departments_as(Role.CLERK, Role.REVIEWER), user.departments_as(Role.UPPER_REVIEWER)
    return any_of(
        within_area(user, "case__owning_body"),
        Q(addressee_department__in=own) | Q(addressee_department=None, case__window__in=own)
        if own
        else NOTHING,
        Q(addressee_department__in=upper) if upper else NOTHING,
        Q(kind__in=[Letter.Kind.DECISION, Letter.Kind.REVOCATION]) & laid_before(user),
        granted_behind(user, "case", Case, Right.INSPECT),
    )


@register
class LetterPolicy(Policy):
    """With the agreement of the office one level up the decision goes out: who agrees there issues its letter."""

    model = Letter
    rules = {
        "view": _visible,
        "render": lambda user: EVERYTHING,
        "record_delivery": lambda user: any_of(
            in_own_office(user, "case__owning_body", Role.OFFICER),
            granted_behind(user, "case", Case, Right.HANDLE)
            if user.departments_as(Role.OFFICER)
            else NOTHING,
        ),
    }
    creation = lambda user: user.holds(Role.OFFICER, Role.APPROVER, Role.UPPER_REVIEWER)  # noqa: E731


@register
class LetterTemplatePolicy(Policy):
    """The office reads the texts it sends."""

    model = LetterTemplate
    rules = {"view": lambda user: _when(user.holds(*OFFICE_ROLES))}
