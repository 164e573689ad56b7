"""What happens in the invented repairs, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.clock import local_day
from casework.demo import at, shifted
from casework.models import Case, LetterTemplate
from worktime.rules.calendars import Calendar

S = Case.State
_LIMIT = 3
WHOLE_WAY = (
    S.RECEIVED,
    S.ACCEPTED,
    S.VERIFYING,
    S.DRAFTING,
    S.APPROVING,
    S.UPPER_REVIEW,
    S.DECIDED,
    S.CLOSED,
)
ABOVE, TWO, EARLY = "above", "two", "early"
"""A record whose repair the office above must agree to; two of one subject; one that cannot be repaired yet."""


@dataclass(frozen=True)
class Scene:
    """One invented repair: its stage, when it is due in working days from today, about which records, and what is odd."""

    stage: str
    due_in: int
    about: str = ""
    twist: str = ""


OPEN_SCENES = (
    Scene(S.RECEIVED, 3), Scene(S.RECEIVED, 3, "", "unassigned"), Scene(S.RECEIVED, 3, TWO, "unverified"),
    Scene(S.RECEIVED, 2, "", "missing"), Scene(S.RECEIVED, 2, "", "agent"), Scene(S.RECEIVED, 2, EARLY),
    Scene(S.CORRECTING, 2), Scene(S.CORRECTING, 1), Scene(S.ACCEPTED, 2), Scene(S.ACCEPTED, 1, TWO),
    Scene(S.VERIFYING, 2), Scene(S.VERIFYING, 1, TWO), Scene(S.VERIFYING, 0), Scene(S.VERIFYING, -1, "", "urged"),
    Scene(S.DRAFTING, 1), Scene(S.DRAFTING, 1, "", "extension"), Scene(S.DRAFTING, 0, "", "unfulfilled"),
    Scene(S.APPROVING, 1), Scene(S.APPROVING, 1, TWO, "partly"), Scene(S.APPROVING, 0),
    Scene(S.UPPER_REVIEW, 1, ABOVE), Scene(S.UPPER_REVIEW, 0, ABOVE),
    Scene(S.DECIDED, 1), Scene(S.DECIDED, 0, "", "delivered"), Scene(S.DECIDED, 0, ABOVE),
)  # fmt: skip
ENDED_SCENES = (
    Scene(S.CLOSED, 0, "", "barred"), Scene(S.CLOSED, 0, ABOVE), Scene(S.CLOSED, 0),
    Scene(S.CLOSED, 0, TWO, "partly"), Scene(S.CLOSED, 0, "", "shield"), Scene(S.REFUSED, 0, EARLY),
    Scene(S.CLOSED, 0), Scene(S.WITHDRAWN, 0), Scene(S.CLOSED, 0, "", "unfulfilled"), Scene(S.CLOSED, 0, TWO),
    Scene(S.CLOSED, 0, "", "late"), Scene(S.WITHDRAWN, 0, "", "lapsed"), Scene(S.CLOSED, 0),
    Scene(S.CLOSED, 0, "", "shield ended"), Scene(S.CLOSED, 0, ABOVE, "questioned"), Scene(S.CLOSED, 0),
)  # fmt: skip
"""One about every nine days, the newest first."""


def timed(calendar: Calendar, now: datetime) -> Iterator[tuple[Scene, datetime]]:
    """Each scene with the moment of receipt that makes it due as it says."""
    today = local_day(now)
    for number, scene in enumerate(OPEN_SCENES):
        day = shifted(calendar, shifted(calendar, today, scene.due_in), -_LIMIT)
        yield scene, min(at(day, 9, number), now - timedelta(minutes=90))
    # Letters are issued from templates in force: nothing is told of the time before them.
    since = LetterTemplate.objects.order_by("-in_force_from").values_list("in_force_from", flat=True)[0]
    for number, scene in enumerate(ENDED_SCENES):
        day = shifted(calendar, today - timedelta(days=14 + number * 9), 0)
        yield scene, at(max(day, shifted(calendar, since, number % 5)), 10, number)
