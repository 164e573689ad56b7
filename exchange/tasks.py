"""Background work of the exchange: an entry as soon as it is made, and every five minutes whatever is due."""

from __future__ import annotations

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.services import system_account

from . import events
from .services import delivering, outbox

logger = logging.getLogger(__name__)


@app.task(name=outbox.TASK)
def deliver(entry_id: int) -> None:
    """Send one entry. A try that fails plans the next by itself; what this job leaves out the sweep brings."""
    delivering.deliver(entry_id, actor=system_account())


@app.periodic(cron="*/5 * * * *")
@app.task(name="exchange.deliver_outbox", queueing_lock="deliver_outbox", lock="deliver_outbox")
def deliver_outbox(timestamp: int) -> None:
    """Catch up: later tries, entries of a sender that was killed, and everything made before the address was known."""
    swept = delivering.deliver_due(actor=system_account())
    if swept.delivered or swept.again or swept.refused or swept.faulty:
        logger.info("outbox swept: %s", swept.counts())


@app.task(name=events.TASK, retry=RetryStrategy(max_attempts=8, exponential_wait=4))
def tell_refusal(entry_id: int, number: int) -> None:
    """Tell of a refusal, at least once; again within some hours while a receiver fails."""
    events.tell_refusal(entry_id, number)
