"""Corrections by decision: a record put right at once, through the same check as an upload, and guarded from then on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db.models import Q

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from credit_records.intake import merging, staging
from credit_records.intake.checking import STAGED, CheckedChunk
from credit_records.intake.judging import Finding
from credit_records.intake.reading import FileRefused
from credit_records.models import CatalogueVersion, Correction, IntakeBatch, IntakeFinding, IntakeRow, Record
from credit_records.rules.dates import LONG_TERM
from credit_records.rules.faults import Severity
from credit_records.rules.field_specs import FieldSpec, FieldType
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.selectors.record_pages import shown_value

from . import batches, classifying, records
from .correction_rows import comparable, correction_rows
from .decided_withdrawals import reinstate, reinstatement_obstacle, withdraw_by_decision
from .disputes import named_reference
from .entry import Faulty, judge
from .entry_values import texts_of, with_kept_numbers

__all__ = [
    "FILE_NAME", "FieldChange", "Preview", "correct", "guard_as_is", "obstacle", "preview", "reinstate",
    "reinstatement_obstacle", "withdraw_by_decision",
]  # fmt: skip
FILE_NAME = "异议更正"
_ROW = 1
_NO_PERIOD = "不公示"


@dataclass(frozen=True)
class FieldChange:
    """One thing that the correction changes, as pages show it."""

    code: str
    title: str
    before: str
    after: str
    derived: bool
    """Not asked for: it follows from what was (severity, publicity dates)."""


@dataclass(frozen=True)
class Preview:
    """What a correction would make of a record; `obstacle` says why it cannot be done, empty when it can."""

    changes: list[FieldChange]
    findings: list[Finding]
    obstacle: str

    @property
    def unchanged(self) -> bool:
        """The record says already what the correction would make it say."""
        return all(change.derived for change in self.changes)


@dataclass(frozen=True)
class _Proposal:
    """The record with the changes, judged by the check; nothing is written."""

    record: Record
    chunk: CheckedChunk
    row: dict[str, Any]
    fields: list[FieldSpec]
    asked: frozenset[str]

    @property
    def details(self) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(self.row["details"])
        return content

    @property
    def rejected(self) -> bool:
        return bool(self.row["verdict"] == IntakeRow.Verdict.REJECT)

    def differing(self) -> Iterator[tuple[FieldSpec, Any, Any]]:
        """The columns whose content becomes another, each with what it was and what it will be."""
        old, new = self.record.details, self.details
        for field in self.fields:
            before, after = old.get(field.code), new.get(field.code)
            if comparable(before) != comparable(after):
                yield field, before, after


def obstacle(record: Record) -> str:
    """Why the record cannot be corrected in its present state; empty when it can."""
    if record.state in records.IN_FORCE:
        return ""
    allowed = "、".join(state.label for state in records.IN_FORCE)
    return f"记录现为“{record.get_state_display()}”，只有“{allowed}”的记录可以按决定更正。"


def preview(record: Record, changes: Mapping[str, str], *, now: datetime | None = None) -> Preview:
    """What `correct` would do with these texts (field code → text), remarks included; nothing is written."""
    proposal = _judged(record, changes, today=local_day(now or present()))
    shown = [
        FieldChange(
            field.code,
            field.title,
            shown_value(field, before),
            _asked_for(field, after, changes),
            field.code not in proposal.asked,
        )
        for field, before, after in proposal.differing()
    ]
    in_the_way = obstacle(record)
    if not in_the_way and not any(not change.derived for change in shown):
        in_the_way = _UNCHANGED
    if not in_the_way and _taken(proposal) is not None:
        in_the_way = _TAKEN
    if not proposal.rejected:
        shown += _derived(proposal)
    elif not in_the_way:
        in_the_way = "更正后的内容没有通过检查，请按意见改正。"
    return Preview(shown, proposal.chunk.findings, in_the_way)


def _asked_for(field: FieldSpec, value: Any, changes: Mapping[str, str]) -> str:
    """The new value; what the check could not read, as it was typed."""
    typed = changes.get(field.code, "").strip()
    if value is not None or not typed:
        return shown_value(field, value)
    return "****" if field.type is FieldType.ID_NUMBER else typed


_UNCHANGED = "与现有内容相同，没有需要更正的栏目。"
_TAKEN = "该文号和主体已有另一条记录，不能更正成与它相同；重复的请撤回其中一条。"


def correct(
    record: Record,
    *,
    actor: User,
    changes: Mapping[str, str],
    reference: str,
    reason: str,
    now: datetime | None = None,
) -> Record:
    """Put columns of a record right by the office's decision (field code → text); in force at once.

    The record keeps its state, its batch and who reported it. What the check would reject is refused with its remarks
    (`Faulty`); what it would hold passes, the decision is the explanation. Each corrected column is kept as a
    `Correction`, which holds later uploads of the department to it.
    """
    reference, reason = named_reference(reference), reason.strip()
    if not reason:
        raise Refused("reason.missing", "更正必须写明理由。")
    policy_for(Record).require(actor, "correct", record)
    moment = now or present()
    told = f"依据 {reference}，{reason}"
    data = {"reference": reference, "fields": sorted(changes)}
    with act("record.correct", actor=actor, on=record, reason=told, data=data):
        batches.one_submission_at_a_time(record.department_id, record.item_id)
        record = _locked(record)
        in_the_way = obstacle(record)
        if in_the_way:
            raise Refused("record.state", in_the_way)
        proposal = _judged(record, changes, today=local_day(moment))
        if proposal.rejected:
            raise Faulty([IntakeFinding(**one._asdict()) for one in proposal.chunk.findings if _weighs(one)])
        if not any(field.code in proposal.asked for field, _, _ in proposal.differing()):
            raise Refused("correction.unchanged", _UNCHANGED)
        if _taken(proposal) is not None:
            raise Refused("record.key_taken", _TAKEN)
        batch = _staged(proposal, actor=actor, explanation=told, moment=moment)
        merging.merge_subjects(batch_id=batch.pk, now=moment)
        merging.merge_correction(
            batch_id=batch.pk, record_id=record.pk, reviewer_id=actor.pk, reviewed_at=moment
        )
        classifying.reapply_to(record)
        classifying.follow_words(record, actor=actor, reason=told, now=moment)
        batches.void_zero_reports(batch, now=moment)
        corrected = Record.objects.get(pk=record.pk)
        differing = (one for one in proposal.differing() if one[0].code in proposal.asked)
        Correction.objects.bulk_create(
            correction_rows(
                corrected,
                proposal.record,
                differing,
                batch=batch,
                actor=actor,
                reference=reference,
                reason=reason,
                at=moment,
            )
        )
    return corrected


def guard_as_is(
    record: Record,
    *,
    actor: User,
    before: Mapping[str, Any],
    codes: Collection[str],
    reference: str,
    reason: str,
    now: datetime | None = None,
) -> list[Correction]:
    """Hold later uploads to columns that the source put right itself before the office decided so.

    `before` is the content of the history row in which they were still wrong. The record is not written; of the columns
    given, those that differ from it are guarded as if `correct` had put them right.
    """
    reference, reason = named_reference(reference), reason.strip()
    if not reason:
        raise Refused("reason.missing", "更正必须写明理由。")
    policy_for(Record).require(actor, "correct", record)
    moment = now or present()
    told = f"依据 {reference}，{reason}"
    data = {"reference": reference, "fields": sorted(codes)}
    with act("record.guard_as_is", actor=actor, on=record, reason=told, data=data):
        batches.one_submission_at_a_time(record.department_id, record.item_id)
        record = _locked(record)
        in_the_way = obstacle(record)
        if in_the_way:
            raise Refused("record.state", in_the_way)
        fields = _columns_of(record, codes)
        differing = [
            (fields[code], before.get(code), record.details.get(code))
            for code in sorted(codes)
            if comparable(before.get(code)) != comparable(record.details.get(code))
        ]
        if not differing:
            return []
        stood = record.history.filter(details=dict(before)).order_by("history_id").last()
        if stood is None:
            raise ValueError(f"record {record.pk} never had the content given as `before`")
        batch = record.batch or _decided_batch(record, actor=actor, moment=moment)
        return Correction.objects.bulk_create(
            correction_rows(
                record,
                stood,
                differing,
                batch=batch,
                actor=actor,
                reference=reference,
                reason=reason,
                at=moment,
            )
        )


def _locked(record: Record) -> Record:
    return (
        Record.objects.select_for_update(of=("self",))
        .select_related("item", "department", "subject")
        .get(pk=record.pk)
    )


# --- the check ----------------------------------------------------------------------------------------------


def _judged(record: Record, changes: Mapping[str, str], *, today: date) -> _Proposal:
    """The whole record judged again with the changes: a column may be right alone and wrong beside the others."""
    fields = _columns_of(record, changes)
    emptied = {code for code, text in changes.items() if not text.strip()}
    values = with_kept_numbers({**texts_of(record), **changes}, record, removed=emptied)
    try:
        chunk = judge(record.department, record.item, values, row=_ROW, today=today)
    except FileRefused as refusal:
        raise Refused(refusal.code, refusal.message) from refusal
    row = dict(zip(STAGED, chunk.rows[0], strict=True))
    return _Proposal(record, chunk, row, list(fields.values()), frozenset(changes))


def _columns_of(record: Record, codes: Collection[str]) -> dict[str, FieldSpec]:
    """The item's columns, those of the record's own version first; columns asked for that it never had are refused."""
    fields: dict[str, FieldSpec] = {}
    for version_id, spec in versions_ever_in_force(record.item):
        for field in spec.fields:
            if version_id == record.version_id:
                fields[field.code] = field
            else:
                fields.setdefault(field.code, field)
    unknown = sorted(set(codes) - set(fields))
    if unknown:
        raise Refused("correction.field", f"“{record.item}”没有这些栏目，不能更正：{'、'.join(unknown)}。")
    return fields


def _weighs(finding: Finding) -> bool:
    return finding.severity != Severity.HINT


def _taken(proposal: _Proposal) -> Record | None:
    """Another record that has the corrected one's number and subject."""
    row, record = proposal.row, proposal.record
    if proposal.rejected:
        return None
    same = Q(business_key=row["business_key"])
    if row["subject_code"] is not None:
        same |= Q(subject__code=row["subject_code"])
    if row["id_index"] is not None:
        same |= Q(subject__id_index=row["id_index"])
    return (
        Record.objects.filter(
            same,
            department=record.department_id,
            item=record.item_id,
            document_key=row["document_key"],
        )
        .exclude(pk=record.pk)
        .first()
    )


def _derived(proposal: _Proposal) -> list[FieldChange]:
    record, row = proposal.record, dict(proposal.row)
    decided = classifying.foreseen(record, details=proposal.details, decided_on=row["decision_date"])
    if decided is not None:
        row["severity"], shown = decided
        row |= {
            "publicity_start": shown.start,
            "publicity_earliest_end": shown.earliest_end,
            "publicity_latest_end": shown.latest_end,
        }
    pairs = [
        ("severity", _severity(record.severity), _severity(row["severity"])),
        ("disclosure", record.get_disclosure_display(), CatalogueVersion.Disclosure(row["disclosure"]).label),
        ("publicity_start", _day(record.publicity_start), _day(row["publicity_start"])),
        ("publicity_earliest_end", _day(record.publicity_earliest_end), _day(row["publicity_earliest_end"])),
        (
            "publicity_latest_end",
            _last_day(record.publicity_start, record.publicity_latest_end),
            _last_day(row["publicity_start"], row["publicity_latest_end"]),
        ),
    ]
    return [
        FieldChange(name, str(Record._meta.get_field(name).verbose_name), before, after, True)
        for name, before, after in pairs
        if before != after
    ]


def _severity(value: str) -> str:
    return str(Record.Severity(value).label) if value else "(空)"


def _day(day: date | str | None) -> str:
    return str(day) if day else _NO_PERIOD


def _last_day(start: date | str | None, last: date | str | None) -> str:
    if not start:
        return _NO_PERIOD
    return "长期" if not last or str(last) >= LONG_TERM.isoformat() else str(last)


# --- what is written ----------------------------------------------------------------------------------------


def _staged(proposal: _Proposal, *, actor: User, explanation: str, moment: datetime) -> IntakeBatch:
    """A batch of one row that keeps what was judged; decided already, it counts for no month's reporting."""
    record = proposal.record
    batch = _decided_batch(record, actor=actor, moment=moment, rows=1, updated=1)
    staging.stage(batch.pk, [proposal.chunk])
    held = proposal.row["verdict"] == IntakeRow.Verdict.HOLD
    IntakeRow.objects.filter(batch=batch).update(
        record=record.pk,
        subject=record.subject_id,
        action=IntakeRow.Action.UPDATE,
        verdict=IntakeRow.Verdict.ACCEPT,
        explanation=explanation if held else "",
    )
    return batch


def _decided_batch(record: Record, *, actor: User, moment: datetime, **counts: int) -> IntakeBatch:
    return IntakeBatch.objects.create(
        department=record.department,
        item=record.item,
        state=IntakeBatch.State.PUBLISHED,
        file_name=FILE_NAME,
        uploaded_by=actor,
        uploaded_at=moment,
        checked_at=moment,
        reviewed_by=actor,
        reviewed_at=moment,
        **counts,
    )
