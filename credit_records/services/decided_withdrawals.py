"""Withdrawal by the office's decision, and the only way back from it."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import Record

from . import records
from .disputes import named_reference

State = Record.State


def withdraw_by_decision(
    record: Record, *, actor: User, reference: str, reason: str, legal_basis: str, now: datetime | None = None
) -> Record:
    """Take a record out of force by the office's decision; uploads of it are rejected until `reinstate`.

    A record that its department has withdrawn itself meanwhile is put under the decision all the same: otherwise the
    department could bring back by an explanation what the office decided to withdraw.
    """
    reference = named_reference(reference)
    if not legal_basis.strip():
        raise Refused("legal_basis.missing", "撤回必须写明法律依据(例如作出变更、撤销决定的文书)。")
    if not reason.strip():
        raise Refused("reason.missing", "撤回必须写明理由。")
    policy_for(Record).require(actor, "withdraw_by_decision", record)
    told = f"依据 {reference}，{reason.strip()}(法律依据：{legal_basis.strip()})"
    with act(
        "record.withdraw_by_decision", actor=actor, on=record, reason=told, data={"reference": reference}
    ):
        record = Record.objects.select_for_update().get(pk=record.pk)
        own = record.state == State.WITHDRAWN and not record.withdrawn_by
        in_the_way = "" if own else records.obstacle(record, "withdraw_by_decision", actor=actor)
        if in_the_way:
            raise Refused("record.state", f"{record.document_number}：{in_the_way}")
        record.state, record.state_reason, record.withdrawn_by = State.WITHDRAWN, told, reference
        record.save(update_fields=["state", "state_reason", "withdrawn_by"])
    return record


def reinstatement_obstacle(record: Record) -> str:
    """Why the record cannot be put back in force by the office; empty when it can."""
    if record.state != State.WITHDRAWN:
        return f"记录现为“{record.get_state_display()}”，只有按决定撤回的记录可以恢复。"
    if not record.withdrawn_by and not record.repaired_by:
        return "该记录由来源单位自行撤回，确需恢复的，由来源单位重新报送并说明理由。"
    return ""


def reinstate(
    record: Record, *, actor: User, reference: str, reason: str, now: datetime | None = None
) -> Record:
    """Put back what a decision withdrew, on another decision (恢复记录): in force, or ended when its period is over.

    What was repaired before it was withdrawn is repaired again, what a court's order hides is hidden again. Such a record is put back here also when its department
    withdrew it itself: no upload can.
    """
    reference, reason = named_reference(reference), reason.strip()
    if not reason:
        raise Refused("reason.missing", "恢复记录必须写明理由。")
    policy_for(Record).require(actor, "reinstate", record)
    told = f"依据 {reference}，{reason}"
    day = local_day(now or present())
    with act("record.reinstate", actor=actor, on=record, reason=told, data={"reference": reference}):
        record = Record.objects.select_for_update().get(pk=record.pk)
        in_the_way = reinstatement_obstacle(record)
        if in_the_way:
            raise Refused("record.state", in_the_way)
        if record.repaired_by:
            record.state, record.state_reason = State.REPAIRED, told
        else:
            records.restore(record, on=day, reason=told)
        record.withdrawn_by = ""
        record.save(update_fields=[*records.RESTORED, "withdrawn_by"])
    return record
