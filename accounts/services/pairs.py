"""Pairs of roles that do not go together: added with a reason, ended with a day; those of law stay."""

from __future__ import annotations

from datetime import date

from accounts.models import Role, RolePair, User
from accounts.policy import policy_for
from accounts.rules.compatibility import Term
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

from .keeping import require_keeper

_ORDER = {str(role): place for place, role in enumerate(Role)}


def add_pair(*, actor: User, role_a: str, role_b: str, scope: str, since: date, reason: str) -> RolePair:
    """From a day on two roles are not given to one person any more.

    Whoever holds both already keeps them until the security administrator ends one: such people are listed
    (`accounts.selectors.review.violations`). Between offices above and below, the order says which is above.
    """
    require_keeper(RolePair, actor)
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", "请写明依据和理由。")
    if role_a == role_b:
        raise Refused("account.pair", "不相容的须是两个不同的角色。")
    if since < today():
        raise Refused("account.pair", "施行日期不得早于今天，过去授予的角色不作改变。")
    if scope != RolePair.Scope.ABOVE and _ORDER[role_a] > _ORDER[role_b]:
        role_a, role_b = role_b, role_a
    pair = RolePair(role_a=role_a, role_b=role_b, scope=scope, since=since, reason=reason[:200])
    with act("account.add_pair", actor=actor, reason=reason, data={"pair": str(pair)}):
        # Two administrators at once: the second waits for the rows that are always there, then sees the first's.
        list(RolePair.objects.select_for_update().order_by("pk"))
        for other in RolePair.objects.filter(role_a__in=(role_a, role_b), role_b__in=(role_a, role_b)):
            wider = other.scope in (scope, RolePair.Scope.ANYWHERE)
            if wider and other.rule.term.common(Term(since)):
                raise Refused("account.pair", f"已经登记：{other}，{other.reason}")
        pair.save()
    return pair


def end_pair(pair: RolePair, *, actor: User, until: date, reason: str) -> RolePair:
    """With that day, its last, the two roles may go together again; never 三员分立."""
    policy_for(RolePair).require(actor, "change", pair)
    with act("account.end_pair", actor=actor, on=pair, reason=reason, data={"pair": str(pair)}):
        pair = RolePair.objects.select_for_update().get(pk=pair.pk)
        if pair.by_law:
            raise Refused("account.pair", "三员分立是等级保护的要求，不能终止。")
        if pair.until is not None:
            raise Refused("account.pair", f"该条已于{pair.until}终止。")
        if until < max(pair.since, today()):
            raise Refused("account.pair", "终止日期不得早于施行日期，也不得早于今天。")
        pair.until = until
        pair.save(update_fields=["until"])
    return pair
