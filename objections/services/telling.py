"""What the upper platform is told of a decision: one message per record, the same day (Y22#21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from casework.services.engine import Work
from credit_records.models import Record
from exchange.services import outbox
from objections.models import Point

TOPIC = "objection.decided"


def tell_platform(work: Work, points: Sequence[Point], *, letter: str) -> None:
    """Into the outbox, within the decision's transaction; after the effects, so that the record's new state is told."""
    by_record: dict[int, list[Point]] = defaultdict(list)
    for point in points:
        by_record[point.record_id].append(point)
    records = Record.objects.select_related("department", "item", "subject").in_bulk(by_record)
    for pk, own in sorted(by_record.items()):
        record = records[pk]
        outbox.put(
            topic=TOPIC,
            key=f"{TOPIC}:{work.case.number}:{letter}:{pk}",
            reference=work.case.number,
            record=record,
            actor=work.actor,
            now=work.now,
            payload={
                "case_number": work.case.number,
                "letter_number": letter,
                "decided_on": work.today.isoformat(),
                "decided_by": work.case.owning_body.name,
                "subject_name": record.subject.name,
                "subject_code": record.subject.code,
                "record": {
                    "item": record.item.code,
                    "document_number": record.document_number,
                    "department": record.department.name,
                    "department_code": record.department.code,
                    "state": record.state,
                },
                "points": [_told(point) for point in own],
            },
        )


def _told(point: Point) -> dict[str, object]:
    return {
        "number": point.number,
        "ground": point.ground,
        "outcome": point.outcome,
        "field": point.field_title,
        "before": point.current_value,
        "after": point.outcome_value,
        "reasons": point.outcome_reasons,
    }
