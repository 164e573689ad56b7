"""Records that a decision makes (the item's kind is one of `BY_DECISION`): the same check, staging and merge as a file of one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.intake import merging, staging
from credit_records.intake.reading import FileRefused
from credit_records.models import CatalogueItem, IntakeBatch, IntakeFinding, IntakeRow, Record, Subject
from credit_records.selectors.judging import stated_severity
from credit_records.selectors.record_pages import spec_of_record

from . import batches, classifying, records, rejudging
from .disputes import named_reference
from .entry import Faulty, judge

FILE_NAME = "认定决定"
_ROW = 1
_TAKEN = "该文号和主体已有记录，请核对认定决定书的文号；一份决定只入一条记录。"


def enter_by_decision(
    values: Mapping[str, str],
    *,
    item: CatalogueItem,
    department: Department,
    entered_by: User,
    actor: User,
    severity: str,
    reference: str,
    reason: str,
    legal_basis: str,
    subject: Subject | None = None,
    now: datetime | None = None,
) -> Record:
    """Enter what a case has decided (field code → text) into the subject's file, in force at once.

    `entered_by` proposed it, `actor` decides it: two persons. `severity` is the degree of the decision; publicity follows
    from it by the rule set in force on the day of the decision. `reference` is the number of the case. With `subject` the
    record must come to stand in that file and no other. Raises `Faulty` with the remarks where the check rejects a value;
    what it would hold passes, the decision is the explanation. It stands or falls with the caller's transaction.
    """
    reference, reason, legal_basis = named_reference(reference), reason.strip(), legal_basis.strip()
    _require(item, severity=severity, reason=reason, legal_basis=legal_basis)
    if department.pk not in actor.area_as(Role.APPROVER):
        raise NotAllowed("只有负责该单位的信用办的审批人可以按认定决定记入信用记录。")
    if entered_by.pk == actor.pk:
        raise Refused("four_eyes", "拟办人不能自己审批，请由其他审批人办理。")
    moment = now or present()
    told = f"依据 {reference}，{reason}"
    data = {"reference": reference, "severity": str(severity), "item": item.code}
    with act("record.enter_by_decision", actor=actor, on=department, reason=told, data=data):
        batches.one_submission_at_a_time(department.pk, item.pk)
        batch = _staged(
            values, item=item, department=department, entered_by=entered_by, explanation=told, moment=moment
        )
        batch.reviewed_by, batch.reviewed_at = actor, moment
        batch.save(update_fields=["reviewed_by", "reviewed_at"])
        merging.merge_subjects(batch_id=batch.pk, now=moment)
        merging.merge_new_records(
            batch_id=batch.pk,
            department_id=department.pk,
            item_id=item.pk,
            actor_id=entered_by.pk,
            state=Record.State.SUBMITTED,
            now=moment,
        )
        records.move_batch(
            batch.pk,
            sources=[Record.State.SUBMITTED],
            target=Record.State.PUBLISHED,
            reason=told,
            reviewer=actor,
            now=moment,
        )
        record = Record.objects.select_related("item").get(batch=batch)
        if subject is not None and record.subject_id != subject.pk:
            raise Refused(
                "record.other_subject",
                f"按填写的名称和代码，记录会记到另一主体名下，与案件的主体“{subject}”不符，请核对。",
            )
        if stated_severity(record, spec_of_record(record)) not in ("", severity):
            raise ValueError(
                "the degree in the words of the decision is another than the one it is entered with"
            )
        classifying.classify_by_decision(
            record, actor=actor, severity=severity, reason=told, legal_basis=legal_basis, now=moment
        )
    return Record.objects.select_related("item").get(pk=record.pk)


def _require(item: CatalogueItem, *, severity: str, reason: str, legal_basis: str) -> None:
    if not item.by_decision:
        raise Refused("record.not_by_decision", f"“{item.name}”由来源单位报送，不能按认定决定记入。")
    if severity not in Record.Severity.values:
        raise Refused("finding.severity", "请选择认定的失信程度：轻微、一般或者严重。")
    if not reason:
        raise Refused("reason.missing", "记入信用记录必须写明理由。")
    if not legal_basis:
        raise Refused("legal_basis.missing", "记入信用记录必须写明法律依据。")


def _staged(
    values: Mapping[str, str],
    *,
    item: CatalogueItem,
    department: Department,
    entered_by: User,
    explanation: str,
    moment: datetime,
) -> IntakeBatch:
    """The one row, judged and accepted as a new record, in a batch that was never anybody's to work on."""
    try:
        chunk = judge(department, item, values, row=_ROW, today=local_day(moment))
    except FileRefused as refusal:
        raise Refused(refusal.code, refusal.message) from refusal
    batch = IntakeBatch.objects.create(
        department=department,
        item=item,
        state=IntakeBatch.State.PUBLISHED,
        file_name=FILE_NAME,
        uploaded_by=entered_by,
        uploaded_at=moment,
        checked_at=moment,
        rows=1,
        created=1,
    )
    staging.stage(batch.pk, [chunk])
    batches.rematch(batch)
    row = IntakeRow.objects.get(batch=batch)
    if row.record_id is not None:
        raise Refused("record.key_taken", _TAKEN)
    if row.verdict == IntakeRow.Verdict.REJECT:
        raise Faulty(list(IntakeFinding.objects.filter(batch=batch).exclude(severity="hint")))
    if row.verdict == IntakeRow.Verdict.HOLD:
        IntakeRow.objects.filter(batch=batch).update(
            verdict=IntakeRow.Verdict.ACCEPT, explanation=explanation
        )
    rejudging.bring_up_to_date(batch)
    return batch
