"""Which roles must sign in with two factors."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import SEPARATE_ROLES, Role
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

from ..models import TwoFactorDemand


def roles_demanded(day: date) -> frozenset[str]:
    """The roles that need two factors on a day: what is shipped, as changed by the security administrator."""
    demanded = set(settings.TWO_FACTOR_ROLES)
    for row in TwoFactorDemand.objects.filter(since__lte=day).order_by("since", "id"):
        (demanded.add if row.demanded else demanded.discard)(row.role)
    return frozenset(demanded)


def demand(role: str, *, actor: Any, demanded: bool, since: date, reason: str) -> TwoFactorDemand:
    """Say from which day a role needs two factors, or no longer does. The three administrators always need them.

    Refused: `signin.always_demanded`, `signin.demand_past`, `signin.demand_twice`.
    """
    if not policy_for(TwoFactorDemand).may_create(actor):
        raise NotAllowed("两步验证要求由安全管理员设定。")
    if not demanded and role in SEPARATE_ROLES:
        raise Refused("signin.always_demanded", "三员账号必须使用两步验证，不能取消。")
    if since < today():
        raise Refused("signin.demand_past", "起始日期不能早于今天，请改为今天或以后的日期。")
    with act(
        "two_factor.demand", actor=actor, reason=reason, data={"role": str(Role(role)), "demanded": demanded}
    ):
        try:
            with transaction.atomic():
                return TwoFactorDemand.objects.create(
                    role=role, demanded=demanded, since=since, reason=reason
                )
        except IntegrityError as error:
            raise Refused(
                "signin.demand_twice", "该角色自这一天起的要求已设定过，请选择另一个起始日期。"
            ) from error
