"""Accepted rows into subjects and records, set by set, each with its history, inside the caller's act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection
from psycopg import sql

from audit.bulk import write_history
from credit_records.models import DuplicateCodeEntry, Record, Subject, SubjectName

_CONTENT = [
    "version_id",
    "business_key",
    "document_number",
    "document_key",
    "decision_date",
    "authority_name",
    "authority_code",
    "kinds",
    "fine",
    "confiscated",
    "valid_until",
    "details",
    "digest",
    "disclosure",
    "severity",
    "rule_set",
    "publicity_start",
    "publicity_earliest_end",
    "publicity_latest_end",
]
_ASSIGNMENTS = ", ".join(f"{column} = s.{column}" for column in _CONTENT)

# Looked up for each staged row in a scalar subquery: see `matching` for why no statement joins staged rows freely.
_BY_CODE = "SELECT b.id FROM credit_records_subject b WHERE b.code = s.subject_code"
_BY_PERSON = "SELECT b.id FROM credit_records_subject b WHERE b.id_index = s.id_index"
_BY_NAME = (
    "SELECT b.id FROM credit_records_subject b WHERE b.code IS NULL AND b.id_index IS NULL"
    " AND b.kind = s.subject_kind AND b.name_key = s.name_key"
)
# A row without code or number that mends a record leaves it with its subject, unless it names somebody else.
_NAMES_ANOTHER = (
    "(s.action = 'create' OR (SELECT n.id FROM credit_records_subjectname n"
    " WHERE n.subject_id = s.subject_id AND n.name_key = s.name_key) IS NULL)"
)
# How a staged row names its subject: by code, by the index of a personal number, or by name alone.
_IDENTITIES = (
    ("s.subject_code", "s.subject_code IS NOT NULL AND s.action IN ('create', 'update')", _BY_CODE),
    (
        "s.id_index",
        "s.subject_code IS NULL AND s.id_index IS NOT NULL AND s.action IN ('create', 'update')",
        _BY_PERSON,
    ),
    (
        "s.subject_kind, s.name_key",
        "s.subject_code IS NULL AND s.id_index IS NULL AND s.action IN ('create', 'update')"
        f" AND {_NAMES_ANOTHER}",
        _BY_NAME,
    ),
)
SUBJECT_OF_ROW = f"""
    CASE WHEN s.subject_code IS NOT NULL THEN ({_BY_CODE})
         WHEN s.id_index IS NOT NULL THEN ({_BY_PERSON})
         WHEN {_NAMES_ANOTHER} THEN ({_BY_NAME})
         ELSE s.subject_id END
"""
"""SQL: the subject that a staged row `s` names; NULL when there is none yet (`merge_subjects` makes it)."""
_NEW_SUBJECTS = """
INSERT INTO credit_records_subject
    (kind, code, name, name_key, legal_representative, region, industry, state, registration_number, id_type,
     id_sealed, id_index, id_masked, created_at)
SELECT DISTINCT ON ({key})
    s.subject_kind, s.subject_code, s.subject_name, s.name_key, s.legal_representative,
    coalesce(substr(s.subject_code, 3, 6), ''), '', 'existing', s.registration_number, s.id_type, s.id_sealed,
    s.id_index, s.id_masked, %(now)s
FROM credit_records_intakerow s
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND {which} AND ({same}) IS NULL
ORDER BY {key}, s.decision_date DESC, s.row
ON CONFLICT DO NOTHING
RETURNING id
"""
_FIRST_NAMES = """
INSERT INTO credit_records_subjectname (subject_id, name, name_key, kind, batch_id)
SELECT id, name, name_key, 'current', %(batch)s FROM credit_records_subject WHERE id = ANY(%(ids)s)
ON CONFLICT DO NOTHING RETURNING id
"""
# An older decision under another name speaks of a former name, a newer one of a name the registrar has yet to confirm.
_OTHER_NAMES = """
INSERT INTO credit_records_subjectname (subject_id, name, name_key, kind, batch_id)
SELECT DISTINCT ON (b.id, s.name_key) b.id, s.subject_name, s.name_key,
    CASE WHEN s.decision_date < (SELECT min(r.decision_date) FROM credit_records_record r WHERE r.subject_id = b.id)
         THEN 'former' ELSE 'doubtful' END,
    %(batch)s
FROM credit_records_intakerow s
JOIN credit_records_subject b ON b.code = s.subject_code
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action IN ('create', 'update') AND b.name_key <> s.name_key
ORDER BY b.id, s.name_key, s.row
ON CONFLICT DO NOTHING RETURNING id
"""
_TWO_CODES = """
INSERT INTO credit_records_duplicatecodeentry
    (name, name_key, first_id, second_id, state, batch_id, found_at, resolution)
SELECT n.name, n.name_key, least(n.id, o.id), greatest(n.id, o.id), 'open', %(batch)s, %(now)s, ''
FROM credit_records_subject n
JOIN credit_records_subject o ON o.name_key = n.name_key AND o.id <> n.id AND o.code IS NOT NULL
WHERE n.id = ANY(%(ids)s) AND n.code IS NOT NULL AND o.code <> n.code
ON CONFLICT DO NOTHING RETURNING id
"""
_NEW_RECORDS = """
INSERT INTO credit_records_record
    (item_id, department_id, subject_id, state, batch_id, entered_by_id, entered_at, state_reason, {content})
SELECT %(item)s, %(department)s, {subject},
    %(state)s, s.batch_id, %(actor)s, %(now)s, '', {staged}
FROM credit_records_intakerow s
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'create'
"""
_CHANGED_RECORDS = """
UPDATE credit_records_record r
SET {assignments}, subject_id = {subject},
    state = CASE WHEN r.state IN ('ended', 'suspended') THEN r.state
                 WHEN r.shielded_by <> '' THEN 'suspended' ELSE %(state)s END,
    batch_id = s.batch_id, entered_by_id = %(actor)s, entered_at = %(now)s,
    reviewed_by_id = %(reviewer)s, reviewed_at = %(reviewed_at)s,
    state_reason = CASE WHEN r.state IN ('ended', 'suspended') THEN r.state_reason
                        WHEN r.suspended_for <> '' THEN r.suspended_for
                        WHEN r.shielded_by <> '' THEN '破产重整期间屏蔽(依据 ' || r.shielded_by || ')' ELSE '' END
FROM credit_records_intakerow s
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'update' AND s.record_id = r.id
  AND {which} AND (r.digest <> s.digest OR r.state IN ('withdrawn', 'draft', 'returned'))
RETURNING r.id
"""

_CHANGE_BEFORE_REVIEW = "r.state IN ('draft', 'submitted', 'returned')"
# A newer batch that was confirmed first is not undone; what was withdrawn, suspended or has ended comes in only if
# explained, and the explanation must have answered that very remark. What the office withdrew by decision does not, nor
# does what was repaired, were the batch submitted before that. What a court's order hides comes back hidden.
_REVIEWED_CHANGE = (
    "r.withdrawn_by = '' AND r.repaired_by = '' AND (r.batch_id IS NULL OR r.batch_id <= s.batch_id)"
    " AND (r.state = 'published' OR (r.state IN ('withdrawn', 'ended', 'suspended') AND s.explanation <> ''"
    " AND (SELECT f.id FROM credit_records_intakefinding f WHERE f.batch_id = s.batch_id AND f.row = s.row"
    " AND f.code = 'record.' || r.state LIMIT 1) IS NOT NULL))"
)
_CORRECTED_RECORD = """
UPDATE credit_records_record r
SET {assignments}, subject_id = {subject}, reviewed_by_id = %(reviewer)s, reviewed_at = %(reviewed_at)s
FROM credit_records_intakerow s
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.record_id = r.id AND r.id = %(record)s
RETURNING r.id
"""


def ids_of(statement: Any, params: Mapping[str, Any]) -> list[int]:
    """Run a statement that returns ids."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [row[0] for row in cursor.fetchall()]


def _history_of(model: Any, ids: list[int], kind: str) -> None:
    if ids:
        write_history(model, kind=kind, where=sql.SQL("id = ANY(%s)"), params=[ids])


def merge_subjects(*, batch_id: int, now: datetime) -> int:
    """Subjects that the batch names for the first time, their names, and suspected double codes."""
    params: dict[str, Any] = {"batch": batch_id, "now": now}
    created: list[int] = []
    for key, which, same in _IDENTITIES:
        created += ids_of(_NEW_SUBJECTS.format(key=key, which=which, same=same), params)
    _history_of(Subject, created, "+")
    params["ids"] = created
    _history_of(SubjectName, ids_of(_FIRST_NAMES, params), "+")
    _history_of(SubjectName, ids_of(_OTHER_NAMES, params), "+")
    _history_of(DuplicateCodeEntry, ids_of(_TWO_CODES, params), "+")
    return len(created)


def merge_new_records(
    *, batch_id: int, department_id: int, item_id: int, actor_id: int, state: str, now: datetime
) -> int:
    statement = _NEW_RECORDS.format(
        content=", ".join(_CONTENT),
        staged=", ".join(f"s.{column}" for column in _CONTENT),
        subject=SUBJECT_OF_ROW,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "batch": batch_id,
                "item": item_id,
                "department": department_id,
                "actor": actor_id,
                "state": state,
                "now": now,
            },
        )
        created = int(cursor.rowcount)
    if created:
        write_history(Record, kind="+", where=sql.SQL("batch_id = %s"), params=[batch_id])
    return created


def merge_changed_records(
    *,
    batch_id: int,
    actor_id: int,
    state: str,
    now: datetime,
    published: bool,
    reviewer_id: int | None = None,
    reviewed_at: datetime | None = None,
) -> int:
    """Rows that change a record there is.

    Before review (`published` False) only records that are not in force are changed; what is published stays as it
    is until the reviewer confirms the change (`published` True).
    """
    statement = _CHANGED_RECORDS.format(
        assignments=_ASSIGNMENTS,
        subject=SUBJECT_OF_ROW,
        which=_REVIEWED_CHANGE if published else _CHANGE_BEFORE_REVIEW,
    )
    changed = ids_of(
        statement,
        {
            "batch": batch_id,
            "actor": actor_id,
            "state": state,
            "now": now,
            "reviewer": reviewer_id,
            "reviewed_at": reviewed_at,
        },
    )
    _history_of(Record, changed, "~")
    return len(changed)


def merge_correction(*, batch_id: int, record_id: int, reviewer_id: int, reviewed_at: datetime) -> None:
    """The one row of a decided correction: the content becomes another, who reported it and the state do not."""
    statement = _CORRECTED_RECORD.format(assignments=_ASSIGNMENTS, subject=SUBJECT_OF_ROW)
    params = {"batch": batch_id, "record": record_id, "reviewer": reviewer_id, "reviewed_at": reviewed_at}
    _history_of(Record, ids_of(statement, params), "~")


def months_of(batch_id: int) -> list[date]:
    """First days of the months in which the decisions of a batch were taken (for zero reports that no longer hold)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT date_trunc('month', decision_date)::date FROM credit_records_intakerow"
            " WHERE batch_id = %s AND verdict = 'accept' AND decision_date IS NOT NULL",
            [batch_id],
        )
        return [row[0] for row in cursor.fetchall()]
