"""Repair of a record by decision: publicity, sharing and use end at once, and only another decision brings them back.

Who calls these is judged twice. The step of the case says who may decide it and when; the policy of the record says that
the actor is an approver, or an upper reviewer for a record that a case has laid before their office: where a rule asks for
the office above, its agreement is the decision, and it acts.
"""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.events import (
    announce,
    record_repaired,
    record_shielded,
    repair_revoked,
    shielding_ended,
)
from credit_records.models import Record

from . import batches, records
from .disputes import named_reference

State = Record.State
REPAIRABLE = (State.PUBLISHED, State.SUSPENDED)
"""What a repair can be granted for: in force, shown or not."""


def _named_reason(reason: str, what: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused("reason.missing", f"{what}必须写明理由。")
    return reason


def _locked(record: Record) -> Record:
    """No upload comes between what is judged here and what is written."""
    batches.one_submission_at_a_time(record.department_id, record.item_id)
    return Record.objects.select_for_update(of=("self",)).get(pk=record.pk)


def _own_reason(record: Record) -> str:
    """The reason of the suspension that stands, kept while something else hides the record."""
    return record.state_reason or str(State.SUSPENDED.label)


def repair_by_decision(
    record: Record, *, actor: User, reference: str, reason: str, now: datetime | None = None
) -> Record:
    """Repair a record on the decision named: it is no longer shown, shared or used from this moment (修复).

    It stays in the inner store with its history. No upload, form or explained row changes it or brings it back, and the
    nightly end of publicity leaves it as it is; corrections and withdrawals stay possible.
    """
    reference, reason = named_reference(reference), _named_reason(reason, "修复")
    policy_for(Record).require(actor, "repair", record)
    day = local_day(now or present())
    told = f"依据 {reference}，{reason}"
    with act("record.repair", actor=actor, on=record, reason=told, data={"reference": reference}):
        record = _locked(record)
        if record.state not in REPAIRABLE:
            raise Refused(
                "record.state",
                f"{record.document_number}：记录现为“{record.get_state_display()}”，只有在公示或者暂停公示的记录可以修复。",
            )
        if record.state == State.SUSPENDED and not record.shielded_by:
            record.suspended_for = _own_reason(record)
        record.state, record.state_reason, record.repaired_by = State.REPAIRED, told, reference
        record.save(update_fields=["state", "state_reason", "repaired_by", "suspended_for"])
        announce(record_repaired, record, reference=reference, on=day)
    return record


def revoke_repair(
    record: Record, *, actor: User, reference: str, reason: str, now: datetime | None = None
) -> Record:
    """Take a repair back on the decision named (撤销修复): as it was before, or ended when its longest period is over.

    What was suspended before the repair is suspended again for its old reason, what a court's order hides stays hidden.
    What its department has withdrawn meanwhile stays withdrawn; only the guard of the repair falls, so that it can be
    reported anew like anything else that was withdrawn.
    """
    reference, reason = named_reference(reference), _named_reason(reason, "撤销修复")
    policy_for(Record).require(actor, "revoke_repair", record)
    day = local_day(now or present())
    told = f"依据 {reference}，{reason}"
    with act("record.revoke_repair", actor=actor, on=record, reason=told, data={"reference": reference}):
        record = _locked(record)
        if not record.repaired_by:
            raise Refused(
                "record.state",
                f"{record.document_number}：记录现为“{record.get_state_display()}”，没有按决定修复，不能撤销修复。",
            )
        if record.state == State.REPAIRED:
            records.restore(record, on=day, reason=told)
        elif not record.shielded_by:
            record.suspended_for = ""
        record.repaired_by = ""
        record.save(update_fields=[*records.RESTORED, "repaired_by"])
        announce(repair_revoked, record, reference=reference, on=day)
    return record


def shield(
    record: Record, *, actor: User, reference: str, reason: str, now: datetime | None = None
) -> Record:
    """Take a record off publicity, sharing and use while a court's order of reorganisation holds (屏蔽).

    What is suspended already stays so for its own reason, and is not shown by lifting that. Its period runs on. Unlike
    `records.suspend` it waits for no batch, so that it can be done where uploads are held off.
    """
    reference, reason = named_reference(reference), _named_reason(reason, "屏蔽")
    policy_for(Record).require(actor, "suspend", record)
    told = f"破产重整期间屏蔽(依据 {reference})，{reason}"
    with act("record.shield", actor=actor, on=record, reason=told, data={"reference": reference}):
        record = _locked(record)
        if record.shielded_by:
            raise Refused(
                "record.state", f"{record.document_number}：记录已按{record.shielded_by}屏蔽，不能重复屏蔽。"
            )
        if record.state not in REPAIRABLE:
            raise Refused(
                "record.state",
                f"{record.document_number}：记录现为“{record.get_state_display()}”，只有在公示或者暂停公示的记录可以屏蔽。",
            )
        if record.state == State.SUSPENDED:
            record.suspended_for = _own_reason(record)
        else:
            record.state, record.state_reason = State.SUSPENDED, told
        record.shielded_by = reference
        record.save(update_fields=["state", "state_reason", "suspended_for", "shielded_by"])
        announce(record_shielded, record, reference=reference, on=local_day(now or present()))
    return record


def end_shield(record: Record, *, actor: User, reason: str, now: datetime | None = None) -> Record:
    """Let the court's order hide a record no more (结束屏蔽): shown again as far as its period still runs.

    What is suspended for its own reason, repaired, withdrawn or ended stays so.
    """
    reason = _named_reason(reason, "结束屏蔽")
    policy_for(Record).require(actor, "resume", record)
    day = local_day(now or present())
    with act("record.end_shield", actor=actor, on=record, reason=reason):
        record = _locked(record)
        if not record.shielded_by:
            raise Refused(
                "record.state",
                f"{record.document_number}：记录现为“{record.get_state_display()}”，不是因破产重整屏蔽的，不在此恢复。",
            )
        record.shielded_by = ""
        if record.state == State.SUSPENDED:
            records.restore(record, on=day, reason=reason)
        elif not record.repaired_by:
            record.suspended_for = ""
        record.save(update_fields=[*records.RESTORED, "shielded_by"])
        announce(shielding_ended, record, reference="", on=day)
    return record
