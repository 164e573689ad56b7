"""Background work of supervision: the standing table every minute; freezing a month, drawing up a report and making an evidence pack, when asked for."""

from __future__ import annotations

import logging
from datetime import date

from procrastinate.contrib.django import app

from accounts.models import Department, User
from audit.faults import Refused
from audit.running import refused

from .services import freezing, packs, reports
from .services.standing import Busy, refresh_standing

logger = logging.getLogger(__name__)


@app.periodic(cron="* * * * *", periodic_id="standing")
@app.task(name="supervision.refresh_standing", queueing_lock="supervision.refresh_standing")
def refresh(timestamp: int) -> None:
    """Figures are right without it, and slow; a run that finds another at it leaves it the work."""
    try:
        done = refresh_standing()
    except Busy:
        logger.info("another run is refreshing the standing table")
    else:
        if done.rows:
            logger.info("standing table: %s history rows worked in, up to %s", done.rows, done.settled)


@app.task(name=freezing.TASK)
def freeze_month(office_id: int, month: str, actor_id: int) -> None:
    """Freeze a month for the approver who has asked for it. Run a second time it finds the month frozen."""
    office = Department.objects.get(pk=office_id)
    try:
        freezing.freeze_month(office, date.fromisoformat(month), actor=User.objects.get(pk=actor_id))
    except Refused as refusal:
        refused(refusal)
        logger.warning("month %s of office %s not frozen: %s", month, office_id, refusal)


@app.task(name=reports.TASK)
def draw_up_report(office_id: int, kind: str, first: str, as_of: str, actor_id: int) -> None:
    """Draw a report up for the officer who has asked for it. Run a second time it finds the draft."""
    office, actor = Department.objects.get(pk=office_id), User.objects.get(pk=actor_id)
    known = date.fromisoformat(as_of) if as_of else None
    try:
        reports.draw_up(office, kind, date.fromisoformat(first), as_of=known, actor=actor)
    except Refused as refusal:
        refused(refusal)
        logger.warning("%s report of %s of office %s not drawn up: %s", kind, first, office_id, refusal)


@app.task(name=packs.TASK, retry=2)
def make_evidence_pack(pack_id: int) -> None:
    """Make a pack for whoever has asked for it. Run a second time it finds the pack made."""
    try:
        packs.make(pack_id)
    except Refused as refusal:
        refused(refusal)
        logger.warning("evidence pack %s not made: %s", pack_id, refusal)
