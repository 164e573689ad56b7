"""What happens in the invented breaches, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from audit.clock import local_day
from breaches.models import Breach
from casework.demo import at, shifted
from casework.models import Kind, LetterTemplate
from commitments.models import Performance
from worktime.rules.calendars import Calendar

BROKEN, FALSE = Breach.Kind.BROKEN, Breach.Kind.FALSE
NONE, PART = Performance.Status.NONE, Performance.Status.PART


class Reached(IntEnum):
    """How far a breach has come on its way."""

    REPORTED = 0
    ACCEPTED = 1
    ASKED = 2
    ANSWERED = 3
    NOTIFIED = 4
    DELIVERED = 5
    STATED = 6
    ARRANGED = 7
    """The hearing; without one nothing happens here."""
    HEARD = 8
    PROPOSED = 9
    DECIDED = 10
    CLOSED = 11


R = Reached


@dataclass(frozen=True)
class Scene:
    """One invented breach: how far it has come, received so many working days ago, what was not kept, and what is odd."""

    reached: Reached
    days: int
    kind: str = BROKEN
    status: str = NONE
    harm: str = Breach.Harm.NONE
    remedied: bool = False
    twist: str = ""


OPEN_SCENES = (
    Scene(R.REPORTED, 0, twist="unassigned"),
    Scene(R.REPORTED, 1, FALSE, twist="office"),
    Scene(R.ACCEPTED, 2),
    Scene(R.ASKED, 2, FALSE),
    Scene(R.ASKED, 24, twist="urged"),
    Scene(R.ANSWERED, 5, status=PART),
    Scene(R.NOTIFIED, 6),
    Scene(R.DELIVERED, 8, FALSE),
    Scene(R.STATED, 9),
    Scene(R.ARRANGED, 10, FALSE, harm=Breach.Harm.SOME, twist="hearing"),
    Scene(R.PROPOSED, 14),
    Scene(R.DECIDED, 18, FALSE),
)
"""Fewer days than the stage takes would have it told in a hurry, and the time for the statement would still run."""
ENDED_SCENES = (
    Scene(R.ACCEPTED, 30, twist="withdrawn"),
    Scene(R.REPORTED, 35, twist="refused"),
    Scene(R.CLOSED, 40, twist="not broken"),
    Scene(R.CLOSED, 50, twist="graver"),
    Scene(R.CLOSED, 62, FALSE),
    Scene(R.CLOSED, 75, status=PART, remedied=True, twist="silent"),
    Scene(R.CLOSED, 90, FALSE, harm=Breach.Harm.SOME, twist="hearing"),
    Scene(R.CLOSED, 105, twist="lifted"),
    Scene(R.CLOSED, 118),
)
"""The record of the last is the first that can be repaired (`repair.demo`)."""


def timed(calendar: Calendar, now: datetime) -> Iterator[tuple[int, Scene, datetime]]:
    """Each scene with its number and the moment of receipt."""
    today = shifted(calendar, local_day(now), 0)
    # Letters are issued from templates in force: nothing is told of the time before them.
    templates = LetterTemplate.objects.filter(case_kind=Kind.BREACH).order_by("-in_force_from")
    since = templates.values_list("in_force_from", flat=True)[0]
    for number, scene in enumerate((*OPEN_SCENES, *ENDED_SCENES), start=1):
        day = shifted(calendar, today, -scene.days)
        if day > since:
            yield number, scene, min(at(day, 9, 10 + number), now - timedelta(minutes=90))
