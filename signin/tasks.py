"""Background work of signing in: the mail of a new place, and every night what is too old."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.services import system_account

from .services import notices, unlocking

# Crons are read in UTC: 02:30 in China.
_NIGHT = "30 18 * * *"


@app.task(
    name=notices.TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=6, retry_exceptions=[OSError])
)
def mail_new_place(sign_in_id: int) -> None:
    notices.mail(sign_in_id)


@app.periodic(cron=_NIGHT)
@app.task(name="signin.clean", queueing_lock="signin.clean")
def clean(timestamp: int) -> None:
    unlocking.clean(actor=system_account())
