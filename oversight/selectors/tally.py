"""How tasks and letters of offices stood at the end of a day, counted out of their histories: for reports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date

from commitments.selectors.standing import standing
from oversight.models import Addressee, Directive, Duty, Task

IN_TIME, LATE, MISSING, WAITING = "in_time", "late", "missing", "waiting"
"""Reported by the due day, or after it; not reported though the day is past, or not yet due (`DutyQuerySet.late`)."""
SENT, BODIES, ANSWERED, ESCALATED, SILENT = "sent", "bodies", "answered", "escalated", "silent"
"""Letters; bodies that got one; settled with its reply or its note; settled by a letter of the next grade; overdue without a reply."""


def duties_due(offices: Collection[int], first: date, last: date, *, known: date) -> dict[int, Counter[str]]:
    """By responsible body what fell due from one day to another, as known at the end of a day; cancelled ones left out."""
    tasks = Task.objects.filter(office__in=offices).order_by()
    rows = (
        standing(Duty, known)
        .filter(task__in=tasks.values("pk"), due_on__gte=first, due_on__lte=last)
        .exclude(state=Duty.State.CANCELLED)
        .values_list("department_id", "state", "due_on", "reported_on")
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for department, state, due, reported in rows:
        if state in Duty.WAITING:
            how = MISSING if due < known else WAITING
        else:
            how = LATE if reported > due else IN_TIME
        found[department][how] += 1
    return dict(found)


def letters_sent(
    offices: Collection[int], first: date, last: date, *, known: date
) -> dict[str, Counter[str]]:
    """By grade the letters issued from one day to another, and how their addressees stood at the end of a day."""
    out = Directive.objects.filter(office__in=offices, issued_on__gte=first, issued_on__lte=last).order_by()
    grades = dict(out.values_list("pk", "grade"))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for grade in grades.values():
        found[grade][SENT] += 1
    stood = standing(Addressee, known).filter(directive__in=list(grades))
    for directive, state, due in stood.values_list("directive_id", "state", "due_on"):
        of = found[grades[directive]]
        of[BODIES] += 1
        of[ESCALATED] += state == Addressee.State.ESCALATED
        of[ANSWERED] += state in Addressee.SETTLED and state != Addressee.State.ESCALATED
        of[SILENT] += state in Addressee.WAITING and due is not None and due < known
    return dict(found)
