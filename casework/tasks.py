"""Background work on cases: reminders twice a working day, and the mail of notices."""

from __future__ import annotations

import logging

from django.db import OperationalError
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.services import system_account
from audit.clock import today

from .selectors.reminders import is_working_day
from .services import evidence_files, mailing, reminders

logger = logging.getLogger(__name__)

# The scheduler reads crons in UTC, whatever the machine's time zone: 08:30 and 14:00 in China.
_MORNING, _AFTERNOON = "30 0 * * *", "0 6 * * *"
_NIGHT = "20 18 * * *"


@app.periodic(cron=_MORNING, periodic_id="morning")
@app.periodic(cron=_AFTERNOON, periodic_id="afternoon")
@app.task(name="casework.send_reminders", queueing_lock="send_reminders")
def send_reminders(timestamp: int) -> None:
    """Remind on working days, make-up days included; what a missed run left out the next one brings."""
    if not is_working_day(today()):
        return
    sent = reminders.send_reminders(actor=system_account())
    logger.info("reminders sent: %s", sent.counts())


@app.task(
    name=mailing.TASK,
    # After 6, 36 and 216 seconds, then 22 minutes and 2 hours; afterwards the job stays as failed, the notice unread.
    retry=RetryStrategy(max_attempts=5, exponential_wait=6, retry_exceptions=[OSError, OperationalError]),
)
def mail_notice(notice_id: int) -> None:
    mailing.send_mail(notice_id)


@app.periodic(cron=_NIGHT, periodic_id="night")
@app.task(name="casework.sweep_files", queueing_lock="sweep_files")
def sweep_files(timestamp: int) -> None:
    """Clear what killed processes left of uploads that were never acknowledged."""
    swept = evidence_files.sweep_files(actor=system_account())
    logger.info("files of no evidence swept: %s", swept)
