"""Repairs of the demo city: in every stage, some due today, one late, and months of decided ones, revoked and shielded too."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.clock import local_day
from casework.demo import Storyteller
from casework.models import Case
from casework.selectors.offices import offices
from worktime.selectors import calendar_for

from .district import ensure_district_office
from .people import People, Pool, ensure_upper_office
from .scenes import ENDED_SCENES, OPEN_SCENES, timed
from .served import serve_notices
from .story import MARK, Story


def load(now: datetime) -> int:
    """Add the invented repairs that are missing, and the offices one level up and below; returns how many. Safe to repeat."""
    if not offices().exists() or not User.objects.filter(username="officer").exists():
        return 0
    ensure_upper_office()
    ensure_district_office()
    serve_notices(now)
    people = People()
    wanted = len(OPEN_SCENES) + len(ENDED_SCENES)
    told = set(Case.objects.filter(channel_number__startswith=MARK).values_list("channel_number", flat=True))
    if told >= {f"{MARK}{number:03d}" for number in range(1, wanted + 1)}:
        return 0
    pool = Pool(local_day(now))
    calendar = calendar_for(people.office.division)
    added = 0
    scenes = sorted(enumerate(timed(calendar, now), start=1), key=lambda one: one[1][1])
    for number, (scene, received) in scenes:
        if f"{MARK}{number:03d}" in told:
            continue
        records = pool.take(scene.about, local_day(received))
        if not records:
            continue
        with transaction.atomic(), Storyteller(calendar, received, now, minute=number % 50) as teller:
            Story(people, records, scene, number, teller).tell()
        added += 1
    return added
