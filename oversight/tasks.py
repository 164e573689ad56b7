"""Background work: what the boards find is laid before the offices each morning."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from accounts.services import system_account

from .services import proposals

logger = logging.getLogger(__name__)
# The scheduler reads crons in UTC: 07:10 in China, before the offices open.
_MORNING = "10 23 * * *"


@app.periodic(cron=_MORNING, periodic_id="morning")
@app.task(name="oversight.propose", queueing_lock="oversight_propose")
def propose(timestamp: int) -> None:
    """Make the proposals that are due; what a missed run left out the next one brings."""
    found = proposals.gather(actor=system_account())
    logger.info("proposals made: %s", found)
