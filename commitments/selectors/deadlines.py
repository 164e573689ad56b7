"""Due days of tasks and owed material on the working-day clock of the department's region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from commitments.models import OwedMaterial, Verification
from commitments.rules.periods import Due, due_by
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import Deadline, Facts, deadline

LIMIT = "commitment-verification"
"""The kind of limit under which commitments are verified (办理时限)."""

Tone = Literal["good", "warn", "bad", "idle"]


def verification_due(task: Verification, *, today: date, calendar: Calendar) -> Due | None:
    """By the matter's own period where the task has one, otherwise by its limit; None when that gives no day."""
    if task.period_of is not None and (period := task.period_of.period) is not None:
        return due_by(period, task.from_on, calendar)
    found = deadline(
        Facts(
            received=task.from_on,
            limit=task.limit.target_days,
            warn_days=task.limit.warn_days,
            closed=task.done_on,
        ),
        calendar,
        today=today,
    )
    return None if found.due is None else Due(found.due, found.provisional)


def owed_due(material: OwedMaterial, *, today: date, calendar: Calendar) -> Deadline:
    return deadline(
        Facts(received=material.from_on, limit=material.days, closed=material.settled_on),
        calendar,
        today=today,
    )


@dataclass(frozen=True)
class Light:
    """What a list shows of a due day."""

    tone: Tone
    text: str


def light(
    due_on: date, closed_on: date | None, *, today: date, calendar: Calendar, warn_days: int = 1
) -> Light:
    """From the stored due day alone: no query, the same day that the explanation gives."""
    until = closed_on or today
    if until > due_on:
        late = max(calendar.working_days_between(due_on, until), 1)
        return Light("bad", f"逾期{late}个工作日" + ("办结" if closed_on else ""))
    if closed_on is not None:
        return Light("idle", "按时办结")
    if until == due_on:
        return Light("warn", "今日到期")
    remaining = calendar.working_days_between(until, due_on)
    return Light("warn" if remaining <= warn_days else "good", f"剩{remaining}个工作日")
