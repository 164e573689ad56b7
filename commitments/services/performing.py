"""Performance is reported and verified: reports follow each other, the last that was not withdrawn counts."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Max

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from commitments.models import Commitment, Performance, Verification
from commitments.obstacles import require_undoable
from commitments.rules.performance import Report, faults_of
from credit_records.rules.text import clean_text

from .amending import locked, require_valid
from .publishing import tell_of
from .registering import Faulty
from .tasks import open_verification


def report_performance(
    commitment: Commitment,
    *,
    actor: User,
    status: str,
    determined_on: date | None,
    unfulfilled: str = "",
    liability_pursued: str = "",
    now: datetime | None = None,
) -> Performance:
    """Report what became of the commitment; an open verification goes on (`verify` answers it).

    A report determined before the last one is refused: the last counts, and it would be older news.
    """
    policy_for(Commitment).require(actor, "report", commitment)
    with act("commitment.report_performance", actor=actor, on=commitment, data={"status": status}):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "report", held)
        require_valid(held)
        report = Report(status, determined_on, clean_text(unfulfilled), clean_text(liability_pursued))
        return _reported(held, report, actor=actor, now=now or present())


def _reported(held: Commitment, report: Report, *, actor: User, now: datetime) -> Performance:
    faults = faults_of(report, made_on=held.made_on, today=local_day(now))
    if faults or report.determined_on is None:  # a missing day is a fault itself
        raise Faulty([(fault.code, fault.message) for fault in faults])
    earlier = Performance.objects.filter(commitment=held)
    last = earlier.filter(withdrawn_at=None).order_by("-number").first()
    if last is not None and report.determined_on < last.determined_on:
        raise Refused(
            "performance.older_than_last",
            f"上一次履约践诺认定于{last.determined_on}，本次认定日期不能更早；上一次有误的请先撤回。",
        )
    performance = Performance.objects.create(
        commitment=held,
        number=(earlier.aggregate(last=Max("number"))["last"] or 0) + 1,
        status=report.status,
        unfulfilled=report.unfulfilled,
        liability_pursued=report.liability_pursued,
        determined_on=report.determined_on,
        department=held.department,
        reported_at=now,
        reported_by=actor,
    )
    tell_of(held, actor=actor, now=now)
    return performance


def withdraw_performance(
    performance: Performance, *, actor: User, reason: str, now: datetime | None = None
) -> Performance:
    """Take a report back that was entered by mistake; the one before it counts again."""
    reason = reason.strip()
    policy_for(Performance).require(actor, "withdraw", performance)
    if not reason:
        raise Refused("reason.missing", "撤回履约践诺必须写明理由。")
    with act("performance.withdraw", actor=actor, on=performance, reason=reason):
        locked(performance.commitment)
        held = Performance.objects.select_for_update(of=("self",)).get(pk=performance.pk)
        policy_for(Performance).require(actor, "withdraw", held)
        if held.withdrawn_at is not None:
            raise Refused("performance.state", "这次履约践诺已经撤回，不用再办。")
        require_undoable(held.commitment, held)
        held.withdrawn_at, held.withdrawn_reason = now or present(), reason
        held.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        tell_of(held.commitment, actor=actor, now=held.withdrawn_at)
    return held


def order_verification(
    commitment: Commitment,
    *,
    actor: User,
    asks: str,
    from_on: date | None = None,
    now: datetime | None = None,
) -> Verification:
    """Look after the commitment once more, by the limit in force, counted from a day (today unless told; not a past one)."""
    policy_for(Commitment).require(actor, "order_verification", commitment)
    if not asks.strip():
        raise Refused("verification.asks_missing", "请写明这次要核查什么。")
    moment = now or present()
    today = local_day(moment)
    start = from_on or today
    if start < today:
        raise Refused("verification.from_past", "核查的起算日不能早于今天，请核对。")
    with act("commitment.order_verification", actor=actor, on=commitment, reason=asks.strip()):
        held = locked(commitment)
        policy_for(Commitment).require(actor, "order_verification", held)
        require_valid(held)
        if Verification.objects.filter(commitment=held, state=Verification.State.OPEN).exists():
            raise Refused("verification.one_open", f"{held.code}已有一项待办的核查，请先办结。")
        return open_verification(held, asks=clean_text(asks), from_on=start, now=moment, today=today)


def verify(
    task: Verification,
    *,
    actor: User,
    how: str,
    status: str,
    determined_on: date | None,
    unfulfilled: str = "",
    liability_pursued: str = "",
    now: datetime | None = None,
) -> Performance:
    """Answer the task: how it was looked into, and the report on performance that it led to."""
    policy_for(Verification).require(actor, "verify", task)
    with act("commitment.verify", actor=actor, on=task.commitment, data={"status": status}):
        commitment = locked(task.commitment)
        held = _open(task)
        policy_for(Verification).require(actor, "verify", held)
        require_valid(commitment)
        if not how.strip():
            raise Refused("verification.how_missing", "请写明核查方式和情况。")
        moment = now or present()
        report = Report(status, determined_on, clean_text(unfulfilled), clean_text(liability_pursued))
        held.performance = _reported(commitment, report, actor=actor, now=moment)
        held.state, held.done_on, held.done_by = Verification.State.DONE, local_day(moment), actor
        held.how = clean_text(how)
        held.save(update_fields=["performance", "state", "done_on", "done_by", "how"])
    return held.performance


def cancel_verification(
    task: Verification, *, actor: User, reason: str, now: datetime | None = None
) -> Verification:
    """Give up a task that has no object any more."""
    reason = reason.strip()
    policy_for(Verification).require(actor, "cancel", task)
    if not reason:
        raise Refused("reason.missing", "取消核查必须写明理由。")
    with act("commitment.cancel_verification", actor=actor, on=task.commitment, reason=reason):
        locked(task.commitment)
        held = _open(task)
        policy_for(Verification).require(actor, "cancel", held)
        held.state, held.done_on = Verification.State.CANCELLED, local_day(now or present())
        held.done_by, held.how = actor, reason
        held.save(update_fields=["state", "done_on", "done_by", "how"])
    return held


def _open(task: Verification) -> Verification:
    held = Verification.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if held.state != Verification.State.OPEN:
        raise Refused("verification.state", f"这项核查{held.get_state_display()}，不用再办。")
    return held
