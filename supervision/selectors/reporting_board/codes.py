"""重错码 by department: entries of the ledger as of a day, open and settled, and how long the open ones have waited."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from audit.clock import CHINA
from commitments.selectors.standing import standing
from credit_records.models import DuplicateCodeEntry, IntakeBatch, Subject

State = DuplicateCodeEntry.State


@dataclass(frozen=True)
class Codes:
    """The entries that came up with a department's files."""

    department: int
    open: int
    settled: int
    ages: tuple[int, ...]
    """Days since the open ones came up."""

    @property
    def oldest(self) -> int | None:
        return max(self.ages, default=None)

    @property
    def mean(self) -> int | None:
        return sum(self.ages) // len(self.ages) if self.ages else None


def _standing(day: date, departments: frozenset[int]) -> QuerySet:
    own = IntakeBatch.objects.filter(department__in=departments)
    return standing(DuplicateCodeEntry, day).filter(batch_id__in=own.values("pk"))


def codes_by_department(day: date, departments: frozenset[int]) -> list[Codes]:
    """The bodies with most open entries first (two queries)."""
    entries = list(_standing(day, departments).values_list("batch_id", "state", "found_at"))
    bodies = dict(
        IntakeBatch.objects.filter(pk__in={batch for batch, *_ in entries}).values_list("pk", "department_id")
    )
    ages: dict[int, list[int]] = defaultdict(list)
    settled: dict[int, int] = defaultdict(int)
    for batch, state, found_at in entries:
        body = bodies[batch]
        if state == State.OPEN:
            ages[body].append((day - found_at.astimezone(CHINA).date()).days)
        else:
            settled[body] += 1
    found = [
        Codes(body, len(ages[body]), settled[body], tuple(sorted(ages[body])))
        for body in ages.keys() | settled.keys()
    ]
    return sorted(found, key=lambda one: (-one.open, -one.settled, one.department))


def entries_of(day: date, departments: frozenset[int], *, open_ones: bool) -> QuerySet[DuplicateCodeEntry]:
    """The entries behind a number; as of a past day they may have been settled since."""
    rows = _standing(day, departments)
    rows = rows.filter(state=State.OPEN) if open_ones else rows.exclude(state=State.OPEN)
    return DuplicateCodeEntry.objects.filter(pk__in=rows.values("id"))


def subjects_in(entries: QuerySet[DuplicateCodeEntry]) -> QuerySet[Subject]:
    """The two subjects of each entry: what departments may open, to whom the entries themselves are not shown."""
    return Subject.objects.filter(
        Q(pk__in=entries.order_by().values("first")) | Q(pk__in=entries.order_by().values("second"))
    )
