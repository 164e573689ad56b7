"""Who is in charge: assignment, hand-over, substitutes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from accounts.models import Membership, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day, today
from audit.clock import now as present
from audit.faults import Refused
from casework.models import Case, Comment, Substitution

from .engine import step


def officers(on: date, *, of: Collection[int]) -> list[int]:
    """Everybody who may be in charge of a case of these offices on that day."""
    held = Membership.objects.in_force(on).filter(role=Role.OFFICER, department__in=of, user__is_active=True)
    return list(held.values_list("user_id", flat=True))


def assign(case: Case, *, actor: User, officer: User, reason: str = "", now: datetime | None = None) -> Case:
    """Put an officer in charge, or hand the case over to another; the way it went stays in the history."""
    with step(
        case, "assign", actor=actor, reason=reason, now=now, data={"officer": officer.username}
    ) as work:
        if officer.pk not in officers(work.today, of=[work.case.owning_body_id]):
            raise Refused("assign.no_officer", f"{officer}不是本案承办机构的在岗经办人，不能指派。")
        if work.case.assignee_id == officer.pk:
            raise Refused("assign.same", f"本案已由{officer}经办。")
        work.set(assignee=officer)
    return case


def take(case: Case, *, actor: User, reason: str = "", now: datetime | None = None) -> Case:
    """Take charge of a case that nobody has in hand; one in another's hands is handed over by `assign`."""
    with step(case, "take", actor=actor, reason=reason, now=now) as work:
        if work.case.assignee_id == actor.pk:
            raise Refused("assign.same", "本案已由您经办。")
        if work.case.assignee_id is not None:
            raise Refused("assign.taken", f"本案由{work.case.assignee}经办，需要移交的请用“指派经办人”。")
        work.set(assignee=actor)
    return case


def comment(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Leave a word for colleagues of the office (内部意见)."""
    with step(case, "comment", actor=actor, reason=reason, now=now) as work:
        Comment.objects.create(case=work.case, text=work.reason, by=actor, at=work.now)
    return case


def substitute(
    person: User,
    *,
    actor: User,
    by: User,
    since: date,
    until: date,
    reason: str = "",
    now: datetime | None = None,
) -> Substitution:
    """Let an officer stand in for another from one day to another; an officer arranges it, or the approver."""
    if not policy_for(Substitution).may_create(actor):
        raise NotAllowed("只有经办人和审批人可以安排代办。")
    if not actor.holds(Role.APPROVER) and actor.pk != person.pk:
        raise NotAllowed("经办人只能为自己安排代办。")
    if person.pk == by.pk:
        raise Refused("substitute.self", "代办人不能是本人。")
    if until < since:
        raise Refused("substitute.dates", "截止日期不得早于起始日期。")
    if until < local_day(now or present()):
        raise Refused("substitute.past", "代办期间已经过去。")
    own = actor.departments_as(Role.OFFICER, Role.APPROVER)
    for one in (person, by):
        if one.pk not in officers(since, of=own):
            raise Refused("assign.no_officer", f"{one}不是本办的在岗经办人，不能指派。")
    with act("case.substitute", actor=actor, on=person, reason=reason, data={"by": by.username}):
        return Substitution.objects.create(
            person=person, substitute=by, since=since, until=until, reason=reason
        )


def end_substitution(substitution: Substitution, *, actor: User, reason: str = "") -> Substitution:
    """The officer is back: from today nobody stands in."""
    policy_for(Substitution).require(actor, "end", substitution)
    with act("case.end_substitution", actor=actor, on=substitution, reason=reason):
        substitution = Substitution.objects.select_for_update(of=("self",)).get(pk=substitution.pk)
        if not actor.holds(Role.APPROVER) and actor.pk != substitution.person_id:
            raise NotAllowed("只能终止自己安排的代办。")
        day = today()
        if substitution.until < day:
            raise Refused("substitute.past", "代办期间已经过去。")
        substitution.until = max(day, substitution.since)
        substitution.save(update_fields=["until"])
    return substitution
