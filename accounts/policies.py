"""Who sees and keeps departments, accounts and roles (三员分立)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from audit.models import Checkpoint, Event, Head, HistorySeal, Seal

from .areas import bodies_in_sight
from .models import SEPARATE_ROLES, Department, Membership, Role, RolePair, User
from .policy import EVERYTHING, NOTHING, Policy, register


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


@register
class DepartmentPolicy(Policy):
    """The names of bodies are public; the system administrator keeps them."""

    model = Department
    rules = {
        "view": lambda user: EVERYTHING,
        "change": lambda user: _when(user.holds(Role.SYSTEM_ADMIN)),
    }
    creation = lambda user: user.holds(Role.SYSTEM_ADMIN)  # noqa: E731


@register
class UserPolicy(Policy):
    """Accounts are kept by the system administrator; the others see whom they work with.

    A department its own people, an office besides those of the bodies in its area.
    """

    model = User

    @staticmethod
    def _view(user: Any) -> Q:
        if user.holds(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR):
            return EVERYTHING
        return Q(department__in=bodies_in_sight(user)) | Q(pk=user.pk)

    rules = {
        "view": lambda user: UserPolicy._view(user),
        "change": lambda user: _when(user.holds(Role.SYSTEM_ADMIN)) & ~Q(username=User.SYSTEM),
    }
    creation = lambda user: user.holds(Role.SYSTEM_ADMIN)  # noqa: E731


@register
class MembershipPolicy(Policy):
    """Roles are given by the security administrator, never to themselves."""

    model = Membership
    rules = {
        "view": lambda user: (
            EVERYTHING
            if user.holds(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
            else Q(user=user.pk)
        ),
        "change": lambda user: _when(user.holds(Role.SECURITY_ADMIN)) & ~Q(user=user.pk),
    }
    creation = lambda user: user.holds(Role.SECURITY_ADMIN)  # noqa: E731


@register
class RolePairPolicy(Policy):
    """Which roles do not go together is kept by the security administrator and read by the other two; three stay as they are."""

    model = RolePair
    rules = {
        "view": lambda user: _when(user.holds(*SEPARATE_ROLES)),
        "change": lambda user: _when(user.holds(Role.SECURITY_ADMIN)) & Q(by_law=False),
    }
    creation = lambda user: user.holds(Role.SECURITY_ADMIN)  # noqa: E731


@register
class EventPolicy(Policy):
    """The journal is read by the auditor alone."""

    model = Event
    rules = {"view": lambda user: _when(user.holds(Role.AUDITOR))}


@register
class HeadPolicy(Policy):
    """Exported heads are taken away by the auditor."""

    model = Head
    rules = {"view": lambda user: _when(user.holds(Role.AUDITOR))}


@register
class SealPolicy(Policy):
    """The chain under the journal is the auditor's, like the journal itself; the same of the two below."""

    model = Seal
    rules = {"view": lambda user: _when(user.holds(Role.AUDITOR))}


@register
class CheckpointPolicy(Policy):
    model = Checkpoint
    rules = {"view": lambda user: _when(user.holds(Role.AUDITOR))}


@register
class HistorySealPolicy(Policy):
    model = HistorySeal
    rules = {"view": lambda user: _when(user.holds(Role.AUDITOR))}
