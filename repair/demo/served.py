"""两书同达 in the demo city: most notices on repair were served with their decisions, some were forgotten."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from accounts.models import Role, User
from audit.clock import local_day
from credit_records.models import Record
from repair.models import PenaltyToServe, ServedNotice
from repair.selectors.served import due
from repair.services.served import record_served

_EVERY = 9
"""One in so many was forgotten."""
_FRESH = timedelta(days=6)
_METHODS = tuple(ServedNotice.Method.values[:4])


def serve_notices(now: datetime) -> int:
    """Record the service of most penalties that ask for it, half a month of a department at a time; once."""
    if ServedNotice.objects.exists():
        return 0
    today = local_day(now)
    groups: dict[tuple[int, int, int, bool], list[Record]] = defaultdict(list)
    for record in due(PenaltyToServe.objects.filter(decision_date__lte=today - _FRESH)).order_by("pk"):
        if record.pk % _EVERY:
            day = record.decision_date
            groups[record.department_id, day.year, day.month, day.day > 15].append(record)
    done = 0
    for number, ((department, *_), records) in enumerate(sorted(groups.items())):
        clerk = _clerk_of(department)
        if clerk is None:
            continue
        last = max(record.decision_date for record in records)
        served_on = min(last + timedelta(days=1 + number % 4), today)
        done += len(
            record_served(
                records, actor=clerk, served_on=served_on, method=_METHODS[number % len(_METHODS)],
                reference=f"示例回证{number + 1:03d}", now=now,
            )
        )  # fmt: skip
    return done


def _clerk_of(department: int) -> User | None:
    found = User.objects.filter(
        memberships__department=department, memberships__role=Role.CLERK, is_active=True
    )
    return next((one for one in found.order_by("pk") if department in one.departments_as(Role.CLERK)), None)
