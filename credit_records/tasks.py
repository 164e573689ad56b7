"""Background work: the check of uploaded files, the daily end of publicity, and news of records to the rooms above."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date

from django.db import connections, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.models import User
from accounts.services import system_account
from audit import running
from audit.clock import now, today
from audit.faults import Refused
from credit_records.models import IntakeBatch, IntakeRun

from . import events
from .services import batches, records

logger = logging.getLogger(__name__)
_BEAT_SECONDS = 0.5


def queue_check(batch: IntakeBatch, *, actor: User) -> None:
    """Have the batch checked in the background once the present transaction stands; the browser may be closed."""
    IntakeRun.objects.update_or_create(
        batch=batch, defaults={"rows_done": 0, "rows_total": None, "step": "排队中", "beat_at": now()}
    )
    transaction.on_commit(
        lambda: check_batch.configure(lock=f"batch-{batch.pk}").defer(batch_id=batch.pk, actor_id=actor.pk)
    )


@app.task(name="credit_records.check_batch", retry=2)
def check_batch(batch_id: int, actor_id: int) -> None:
    """Check a file; one that has been submitted or taken back meanwhile is left alone."""
    batch = IntakeBatch.objects.get(pk=batch_id)
    try:
        with _Progress(batch_id) as progress:
            batches.check(batch, actor=User.objects.get(pk=actor_id), progress=progress)
    except Refused as refusal:
        running.refused(refusal)
        logger.info("batch %s not checked: %s", batch_id, refusal.code)


class _Progress:
    """Tells the batch page how far the check is, over a connection of its own: the check is one transaction."""

    def __init__(self, batch_id: int) -> None:
        self.batch_id = batch_id
        self.connection = connections.create_connection("default")
        self.last = 0.0

    def __enter__(self) -> Callable[[int, int | None], None]:
        return self

    def __exit__(self, *exc: object) -> None:
        self.connection.close()

    def __call__(self, done: int, total: int | None) -> None:
        if time.monotonic() - self.last < _BEAT_SECONDS:
            return
        self.last = time.monotonic()
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE credit_records_intakerun SET rows_done = %s, rows_total = %s, step = %s, beat_at = %s"
                " WHERE batch_id = %s",
                [done, total, "检查中", now(), self.batch_id],
            )


@app.task(name=events.TASK, retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def tell_event(event: str, record_id: int, subject_id: int | None, reference: str, on: str) -> None:
    """Tell what happened to a record, at least once; again within some hours while a receiver fails."""
    events.tell(
        event, record_id=record_id, subject_id=subject_id, reference=reference, on=date.fromisoformat(on)
    )


@app.periodic(cron="5 * * * *")
@app.task(name="credit_records.end_publicity", queueing_lock="end_publicity")
def end_publicity(timestamp: int) -> None:
    ended = records.end_publicity(actor=system_account(), on=today())
    logger.info("publicity ended for %s records", ended)


@app.periodic(cron="* * * * *")
@app.task(name="credit_records.retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context, timestamp: int) -> None:  # type: ignore[no-untyped-def]
    """Checks whose worker was killed start again; a check is one transaction, so nothing is left of the first try."""
    for job in await context.app.job_manager.get_stalled_jobs():
        await context.app.job_manager.retry_job(job)
