"""三员 are never without anybody: the last holder of such a role is followed by another before the role ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Q

from accounts.models import SEPARATE_ROLES, Membership, Role, User
from audit.clock import today
from audit.faults import Refused


def keep_a_holder(roles: Iterable[str], *, after: date, without: Q) -> None:
    """Refuse (`account.last_holder`) when nobody would hold one of these roles on the day after `after`, or from today on.

    `without` says which memberships go. Whoever leaves, is deactivated or stands in for another counts for nobody. Inside
    the act: of two who let each other's role go at once the second waits here and sees the first.
    """
    on = max(after + timedelta(days=1), today())
    for role in Role:
        if role not in SEPARATE_ROLES or role not in set(roles):
            continue
        list(Membership.objects.select_for_update(of=("self",)).filter(role=role).order_by("pk"))
        held = Membership.objects.in_force(on).filter(role=role, deputy_of__isnull=True)
        held = held.filter(user__in=User.objects.working(on))
        if held.filter(without).exists() and not held.exclude(without).exists():
            raise Refused(
                "account.last_holder",
                f"这是最后一位{role.label}，{on}起将无人担任。请先由安全管理员授予另一人{role.label}，再办这一步；"
                "只剩一位安全管理员的，由运维人员在服务器上用 create_account 开设。",
            )
