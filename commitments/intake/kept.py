"""Rows that would reword what a room above keeps as it is: a commitment, or a report on it, about which a case is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from audit.faults import Refused
from commitments import obstacles
from commitments.models import Commitment, Performance
from credit_records.intake.sinks import Place
from credit_records.models import IntakeBatch

from .staged import judge

# `differs` is SQL on the staged row s and the commitment c.
_REWORDED = """
FROM credit_records_intakerow s
CROSS JOIN LATERAL (SELECT * FROM commitments_commitment x WHERE x.code = s.document_key LIMIT 1) c
{more}
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.action = 'update' AND ({differs})
"""
_KEPT = """
SELECT s.ctid AS place, s.row, s.subject_id AS subject, s.document_number AS shown, s.document_key AS code,
       s.action AS becomes, r.fault, 'reject' AS weight, r.message
FROM credit_records_intakerow s
CROSS JOIN LATERAL (
    SELECT k.fault, k.message FROM unnest(%(rows)s::int[], %(faults)s::text[], %(messages)s::text[]) AS k (row, fault, message)
    WHERE k.row = s.row LIMIT 1
) r
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject'
"""


def reject_kept_commitments(batch: IntakeBatch, place: Place, *, differs: str) -> None:
    """Rows that would change what was promised in a commitment that is kept, as `amend` refuses it at the counter."""
    _reject(batch, place, f"SELECT s.row, c.id, NULL::bigint {_REWORDED.format(more='', differs=differs)}")


def reject_kept_reports(batch: IntakeBatch, place: Place, *, same_day: str) -> None:
    """Rows that would change a report on a commitment that is kept; `same_day` is SQL for the report that the row names."""
    lateral = f"CROSS JOIN LATERAL (SELECT c.id) k CROSS JOIN LATERAL ({same_day}) p"
    _reject(batch, place, f"SELECT s.row, c.id, p.id {_REWORDED.format(more=lateral, differs='true')}")


def _reject(batch: IntakeBatch, place: Place, statement: str) -> None:
    """Rooms above are asked of one thing after the other: of the few rows alone that change what is there."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"batch": batch.pk})
        rows = cursor.fetchall()
    if not rows:
        return
    commitments = Commitment.objects.in_bulk({commitment for _, commitment, _ in rows})
    reports = Performance.objects.in_bulk({report for _, _, report in rows if report is not None})
    kept: dict[int, Refused] = {}
    for row, commitment, report in rows:
        try:
            obstacles.require_undoable(commitments[commitment], reports.get(report))
        except Refused as refusal:
            refusal.journaled = True  # nobody was refused a step: the row stays out, and the batch says why
            kept[row] = refusal
    if kept:
        more: Mapping[str, Any] = {
            "rows": list(kept),
            "faults": [one.code for one in kept.values()],
            "messages": [one.message for one in kept.values()],
        }
        judge(batch, place, found=_KEPT, more=more)
