"""What is late or broken: verifications and owed material past their day, commitments whose last report says so.

The three series are one list, the longest waiting first; each person sees of it what their policies let them see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.fields import CharField

from accounts.policy import policy_for
from commitments.models import Commitment, OwedMaterial, Performance, Verification
from worktime.rules.calendars import Calendar

from .pages import open_tasks, promisor_label, text_shown

VERIFICATION, OWED, BROKEN = "verification", "owed", "broken"
SERIES = {VERIFICATION: "核查逾期", OWED: "容缺材料逾期", BROKEN: "未履行"}
"""未履行: the report that counts says 部分履行 or 全部未履行."""
_SHORT = (Performance.Status.PART, Performance.Status.NONE)


@dataclass(frozen=True)
class Row:
    """One thing that is late or broken."""

    series: str
    commitment: Commitment
    thing: Verification | OwedMaterial | Performance
    day: date
    """The day by which it was due; of a broken one the day on which that was determined."""
    working_days: int
    """Since that day, by the calendar of the department's region; at least one."""

    @property
    def series_title(self) -> str:
        return SERIES[self.series]

    @property
    def what(self) -> str:
        if isinstance(self.thing, Performance):
            told = text_shown(self.commitment, self.thing.unfulfilled)
            return f"{self.thing.get_status_display()}：{told}"
        return str(self.thing)

    @property
    def promisor(self) -> str:
        return promisor_label(self.commitment)

    @property
    def late(self) -> str:
        return f"{'认定后' if self.series == BROKEN else '逾期'}{self.working_days}个工作日"


def _of(department: int | None) -> dict[str, int]:
    return {} if department is None else {"commitment__department": department}


def late_verifications(user: Any, today: date, department: int | None = None) -> QuerySet[Verification]:
    seen = policy_for(Verification).scope(user).filter(**_of(department))
    return open_tasks(seen, overdue_on=today)


def late_owed(user: Any, today: date, department: int | None = None) -> QuerySet[OwedMaterial]:
    seen = policy_for(OwedMaterial).scope(user).filter(**_of(department))
    return open_tasks(seen, overdue_on=today)


def broken_reports(user: Any, department: int | None = None) -> QuerySet[Performance]:
    """The reports that count and say that something was not done, of commitments that are in force."""
    newest = Performance.objects.filter(commitment=OuterRef("commitment"), withdrawn_at=None)
    kept = policy_for(Commitment).scope(user, "read_file").filter(state=Commitment.State.VALID)
    found = Performance.objects.filter(
        status__in=_SHORT, withdrawn_at=None, commitment__in=kept.values("pk"), **_of(department)
    )
    return found.filter(number=Subquery(newest.order_by("-number").values("number")[:1]))


def counts(user: Any, today: date, department: int | None = None) -> dict[str, int]:
    """How many of each series (three queries)."""
    return {
        VERIFICATION: late_verifications(user, today, department).count(),
        OWED: late_owed(user, today, department).count(),
        BROKEN: broken_reports(user, department).count(),
    }


def keys(user: Any, today: date, *, series: str = "", department: int | None = None) -> QuerySet[Any]:
    """Series, key and day of everything asked for, the oldest day first: to be cut into pages and then filled (`filled`)."""

    def told(queryset: QuerySet[Any], name: str, day: str) -> QuerySet[Any]:
        marked = queryset.order_by().annotate(
            series=Value(name, output_field=CharField()), since=F(day), key=F("pk")
        )
        return marked.values_list("series", "key", "since")

    parts = {
        VERIFICATION: told(late_verifications(user, today, department), VERIFICATION, "due_on"),
        OWED: told(late_owed(user, today, department), OWED, "due_on"),
        BROKEN: told(broken_reports(user, department), BROKEN, "determined_on"),
    }
    if series in parts:
        return parts[series].order_by("since", "series", "key")
    first, *others = parts.values()
    return first.union(*others, all=True).order_by("since", "series", "key")


def filled(
    found: Iterable[tuple[str, int, date]], *, today: date, calendars: Callable[[str], Calendar]
) -> list[Row]:
    """The rows of some keys in their order: one query for each series."""
    wanted = list(found)
    things: dict[str, dict[int, Any]] = {}
    for name, model in ((VERIFICATION, Verification), (OWED, OwedMaterial), (BROKEN, Performance)):
        ids = [key for series, key, _ in wanted if series == name]
        rows: Any = model._default_manager.select_related("commitment__subject", "commitment__department")
        things[name] = rows.in_bulk(ids) if ids else {}
    return [
        _row(series, things[series][key], day, today, calendars)
        for series, key, day in wanted
        if key in things[series]
    ]


def _row(series: str, thing: Any, day: date, today: date, calendars: Callable[[str], Calendar]) -> Row:
    calendar = calendars(thing.commitment.department.division)
    return Row(series, thing.commitment, thing, day, max(calendar.working_days_between(day, today), 1))


def late_of(commitment: Commitment, today: date) -> list[str]:
    """What of one commitment is late or broken, in words; empty when nothing is."""
    said = []
    tasks = open_tasks(Verification.objects.filter(commitment=commitment), overdue_on=today)
    said += [f"核查应于{day}前办结" for day in tasks.values_list("due_on", flat=True)]
    owed = open_tasks(OwedMaterial.objects.filter(commitment=commitment), overdue_on=today)
    said += [
        f"“{name}”应于{day}前补交" for name, day in owed.order_by("due_on").values_list("name", "due_on")
    ]
    last = Performance.objects.filter(commitment=commitment, withdrawn_at=None).order_by("-number").first()
    if last is not None and last.status in _SHORT:
        said.append(f"{last.determined_on}认定{last.get_status_display()}")
    return said
