"""Dated rule sets for the severity and the publicity of penalties, read from data that the office can change.

A rule set belongs to the decisions of a period, not to the day of reading: a decision of 2026-03-31 stays
under the earlier order for as long as its record is published. The form of the data is described in
`credit_records/data/rulesets/README.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)


class SeverityClass(StrEnum):
    """轻微 / 一般 / 严重, the classes of 《信用修复管理办法》; written from light to grave."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"

    @property
    def weight(self) -> int:
        return tuple(SeverityClass).index(self)


class Publication(StrEnum):
    """Whether a class is published: always, only where the department finds a need, or never."""

    ALWAYS = "always"
    ON_NEED = "on_need"
    NEVER = "never"


class PublicityRuleError(ValueError):
    """The rule sets cannot answer: a mistake in their data, or none or several apply. Chinese sentences."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class PublicityClass:
    severity: SeverityClass
    title: str
    publication: Publication
    minimum_months: int
    maximum_months: int


@dataclass(frozen=True)
class KindRule:
    """The class of one kind of penalty; `note` explains a class that the order does not settle."""

    value: str
    severity: SeverityClass
    note: str = ""


@dataclass(frozen=True)
class Sector:
    """A field (食品, 药品) with its own minimum; `basis_keywords` find it in the legal basis."""

    code: str
    title: str
    minimum_months: int
    basis_keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class AmountRule:
    """From which fine on a kind of penalty weighs more than its kind alone says (以罚款数额区分); never less.

    `at_least` in 万元. Without keywords it holds in every field, otherwise where the legal basis names one of them.
    """

    kind: str
    at_least: Decimal
    severity: SeverityClass
    basis_keywords: tuple[str, ...] = ()
    note: str = ""

    def meets(self, kinds: Sequence[str], fine: Decimal | None, legal_basis: str) -> bool:
        return self.meets_kinds(kinds) and self.meets_fine(fine) and self.meets_basis(legal_basis)

    def meets_kinds(self, kinds: Sequence[str]) -> bool:
        return self.kind in kinds

    def meets_fine(self, fine: Decimal | None) -> bool:
        return fine is not None and fine >= self.at_least

    def meets_basis(self, legal_basis: str) -> bool:
        return not self.basis_keywords or any(word in legal_basis for word in self.basis_keywords)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """One order's answer for the decisions of its period. Compared by identity: it is a cache key."""

    key: str
    title: str
    source: str
    in_force_from: date
    in_force_to: date | None
    effective_on: date
    classes: Mapping[SeverityClass, PublicityClass]
    kinds: Mapping[str, KindRule]
    other_kinds: SeverityClass
    simple_procedure: SeverityClass
    sectors: Mapping[str, Sector]
    notes: tuple[str, ...] = ()
    amounts: tuple[AmountRule, ...] = ()

    def applies_to(self, decision_date: date) -> bool:
        return self.in_force_from <= decision_date and (
            self.in_force_to is None or decision_date <= self.in_force_to
        )


class _Reader:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.name = str(data.get("key") or "未命名")
        self.problems: list[str] = []

    def problem(self, sentence: str) -> None:
        self.problems.append(f"公示规则“{self.name}”：{sentence}")

    def text(self, row: Mapping[str, Any], key: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value.strip():
            self.problem(f"缺少“{key}”，请补填")
            return ""
        return value

    def day(self, key: str, *, needed: bool = True) -> date | None:
        value = self.data.get(key)
        if isinstance(value, date):
            return value
        if value is None and not needed:
            return None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.problem(f"“{key}”应为 2026-01-31 样式的日期")
            return None

    def choice(self, row: Mapping[str, Any], key: str, kind: type[E], default: E) -> E:
        try:
            return kind(str(row.get(key)))
        except ValueError:
            self.problem(f"“{key}”的值“{row.get(key)}”不在允许的范围内：{'、'.join(kind)}")
            return default

    def months(self, row: Mapping[str, Any], key: str) -> int:
        value = row.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.problem(f"“{key}”应为不小于0的整数（月数）")
            return 0
        return value

    def amount(self, row: Mapping[str, Any], key: str) -> Decimal:
        value = row.get(key)
        try:
            amount = Decimal(str(value)) if not isinstance(value, bool) else Decimal(-1)
        except InvalidOperation:
            amount = Decimal(-1)
        if not amount.is_finite() or amount <= 0:
            self.problem(f"“{key}”应为大于0的数字（万元）")
            return Decimal(1)
        return amount

    def words(self, row: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = row.get(key) or []
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self.problem(f"“{key}”应为文字的列表，不能有空的一项")
            return ()
        return tuple(word.strip() for word in value)

    def rows(self, key: str) -> Sequence[Mapping[str, Any]]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            self.problem(f"“{key}”应为列表")
            return ()
        return value

    def unique(self, values: Sequence[str], what: str) -> None:
        for value in sorted(value for value, times in Counter(values).items() if times > 1):
            self.problem(f"{what}“{value}”重复，请只保留一处")


def _read_classes(reader: _Reader) -> dict[SeverityClass, PublicityClass]:
    classes = [
        PublicityClass(
            reader.choice(row, "severity", SeverityClass, SeverityClass.GENERAL),
            reader.text(row, "title"),
            reader.choice(row, "publication", Publication, Publication.NEVER),
            reader.months(row, "minimum_months"),
            reader.months(row, "maximum_months"),
        )
        for row in reader.rows("classes")
    ]
    reader.unique([one.severity for one in classes], "分类")
    for severity in SeverityClass:
        if severity not in {one.severity for one in classes}:
            reader.problem(f"缺少分类“{severity}”，三个分类都要写明期限")
    for one in classes:
        if one.minimum_months > one.maximum_months:
            reader.problem(f"“{one.title}”的最短公示期长于最长公示期，请核对")
        if one.publication is not Publication.NEVER and one.maximum_months == 0:
            reader.problem(f"“{one.title}”可以公示，但没有最长公示期，请补填")
    return {one.severity: one for one in classes}


def _read_amounts(reader: _Reader, kinds: Sequence[KindRule]) -> tuple[AmountRule, ...]:
    """Each weighs more than the kind by itself: what would make it weigh less is a mistake in the data."""
    known = {one.value: one for one in kinds}
    rules = tuple(
        AmountRule(
            reader.text(row, "kind"),
            reader.amount(row, "at_least"),
            reader.choice(row, "severity", SeverityClass, SeverityClass.SERIOUS),
            reader.words(row, "basis_keywords"),
            str(row.get("note") or ""),
        )
        for row in reader.rows("amounts")
    )
    for rule in rules:
        kind = known.get(rule.kind)
        if rule.kind and kind is None:
            reader.problem(f"数额规则引用的处罚类别“{rule.kind}”没有列出，请先列入处罚类别")
        elif kind is not None and rule.severity.weight <= kind.severity.weight:
            reader.problem(f"数额规则“{rule.kind}{rule.at_least}万元以上”没有重于该类别本身的分类，请核对")
    reader.unique(
        [f"{rule.kind}{rule.at_least}万元{'、'.join(rule.basis_keywords)}" for rule in rules], "数额规则"
    )
    return rules


def rule_set_from_dict(data: Mapping[str, Any]) -> RuleSet:
    """Build a rule set; raises `PublicityRuleError` with every mistake found."""
    reader = _Reader(data)
    start, end = reader.day("in_force_from"), reader.day("in_force_to", needed=False)
    effective_on = reader.day("effective_on")
    if start and end and end < start:
        reader.problem("适用止日早于适用起日，请核对两处日期")
    general = SeverityClass.GENERAL
    classes = _read_classes(reader)
    kinds = [
        KindRule(
            reader.text(row, "value"),
            reader.choice(row, "severity", SeverityClass, general),
            str(row.get("note") or ""),
        )
        for row in reader.rows("kinds")
    ]
    if not kinds:
        reader.problem("没有列出处罚类别，请至少列出一种")
    sectors = [
        Sector(
            reader.text(row, "code"),
            reader.text(row, "title"),
            reader.months(row, "minimum_months"),
            reader.words(row, "basis_keywords"),
        )
        for row in reader.rows("sectors")
    ]
    reader.unique([one.value for one in kinds], "处罚类别")
    reader.unique([one.code for one in sectors], "领域")
    for one in sectors:
        if general in classes and one.minimum_months > classes[general].maximum_months:
            reader.problem(f"领域“{one.title}”的最短公示期长于最长公示期，请核对")
    rule_set = RuleSet(
        key=reader.text(data, "key"),
        title=reader.text(data, "title"),
        source=reader.text(data, "source"),
        in_force_from=start or date.max,
        in_force_to=end,
        effective_on=effective_on or date.max,
        classes=classes,
        kinds={one.value: one for one in kinds},
        other_kinds=reader.choice(data, "other_kinds", SeverityClass, general),
        simple_procedure=reader.choice(data, "simple_procedure", SeverityClass, general),
        sectors={one.code: one for one in sectors},
        notes=reader.words(data, "notes"),
        amounts=_read_amounts(reader, kinds),
    )
    if reader.problems:
        raise PublicityRuleError(*reader.problems)
    return rule_set


def rule_set_for(decision_date: date, rule_sets: Sequence[RuleSet]) -> RuleSet:
    """The one rule set for a decision of that day; none or several is an error in the office's data."""
    found = [one for one in rule_sets if one.applies_to(decision_date)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise PublicityRuleError(
            f"没有适用于 {decision_date} 作出的决定的公示规则，请核对决定日期，或者由管理部门补充规则"
        )
    titles = "、".join(one.title for one in found)
    raise PublicityRuleError(
        f"{decision_date} 作出的决定同时适用多个公示规则：{titles}，请由管理部门调整适用日期"
    )
