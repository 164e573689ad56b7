"""Which penalties and breaches can be repaired, and from when, as far as time decides (可修复清单).

Set-based: the same answer as `repair.rules.eligibility` gives for one record when everything that people must bring is there
(duties, commitment). The periods, the bar after false material and the decisions that are not repaired are those of the
rule set under which the record was published; a test compares both answers over random records.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Greatest

from accounts.models import Department
from accounts.policy import policy_for
from audit.clock import today
from credit_records.models import Record, RuleSet
from credit_records.rules.rule_sets import Publication, PublicityRuleError
from credit_records.selectors.record_pages import rules_of
from repair.models import Bar, Item, RepairableRecord
from repair.rules.eligibility import REPAIRABLE_KINDS, RepairRulesError, repair_rules_from_dict

from .eligibility import Governing

IN_FORCE = (Record.State.PUBLISHED, Record.State.SUSPENDED)
FROM = "repairable_from"
"""The annotation of `repairable`: the first day on which time no longer stands in the way."""
_SPECIAL = re.compile(r"[.\\*+?()\[\]{}|^$]")


def rule_sets_in_use() -> list[Governing]:
    """Those that say something about repair; one whose data cannot be read answers for no record (one query)."""
    found = []
    for stored in RuleSet.objects.order_by("key"):
        part = stored.body.get("repair")
        if not isinstance(part, dict):
            continue
        try:
            found.append(Governing(stored.key, rules_of(stored), repair_rules_from_dict(part)))
        except (PublicityRuleError, RepairRulesError):
            continue
    return found


class _DayAfter(Func):
    template = "(%(expressions)s + 1)"
    output_field = DateField()


class _DayAfterMonths(Func):
    """The day after so many months; the last of a shorter month where the day does not exist (民法典 202)."""

    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        day, months = (compiler.compile(one) for one in self.get_source_expressions())
        return f"((({day[0]}) + make_interval(months => ({months[0]}))))::date + 1", [*day[1], *months[1]]


class _HasWord(Func):
    """Whether one of the texts in a record's content holds one of some words; what is nested deeper is no text of the
    decision."""

    function = "jsonb_path_exists"
    output_field = BooleanField()


class _MayHaveWord(Func):
    """Whether a word stands anywhere in the content: quick, and true of more than `_HasWord`."""

    template = "(%(expressions)s)"
    arg_joiner = "::text ~ "
    output_field = BooleanField()


def _has_word(words: Sequence[str]) -> Q:
    """One of the words in one of the texts; most records are told by the quick look alone, which costs a tenth."""
    written = [json.dumps(word, ensure_ascii=False) for word in words]
    quick = "|".join(_SPECIAL.sub(r"\\\g<0>", one[1:-1]) for one in written)
    found = " || ".join(f'@ like_regex {one} flag "q"' for one in written)
    path = Value(f"strict $.* ? ({found})")
    exact = _HasWord(F("details"), path, template="%(function)s(%(expressions)s::jsonpath)")
    return Q(_MayHaveWord(F("details"), Value(quick))) & Q(exact)


def any_of(conditions: Iterable[Q]) -> Q:
    """What one of the conditions holds for; nothing where there are none."""
    whole = Q(pk__in=[])
    for one in conditions:
        whole |= one
    return whole


def _minimum(sets: Iterable[Governing]) -> Case:
    """The day after the minimum; the day of the decision where neither the class nor its field has one."""
    with_minimum = [
        When(
            rule_set=one.key,
            severity=str(severity),
            publicity_earliest_end__isnull=False,
            then=_DayAfter(F("publicity_earliest_end")),
        )
        for one in sets
        for severity, rule in one.publicity.classes.items()
        if rule.minimum_months
    ]
    of_field = When(
        publicity_earliest_end__gt=F("decision_date"), then=_DayAfter(F("publicity_earliest_end"))
    )
    return Case(*with_minimum, of_field, default=F("decision_date"), output_field=DateField())


def _bar_over(sets: Iterable[Governing], on: date) -> Case | None:
    """The day after the bar of the subject, empty where nothing bars it. Few are barred: the others ask nothing."""
    bars = Bar.objects.filter(lifted_at=None, found_on__lte=on)
    barred = sorted(set(bars.order_by().values_list("subject", flat=True)))
    if not barred:
        return None
    found = bars.filter(subject=OuterRef("subject")).order_by("-found_on").values("found_on")[:1]
    months = Case(
        *(When(rule_set=one.key, then=Value(one.repair.bar_months)) for one in sets),
        default=Value(0),
        output_field=IntegerField(),
    )
    return Case(
        When(subject__in=barred, then=_DayAfterMonths(Subquery(found), months)),
        default=None,
        output_field=DateField(),
    )


def _from(sets: Sequence[Governing], on: date) -> Any:
    minimum, bar = _minimum(sets), _bar_over(sets, on)
    return minimum if bar is None else Greatest(minimum, bar, output_field=DateField())


def _unshown(sets: Iterable[Governing]) -> Q:
    """Never shown, and still repaired: the order shows this class only where there is need (Order 36, 轻微)."""
    return any_of(
        Q(rule_set=one.key, severity=str(severity))
        for one in sets
        for severity, rule in one.publicity.classes.items()
        if rule.publication is Publication.ON_NEED
    )


def _excluded(sets: Iterable[Governing]) -> list[Q]:
    """The decisions that are not repaired, by the words of their rule sets."""
    keys: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in sets:
        words = tuple(sorted({word for case in one.repair.unrepairable for word in case.words}))
        if words:
            keys[words].append(one.key)
    return [Q(rule_set__in=those) & _has_word(words) for words, those in keys.items()]


def _in_force(rows: QuerySet) -> QuerySet:
    return rows.filter(item__kind__in=REPAIRABLE_KINDS, state__in=IN_FORCE)


def repairable(rows: QuerySet, *, on: date, sets: list[Governing] | None = None) -> QuerySet:
    """Of these records those which time lets be repaired on that day or later, each with its `repairable_from`."""
    known = rule_sets_in_use() if sets is None else sets
    if not known:
        return rows.none()
    found = _in_force(rows).filter(
        Q(publicity_latest_end__isnull=True) | Q(publicity_latest_end__gte=on),
        Q(publicity_start__isnull=False) | _unshown(known),
        rule_set__in=[one.key for one in known],
        severity__in=Record.Severity.values,
    )
    found = found.annotate(**{FROM: _from(known, on)})
    found = found.filter(Q(publicity_latest_end__isnull=True) | Q(publicity_latest_end__gte=F(FROM)))
    for condition in _excluded(known):
        found = found.exclude(condition)
    return found


def without_rules(rows: QuerySet, sets: list[Governing] | None = None) -> QuerySet:
    """Penalties and breaches in force of which nobody can say whether they can be repaired: no rule set says so."""
    known = rule_sets_in_use() if sets is None else sets
    return _in_force(rows).exclude(rule_set__in=[one.key for one in known])


def with_open_application(rows: QuerySet) -> QuerySet:
    return rows.annotate(applied=Exists(Item.objects.filter(record=OuterRef("pk"), pending=True)))


# --- months ---------------------------------------------------------------------------------------------------


def month_start(day: date, further: int = 0) -> date:
    """The first of the month so many months on."""
    years, month0 = divmod(day.month - 1 + further, 12)
    return date(day.year + years, month0 + 1, 1)


@dataclass(frozen=True)
class Since:
    """From when a record can be repaired: in one month, before it, or from it on. `2026-11`, `-2026-11`, `2026-11-`."""

    first: date
    before: bool = False
    onwards: bool = False

    @classmethod
    def of(cls, text: str | None) -> Since | None:
        """From an address; what is none is no condition."""
        given = (text or "").strip()
        before, onwards = given.startswith("-"), given.endswith("-")
        try:
            first = date.fromisoformat(f"{given.strip('-')}-01")
        except ValueError:
            return None
        if not 1990 <= first.year <= 2199 or (before and onwards):
            return None
        return cls(first, before, onwards)

    def __str__(self) -> str:
        month = f"{self.first:%Y-%m}"
        return f"-{month}" if self.before else f"{month}-" if self.onwards else month

    @property
    def words(self) -> str:
        month = f"{self.first.year}年{self.first.month}月"
        return f"{month}以前" if self.before else f"{month}以后(含当月)" if self.onwards else f"{month}起"

    @property
    def rule(self) -> Q:
        if self.before:
            return Q(**{f"{FROM}__lt": self.first})
        starts = Q(**{f"{FROM}__gte": self.first})
        return starts if self.onwards else starts & Q(**{f"{FROM}__lt": month_start(self.first, 1)})

    def narrow(self, rows: QuerySet) -> QuerySet:
        return rows.filter(self.rule)


def buckets(month: date) -> dict[str, Since]:
    """The columns of the overview for a month: they do not overlap and together are all repairable records."""
    following = month_start(month, 1)
    return {
        "earlier": Since(month, before=True),
        "this": Since(month),
        "next": Since(following),
        "later": Since(month_start(month, 2), onwards=True),
    }


@dataclass(frozen=True)
class Line:
    """The records of one department by the month from which they can be repaired."""

    department: Department
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Overview:
    on: date
    month: date
    lines: list[Line]
    without_rules: int
    """Records in force that no rule set answers for."""

    @property
    def counts(self) -> dict[str, int]:
        return {name: sum(line.counts[name] for line in self.lines) for name in buckets(self.month)}

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def overview_of(rows: QuerySet, *, month: date | None = None, on: date | None = None) -> Overview:
    """Department by department how many of these records can be repaired from which month (four queries).

    `on` is the day of the question: the bars and the periods are as of it.
    """
    day = on or today()
    first = month_start(month or day)
    sets = rule_sets_in_use()
    columns = {name: Count("pk", filter=since.rule) for name, since in buckets(first).items()}
    found = repairable(rows, on=day, sets=sets).order_by().values("department").annotate(**columns)
    counted = {row["department"]: {name: row[name] for name in columns} for row in found}
    departments = Department.objects.filter(pk__in=counted).order_by("level", "code")
    return Overview(
        on=day,
        month=first,
        lines=[Line(one, counted[one.pk]) for one in departments],
        without_rules=without_rules(rows, sets).count(),
    )


def overview(user: Any, *, month: date | None = None, on: date | None = None) -> Overview:
    """The same as far as the user sees the records."""
    return overview_of(policy_for(RepairableRecord).scope(user, "view"), month=month, on=on)
