"""One repair of what a breach of a commitment has left in the file: told last, after the breaches themselves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from audit.clock import local_day
from casework.demo import Storyteller, at, shifted
from casework.models import Case
from casework.selectors.offices import offices
from credit_records.models import Record
from repair.rules.eligibility import BREACH
from repair.selectors.eligibility import eligibilities
from worktime.rules.calendars import Calendar
from worktime.selectors import calendar_for

from .people import UPPER_REVIEWER, People
from .scenes import Scene
from .story import MARK, Story

NUMBER = 901
"""Beyond those of the other scenes."""
_LONGEST = 8
"""Working days that a repair takes at most, with the office above."""


def load(now: datetime) -> int:
    """Repair the oldest record of a breach that can be; returns how many. Once, and safe to repeat."""
    if Case.objects.filter(channel_number=f"{MARK}{NUMBER}").exists():
        return 0
    if not offices().exists() or not User.objects.filter(username=UPPER_REVIEWER).exists():
        return 0
    people = People()
    calendar = calendar_for(people.office.division)
    today = local_day(now)
    found = _repairable(calendar, today)
    if found is None:
        return 0
    record, day = found
    teller = Storyteller(calendar, at(day, 10), now, minute=NUMBER % 50)
    with transaction.atomic(), teller:
        Story(people, [record], Scene(Case.State.CLOSED, 0), NUMBER, teller).tell()
    return 1


def _repairable(calendar: Calendar, today: date) -> tuple[Record, date] | None:
    """The record, with the day on which its subject applies: soon after it could, and long enough ago to be closed."""
    clerks = User.objects.filter(username__in=("clerk.scjg", "clerk.sthj"))
    rows = Record.objects.filter(
        state=Record.State.PUBLISHED,
        item__kind=BREACH,
        department__in=clerks.values("department"),
        publicity_latest_end__gt=today,
        objection_points=None,
        repair_items=None,
    )
    records = list(rows.select_related("item", "subject", "department").order_by("decision_date", "pk"))
    answers = eligibilities(records, on=today)
    for record in records:
        answer = answers[record.pk]
        if answer is None or answer.from_day is None:
            continue
        since = max(answer.from_day, record.decision_date + timedelta(days=30))
        day = shifted(calendar, since, 2)
        if day <= shifted(calendar, today, -_LONGEST):
            return record, day
    return None
