"""Who sees what of signing in: oneself, and the administrators what they keep."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Role
from accounts.policy import EVERYTHING, NOTHING, Policy, register

from .models import Identity, RecoveryCode, RecoverySheet, SignIn, TotpDevice, TwoFactorDemand, UsedPassword


@register
class UsedPasswordPolicy(Policy):
    """Hashes are nobody's reading."""

    model = UsedPassword
    rules = {"view": lambda user: NOTHING}


@register
class TwoFactorDemandPolicy(Policy):
    """Which roles need two factors is decided by the security administrator and read by the three."""

    model = TwoFactorDemand
    rules = {
        "view": lambda user: (
            EVERYTHING if user.holds(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR) else NOTHING
        ),
    }
    creation = lambda user: user.holds(Role.SECURITY_ADMIN)  # noqa: E731


@register
class TotpDevicePolicy(Policy):
    """One's own; the system administrator resets those of others (`accounts` decides: it is a change of the account)."""

    model = TotpDevice
    rules = {"view": lambda user: Q(user=user.pk)}


@register
class RecoverySheetPolicy(Policy):
    model = RecoverySheet
    rules = {"view": lambda user: Q(user=user.pk)}


@register
class RecoveryCodePolicy(Policy):
    model = RecoveryCode
    rules = {"view": lambda user: NOTHING}


@register
class SignInPolicy(Policy):
    """One's own; the auditor reads all sign-ins in the journal."""

    model = SignIn
    rules = {"view": lambda user: Q(user=user.pk)}


@register
class IdentityPolicy(Policy):
    """One's own; the system administrator unbinds (`accounts` decides: it is a change of the account)."""

    model = Identity
    rules = {"view": lambda user: Q(user=user.pk)}
