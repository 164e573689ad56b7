"""Background work on commitments: the reminders of a working day, and what a new day changes for the public."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from accounts.services import system_account
from audit.clock import today
from casework.selectors.reminders import is_working_day

from .services import publishing, reminders

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


@app.periodic(cron=_NIGHT)
@app.task(name="commitments.publish", queueing_lock="commitments.publish", lock="commitments.publish")
def publish(timestamp: int) -> None:
    """Take back what is over its validity, tell what is open and untold; what a missed night left out the next one brings."""
    told = publishing.sweep(actor=system_account())
    if told.published or told.retracted:
        logger.info("commitments published: %s, retracted: %s", told.published, told.retracted)
