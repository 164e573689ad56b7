"""What the sinks of commitments and of reports have in common: repeats, remarks and counts of staged rows, set by set.

The planner takes freshly staged rows for a handful. So nothing here joins them freely (see `credit_records.intake.matching`):
what is looked up for a row stands in LATERAL with LIMIT or in a scalar subquery, rows to be changed are named by ctid.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

from credit_records.intake.matching import Counts
from credit_records.intake.sinks import Place
from credit_records.models import IntakeBatch

_SAID_TWICE = """
SELECT 1 FROM credit_records_intakerow s
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND {which}
GROUP BY {key} HAVING count(*) > 1 LIMIT 1
"""
_REPEATED = """
WITH repeated AS MATERIALIZED (
    SELECT place, row, first, document_number
    FROM (
        SELECT s.ctid AS place, s.row, s.document_number, min(s.row) OVER (PARTITION BY {key}) AS first
        FROM credit_records_intakerow s
        WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND {which}
    ) keyed
    WHERE row <> first
), marked AS (
    UPDATE credit_records_intakerow SET verdict = 'reject', action = 'none'
    WHERE ctid = ANY(ARRAY(SELECT place FROM repeated))
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s, 'row.repeated', 'reject', left(document_number, 200),
       '与第' || first || '行重复(' || %(same)s || ')，请删除此行。'
FROM repeated
"""
# `found` gives for a row its place (ctid), its number, the code as shown and as compared, the subject if it is known, what
# becomes of it, and what is wrong: fault, weight (reject or hold) and message, or NULLs. A remark that stands already is
# not made again: who has explained it need not do so twice.
_JUDGED = """
WITH found AS MATERIALIZED (
    {found}
), judged AS MATERIALIZED (
    SELECT f.*, f.fault IS NOT NULL AND (f.weight = 'reject' OR (
        SELECT x.id FROM credit_records_intakefinding x
        WHERE x.batch_id = %(batch)s AND x.row = f.row AND x.code = f.fault LIMIT 1) IS NULL) AS said
    FROM found f
), turned AS (
    UPDATE credit_records_intakerow s
    SET verdict = CASE WHEN j.said THEN j.weight ELSE s.verdict END,
        action = CASE WHEN j.said AND j.weight = 'reject' THEN 'none' ELSE j.becomes END,
        document_number = j.shown, document_key = j.code, subject_id = coalesce(j.subject, s.subject_id)
    FROM judged j
    WHERE s.ctid = j.place AND (j.said OR s.action <> j.becomes OR s.document_key <> j.code)
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s, fault, weight, left(shown, 200), message FROM judged WHERE said
"""
_COUNTS = """
SELECT count(*),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'create'),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'update'),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'unchanged'),
       count(*) FILTER (WHERE verdict = 'hold'),
       count(*) FILTER (WHERE verdict = 'reject')
FROM credit_records_intakerow WHERE batch_id = %s
"""


def reject_repeats(batch: IntakeBatch, place: Place, *, key: str, which: str, same: str) -> None:
    """Reject rows whose `key` (SQL on the staged row s, `which` it must satisfy) an earlier row has; `same` says it in words."""
    params = {"batch": batch.pk, "place": place.index, "title": place.title, "same": same}
    with connection.cursor() as cursor:
        cursor.execute(_SAID_TWICE.format(key=key, which=which), params)
        if cursor.fetchone() is not None:
            cursor.execute(_REPEATED.format(key=key, which=which), params)


def judge(batch: IntakeBatch, place: Place, *, found: str, more: Mapping[str, Any] | None = None) -> int:
    """Give rows what `found` (SQL, with `more` parameters) says of them; returns how many remarks were made."""
    params = {
        "batch": batch.pk,
        "department": batch.department_id,
        "place": place.index,
        "title": place.title,
        **(more or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED.format(found=found), params)
        return int(cursor.rowcount)


def counts_of(batch: IntakeBatch) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [batch.pk])
        return Counts(*cursor.fetchone())
