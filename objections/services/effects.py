"""What a decision does to the records, point by point, through the records' own functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from casework.services.engine import Work
from credit_records.models import Record
from credit_records.services import batches, corrections, records
from objections.models import Point


def apply(work: Work, points: Sequence[Point], *, reference: str) -> None:
    """Correct, withdraw or suspend; points of one record are corrected together. Part of the decision's transaction."""
    fixes: dict[int, dict[str, str]] = defaultdict(dict)
    versions: dict[int, dict[str, int | None]] = defaultdict(dict)
    by_record = {point.record_id: point.record for point in points}
    reasons: dict[int, list[str]] = defaultdict(list)
    withdrawn: dict[int, Point] = {}
    suspended: dict[int, Point] = {}
    for point in points:
        reasons[point.record_id].append(point.outcome_reasons)
        if point.outcome == Point.Outcome.CORRECTED:
            fixes[point.record_id][point.field_code] = point.outcome_value
            versions[point.record_id].setdefault(point.field_code, point.record_version)
        elif point.outcome == Point.Outcome.WITHDRAWN:
            withdrawn[point.record_id] = point
        elif point.outcome == Point.Outcome.UNVERIFIABLE:
            suspended[point.record_id] = point
    batches.hold_submissions(by_record[pk] for pk in fixes)
    for pk, changes in sorted(fixes.items()):
        if pk in withdrawn:
            continue
        _put_right(
            work, by_record[pk], changes, versions[pk], reference=reference, reason="；".join(reasons[pk])
        )
    for pk, point in sorted(withdrawn.items()):
        record = Record.objects.get(pk=pk)
        if not record.withdrawn_by:
            corrections.withdraw_by_decision(
                record,
                actor=work.actor,
                reference=reference,
                reason=point.outcome_reasons,
                legal_basis=reference,
                now=work.now,
            )
    for pk, point in sorted(suspended.items()):
        record = Record.objects.get(pk=pk)
        if records.may_be_suspended(record):
            records.suspend(
                record, actor=work.actor, reason=f"{point.outcome_reasons}({reference})", now=work.now
            )


def _put_right(
    work: Work,
    record: Record,
    changes: Mapping[str, str],
    versions: Mapping[str, int | None],
    *,
    reference: str,
    reason: str,
) -> None:
    """Correct what is still wrong; what the source has put right itself is guarded like it, or it could come back."""
    # No upload comes between this look at the record and what is written.
    batches.one_submission_at_a_time(record.department_id, record.item_id)
    record = Record.objects.select_related("item", "department", "subject").get(pk=record.pk)
    found = corrections.preview(record, changes, now=work.now)
    if not put_right_already(record, found):
        corrections.correct(
            record, actor=work.actor, changes=changes, reference=reference, reason=reason, now=work.now
        )
    rewritten = {change.code for change in found.changes if not change.derived}
    as_is: dict[int, list[str]] = defaultdict(list)
    for code, version in versions.items():
        if code not in rewritten and version is not None:
            as_is[version].append(code)
    stood = Record.history.model.objects.in_bulk(as_is)
    for version, codes in as_is.items():
        corrections.guard_as_is(
            record,
            actor=work.actor,
            before=stood[version].details,
            codes=codes,
            reference=reference,
            reason=reason,
            now=work.now,
        )


def put_right_already(record: Record, found: corrections.Preview) -> bool:
    """The source has corrected the record itself meanwhile: the objection is upheld, and nothing is left to write."""
    return found.unchanged and not corrections.obstacle(record)
