"""Bodies, people and what they hold."""

from .departments import Department
from .pairs import RolePair
from .people import PeopleManager, User
from .roles import DEPARTMENT_ROLES, OFFICE_ROLES, SEPARATE_ROLES, Membership, MembershipQuerySet, Role

__all__ = [
    "DEPARTMENT_ROLES",
    "OFFICE_ROLES",
    "SEPARATE_ROLES",
    "Department",
    "Membership",
    "MembershipQuerySet",
    "PeopleManager",
    "Role",
    "RolePair",
    "User",
]
