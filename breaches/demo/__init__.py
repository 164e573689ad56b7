"""Breaches of the demo city: in every stage, one overdue, and half a year of decided ones whose measures hold."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.clock import local_day
from casework.demo import Storyteller
from casework.selectors.offices import offices
from credit_records.demo.loading import hasty
from worktime.selectors import calendar_for

from .people import People, Pool
from .scenes import timed
from .story import Story, told_already


def load(now: datetime) -> int:
    """Add the invented breaches that are missing; returns how many. Safe to repeat, and after it was broken off."""
    if not offices().exists() or not User.objects.filter(username="officer").exists():
        return 0
    told = told_already()
    people = People()
    calendar = calendar_for(people.office.division)
    missing = [one for one in timed(calendar, now) if one[0] not in told]
    if not missing:
        return 0
    pool = Pool()
    added = 0
    for number, scene, received in sorted(missing, key=lambda one: one[2]):
        commitment = pool.take(local_day(received))
        if commitment is None:
            continue
        with transaction.atomic(), Storyteller(calendar, received, now, minute=number % 50) as teller:
            hasty()
            Story(people, commitment, scene, number, teller).tell()
        added += 1
    return added
