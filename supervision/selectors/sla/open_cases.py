"""Open cases: how many of which kind, body, stage, officer and light, and the rows of each of these numbers.

Today they are read from the table itself, of a day gone by from its history: each case as its newest row of that day says.
The columns are the same, so that one predicate of lateness (`casework.models.cases.is_overdue`) and one rule of the lights
(`casework.selectors.clock.light_of`) serve both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Subquery, Value

from accounts.policy import NOTHING
from casework.models import Case
from casework.models.cases import is_overdue
from casework.selectors.clock import Tone, light_of
from casework.selectors.lists import CHIPS
from worktime.models import Limit

from .watch import Watch

_BY = ("kind", "state", "owning_body", "assignee", "region", "limit__warn_days", "due_on")
_SHOWN = ("state", "assignee", "due_on", "paused_for", "paused_since", "days_left", "breach_reason")
"""Columns of a case that change on its way: rows of a past day show them as they were."""


def standing(watch: Watch) -> QuerySet[Any]:
    """The open cases of the offices as they stood: rows of the table, or of its history."""
    if watch.live:
        return Case.objects.open().filter(watch.of_offices("owning_body")).order_by()
    return Case.history.model.objects.filter(history_id__in=watch.stood, closed_on__isnull=True).order_by()


@dataclass(frozen=True)
class Group:
    """So many cases that are alike in all that the board tells them apart by."""

    kind: str
    stage: str
    office: int
    officer: int | None
    tone: Tone
    due: date | None
    count: int
    late: int
    today: int
    soon: int


def groups(watch: Watch) -> list[Group]:
    """All that the board says of open cases, in one query; groups are never more than the open cases are."""
    rule = lambda key: CHIPS["clock", key].rule(watch.user, watch.day)  # noqa: E731
    tone = cache(lambda region, warn_days, due: _tone(watch, region, warn_days, due))
    rows = (
        standing(watch)
        .values(*_BY)
        .annotate(
            count=Count("pk"),
            late=Count("pk", filter=is_overdue(watch.day)),
            today=Count("pk", filter=rule("today")),
            soon=Count("pk", filter=rule("soon")),
        )
        .order_by()
    )
    return [
        Group(
            row["kind"], row["state"], row["owning_body"], row["assignee"],
            "bad" if row["late"] else tone(row["region"], row["limit__warn_days"], row["due_on"]), row["due_on"],
            row["count"], row["late"], row["today"], row["soon"],
        )
        for row in rows
    ]  # fmt: skip


def _tone(watch: Watch, region: str, warn_days: int, due: date | None) -> Tone:
    """The light of the case list, for cases with this due day, region and limit."""
    alike = Case(due_on=due, limit=Limit(warn_days=warn_days))
    return light_of(alike, today=watch.day, calendar=watch.calendars(region)).tone


def of_tone(watch: Watch, rows: QuerySet[Any], tone: str) -> QuerySet[Any]:
    """The rows with this light. What is not late yet has it by its due day, region and limit (one query for these)."""
    if tone == "bad":
        return rows.filter(is_overdue(watch.day))
    if tone == "idle":
        return rows.filter(due_on__isnull=True)
    found = NOTHING
    ahead = rows.filter(due_on__gte=watch.day).values("region", "limit__warn_days", "due_on")
    for alike in ahead.distinct():
        if _tone(watch, alike["region"], alike["limit__warn_days"], alike["due_on"]) == tone:
            found |= Q(**alike)
    return rows.filter(found)


@dataclass(frozen=True)
class Pick:
    """Of the open cases those that one number of the board counts; empty fields leave nothing out."""

    kind: str = ""
    stage: str = ""
    office: int | None = None
    officer: int | None = None
    unassigned: bool = False
    tone: str = ""
    clock: str = ""
    """`late`, `today`, `soon` (two working days): the chips of the case list."""
    due_from: date | None = None
    due_to: date | None = None
    window: int | None = None

    def rows(self, watch: Watch) -> QuerySet[Any]:
        rows = standing(watch)
        for name, value in (
            ("kind", self.kind), ("state", self.stage), ("owning_body", self.office), ("assignee", self.officer),
            ("due_on__gte", self.due_from), ("due_on__lte", self.due_to), ("window", self.window),
        ):  # fmt: skip
            if value not in ("", None):
                rows = rows.filter(**{name: value})
        if self.unassigned:
            rows = rows.filter(assignee__isnull=True)
        if self.clock == "late":
            rows = rows.filter(is_overdue(watch.day))
        elif self.clock:
            rows = rows.filter(CHIPS["clock", self.clock].rule(watch.user, watch.day))
        return of_tone(watch, rows, self.tone) if self.tone else rows

    def cases(self, watch: Watch) -> QuerySet[Case]:
        """The cases themselves, with what changes on their way as it stood (`shown_…`)."""
        rows = self.rows(watch)
        if watch.live:
            found = rows.annotate(**{f"shown_{name}": F(name) for name in _SHOWN})
        else:
            found = Case.objects.filter(pk__in=rows.values("id")).annotate(
                **{f"shown_{name}": Subquery(watch.told("pk", name)) for name in _SHOWN}
            )
        return found.annotate(shown_on=Value(watch.day))


def first(watch: Watch, pick: Pick, most: int) -> list[Case]:
    """The first cases of a pick by their due day, as they stood; those that stand still have none (two queries at most)."""
    rows = pick.rows(watch).filter(due_on__isnull=False)
    related = ("subject", "owning_body")
    if watch.live:
        stood = {one.pk: one for one in rows.select_related(*related).order_by("due_on", "pk")[:most]}
        found = stood
    else:
        stood = {one.id: one for one in rows.order_by("due_on", "id")[:most]}
        found = Case.objects.select_related(*related).in_bulk(stood)
    for pk, one in stood.items():
        for name in _SHOWN:
            setattr(found[pk], f"shown_{name}", getattr(one, f"{name}_id" if name == "assignee" else name))
    return [found[pk] for pk in stood]


def at_window(watch: Watch, body: int) -> dict[tuple[str, str], int]:
    """Open cases that came in at the window of a body, by kind and stage (one query)."""
    rows = (
        standing(watch)
        .filter(window=body)
        .values_list("kind", "state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return {(kind, stage): count for kind, stage, count in rows}


def counted(groups: Iterable[Group], key: Callable[[Group], Any], figure: str = "count") -> Counter[Any]:
    """A figure of the groups, added up by whatever a number of the board tells them apart by."""
    found: Counter[Any] = Counter()
    for one in groups:
        found[key(one)] += getattr(one, figure)
    return found


__all__ = ["Group", "Pick", "at_window", "counted", "first", "groups", "of_tone", "standing"]
