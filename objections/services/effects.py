"""What a decision does to the records, point by point, through the records' own functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from casework.services.engine import Work
from credit_records.models import Record
from credit_records.services import corrections, records
from objections.models import Point

State = Record.State


def apply(work: Work, points: Sequence[Point], *, reference: str) -> None:
    """Correct, withdraw or suspend; points of one record are corrected together. Part of the decision's transaction."""
    fixes: dict[int, dict[str, str]] = defaultdict(dict)
    by_record = {point.record_id: point.record for point in points}
    reasons: dict[int, list[str]] = defaultdict(list)
    withdrawn: dict[int, Point] = {}
    suspended: dict[int, Point] = {}
    for point in points:
        reasons[point.record_id].append(point.outcome_reasons)
        if point.outcome == Point.Outcome.CORRECTED:
            fixes[point.record_id][point.field_code] = point.outcome_value
        elif point.outcome == Point.Outcome.WITHDRAWN:
            withdrawn[point.record_id] = point
        elif point.outcome == Point.Outcome.UNVERIFIABLE:
            suspended[point.record_id] = point
    for pk, changes in sorted(fixes.items()):
        if pk in withdrawn:
            continue
        if put_right_already(by_record[pk], corrections.preview(by_record[pk], changes, now=work.now)):
            continue
        corrections.correct(
            by_record[pk],
            actor=work.actor,
            changes=changes,
            reference=reference,
            reason="；".join(reasons[pk]),
            now=work.now,
        )
    for pk, point in sorted(withdrawn.items()):
        record = Record.objects.get(pk=pk)
        if record.state != State.WITHDRAWN:
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
        if record.state == State.PUBLISHED:
            records.suspend(
                record, actor=work.actor, reason=f"{point.outcome_reasons}({reference})", now=work.now
            )


def put_right_already(record: Record, found: corrections.Preview) -> bool:
    """The source has corrected the record itself meanwhile: the objection is upheld, and nothing is left to write."""
    return found.unchanged and not corrections.obstacle(record)
