"""The sink of uploaded reports on performance: each goes to the commitment of its code when the batch is published.

A row is recognised by its commitment and the day on which the performance was determined.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accounts.models import User
from commitments.models import Performance
from commitments.rules.performance import STATUSES
from commitments.services.publishing_batches import queue_telling
from credit_records.intake.matching import Counts
from credit_records.intake.merging import ids_of
from credit_records.intake.sinks import Place, RowCheck
from credit_records.models import IntakeBatch

from .checks import check_performances
from .commitments import history_of, lock_commitments, rejudged
from .kept import reject_kept_reports
from .staged import counts_of, judge, reject_repeats

_STATUS = " ".join(f"WHEN '{title}' THEN '{key}'" for key, title in STATUSES.items())
SAID = {
    "status": f"CASE s.kinds[1] {_STATUS} END",
    "unfulfilled": "coalesce(s.details ->> 'LY_WLXNR', '')",
    "liability_pursued": "coalesce(s.details ->> 'LY_ZRZJ', '')",
}
"""What a staged row says of the columns of a report (SQL)."""
_COMMITMENT = """
SELECT c.id, c.code, c.state = 'valid' AS valid, c.department_id = %(department)s AS own, c.made_on,
       c.subject_name = s.subject_name OR b.name_key = s.name_key OR (
           SELECT n.id FROM credit_records_subjectname n
           WHERE n.subject_id = c.subject_id AND n.name_key = s.name_key LIMIT 1) IS NOT NULL AS same_promisor,
       c.subject_name
FROM commitments_commitment c
CROSS JOIN LATERAL (SELECT * FROM credit_records_subject x WHERE x.id = c.subject_id LIMIT 1) b
WHERE c.code = s.document_key LIMIT 1
"""
_SAME_DAY = f"""
SELECT p.id, p.withdrawn_at IS NULL AS standing,
       ({", ".join(f"p.{column}" for column in SAID)}) IS NOT DISTINCT FROM ({", ".join(SAID.values())}) AS same
FROM commitments_performance p WHERE p.commitment_id = k.id AND p.determined_on = s.decision_date
ORDER BY p.withdrawn_at IS NOT NULL, p.number DESC LIMIT 1
"""
_FOUND = f"""
SELECT s.ctid AS place, s.row, s.subject_id AS subject, s.document_number AS shown, s.document_key AS code,
       CASE WHEN NOT coalesce(p.standing, false) THEN 'create' WHEN p.same THEN 'unchanged' ELSE 'update' END AS becomes,
       f.fault,
       CASE WHEN f.fault IN ('performance.other_promisor', 'performance.withdrawn_before') THEN 'hold'
            WHEN f.fault IS NOT NULL THEN 'reject' END AS weight,
       CASE f.fault
       WHEN 'performance.unknown_commitment' THEN
           '没有编码为' || s.document_number || '的承诺，请核对编码；承诺还没有报送的，请先报送承诺。'
       WHEN 'performance.other_department' THEN
           '承诺' || k.code || '由其他单位受理，履约情况由该单位认定和报送，请核对编码或者删除此行。'
       WHEN 'performance.commitment_withdrawn' THEN '承诺' || k.code || '已撤回，不再报送履约情况，请删除此行。'
       WHEN 'performance.before_commitment' THEN
           '认定日期早于承诺作出日期' || k.made_on || '，请核对。'
       WHEN 'performance.older_than_last' THEN
           '上一次履约践诺认定于' || l.last || '，本次认定日期不能更早；上一次有误的请先撤回。'
       WHEN 'performance.other_promisor' THEN
           '承诺' || k.code || '的承诺人是“' || k.subject_name || '”，与填写的不同。编码有误的请改正；承诺人已更名的请说明。'
       WHEN 'performance.withdrawn_before' THEN
           '本单位撤回过承诺' || k.code || '同一天认定的履约践诺。确需重新报送的，请说明理由，由审核员核定。' END AS message
FROM credit_records_intakerow s
LEFT JOIN LATERAL ({_COMMITMENT}) k ON true
LEFT JOIN LATERAL ({_SAME_DAY}) p ON true
LEFT JOIN LATERAL (
    SELECT max(q.determined_on) AS last FROM commitments_performance q
    WHERE q.commitment_id = k.id AND q.withdrawn_at IS NULL
) l ON true
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN k.id IS NULL THEN 'performance.unknown_commitment'
        WHEN NOT k.own THEN 'performance.other_department'
        WHEN NOT k.valid THEN 'performance.commitment_withdrawn'
        WHEN s.decision_date < k.made_on THEN 'performance.before_commitment'
        WHEN NOT coalesce(p.standing, false) AND s.decision_date < l.last THEN 'performance.older_than_last'
        WHEN NOT k.same_promisor THEN 'performance.other_promisor'
        WHEN NOT p.standing THEN 'performance.withdrawn_before' END AS fault
) f
WHERE s.batch_id = %(batch)s AND s.verdict <> 'reject'
"""
_NEW = f"""
INSERT INTO commitments_performance
    (commitment_id, number, determined_on, department_id, reported_at, reported_by_id, withdrawn_reason, {", ".join(SAID)})
SELECT k.id, coalesce((SELECT max(p.number) FROM commitments_performance p WHERE p.commitment_id = k.id), 0)
           + row_number() OVER (PARTITION BY k.id ORDER BY s.decision_date, s.row),
       s.decision_date, %(department)s, %(now)s, %(actor)s, '', {", ".join(SAID.values())}
FROM credit_records_intakerow s
CROSS JOIN LATERAL (SELECT c.id FROM commitments_commitment c WHERE c.code = s.document_key LIMIT 1) k
WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'create'
RETURNING id
"""
_CHANGED = f"""
WITH wanted AS MATERIALIZED (
    SELECT p.id, {", ".join(f"{said} AS {column}" for column, said in SAID.items())}
    FROM credit_records_intakerow s
    CROSS JOIN LATERAL (SELECT c.id FROM commitments_commitment c WHERE c.code = s.document_key LIMIT 1) k
    CROSS JOIN LATERAL ({_SAME_DAY}) p
    WHERE s.batch_id = %(batch)s AND s.verdict = 'accept' AND s.action = 'update'
)
UPDATE commitments_performance p SET {", ".join(f"{column} = w.{column}" for column in SAID)}
FROM wanted w WHERE p.id = w.id
RETURNING p.id
"""


class PerformanceSink:
    checks: Sequence[RowCheck] = (check_performances,)

    def reject_repeats(self, batch: IntakeBatch, place: Place) -> None:
        reject_repeats(
            batch,
            place,
            key="s.document_key, s.decision_date",
            which="s.document_key <> ''",
            same="承诺编码和认定日期相同",
        )

    def match(self, batch: IntakeBatch, place: Place) -> Counts:
        judge(batch, place, found=_FOUND)
        reject_kept_reports(batch, place, same_day=_SAME_DAY)
        return counts_of(batch)

    def submit(self, batch: IntakeBatch, *, actor: User, state: str, now: datetime) -> None:
        """Rows wait for their review as they are staged."""

    def take_back(self, batch: IntakeBatch, *, reason: str) -> None:
        """Nothing has become of the rows yet."""

    def send_back(self, batch: IntakeBatch, *, reviewer: User, reason: str) -> None:
        """Nothing has become of the rows yet."""

    def publish(
        self, batch: IntakeBatch, *, reviewer: User, submitter_id: int, reason: str, now: datetime
    ) -> None:
        """Judge once more what has waited, then add new reports after the last and mend those that have changed."""
        lock_commitments(batch)
        rejudged(self, batch)
        params = {
            "batch": batch.pk,
            "department": batch.department_id,
            "actor": submitter_id,
            "now": now,
        }
        created, changed = ids_of(_NEW, params), ids_of(_CHANGED, params)
        history_of(Performance, created, "+")
        history_of(Performance, changed, "~")
        queue_telling(batch, actor=reviewer)
