"""Background work on commitments: the reminders of a working day."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from accounts.services import system_account
from audit.clock import today
from casework.selectors.reminders import is_working_day

from .services import reminders

logger = logging.getLogger(__name__)

# The scheduler reads crons in UTC, whatever the machine's time zone: 08:40 in China.
_MORNING = "40 0 * * *"


@app.periodic(cron=_MORNING)
@app.task(name="commitments.remind", queueing_lock="commitments.remind")
def remind(timestamp: int) -> None:
    """Remind on working days, make-up days included; what a missed run left out the next one brings."""
    if not is_working_day(today()):
        return
    logger.info("reminders of commitments sent: %s", reminders.remind(actor=system_account()))
