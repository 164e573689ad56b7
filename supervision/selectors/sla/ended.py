"""Ended rounds: how long they took, how many were in time, by kind, month, office and officer, and the rows of each number.

Everything is added up from one grouped query over twelve months: so many rounds of this kind, month, office and number of
days. Refused and withdrawn cases are told apart, they are no handling; of repairs so are shielding and the review of false
material, as in the indicator (`selectors.indicators.cases.repairs_ended`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as When_
from django.db.models.functions import TruncMonth

from casework.models import Case, CaseRound, Kind
from supervision.rules.distribution import Spread
from supervision.rules.rates import share
from supervision.selectors.rounds import IN_TIME, REVIEWED, SHIELDED

from .watch import Watch

BESIDE = "repair_other"
"""Shielding, and revoking or keeping a repair: cases of repair that decide on no repair."""
NOT_HANDLED = "not_handled"
"""Refused or withdrawn."""
ANY = "any"
"""All that ended, whichever way."""
LABELS = {
    Kind.OBJECTION.value: "异议",
    Kind.REPAIR.value: "信用修复",
    BESIDE: "屏蔽和撤销修复",
    Kind.BREACH.value: "违诺认定",
}
_WHAT = When_(
    When(~Q(state=Case.State.CLOSED), then=Value(NOT_HANDLED)),
    When(
        Q(kind=Kind.REPAIR) & (Q(case__in=SHIELDED) | Q(outcome__in=REVIEWED)),
        then=Value(BESIDE),
    ),
    default=F("kind"),
    output_field=CharField(),
)
_WITHIN = Q(net_days__lte=F("target_days"))


def rounds(watch: Watch, first: date, last: date | None = None) -> QuerySet[CaseRound]:
    """Rounds that ended from a day on, until the day of the watch or an earlier one."""
    until = watch.day if last is None else min(last, watch.day)
    return CaseRound.objects.filter(
        watch.of_offices("owning_body"), closed_on__gte=first, closed_on__lte=until
    ).order_by()


@dataclass(frozen=True)
class Group:
    """So many ended rounds that are alike."""

    what: str
    month: date
    office: int
    net: int | None
    gross: int | None
    target: int
    in_time: bool
    count: int

    @property
    def within(self) -> bool:
        """Within the target of the case, extensions apart."""
        return self.net is not None and self.net <= self.target


def groups(watch: Watch) -> list[Group]:
    """Twelve months of ended rounds in one query."""
    rows = (
        rounds(watch, watch.months[0])
        .annotate(what=_WHAT, month=TruncMonth("closed_on"))
        .values("what", "month", "owning_body", "net_days", "gross_days", "target_days")
        .annotate(count=Count("pk"), in_time=Count("pk", filter=IN_TIME))
        .order_by()
    )
    found = []
    for row in rows:
        alike = (
            row["what"], row["month"], row["owning_body"], row["net_days"], row["gross_days"], row["target_days"],
        )  # fmt: skip
        if row["in_time"]:
            found.append(Group(*alike, True, row["in_time"]))
        if row["count"] > row["in_time"]:
            found.append(Group(*alike, False, row["count"] - row["in_time"]))
    return found


@dataclass(frozen=True)
class Took:
    """What a part of the groups took."""

    parts: tuple[Group, ...]

    @classmethod
    def of(cls, groups: Iterable[Group], wanted: Callable[[Group], bool] = bool) -> Took:
        return cls(tuple(one for one in groups if one.what != NOT_HANDLED and wanted(one)))

    @cached_property
    def count(self) -> int:
        return sum(one.count for one in self.parts)

    @cached_property
    def in_time(self) -> int:
        return sum(one.count for one in self.parts if one.in_time)

    @property
    def late(self) -> int:
        return self.count - self.in_time

    @cached_property
    def within(self) -> int:
        return sum(one.count for one in self.parts if one.within)

    @cached_property
    def uncounted(self) -> int:
        """Rounds whose days are not worked out yet (`manage.py recompute_clocks --fix`)."""
        return sum(one.count for one in self.parts if one.net is None)

    @cached_property
    def net(self) -> Spread:
        return Spread.of((one.net, one.count) for one in self.parts)

    @cached_property
    def gross(self) -> Spread:
        return Spread.of((one.gross, one.count) for one in self.parts)

    @property
    def targets(self) -> list[int]:
        """The target days of their limits; several where a limit changed within the time."""
        return sorted({one.target for one in self.parts})

    @property
    def share(self) -> Fraction | None:
        return share(self.in_time, self.count)


@dataclass(frozen=True)
class Officer:
    """What one officer ended in a month."""

    count: int
    in_time: int
    net: Spread


def _of_the_closing() -> Subquery:
    rows = Case.history.model.objects.filter(
        id=OuterRef("case"), round=OuterRef("round"), closed_on__isnull=False
    )
    return Subquery(rows.order_by("-history_date", "-history_id").values("assignee")[:1])


WHO = When_(
    When(case__round=F("round"), then=F("case__assignee")),
    default=_of_the_closing(),
    output_field=BigIntegerField(),
)
"""Who had the case in hand when the round ended: an ended case is in nobody else's; one taken up again says it in its history."""


def by_officer(watch: Watch) -> dict[int | None, Officer]:
    """Of the month of the day (one query)."""
    rows = (
        rounds(watch, watch.month)
        .filter(state=Case.State.CLOSED)
        .annotate(who=WHO)
        .values("who", "net_days")
        .annotate(count=Count("pk"), in_time=Count("pk", filter=IN_TIME))
        .order_by()
    )
    found: dict[int | None, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["who"], []).append(row)
    return {
        who: Officer(
            sum(row["count"] for row in own),
            sum(row["in_time"] for row in own),
            Spread.of((row["net_days"], row["count"]) for row in own),
        )
        for who, own in found.items()
    }


@dataclass(frozen=True)
class Pick:
    """Of the ended rounds those that one number of the board counts."""

    first: date
    last: date | None = None
    what: str = ""
    office: int | None = None
    officer: int | None = None
    unassigned: bool = False
    how: str = ""
    """`in_time`, `late`, `within` (the target, extensions apart), `beyond`."""

    def rows(self, watch: Watch) -> QuerySet[CaseRound]:
        rows = rounds(watch, self.first, self.last).annotate(what=_WHAT)
        if self.what == NOT_HANDLED:
            rows = rows.exclude(state=Case.State.CLOSED)
        elif self.what != ANY:
            rows = rows.filter(state=Case.State.CLOSED)
            rows = rows.filter(what=self.what) if self.what else rows
        if self.office is not None:
            rows = rows.filter(owning_body=self.office)
        if self.officer is not None or self.unassigned:
            rows = rows.annotate(who=WHO)
            rows = rows.filter(who__isnull=True) if self.unassigned else rows.filter(who=self.officer)
        if self.how == "in_time":
            rows = rows.filter(IN_TIME)
        elif self.how == "late":
            rows = rows.overdue()
        elif self.how == "within":
            rows = rows.filter(_WITHIN)
        elif self.how == "beyond":
            rows = rows.filter(~_WITHIN | Q(net_days=None))
        return rows


__all__ = [
    "ANY",
    "BESIDE",
    "LABELS",
    "NOT_HANDLED",
    "Group",
    "Officer",
    "Pick",
    "Took",
    "by_officer",
    "groups",
    "rounds",
]
