"""What a file has changed is told to the public after its publication: by a job of the same transaction, in pieces.

The reviewer need not wait for it. The job is stored with the commitments or not at all, and may run twice or beside another:
of each commitment only what differs from what was told leaves (`publishing`), so nothing is told twice and nothing is lost.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from audit.acts import act
from audit.clock import now as present
from commitments.models import Commitment
from credit_records.models import IntakeBatch

from .publishing import Told, tell_of_all

TASK = "commitments.publish_batch"

_AT_ONCE = 2_000
"""Commitments of one transaction: whoever works on one of them waits no longer than for these."""
_KEEPS_TRYING = timedelta(days=30)
"""So long the nights take up a batch whose job has failed for good."""
# Commitments that the rows of the batch have made or changed, by themselves or by a report. The planner takes the rows for a
# handful, therefore LATERAL with LIMIT (see `commitments.intake.staged`).
_NAMED = """
SELECT DISTINCT k.id FROM credit_records_intakerow s
CROSS JOIN LATERAL (SELECT c.id FROM commitments_commitment c WHERE c.code = s.document_key LIMIT 1) k
WHERE s.batch_id = %s AND s.verdict = 'accept' AND s.action IN ('create', 'update') AND s.document_key <> ''
ORDER BY k.id
"""

logger = logging.getLogger(__name__)


def queue_telling(batch: IntakeBatch, *, actor: User) -> None:
    """Have it told when the transaction has been committed, and never if it is rolled back."""
    if not connection.in_atomic_block:
        raise RuntimeError("a batch is queued inside the transaction that publishes it")
    job = app.configure_task(TASK, lock=f"commitments-batch-{batch.pk}")
    job.defer(batch_id=batch.pk, actor_id=actor.pk)


def tell_of_batch(batch_id: int, *, actor: User, now: datetime | None = None) -> Told:
    """Tell of what a published batch has made or changed, piece by piece, each a transaction of its own.

    Safe to repeat after any interruption. `actor` is the reviewer who has put the batch in force.
    """
    told = Told()
    ids = _named_by(batch_id)
    for start in range(0, len(ids), _AT_ONCE):
        piece = ids[start : start + _AT_ONCE]
        with act("commitment.publish_batch", actor=actor, batch_id=batch_id, data={"count": len(piece)}):
            list(Commitment.objects.select_for_update().filter(pk__in=piece).order_by("pk").values_list("pk"))
            told += tell_of_all(piece, reference=f"报送批次{batch_id}", actor=actor, now=now)
    return told


def tell_of_batches_left(*, now: datetime | None = None) -> Told:
    """Tell of the batches whose job has not ended well: it has failed, or no worker runs here. For the night.

    Raises the first failure when all have been tried; a batch that cannot be told keeps no other back.
    """
    told, failure = Told(), None
    for batch_id, actor_id in _left(now or present()):
        try:
            told += tell_of_batch(batch_id, actor=User.objects.get(pk=actor_id), now=now)
        except Exception as raised:
            logger.exception("batch %s of commitments not told", batch_id)
            failure = failure or raised
    if failure is not None:
        raise failure
    return told


def _named_by(batch_id: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, [batch_id])
        return [pk for (pk,) in cursor.fetchall()]


def _left(now: datetime) -> list[tuple[int, int]]:
    jobs = ProcrastinateJob.objects.filter(task_name=TASK, status__in=("todo", "doing", "failed"))
    asked = {job["batch_id"]: job["actor_id"] for job in jobs.order_by("id").values_list("args", flat=True)}
    batches = IntakeBatch.objects.filter(pk__in=asked, reviewed_at__gte=now - _KEEPS_TRYING)
    return [(pk, asked[pk]) for pk in batches.order_by("pk").values_list("pk", flat=True)]
