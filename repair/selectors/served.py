"""两书同达: which penalties need the notice on repair, which have it, which miss it, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Department
from accounts.policy import policy_for
from audit.clock import today
from credit_records.models import Record, RuleSet
from repair.models import PenaltyToServe, ServedNotice
from repair.rules.eligibility import PENALTY, RepairRulesError
from repair.rules.served import ServedRule, last_day_overdue, served_rule_from_dict
from worktime.selectors import calendars_in_force

from .repairable import any_of

State = Record.State
SERVED_IN = (State.PUBLISHED, State.SUSPENDED, State.ENDED, State.REPAIRED)
"""Reviewed and not withdrawn: a decision that stands, whether the public still sees it or not."""
Standing = Literal["served", "missing", "overdue"]


def served_rules() -> dict[str, ServedRule]:
    """By the key of the rule set; one whose data cannot be read asks for nothing (one query)."""
    found = {}
    for key, body in RuleSet.objects.order_by("key").values_list("key", "body"):
        part = body.get("repair")
        try:
            rule = served_rule_from_dict(part) if isinstance(part, dict) else None
        except RepairRulesError:
            continue
        if rule is not None:
            found[key] = rule
    return found


def due(rows: QuerySet, *, rules: dict[str, ServedRule] | None = None) -> QuerySet:
    """Of these records the penalties with which the notice is served, each with `noticed`: whether service is recorded."""
    known = served_rules() if rules is None else rules
    standing = ServedNotice.objects.standing().filter(record=OuterRef("pk"))
    return rows.filter(
        any_of(Q(rule_set=key, decision_date__gte=rule.since) for key, rule in known.items()),
        item__kind=PENALTY,
        state__in=SERVED_IN,
    ).annotate(noticed=Exists(standing))


def overdue_rule(rules: dict[str, ServedRule], *, on: date) -> Q:
    """Decided so long ago that the term of service is over, by the calendar of the department's own region."""
    calendars = calendars_in_force()
    divisions = Department.objects.order_by("division").values_list("division", flat=True).distinct()
    cells = {}
    for division in divisions:
        for key, rule in rules.items():
            last = last_day_overdue(rule.days, calendars(division), today=on)
            cells.setdefault((key, last), []).append(division)
    return any_of(
        Q(rule_set=key, decision_date__lte=last, department__division__in=where)
        for (key, last), where in cells.items()
    )


def of_standing(rows: QuerySet, standing: Standing, *, on: date | None = None) -> QuerySet:
    """The rows behind one figure; `rows` as `due` gives them."""
    if standing == "served":
        return rows.filter(noticed=True)
    missing = rows.filter(noticed=False)
    return (
        missing.filter(overdue_rule(served_rules(), on=on or today())) if standing == "overdue" else missing
    )


@dataclass(frozen=True)
class ServedLine:
    """How one department stands. `share` is None where nothing was due: no data, not all."""

    department: Department | None
    due: int
    served: int
    overdue: int

    @property
    def missing(self) -> int:
        return self.due - self.served

    @property
    def share(self) -> float | None:
        return round(self.served * 100 / self.due, 1) if self.due else None

    @property
    def share_text(self) -> str:
        """Cut off, not rounded: one missing is never 100%."""
        return f"{self.served * 1000 // self.due / 10:.1f}%" if self.due else "没有数据"

    @property
    def tone(self) -> Literal["good", "warn", "bad", "idle"]:
        if not self.due:
            return "idle"
        return "bad" if self.overdue else "warn" if self.missing else "good"


@dataclass(frozen=True)
class ServedOverview:
    on: date
    rules: dict[str, ServedRule]
    lines: list[ServedLine]

    @property
    def total(self) -> ServedLine:
        return ServedLine(
            None,
            sum(line.due for line in self.lines),
            sum(line.served for line in self.lines),
            sum(line.overdue for line in self.lines),
        )


def served_overview(user: Any, *, on: date | None = None) -> ServedOverview:
    """Department by department, as far as the user sees the records (four small queries and one count)."""
    day = on or today()
    rules = served_rules()
    rows = due(policy_for(PenaltyToServe).scope(user, "view"), rules=rules)
    counted = {
        row["department"]: row
        for row in rows.order_by()
        .values("department")
        .annotate(
            all=Count("pk"),
            with_notice=Count("pk", filter=Q(noticed=True)),
            late=Count("pk", filter=Q(noticed=False) & overdue_rule(rules, on=day)),
        )
    }
    departments = Department.objects.filter(pk__in=counted).order_by("level", "code")
    return ServedOverview(
        on=day,
        rules=rules,
        lines=[
            ServedLine(one, counted[one.pk]["all"], counted[one.pk]["with_notice"], counted[one.pk]["late"])
            for one in departments
        ],
    )


@dataclass(frozen=True)
class Told:
    """One line of a record's page; `tone` as the chips have it."""

    text: str
    tone: Literal["good", "warn", "bad"]


def served_line(record: Record, *, on: date | None = None) -> Told | None:
    """What the page of a penalty says about 两书同达; None where no rule asks for it (two or three queries)."""
    notice = ServedNotice.objects.standing().filter(record=record.pk).first()
    if notice is not None:
        return Told(f"修复告知书于{notice.served_on}{notice.get_method_display()}", "good")
    rules = served_rules()
    if record.state not in SERVED_IN or not due(Record.objects.filter(pk=record.pk), rules=rules).exists():
        return None
    rule = rules[record.rule_set]
    late = last_day_overdue(rule.days, calendars_in_force()(record.department.division), today=on or today())
    if record.decision_date <= late:
        return Told(f"没有登记修复告知书的送达，已过{rule.days}个工作日", "bad")
    return Told("还没有登记修复告知书的送达", "warn")
