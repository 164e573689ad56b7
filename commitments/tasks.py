"""Background work on commitments: the reminders of a working day, and what files and new days change for the public."""

from __future__ import annotations

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.models import User
from accounts.services import system_account
from audit.clock import today
from casework.selectors.reminders import is_working_day

from .services import publishing, publishing_batches, reminders

logger = logging.getLogger(__name__)

# The scheduler reads crons in UTC, whatever the machine's time zone: 08:40 in China.
_MORNING = "40 0 * * *"
# 00:20 in China: what ended yesterday is not open today.
_NIGHT = "20 16 * * *"


@app.periodic(cron=_MORNING)
@app.task(name="commitments.remind", queueing_lock="commitments.remind")
def remind(timestamp: int) -> None:
    """Remind on working days, make-up days included; what a missed run left out the next one brings."""
    if not is_working_day(today()):
        return
    logger.info("reminders of commitments sent: %s", reminders.remind(actor=system_account()))


@app.task(name=publishing_batches.TASK, retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def publish_batch(batch_id: int, actor_id: int) -> None:
    """Tell of what a file has changed; again within some hours while it fails, then each night."""
    told = publishing_batches.tell_of_batch(batch_id, actor=User.objects.get(pk=actor_id))
    logger.info("of batch %s published: %s, retracted: %s", batch_id, told.published, told.retracted)


@app.periodic(cron=_NIGHT)
@app.task(name="commitments.publish", queueing_lock="commitments.publish", lock="commitments.publish")
def publish(timestamp: int) -> None:
    """Take back what is over its validity, tell what is open and untold; what a missed night left out the next one brings."""
    told = publishing.sweep(actor=system_account()) + publishing_batches.tell_of_batches_left()
    if told.published or told.retracted:
        logger.info("commitments published: %s, retracted: %s", told.published, told.retracted)
