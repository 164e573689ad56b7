"""Background work: what the boards find is laid before the offices each morning, and who owes a reply or a task is reminded."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from accounts.services import system_account
from audit.clock import today
from casework.selectors.reminders import is_working_day

from .services import proposals, reminders

logger = logging.getLogger(__name__)
# The scheduler reads crons in UTC: 07:10 in China, before the offices open.
_MORNING = "10 23 * * *"
_REMINDERS = "35 0 * * *"
"""08:35, with those of cases."""


@app.periodic(cron=_MORNING, periodic_id="morning")
@app.task(name="oversight.propose", queueing_lock="oversight_propose")
def propose(timestamp: int) -> None:
    """Make the proposals that are due, close those whose fact is gone; what a missed run left out the next one brings."""
    found = proposals.gather(actor=system_account())
    gone = proposals.close_gone(actor=system_account())
    logger.info("proposals made: %s, closed: %s", found, gone)


@app.periodic(cron=_REMINDERS, periodic_id="reminders")
@app.task(name="oversight.remind", queueing_lock="oversight_remind")
def remind(timestamp: int) -> None:
    """Remind on working days of replies and tasks that are due soon or late, once for each person and day."""
    if is_working_day(today()):
        logger.info("reminders of supervision: %s", reminders.remind(actor=system_account()))
