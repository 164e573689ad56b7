"""Roles are given and ended; those given in somebody's stead end with the role that they stand in for."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q

from accounts.models import Department, Membership, Role, User
from accounts.policy import NotAllowed, policy_for
from accounts.rules.compatibility import Term
from audit.acts import act
from audit.clock import today
from audit.faults import Refused

from .admission import admit, locked_people
from .keeping import require_keeper
from .last_holder import keep_a_holder, keep_a_successor


def give_role(
    user: User,
    role: str,
    *,
    actor: User,
    department: Department | None = None,
    since: date,
    until: date | None = None,
    reason: str = "",
) -> Membership:
    """Give a role from a day on, or for some days; nobody gives one to themselves.

    Refused: where the role has no place in the body (`account.role_body`), to closed accounts (`account.closed`), twice
    in one body (`account.role_held`), and beside a role that does not go with it (`account.roles_apart`, `RolePair`). One of the three
    administrators' roles is given to a day only when somebody else holds it from then on (`account.last_holder`).
    """
    require_keeper(Membership, actor)
    if actor.pk == user.pk:
        raise NotAllowed("不能给自己授予角色。")
    data = {"role": str(role)} | ({"body": str(department)} if department else {})
    with act("account.give_role", actor=actor, on=user, reason=reason, data=data):
        [person] = locked_people(user)
        body = admit(person, Role(role), department, Term(since, until))
        keep_a_successor(role, until)
        return Membership.objects.create(
            user=person, role=role, department=body, since=since, until=until, reason=reason[:200]
        )


def end_role(membership: Membership, *, actor: User, until: date, reason: str) -> Membership:
    """End a role with a day, the last on which it is held; the role stays readable in the list.

    One that has not begun yet is withdrawn. Whoever holds it in this person's stead holds it no longer either.
    The last system or security administrator or auditor is refused (`account.last_holder`).
    """
    policy_for(Membership).require(actor, "change", membership)
    with act(
        "account.end_role", actor=actor, on=membership.user, reason=reason, data={"role": membership.role}
    ):
        locked_people(membership.user)
        membership = (
            Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
        )
        if until < membership.since and membership.since <= today():
            raise Refused("account.role_dates", f"截止日期不得早于起始日期{membership.since}。")
        if membership.withdrawn:
            raise Refused("account.role_ended", "该角色在开始前已经撤回。")
        if membership.until is not None and membership.until <= until:
            raise Refused("account.role_ended", f"该角色已于{membership.until}终止。")
        keep_a_holder([membership.role], after=until, without=Q(pk=membership.pk))
        end_with(membership, until)
        for deputy in (
            Membership.objects.select_for_update(of=("self",))
            .filter(deputy_of=membership)
            .lasting(until)
            .order_by("pk")
        ):
            end_with(deputy, until)
    return membership


def end_with(held: Membership, until: date) -> None:
    """The last day of a role, inside an act and under its lock; one still to come is withdrawn, one held is held to its first day."""
    if until >= held.since:
        held.until = until
    else:
        held.until = held.since - timedelta(days=1) if held.since > today() else held.since
    held.save(update_fields=["until"])
