"""By when a letter is to be answered: on the working-day clock of the office's region."""

from __future__ import annotations

from datetime import date

from oversight.models import Directive
from oversight.rules.grades import LIMIT_KINDS, asks_reply
from worktime.models import Limit
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import Deadline, Facts, deadline
from worktime.selectors import calendar_for, limit_for


def limit_of(grade: str, on: date) -> Limit | None:
    """The limit in force for a grade on a day; a circular has none."""
    return limit_for(LIMIT_KINDS[grade], on) if asks_reply(grade) else None


def reply_deadline(
    limit: Limit, division: str, clock_from: date, *, today: date, calendar: Calendar | None = None
) -> Deadline:
    """The deadline of a reply that is counted from a day, with every day explained."""
    facts = Facts(received=clock_from, limit=limit.target_days, warn_days=limit.warn_days)
    return deadline(facts, calendar or calendar_for(division), today=today)


def assumed_due(directive: Directive, on: date) -> date | None:
    """By when a draft would be due if it were issued on a day."""
    limit = limit_of(directive.grade, on)
    return reply_deadline(limit, directive.office.division, on, today=on).due if limit else None
