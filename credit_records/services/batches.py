"""Verbs of an intake batch: upload, check, explain, submit, take back, return, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.core.files import File
from django.db import connection, transaction

from accounts.kept_files import digest_of, keep
from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from accounts.sealed_files import readable_path
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from audit.models import Event
from credit_records.intake import merging
from credit_records.intake.matching import Counts
from credit_records.intake.pipeline import check_file
from credit_records.intake.reading import FileRefused
from credit_records.intake.sinks import COUNTED, place_of, sink_of, take_counts
from credit_records.models import CatalogueItem, IntakeBatch, IntakeRow, Record, ZeroReport
from credit_records.rules.text import clean_text
from credit_records.selectors.batches import latest_correction

from . import rejudging

State = IntakeBatch.State
LARGEST_FILE = 100 * 1024 * 1024


def upload(
    file: File,
    *,
    actor: User,
    department: Department,
    item: CatalogueItem,
    file_name: str = "",
    corrects: IntakeBatch | None = None,
    now: datetime | None = None,
) -> IntakeBatch:
    """Take a file in as it is; nothing of it is judged yet. The file is kept as evidence of what was reported."""
    if department.pk not in actor.departments_as("clerk"):
        raise NotAllowed("只有本单位的录入员可以上传报送文件。")
    if item.by_decision:
        raise Refused("item.by_decision", f"“{item.name}”只由认定决定产生，不能上传；请在违诺认定中办理。")
    name = _clean_name(file_name or file.name or "")
    size = file.size or 0
    if size > LARGEST_FILE:
        raise Refused("file.too_large", f"文件有{size // 1024 // 1024}MB，超过100MB上限，请拆分后分批上传。")
    if size == 0:
        raise Refused("file.empty", "文件是空的，请检查后重新上传。")
    batch = IntakeBatch(
        department=department,
        item=item,
        file_name=name,
        file_size=size,
        file_sha256=digest_of(file),
        corrects=corrects,
        uploaded_by=actor,
        uploaded_at=now or present(),
    )
    with act("batch.upload", actor=actor, on=department, data={"file": name, "sha256": batch.file_sha256}):
        keep(batch, file, name=f"{batch.file_sha256[:16]}{_ending(name)}")
    return batch


def _clean_name(name: str) -> str:
    """The file's own name without folders; a name in an encoding of its own becomes readable text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = name.encode("utf-8", "surrogateescape").decode("gb18030", "replace")
    return clean_text(name.replace("\\", "/").rsplit("/", 1)[-1])[:200] or "未命名"


def _ending(name: str) -> str:
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    return f".{ending}" if ending in ("xlsx", "xlsm", "xls", "csv", "txt") else ""


def locked(batch: IntakeBatch) -> IntakeBatch:
    return (
        IntakeBatch.objects.select_for_update(of=("self",))
        .select_related("item", "department")
        .get(pk=batch.pk)
    )


def check(
    batch: IntakeBatch,
    *,
    actor: User,
    now: datetime | None = None,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> IntakeBatch:
    """Judge the file; a file that cannot be used is refused with the reason, and no row of it is kept."""
    policy_for(IntakeBatch).require(actor, "check", batch)
    moment = now or present()
    with act("batch.check", actor=actor, on=batch, batch_id=batch.pk):
        batch = locked(batch)
        if batch.state not in (State.UPLOADED, State.CHECKED, State.REFUSED):
            raise Refused("batch.state", f"批次{batch.get_state_display()}，不能再检查。")
        given = _explanations_given(batch)
        try:
            with transaction.atomic(), readable_path(batch.file) as path:
                counts = check_file(batch, path, today=local_day(moment), progress=progress)
                if given and counts.held:
                    counts = _keep_explanations(batch, given)
        except FileRefused as refusal:
            batch.state, batch.refusal_code, batch.refusal = State.REFUSED, refusal.code, refusal.message
        else:
            batch.state, batch.refusal_code, batch.refusal = State.CHECKED, "", ""
            take_counts(batch, counts)
        batch.checked_at = moment
        batch.save(update_fields=["state", "refusal_code", "refusal", "checked_at", "layout", *COUNTED])
    return batch


def _explanations_given(batch: IntakeBatch) -> dict[tuple[str, str], str]:
    """What the clerk has already explained, in this file or in the one that it corrects, by key and content of the row."""
    rows = IntakeRow.objects.filter(batch__in=[batch.pk, batch.corrects_id or batch.pk]).exclude(
        explanation=""
    )
    return {
        (key, digest): text for key, digest, text in rows.values_list("business_key", "digest", "explanation")
    }


def _keep_explanations(batch: IntakeBatch, given: dict[tuple[str, str], str]) -> Counts:
    """A row that was explained and has not changed since need not be explained again."""
    for row in IntakeRow.objects.filter(batch=batch, verdict=IntakeRow.Verdict.HOLD):
        explanation = given.get((row.business_key, row.digest))
        if explanation:
            IntakeRow.objects.filter(batch=batch, row=row.row).update(
                verdict=IntakeRow.Verdict.ACCEPT, explanation=explanation
            )
    return rematch(batch)


def rematch(batch: IntakeBatch) -> Counts:
    """Judge the staged rows again by what the database holds now."""
    return sink_of(batch.item).match(batch, place_of(batch))


def explain(batch: IntakeBatch, row: int, *, actor: User, explanation: str) -> IntakeBatch:
    """Answer a held row with the reason for reporting it all the same; the reviewer sees reason and remark."""
    policy_for(IntakeBatch).require(actor, "explain", batch)
    if not explanation.strip():
        raise Refused("explanation.missing", "请写明仍需报送的理由和依据。")
    with act(
        "batch.explain", actor=actor, on=batch, batch_id=batch.pk, reason=explanation, data={"row": row}
    ):
        batch = locked(batch)
        if batch.state != State.CHECKED:
            raise Refused("batch.state", f"批次{batch.get_state_display()}，不能再说明。")
        changed = IntakeRow.objects.filter(batch=batch, row=row, verdict=IntakeRow.Verdict.HOLD).update(
            verdict=IntakeRow.Verdict.ACCEPT, explanation=explanation.strip()
        )
        if not changed:
            raise Refused("row.not_held", f"第{row}行不是存疑行。")
        take_counts(batch, rematch(batch))
        batch.save(update_fields=COUNTED)
    return batch


def submit(
    batch: IntakeBatch,
    *,
    actor: User,
    now: datetime | None = None,
    state: Record.State = Record.State.SUBMITTED,
) -> IntakeBatch:
    """Hand the accepted rows to review, records as such awaiting it; held and rejected rows stay outside.

    Changes to published records wait in the batch until the reviewer confirms them. One transaction: all or nothing.
    With `state` DRAFT (a form that is not finished) the batch itself stays with the clerk.
    """
    policy_for(IntakeBatch).require(actor, "submit", batch)
    moment = now or present()
    with act("batch.submit", actor=actor, on=batch, batch_id=batch.pk):
        batch = locked(batch)
        if batch.state != State.CHECKED:
            raise Refused("batch.state", f"批次{batch.get_state_display()}，不能提交。")
        newer = latest_correction(batch)
        if newer is not None:
            raise Refused("batch.corrected", f"本批次已由“{newer.file_name}”改正，请提交改正后的批次。")
        one_submission_at_a_time(batch.department_id, batch.item_id)
        rejudging.bring_up_to_date(batch)
        take_counts(batch, rematch(batch))
        if batch.accepted and not (batch.created or batch.updated):
            raise Refused("batch.nothing_new", "全部行与现有记录相同，不需要提交。")
        if not batch.accepted:
            raise Refused("batch.nothing_accepted", "没有可入库的行，请按批注改正后重新上传。")
        sink_of(batch.item).submit(batch, actor=actor, state=state, now=moment)
        if state == Record.State.SUBMITTED:
            batch.state, batch.submitted_at = State.SUBMITTED, moment
        batch.save(update_fields=["state", "submitted_at", *COUNTED])
    return batch


def one_submission_at_a_time(department_id: int, item_id: int) -> None:
    """Two files of one department for one item are merged one after the other, so that neither doubles the other.

    Taken after the lock on a batch and before those on records.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [department_id, item_id])


def hold_submissions(records: Iterable[Record]) -> None:
    """The same for all records of a decision, in an order that is everybody's: two decisions never wait for each other."""
    for department_id, item_id in sorted({(record.department_id, record.item_id) for record in records}):
        one_submission_at_a_time(department_id, item_id)


def void_zero_reports(batch: IntakeBatch, *, now: datetime) -> None:
    """A month that brought decisions after all is no month of zero."""
    declared = ZeroReport.objects.filter(department=batch.department, item=batch.item, withdrawn_at=None)
    if not declared.exists():
        return
    for report in declared.select_for_update().filter(month__in=merging.months_of(batch.pk)):
        report.withdrawn_at = now
        report.save(update_fields=["withdrawn_at"])


def take_back(batch: IntakeBatch, *, actor: User, reason: str) -> IntakeBatch:
    """Undo a batch of which nothing is published yet: its records become drafts again, to be reported anew."""
    policy_for(IntakeBatch).require(actor, "take_back", batch)
    with act("batch.take_back", actor=actor, on=batch, batch_id=batch.pk, reason=reason):
        batch = locked(batch)
        if batch.state not in (State.UPLOADED, State.CHECKED, State.REFUSED, State.SUBMITTED, State.RETURNED):
            raise Refused(
                "batch.state", f"批次{batch.get_state_display()}，不能撤销；已发布的记录请逐条撤回。"
            )
        sink_of(batch.item).take_back(batch, reason=reason)
        batch.state, batch.state_reason = State.TAKEN_BACK, reason
        batch.save(update_fields=["state", "state_reason"])
    return batch


def send_back(batch: IntakeBatch, *, actor: User, reason: str) -> IntakeBatch:
    """Return a submitted batch to its clerk with the reasons (退回)."""
    policy_for(IntakeBatch).require(actor, "return", batch)
    if not reason.strip():
        raise Refused("reason.missing", "请写明退回理由，录入员要据此改正。")
    with act("batch.return", actor=actor, on=batch, batch_id=batch.pk, reason=reason):
        batch = locked(batch)
        if batch.state != State.SUBMITTED:
            raise Refused("batch.state", f"批次{batch.get_state_display()}，不能退回。")
        if actor.pk in _hands_in(batch):
            raise Refused(
                "four_eyes", "录入人不能退回自己报送的批次，可以撤销批次，或由本单位其他审核员办理。"
            )
        sink_of(batch.item).send_back(batch, reviewer=actor, reason=reason)
        batch.state, batch.state_reason = State.RETURNED, reason
        batch.reviewed_by, batch.reviewed_at = actor, present()
        batch.save(update_fields=["state", "state_reason", "reviewed_by", "reviewed_at"])
    return batch


def publish(batch: IntakeBatch, *, actor: User, reason: str = "", now: datetime | None = None) -> IntakeBatch:
    """Put all submitted records of a batch in force, and the changes to published ones that wait in it."""
    policy_for(IntakeBatch).require(actor, "publish", batch)
    moment = now or present()
    with act("batch.publish", actor=actor, on=batch, batch_id=batch.pk, reason=reason):
        batch = locked(batch)
        if batch.state != State.SUBMITTED:
            raise Refused("batch.state", f"批次{batch.get_state_display()}，不能发布。")
        hands = _hands_in(batch)
        if actor.pk in hands:
            raise Refused("four_eyes", "录入人不能审核自己报送的批次，请由本单位其他审核员办理。")
        one_submission_at_a_time(batch.department_id, batch.item_id)
        rejudging.bring_up_to_date(batch)
        sink_of(batch.item).publish(batch, reviewer=actor, submitter_id=hands[-1], reason=reason, now=moment)
        batch.state, batch.reviewed_by, batch.reviewed_at = State.PUBLISHED, actor, moment
        batch.save(update_fields=["state", "reviewed_by", "reviewed_at", *COUNTED])
    return batch


def _hands_in(batch: IntakeBatch) -> list[int]:
    """Who uploaded, explained or submitted the batch, in that order; the submitter stands last."""
    events = Event.objects.filter(batch_id=batch.pk, verb__in=["batch.explain", "batch.submit"])
    return [batch.uploaded_by_id, *events.order_by("pk").values_list("actor_id", flat=True)]
