"""Background work on the journal: sealing every minute, history every hour, the day's head, and a check of the newest part."""

from __future__ import annotations

import logging
from datetime import timedelta

from procrastinate.contrib.django import app

from . import heads, sealing, verifying
from .acts import note
from .clock import today
from .faults import Refused
from .history_sealing import seal_history
from .models import Event
from .system import system_actor

logger = logging.getLogger(__name__)

# The scheduler reads crons in UTC: 23:50 and 04:10 in China.
_DAYS_END, _NIGHT = "50 15 * * *", "10 20 * * *"


@app.periodic(cron="* * * * *")
@app.task(name="audit.seal", queueing_lock="audit.seal")
def seal(timestamp: int) -> None:
    """Give committed events their place in the chain; a run that finds another at it leaves it the work."""
    try:
        sealing.seal_events()
    except sealing.Busy:
        logger.info("another run is sealing")


@app.periodic(cron="40 * * * *")
@app.task(name="audit.seal_history", queueing_lock="audit.seal_history")
def seal_histories(timestamp: int) -> None:
    try:
        seal_history(actor=system_actor())
    except sealing.Busy:
        logger.info("another run is sealing")


@app.periodic(cron=_DAYS_END)
@app.task(name="audit.export_head", queueing_lock="audit.export_head")
def export_head(timestamp: int) -> None:
    """The head of the day, into the files folder."""
    try:
        sealing.seal_events()
        heads.export_head(actor=system_actor())
    except (sealing.Busy, Refused) as obstacle:
        logger.warning("head not exported: %s", obstacle)


@app.periodic(cron=_NIGHT)
@app.task(name="audit.verify", queueing_lock="audit.verify")
def verify_newest(timestamp: int) -> None:
    """What was sealed since the head before last; the whole is checked by the command (docs/operations.md)."""
    note_verification(verifying.verify(since=today() - timedelta(days=2)))


def note_verification(report: verifying.Report) -> Event:
    """The journal keeps that it was checked and what came out; the auditor's workbench shows the newest."""
    first = report.first
    return note(
        "audit.verify",
        actor=system_actor(),
        data={
            "checked": report.checked,
            "position": report.position,
            "findings": len(report.findings) + report.more,
            **({"first": first.message, "event": first.event_id} if first else {}),
        },
        result=Event.Result.REFUSED if first else Event.Result.DONE,
    )
