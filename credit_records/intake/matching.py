"""What only the database knows of staged rows: repeats within the file, earlier versions of the same record.

A record is found by its business key (document number and name of the subject, per department and item), and also by
document number and the subject's own code, so that a corrected spelling of the name does not double it.

The planner knows nothing of rows that were staged a moment ago and takes them for a handful; a join between such rows
then becomes a loop within a loop, hours for a large file. The statements here leave it no choice: what is looked up for
each row stands in a LATERAL with LIMIT or in a scalar subquery, which can only be a walk down an index, and rows to be
changed are named by their place in the table (ctid).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from credit_records.intake.corrected import Columns, CorrectionGuard

_REPEATED = """
WITH repeated AS MATERIALIZED (
    SELECT place, row, first, document_number
    FROM (
        SELECT ctid AS place, row, document_number, min(row) OVER (PARTITION BY {key}) AS first
        FROM credit_records_intakerow
        WHERE batch_id = %(batch)s AND verdict <> 'reject' AND {which}
    ) keyed
    WHERE row <> first
), marked AS (
    UPDATE credit_records_intakerow SET verdict = 'reject', action = 'none'
    WHERE ctid = ANY(ARRAY(SELECT place FROM repeated))
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s, 'row.repeated', 'reject', left(document_number, 200),
       '与第' || first || '行重复(文号和主体相同)，同一决定只报一次，请删除此行。'
FROM repeated
"""
_REPEATED_NAME = _REPEATED.format(key="business_key", which="document_key <> ''")
_REPEATED_IDENTITY = _REPEATED.format(
    key="document_key, coalesce(subject_code, id_index, 'n:' || name_key)", which="document_key <> ''"
)
# Document numbers are nearly always different: one look at them alone spares both comparisons.
_SHARED_NUMBER = """
SELECT document_key FROM credit_records_intakerow
WHERE batch_id = %(batch)s AND verdict <> 'reject' AND document_key <> ''
GROUP BY document_key HAVING count(*) > 1 LIMIT 1
"""
# Two rows can name one record, by its name and by its code.
_REPEATED_RECORD = _REPEATED.format(key="record_id", which="record_id IS NOT NULL")

# A business key begins with the document key and "|", and "}" comes right after that sign: the range holds the records
# of one document number, nearly always none or one, at one walk down the index of business keys. Of them the first in
# order counts: the same key, the same subject, or else (not `same`) a withdrawn or repaired one where no code tells the
# subjects apart: such a decision does not come back under another spelling of the name. What was repaired is not the
# department's to explain either: the code of the other subject tells them apart, nothing less.
_FOUND = """
WITH found AS MATERIALIZED (
    SELECT s.ctid AS place, record.*
    FROM credit_records_intakerow s
    CROSS JOIN LATERAL (
        SELECT r.id, r.subject_id, r.repaired_by, known.same,
               CASE WHEN r.digest = s.digest AND r.state NOT IN ('withdrawn', 'draft', 'returned') THEN 'unchanged'
                    ELSE 'update' END AS action
        FROM credit_records_record r
        CROSS JOIN LATERAL (
            SELECT r.business_key = s.business_key
                   OR (s.record_id IS NULL OR s.record_id = r.id)
                      AND coalesce(b.code = s.subject_code OR b.id_index = s.id_index, false) AS same,
                   b.code IS NULL AND b.id_index IS NULL OR s.subject_code IS NULL AND s.id_index IS NULL AS unclear
            FROM credit_records_subject b WHERE b.id = r.subject_id
            LIMIT 1
        ) known
        WHERE r.department_id = %(department)s AND r.item_id = %(item)s
          AND r.business_key >= s.document_key || '|' AND r.business_key < s.document_key || '}'
          AND (known.same OR r.state IN ('withdrawn', 'repaired') AND known.unclear)
        ORDER BY known.same DESC, r.business_key <> s.business_key, NOT known.same AND r.repaired_by = '', r.id
        LIMIT 1
    ) record
    WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.document_key <> ''
      AND CASE WHEN record.same THEN s.record_id IS DISTINCT FROM record.id OR s.action <> record.action
               ELSE s.record_id IS NULL AND (record.repaired_by <> '' OR s.verdict = 'accept' AND s.explanation = '') END
), taken AS (
    UPDATE credit_records_intakerow s
    SET record_id = found.id, subject_id = found.subject_id, action = found.action
    FROM found WHERE s.ctid = found.place AND found.same
), held AS (
    UPDATE credit_records_intakerow s
    SET verdict = CASE WHEN found.repaired_by <> '' THEN 'reject' ELSE 'hold' END,
        action = CASE WHEN found.repaired_by <> '' THEN 'none' ELSE s.action END
    FROM found WHERE s.ctid = found.place AND NOT found.same
    RETURNING s.row, s.document_number, found.repaired_by
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s,
       CASE WHEN repaired_by <> '' THEN 'record.number_repaired' ELSE 'record.number_withdrawn' END,
       CASE WHEN repaired_by <> '' THEN 'reject' ELSE 'hold' END,
       left(document_number, 200),
       CASE WHEN repaired_by <> '' THEN
           '本单位同一文号的记录已按' || repaired_by || '修复，单凭名称分不清是不是同一主体。确属另一主体的，请填写统一社会信用代码或者证件号码后再报送；仍不能报送的，请与领导小组办公室联系。'
         ELSE '本单位撤回过同一文号的记录。确属另一主体或者确需重新报送的，请说明理由和依据，由审核员核定。' END
FROM held
"""
# Remarked beside whatever else holds the row: an explanation of something else does not bring such a record back. What
# the office withdrew by its decision, or repaired, is not the department's to explain.
_HELD = """
WITH held AS (
    UPDATE credit_records_intakerow s
    SET verdict = CASE WHEN r.withdrawn_by || r.repaired_by <> '' THEN 'reject' ELSE 'hold' END,
        action = CASE WHEN r.withdrawn_by || r.repaired_by <> '' THEN 'none' ELSE s.action END
    FROM credit_records_record r
    WHERE s.batch_id = %(batch)s AND s.record_id = r.id AND s.verdict <> 'reject'
      AND (r.state = 'withdrawn' OR (r.state IN ('ended', 'suspended', 'repaired') AND s.action = 'update'))
      AND (r.withdrawn_by || r.repaired_by <> ''
           OR (SELECT f.id FROM credit_records_intakefinding f
               WHERE f.batch_id = s.batch_id AND f.row = s.row AND f.code = 'record.' || r.state LIMIT 1) IS NULL)
    RETURNING s.row, s.document_number, r.state, r.withdrawn_by, r.repaired_by
)
INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
SELECT %(batch)s, row, %(place)s, %(title)s,
       CASE WHEN withdrawn_by <> '' THEN 'record.withdrawn_by_decision'
            WHEN repaired_by <> '' THEN 'record.repaired'
            WHEN state = 'withdrawn' THEN 'record.withdrawn'
            WHEN state = 'suspended' THEN 'record.suspended'
            ELSE 'record.ended' END,
       CASE WHEN withdrawn_by || repaired_by <> '' THEN 'reject' ELSE 'hold' END,
       left(document_number, 200),
       CASE
         WHEN withdrawn_by <> '' THEN
           '该记录已按' || withdrawn_by || '撤回，不能再报送，请删除此行；认为应当恢复的，请与领导小组办公室联系。'
         WHEN repaired_by <> '' THEN
           '该记录已按' || repaired_by || '修复，公示终止，不能再改动或者重新报送，请删除此行；内容有错的，请与领导小组办公室联系。'
         WHEN state = 'withdrawn' THEN '该记录已撤回，不会自动恢复。确需重新报送的，请说明理由和依据，由审核员核定。'
         WHEN state = 'suspended' THEN '该记录经核查暂停公示，报送不会恢复公示。确需更正内容的，请说明理由和依据，由审核员核定。'
         ELSE '该记录公示已终止，内容又有变化。确需更正的，请说明理由和依据，由审核员核定。' END
FROM held
"""
_COUNTS = """
SELECT count(record_id), count(*),
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


def reject_repeats(*, batch_id: int, place: int | None, title: str) -> None:
    """Reject staged rows that say again what an earlier row of the file says: once, after staging.

    `place` and `title` name the column of the document number, where the remarks are shown.
    """
    params = {"batch": batch_id, "place": place, "title": title}
    with connection.cursor() as cursor:
        cursor.execute(_SHARED_NUMBER, params)
        if cursor.fetchone() is not None:
            for statement in (_REPEATED_NAME, _REPEATED_IDENTITY):
                cursor.execute(statement, params)


def match(
    *,
    batch_id: int,
    department_id: int,
    item_id: int,
    place: int | None,
    title: str,
    columns: Columns,
) -> Counts:
    """Judge the staged rows of a batch against the records there are; `columns` are those of the sheet by field.

    Safe to repeat: submitting does it again, because another batch may have been submitted since the check.
    """
    params = {"batch": batch_id, "department": department_id, "item": item_id, "place": place, "title": title}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, params)
        guard = CorrectionGuard(
            batch_id=batch_id, department_id=department_id, item_id=item_id, columns=columns
        )
        guard.find_by_former_key()
        guard.hold_back()
        cursor.execute(_COUNTS, params)
        found, *counts = cursor.fetchone()
        if found:
            for statement in (_REPEATED_RECORD, _HELD, _COUNTS):
                cursor.execute(statement, params)
            _, *counts = cursor.fetchone()
        return Counts(*counts)
