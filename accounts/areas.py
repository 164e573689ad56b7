"""What lies within an office's area, as a condition for the policies of all rooms.

An office role never shows more than the bodies that the office answers for, and those of the offices below it
(`User.area_as`); a department role shows the department. None of this asks the database: what a person holds is there already.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import DEPARTMENT_ROLES, OFFICE_ROLES
from accounts.policy import EVERYTHING, NOTHING


def _bodies(path: str, ids: frozenset[int]) -> Q:
    return Q(**{f"{path}__in": ids}) if ids else NOTHING


def within_area(user: Any, path: str, *roles: str) -> Q:
    """Rows whose body (`path`, a foreign key to it) lies within the area of any of these office roles; all office roles without."""
    return _bodies(path, user.area_as(*(roles or OFFICE_ROLES)))


def in_own_office(user: Any, path: str, *roles: str) -> Q:
    """Rows that belong to an office in which the person holds one of the roles: what is decided there and nowhere else."""
    return _bodies(path, user.departments_as(*(roles or OFFICE_ROLES)))


def bodies_in_sight(user: Any) -> frozenset[int]:
    """The bodies whose things the person reads at work: the own department's, and for office roles those of the area."""
    return user.departments_as(*DEPARTMENT_ROLES) | user.area_as(*OFFICE_ROLES)


def in_sight(user: Any, path: str) -> Q:
    """Rows of the own department or within the area of the own office."""
    return _bodies(path, bodies_in_sight(user))


def keeps_common(user: Any, *roles: str) -> Q:
    """What all share is changed only by an office that keeps it (`User.keeps_common_data`)."""
    return EVERYTHING if user.keeps_common_data(*roles) else NOTHING
