"""The guard over corrections by decision: what was put right does not come undone by a later upload.

A staged row that would change a corrected record is compared with what the decision said of each corrected column: the
wrong value again is rejected, a third value is held, the right one (or the one the record has) passes. Where the key
was corrected, the old key finds the corrected record instead of making a double of it.

Corrections are few (valid objections stay under one in 100,000 records), so a file is asked at the price of one walk
down an index whether any concern its department and item at all; nothing else runs for the others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

Columns = Mapping[str, tuple[int, str]]
"""Field code → index and title of the column in the sheet, where remarks are shown."""

_DECIDED = """
SELECT record_id, former_document_key FROM credit_records_correction
WHERE department_id = %(department)s AND item_id = %(item)s
"""
_BY_FORMER_KEY = """
WITH found AS MATERIALIZED (
    SELECT s.ctid AS place, former.*
    FROM credit_records_intakerow s
    CROSS JOIN LATERAL (
        SELECT r.id, r.subject_id
        FROM credit_records_correction c
        JOIN credit_records_record r ON r.id = c.record_id
        WHERE c.department_id = %(department)s AND c.item_id = %(item)s AND c.former_document_key = s.document_key
          AND (c.former_business_key = s.business_key
               OR (SELECT b.code = s.subject_code OR b.id_index = s.id_index
                   FROM credit_records_subject b WHERE b.id = c.former_subject_id))
        ORDER BY c.former_business_key <> s.business_key, c.id DESC
        LIMIT 1
    ) former
    WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.record_id IS NULL
      AND s.document_key = ANY(%(former)s)
)
UPDATE credit_records_intakerow s SET record_id = found.id, subject_id = found.subject_id, action = 'update'
FROM found WHERE s.ctid = found.place
"""
# A remark that stands already is not made again, and an explanation given to it stands: whoever explained the row
# before the decision has not explained this.
_GUARD = """
WITH looked_at AS MATERIALIZED (
    SELECT s.ctid AS place, s.row, s.verdict, s.record_id, s.document_key, s.name_key, s.details
    FROM credit_records_intakerow s
    WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject' AND s.action = 'update' AND s.record_id = ANY(%(records)s)
), judged AS MATERIALIZED (
    SELECT l.place, l.row, l.verdict, decided.*, said.shown, placed.column_index, placed.title,
           (SELECT w.id FROM credit_records_correction w
            WHERE w.record_id = l.record_id AND w.field_code = decided.field_code
              AND w.wrong IS NOT DISTINCT FROM said.value LIMIT 1) IS NOT NULL AS returns
    FROM looked_at l
    JOIN credit_records_record r ON r.id = l.record_id
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (c.field_code) c.field_code, c.field_title, c.compared, c.reference, c."right",
               CASE WHEN c."right" IS NULL THEN '删去'
                    WHEN length(c.right_text) > 100 THEN '更正为' || left(c.right_text, 100) || '…'
                    ELSE '更正为' || rtrim(c.right_text, '。；，') END AS outcome
        FROM credit_records_correction c WHERE c.record_id = l.record_id
        ORDER BY c.field_code, c.id DESC
    ) decided
    CROSS JOIN LATERAL (
        SELECT l.details -> decided.field_code AS raw, r.details -> decided.field_code AS held
    ) content
    CROSS JOIN LATERAL (
        SELECT
            CASE decided.compared WHEN 'document_key' THEN to_jsonb(l.document_key)
                WHEN 'name_key' THEN to_jsonb(l.name_key)
                ELSE coalesce(content.raw -> 'index', content.raw) END AS value,
            CASE decided.compared WHEN 'document_key' THEN to_jsonb(r.document_key)
                WHEN 'name_key' THEN to_jsonb(substr(r.business_key, length(r.document_key) + 2))
                ELSE coalesce(content.held -> 'index', content.held) END AS present,
            CASE jsonb_typeof(content.raw)
                WHEN 'object' THEN content.raw ->> 'masked'
                WHEN 'array' THEN (SELECT string_agg(one, '；') FROM jsonb_array_elements_text(content.raw) one)
                ELSE content.raw #>> '{}' END AS shown
    ) said
    CROSS JOIN LATERAL (
        SELECT (%(columns)s::jsonb -> decided.field_code ->> 0)::int AS column_index,
               coalesce(%(columns)s::jsonb -> decided.field_code ->> 1, decided.field_title) AS title
    ) placed
    WHERE said.value IS DISTINCT FROM decided."right" AND said.value IS DISTINCT FROM said.present
), remarked AS MATERIALIZED (
    SELECT j.*, bool_or(j.returns) OVER (PARTITION BY j.row) AS rejected
    FROM judged j
    WHERE j.returns OR (
        SELECT f.id FROM credit_records_intakefinding f
        WHERE f.batch_id = %(batch)s AND f.row = j.row AND f.code = 'record.corrected_differs' AND f."column" = j.title
        LIMIT 1) IS NULL
), turned AS (
    UPDATE credit_records_intakerow s
    SET verdict = CASE WHEN one.rejected THEN 'reject' ELSE 'hold' END,
        action = CASE WHEN one.rejected THEN 'none' ELSE s.action END
    FROM (SELECT DISTINCT place, rejected FROM remarked) one
    WHERE s.ctid = one.place
), written AS (
    INSERT INTO credit_records_intakefinding (batch_id, row, column_index, "column", code, severity, value, message)
    SELECT %(batch)s, row, column_index, title,
           CASE WHEN returns THEN 'record.corrected' ELSE 'record.corrected_differs' END,
           CASE WHEN returns THEN 'reject' ELSE 'hold' END,
           left(coalesce(shown, ''), 200),
           '“' || field_title || '”已按' || reference || outcome || CASE WHEN returns
               THEN '，不能改回原值，请按更正后的内容报送；有异议的请与领导小组办公室联系。'
               ELSE '，与本次报送的不同。确需再改的，请说明理由和依据，由审核员核定。' END
    FROM remarked
)
SELECT count(DISTINCT row) FILTER (WHERE verdict = 'accept' AND rejected),
       count(DISTINCT row) FILTER (WHERE verdict = 'accept' AND NOT rejected)
FROM remarked
"""


@dataclass(frozen=True)
class HeldBack:
    """How many rows that were to be taken in the guard has kept out."""

    rejected: int = 0
    held: int = 0


class CorrectionGuard:
    """The corrections that concern one department and item, looked up once (one query, nearly always empty)."""

    def __init__(self, *, batch_id: int, department_id: int, item_id: int, columns: Columns) -> None:
        self.params: dict[str, Any] = {"batch": batch_id, "department": department_id, "item": item_id}
        with connection.cursor() as cursor:
            cursor.execute(_DECIDED, self.params)
            decided = cursor.fetchall()
        self.params |= {
            "records": sorted({record for record, _ in decided}),
            "former": sorted({key for _, key in decided} - {""}),
        }
        if decided:
            self.params["columns"] = json.dumps({code: list(place) for code, place in columns.items()})

    def find_by_former_key(self) -> None:
        """Let rows under a corrected record's old number or name find that record."""
        if self.params["former"]:
            with connection.cursor() as cursor:
                cursor.execute(_BY_FORMER_KEY, self.params)

    def hold_back(self) -> HeldBack:
        """Reject rows that bring a wrong value back, hold those that bring a third one. Safe to repeat."""
        if not self.params["records"]:
            return HeldBack()
        with connection.cursor() as cursor:
            cursor.execute(_GUARD, self.params)
            return HeldBack(*cursor.fetchone())
