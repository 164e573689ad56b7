"""The mark 异议中 beside a record's state, and the subject's own statement beside a record that was maintained."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from credit_records.models import Dispute, Record, SubjectStatement
from credit_records.rules.identifiers import mask_numbers_in

_LONGEST_REFERENCE = 200


def named_reference(reference: str) -> str:
    """The case or decision on which something is done to a record: named, or nothing is done."""
    reference = reference.strip()
    if not 0 < len(reference) <= _LONGEST_REFERENCE:
        raise Refused("reference.missing", f"请写明所依据的案件编号或者文书({_LONGEST_REFERENCE}字以内)。")
    return reference


def mark_disputed(
    record: Record, *, actor: User, reference: str, url: str = "", now: datetime | None = None
) -> Dispute:
    """Show 异议中 wherever the record is shown, while the objection of that number runs. Safe to repeat.

    The record's state and its publicity stay as they are: an objection alone suspends neither.
    """
    reference = named_reference(reference)
    policy_for(Record).require(actor, "dispute", record)
    with act("record.mark_disputed", actor=actor, on=record, reason=reference, data={"reference": reference}):
        record = Record.objects.select_for_update().get(pk=record.pk)
        running = Dispute.objects.filter(record=record, reference=reference, closed_at=None).first()
        if running is None:
            running = Dispute.objects.create(
                record=record, reference=reference, url=url, opened_at=now or present()
            )
        _set_mark(record, True)
    return running


def lift_dispute(record: Record, *, actor: User, reference: str, now: datetime | None = None) -> Record:
    """Take the mark of one objection away; 异议中 falls with the last of them. Safe to repeat."""
    reference = named_reference(reference)
    policy_for(Record).require(actor, "dispute", record)
    with act("record.lift_dispute", actor=actor, on=record, reason=reference, data={"reference": reference}):
        record = Record.objects.select_for_update().get(pk=record.pk)
        for running in Dispute.objects.select_for_update().filter(
            record=record, reference=reference, closed_at=None
        ):
            running.closed_at = now or present()
            running.save(update_fields=["closed_at"])
        _set_mark(record, Dispute.objects.filter(record=record, closed_at=None).exists())
    return record


def _set_mark(record: Record, disputed: bool) -> None:
    """On a record locked and read anew, within the caller's act."""
    if record.disputed != disputed:
        record.disputed = disputed
        record.save(update_fields=["disputed"])


def record_statement(
    record: Record, *, actor: User, text: str, reference: str, now: datetime | None = None
) -> SubjectStatement:
    """Keep what the subject says of a record that was maintained; pages and exports show it with the record."""
    reference, text = named_reference(reference), text.strip()
    if not text:
        raise Refused("statement.missing", "请填写当事人声明的内容。")
    if len(text) > SubjectStatement.LONGEST:
        raise Refused(
            "statement.too_long", f"当事人声明最多{SubjectStatement.LONGEST}字，现有{len(text)}字，请精简。"
        )
    if mask_numbers_in(text) != text:
        raise Refused(
            "statement.number_in_text", "当事人声明会随记录展示，不能写公民身份号码、手机号码，请删去。"
        )
    policy_for(Record).require(actor, "dispute", record)
    with act(
        "record.record_statement", actor=actor, on=record, reason=reference, data={"reference": reference}
    ):
        record = Record.objects.select_for_update().get(pk=record.pk)
        return SubjectStatement.objects.create(
            record=record, text=text, reference=reference, made_at=now or present(), recorded_by=actor
        )
