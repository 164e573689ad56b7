"""Entry of a single record by form: the same check, the same staging, the same merge as a file of one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.intake import staging
from credit_records.intake.checking import CheckedChunk, check_rows
from credit_records.intake.pipeline import ground_for
from credit_records.models import CatalogueItem, IntakeBatch, IntakeFinding, IntakeRow, Record

from . import batches

FORM = "表单录入"
_ROW = 1
CLOSED = (Record.State.WITHDRAWN, Record.State.ENDED, Record.State.SUSPENDED, Record.State.REPAIRED)
"""Records that no form mends: they are out of publicity, and what changes them takes a reason or a decision."""
_BY_DECISION = "“{}”只由认定决定产生，不能录入或者修改；内容有错的请通过异议办理更正。"


class Faulty(Refused):
    """What was entered cannot become a record; `findings` say what is wrong in which field."""

    def __init__(self, findings: list[IntakeFinding]) -> None:
        super().__init__("record.faulty", ";".join(finding.message for finding in findings))
        self.findings = findings


def enter(
    values: Mapping[str, str],
    *,
    actor: User,
    department: Department,
    item: CatalogueItem,
    record: Record | None = None,
    explanation: str = "",
    submit: bool = True,
    now: datetime | None = None,
) -> Record:
    """Record one decision typed into a form (field code → text), or mend `record` with it.

    Hands it to the reviewer, or keeps it as a draft (`submit` False). Raises `Faulty` with the remarks when a value is
    rejected, or when one is held and no explanation is given; nothing is kept then.
    """
    if department.pk not in actor.departments_as("clerk"):
        raise NotAllowed("只有本单位的录入员可以录入记录。")
    if item.by_decision:
        raise Refused("item.by_decision", _BY_DECISION.format(item.name))
    if record is not None:
        policy_for(Record).require(actor, "change", record)
        in_the_way = obstacle(record)
        if in_the_way:
            raise Refused("record.state", in_the_way)
    moment = now or present()
    with transaction.atomic(), act("record.enter", actor=actor, on=record or department):
        batch = IntakeBatch.objects.create(
            department=department,
            item=item,
            state=IntakeBatch.State.CHECKED,
            file_name=FORM,
            uploaded_by=actor,
            uploaded_at=moment,
            checked_at=moment,
        )
        staging.stage(batch.pk, [judge(department, item, values, row=_ROW, today=local_day(moment))])
        if record is not None:
            IntakeRow.objects.filter(batch=batch).exclude(verdict="reject").update(
                record=record, subject=record.subject_id, action=IntakeRow.Action.UPDATE
            )
        counts = batches.rematch(batch)
        if record is not None and IntakeRow.objects.filter(batch=batch).exclude(record=record).exists():
            _refuse_key_taken(batch)
        if counts.held and explanation.strip():
            batches.explain(batch, _ROW, actor=actor, explanation=explanation)
            counts = batches.rematch(batch)
        if not counts.accepted:
            raise Faulty(list(IntakeFinding.objects.filter(batch=batch).exclude(severity="hint")))
        state = Record.State.SUBMITTED if submit else Record.State.DRAFT
        batches.submit(batch, actor=actor, now=moment, state=state)
        row = IntakeRow.objects.get(batch=batch, row=_ROW)
        if row.record_id is not None:
            return Record.objects.get(pk=row.record_id)
        return Record.objects.get(batch=batch)


def obstacle(record: Record) -> str:
    """Why no form mends the record; empty when one does."""
    if record.item.by_decision:
        return _BY_DECISION.format(record.item.name)
    return f"记录{record.get_state_display()}，不能在此修改。" if record.state in CLOSED else ""


def _refuse_key_taken(batch: IntakeBatch) -> None:
    """The mended record would become a double of another one; a rejected row is left to its own remarks."""
    if IntakeRow.objects.filter(batch=batch, record__isnull=False).exists():
        raise Refused("record.key_taken", "该文号和主体已有另一条记录，请核对文号；重复的请撤回其中一条。")


def judge(
    department: Department, item: CatalogueItem, values: Mapping[str, str], *, row: int, today: date
) -> CheckedChunk:
    """The check's verdict on one decision (field code → text), as the row of that number; nothing is written."""
    ground = ground_for(department, item, today=today)
    # The columns of all versions, the newest's titles first: an older decision is judged by an older version.
    titles: dict[str, str] = {}
    for _, spec in ground.versions:
        for field in spec.fields:
            titles.setdefault(field.code, field.title)
    codes = [code for code in titles if code in values]
    places = {code: (index, title) for index, (code, title) in enumerate(titles.items())}
    cells = tuple(values[code] or None for code in codes)
    (chunk,) = check_rows(ground, codes, places, [([row], [cells])])
    return chunk
