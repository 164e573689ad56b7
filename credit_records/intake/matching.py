"""What only the database knows of staged rows: repeats within the file, earlier versions of the same record.

A record is found by its business key (document number and name of the subject, per department and item), and also by
document number and the subject's own code, so that a corrected spelling of the name does not double it.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

_REPEATED = """
WITH keyed AS (
    SELECT row, document_number, min(row) OVER (PARTITION BY {key}) AS first
    FROM credit_records_intakerow
    WHERE batch_id = %(batch)s AND verdict <> 'reject' AND document_key <> ''
), repeated AS (
    UPDATE credit_records_intakerow r SET verdict = 'reject', action = 'none'
    FROM keyed WHERE r.batch_id = %(batch)s AND r.row = keyed.row AND keyed.row <> keyed.first
    RETURNING r.row, keyed.first, r.document_number
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s, 'row.repeated', 'reject', left(document_number, 200),
       '与第' || first || '行重复(文号和主体相同),同一决定只报一次,请删除此行。'
FROM repeated
"""
_BY_NAME = "document_key, name_key"
_BY_IDENTITY = "document_key, coalesce(subject_code, id_index, 'n:' || name_key)"

_FOUND_BY_KEY = """
UPDATE credit_records_intakerow s
SET record_id = r.id, subject_id = r.subject_id,
    action = CASE WHEN r.digest = s.digest AND r.state NOT IN ('withdrawn', 'draft', 'returned') THEN 'unchanged' ELSE 'update' END
FROM credit_records_record r
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject'
  AND r.department_id = %(department)s AND r.item_id = %(item)s AND r.business_key = s.business_key
"""
_FOUND_BY_SUBJECT = """
UPDATE credit_records_intakerow s
SET record_id = r.id, subject_id = r.subject_id,
    action = CASE WHEN r.digest = s.digest AND r.state NOT IN ('withdrawn', 'draft', 'returned') THEN 'unchanged' ELSE 'update' END
FROM credit_records_subject b
JOIN credit_records_record r ON r.subject_id = b.id
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.record_id IS NULL AND {same}
  AND r.document_key = s.document_key AND r.department_id = %(department)s AND r.item_id = %(item)s
"""
_HELD = """
WITH held AS (
    UPDATE credit_records_intakerow s SET verdict = 'hold'
    FROM credit_records_record r
    WHERE s.batch_id = %(batch)s AND s.record_id = r.id AND s.verdict = 'accept' AND s.explanation = ''
      AND (r.state = 'withdrawn' OR (r.state = 'ended' AND s.action = 'update'))
    RETURNING s.row, s.document_number, r.state
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s,
       CASE state WHEN 'withdrawn' THEN 'record.withdrawn' ELSE 'record.ended' END, 'hold', left(document_number, 200),
       CASE state
         WHEN 'withdrawn' THEN '该记录已撤回,不会自动恢复。确需重新报送的,请说明理由和依据,由审核员核定。'
         ELSE '该记录公示已终止,内容又有变化。确需更正的,请说明理由和依据,由审核员核定。' END
FROM held
"""
_COUNTS = """
SELECT count(*),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'create'),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'update'),
       count(*) FILTER (WHERE verdict = 'accept' AND action = 'unchanged'),
       count(*) FILTER (WHERE verdict = 'hold'),
       count(*) FILTER (WHERE verdict = 'reject')
FROM credit_records_intakerow WHERE batch_id = %(batch)s
"""


@dataclass(frozen=True)
class Counts:
    """How many rows of a batch would become what; `accepted` = created + updated + unchanged."""

    rows: int
    created: int
    updated: int
    unchanged: int
    held: int
    rejected: int

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.unchanged


def match(*, batch_id: int, department_id: int, item_id: int, place: int | None, title: str) -> Counts:
    """Judge the staged rows of a batch against each other and against the records there are.

    Safe to repeat: submitting does it again, because another batch may have been submitted since the check.
    `place` and `title` name the column of the document number, where the remarks are shown.
    """
    params = {"batch": batch_id, "department": department_id, "item": item_id, "place": place, "title": title}
    with connection.cursor() as cursor:
        cursor.execute(_REPEATED.format(key=_BY_NAME), params)
        cursor.execute(_REPEATED.format(key=_BY_IDENTITY), params)
        cursor.execute(_FOUND_BY_KEY, params)
        for same in ("b.code = s.subject_code", "b.id_index = s.id_index"):
            cursor.execute(_FOUND_BY_SUBJECT.format(same=same), params)
        cursor.execute(_HELD, params)
        cursor.execute(_COUNTS, params)
        return Counts(*cursor.fetchone())
