"""Verbs of the limits: propose a new dated version, confirm it, reject it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from worktime.models import Limit

State = Limit.State


def propose_limit(
    limit: Limit,
    *,
    actor: User,
    target_days: int,
    target_source: str,
    target_certainty: str = Limit.Certainty.OWN,
    legal_days: int | None = None,
    legal_source: str = "",
    legal_certainty: str = "",
    warn_days: int = 1,
    in_force_from: date,
    note: str = "",
    reason: str,
) -> Limit:
    """A new version of a kind's figures, from a day on; matters received earlier keep theirs."""
    policy_for(Limit).require(actor, "propose", limit)
    if target_days < 1 or (legal_days is not None and legal_days < 1):
        raise Refused("limit.days", "时限至少为1个工作日。")
    if not target_source.strip():
        raise Refused("limit.source", "请写明目标时限的依据。")
    if legal_days is not None and not (legal_source.strip() and legal_certainty):
        raise Refused("limit.source", "填写法定时限的，请写明其依据和可靠程度。")
    proposal = Limit(
        kind=limit.kind,
        title=limit.title,
        target_days=target_days,
        target_source=target_source.strip(),
        target_certainty=target_certainty,
        legal_days=legal_days,
        legal_source=legal_source.strip() if legal_days else "",
        legal_certainty=legal_certainty if legal_days else "",
        warn_days=warn_days,
        in_force_from=in_force_from,
        note=note.strip(),
        proposed_by=actor,
    )
    with act("limit.propose", actor=actor, on=limit, reason=reason, data={"kind": limit.kind}):
        latest = _latest(limit.kind)
        if latest is not None and in_force_from <= latest.in_force_from:
            raise Refused("limit.order", _later_than(latest))
        try:
            with transaction.atomic():
                proposal.save()
        except IntegrityError as error:
            raise Refused(
                "limit.proposal_exists", "该事项已有一个待确认的新时限，请先确认或者退回。"
            ) from error
    return proposal


def _latest(kind: str) -> Limit | None:
    """The newest version in force or coming, locked."""
    found = Limit.objects.select_for_update().filter(kind=kind, state=State.IN_FORCE)
    return found.order_by("-in_force_from").first()


def _later_than(latest: Limit) -> str:
    return f"施行日期应晚于现有最新版本的施行日期{latest.in_force_from}。"


def confirm_limit(limit: Limit, *, actor: User, reason: str = "", now: datetime | None = None) -> Limit:
    """Put a proposed version in force from its day on; the one before it ends the day before. Not by its proposer."""
    policy_for(Limit).require(actor, "confirm", limit)
    with act("limit.confirm", actor=actor, on=limit, reason=reason):
        latest = _latest(limit.kind)
        locked = Limit.objects.select_for_update().get(pk=limit.pk)
        if locked.state != State.PROPOSED:
            raise Refused("limit.state", f"该时限{locked.get_state_display()}，只有待确认的时限可以确认。")
        if actor.pk == locked.proposed_by_id:
            raise Refused("four_eyes", "拟订人不能自己确认，请由其他审批人办理。")
        if latest is not None:
            if locked.in_force_from <= latest.in_force_from:
                raise Refused("limit.order", _later_than(latest))
            latest.in_force_to = locked.in_force_from - timedelta(days=1)
            latest.save(update_fields=["in_force_to"])
        locked.state, locked.decided_by, locked.decided_at = State.IN_FORCE, actor, now or present()
        locked.save(update_fields=["state", "decided_by", "decided_at"])
    return locked


def reject_limit(limit: Limit, *, actor: User, reason: str, now: datetime | None = None) -> Limit:
    """Turn a proposal down, with the reason; it stays readable, a new one may be made."""
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    policy_for(Limit).require(actor, "reject", limit)
    with act("limit.reject", actor=actor, on=limit, reason=reason):
        locked = Limit.objects.select_for_update().get(pk=limit.pk)
        if locked.state != State.PROPOSED:
            raise Refused("limit.state", f"该时限{locked.get_state_display()}，只有待确认的时限可以退回。")
        locked.state, locked.decided_by, locked.decided_at = State.REJECTED, actor, now or present()
        locked.save(update_fields=["state", "decided_by", "decided_at"])
    return locked
