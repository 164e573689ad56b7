"""Deputies for absence (代理): somebody else holds the role, in the same body, for the days on which its holder is away.

Not the substitute of an officer's cases (代办, `casework.Substitution`): that one is an officer already and takes cases of a
colleague; a deputy gets a role that they do not hold otherwise.
"""

from __future__ import annotations

from datetime import date

from accounts.models import Membership, User
from accounts.policy import NotAllowed, policy_for
from accounts.rules.compatibility import Term
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

from .admission import admit, locked_people, spell


def deputise(
    membership: Membership, *, actor: User, deputy: User, since: date, until: date, reason: str
) -> Membership:
    """Give the deputy the role of the absent person for these days, no longer than that person holds it.

    Pairs that do not go together hold for deputies too, and so do four eyes: they are about persons. Ended early like
    any role (`end_role`), and by itself with the role stood in for.
    """
    policy_for(Membership).require(actor, "change", membership)
    if deputy.pk == actor.pk:
        raise NotAllowed("不能让自己代理。")
    if deputy.pk == membership.user_id:
        raise Refused("account.deputy", "代理人不能是本人。")
    term = Term(since, until)
    data = {"role": membership.role, "deputy_of": membership.user.username}
    with act("account.deputise", actor=actor, on=deputy, reason=reason, data=data):
        _, person = locked_people(membership.user, deputy)
        held = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("user", "department")
            .get(pk=membership.pk)
        )
        if held.deputy_of_id is not None:
            raise Refused("account.deputy", "该角色本身是代理，不能再由他人代理。请从被代理人的角色安排。")
        if until < today():
            raise Refused("account.deputy", "代理期间已经过去。")
        if until < since:
            raise Refused("account.role_dates", f"截止日期不得早于起始日期{since}。")
        if not term.within(held.term):
            raise Refused(
                "account.deputy",
                f"代理期间须在{held.user}任{held.get_role_display()}的期间({spell(held.term)})之内。",
            )
        body = admit(person, held.role, held.department, term)
        return Membership.objects.create(
            user=person,
            role=held.role,
            department=body,
            since=since,
            until=until,
            deputy_of=held,
            reason=reason[:200],
        )
