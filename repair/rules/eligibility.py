"""Whether the record of a penalty, or of a broken commitment, may be repaired, since when or from when, and why (信用修复条件).

A pure function of the record's facts and of the rule set that governs its decision: 《信用修复管理办法》 (NDRC Order 36, decisions from
2026-04-01) or the order before it (Order 58). What the orders do not settle stands in the rule set's data, marked as such.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from credit_records.rules.dates import add_months
from credit_records.rules.publicity import months_text
from credit_records.rules.rule_sets import Publication, RuleSet, SeverityClass

_ONE_DAY = timedelta(days=1)
PENALTY, BREACH = "penalty", "breach"
REPAIRABLE_KINDS = (PENALTY, BREACH)
"""The kinds of catalogue item whose records are dishonesty (失信信息), and can be repaired; all others only tell a fact."""


@dataclass(frozen=True)
class KindWords:
    """How the conditions speak of the records of a kind."""

    what: str
    duties: str
    decision: str


_WORDS = {
    PENALTY: KindWords("行政处罚信息", "已履行行政处罚决定规定的义务", "处罚决定"),
    BREACH: KindWords("违诺认定信息", "已履行承诺或者已纠正违诺行为", "认定决定"),
}


class Verdict(StrEnum):
    """满足, 不满足, or not known yet: a document is still to be brought."""

    MET = "met"
    FAILED = "failed"
    OPEN = "open"

    @property
    def label(self) -> str:
        return {"met": "满足", "failed": "不满足", "open": "待提供"}[self.value]


class RepairRulesError(ValueError):
    """The repair part of a rule set cannot be used; `problems` are Chinese sentences."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Unrepairable:
    """A decision that is not repaired while it works: found by a word in its content."""

    words: tuple[str, ...]
    title: str
    source: str


@dataclass(frozen=True)
class RepairRules:
    """What an order asks for beside the periods of publicity."""

    source: str
    duties_source: str
    commitment_source: str
    bar_months: int
    bar_source: str
    unrepairable: tuple[Unrepairable, ...]
    shielding_source: str
    upper_review: frozenset[SeverityClass] = frozenset()
    """The classes whose repair takes effect only when the office one level up has agreed (上级审核)."""
    upper_review_from_months: int | None = None
    """Also of whatever must be shown at least that long: an order without a serious class has its grave fields so."""
    upper_review_source: str = ""


def repair_rules_from_dict(data: Mapping[str, Any]) -> RepairRules:
    """Read the `repair` part of a rule set's data; raises `RepairRulesError` with every mistake."""
    problems = [
        f"修复规则缺少“{key}”，请补填"
        for key in ("source", "duties_source", "commitment_source", "bar_source", "shielding_source")
        if not str(data.get(key) or "").strip()
    ]
    bar = data.get("bar_months")
    if isinstance(bar, bool) or not isinstance(bar, int) or bar < 0:
        problems.append("“bar_months”应为不小于0的整数（月数）")
    listed: Sequence[Mapping[str, Any]] = data.get("unrepairable") or ()
    for row in listed:
        if not row.get("words") or not row.get("title") or not row.get("source"):
            problems.append("不予修复的情形要写明“words”“title”“source”")
    review: Mapping[str, Any] = data.get("upper_review") or {}
    classes, wrong = _classes(review.get("severities") or ())
    problems += wrong
    months = review.get("minimum_months")
    if months is not None and (isinstance(months, bool) or not isinstance(months, int) or months < 1):
        problems.append("上级审核的“minimum_months”应为大于0的整数（月数）")
    if review and not str(review.get("source") or "").strip():
        problems.append("上级审核的范围要写明“source”")
    if problems:
        raise RepairRulesError(*problems)
    return RepairRules(
        source=data["source"],
        duties_source=data["duties_source"],
        commitment_source=data["commitment_source"],
        bar_months=int(data["bar_months"]),
        bar_source=data["bar_source"],
        unrepairable=tuple(Unrepairable(tuple(row["words"]), row["title"], row["source"]) for row in listed),
        shielding_source=data["shielding_source"],
        upper_review=classes,
        upper_review_from_months=months,
        upper_review_source=str(review.get("source") or ""),
    )


def asks_upper_review(facts: RecordFacts, rules: RepairRules) -> bool:
    """Whether the office one level up must agree to the repair of this record (上级审核)."""
    if facts.severity in rules.upper_review:
        return True
    months, shown = rules.upper_review_from_months, facts.earliest_end
    return months is not None and shown is not None and shown >= add_months(facts.decision_date, months)


def _classes(named: Sequence[Any]) -> tuple[frozenset[SeverityClass], list[str]]:
    known = {one.value for one in SeverityClass}
    problems = [f"上级审核的失信程度“{one}”不在允许的范围内" for one in named if one not in known]
    return frozenset(SeverityClass(one) for one in named if one in known), problems


@dataclass(frozen=True)
class RecordFacts:
    """What is known of a record on the day of the question."""

    kind: str
    """Of its catalogue item."""
    decision_date: date
    severity: SeverityClass | None
    state: str
    """As the record's own state: published, suspended, ended, withdrawn, repaired, …"""
    publicity_start: date | None
    earliest_end: date | None
    """The last day of the minimum: repair is possible from the day after it."""
    latest_end: date | None
    content: str = ""
    """What the decision orders, for the decisions that are not repaired."""
    fulfilled_on: date | None = None
    committed_on: date | None = None
    false_material_on: date | None = None
    """The newest day on which false material was found with this subject."""
    shielded_on: date | None = None
    """A court's order in bankruptcy reorganisation (破产重整)."""
    shielding_stands: bool = False
    """The record is shielded by that order already: the order is told, and nothing further follows from it."""


@dataclass(frozen=True)
class Condition:
    """One condition with the fact it was judged by, the source, and the day from which it holds by itself."""

    code: str
    title: str
    verdict: Verdict
    fact: str
    source: str
    holds_from: date | None = None


@dataclass(frozen=True)
class Eligibility:
    """The answer for one day. `since`: eligible since; `from_day`: the day from which time alone would allow it."""

    eligible: bool
    on: date
    since: date | None
    from_day: date | None
    conditions: tuple[Condition, ...]
    by_order: bool = False
    """A court's order shields the record: it may be hidden while the order holds, which repairs nothing."""

    @property
    def repairable(self) -> bool:
        """Every condition is met: what a repair asks for, and a court's order alone does not give."""
        return not self.failed

    @property
    def failed(self) -> tuple[Condition, ...]:
        return tuple(one for one in self.conditions if one.verdict is not Verdict.MET)


_INTO_FORCE = frozenset({"published", "suspended"})
_STATES = {
    "draft": "记录尚未发布",
    "submitted": "记录尚未发布",
    "returned": "记录尚未发布",
    "withdrawn": "记录已撤回，不需要修复",
    "ended": "公示期已满，已自动停止公示，不需要修复",
    "repaired": "记录已经修复",
}


def eligibility(facts: RecordFacts, *, rule_set: RuleSet, rules: RepairRules, on: date) -> Eligibility:
    """Judge every condition on a day; eligible only when all are met, or a court's order shields the record."""
    conditions = [
        _kind(facts, rules),
        _state(facts, rule_set),
        _published(facts, rule_set),
        _minimum(facts, rule_set, on),
        _maximum(facts, rule_set, on),
        _duties(facts, rules, on),
        _commitment(facts, rules, on),
        _no_bar(facts, rules, on),
        *_not_excluded(facts, rules),
    ]
    shield = _shielded(facts, rules, on)
    if shield is not None:
        conditions.append(shield)
    basic = {"kind", "state", "published", "maximum"}
    by_order = (
        shield is not None
        and not facts.shielding_stands
        and all(one.verdict is Verdict.MET for one in conditions if one.code in basic)
    )
    eligible = by_order or all(one.verdict is Verdict.MET for one in conditions)
    return Eligibility(
        eligible=eligible,
        on=on,
        since=_since(conditions, shield if by_order else None) if eligible else None,
        from_day=_from_day(facts, rules, conditions),
        conditions=tuple(conditions),
        by_order=by_order,
    )


def _judged(met: bool) -> Verdict:
    return Verdict.MET if met else Verdict.FAILED


def _kind(facts: RecordFacts, rules: RepairRules) -> Condition:
    words = _WORDS.get(facts.kind)
    fact = words.what if words is not None else "不是行政处罚、违诺认定信息，没有可修复的失信"
    return Condition("kind", "属于可以修复的失信信息", _judged(words is not None), fact, rules.source)


def _words(facts: RecordFacts) -> KindWords:
    return _WORDS.get(facts.kind, _WORDS[PENALTY])


def _state(facts: RecordFacts, rule_set: RuleSet) -> Condition:
    met = facts.state in _INTO_FORCE
    fact = _STATES.get(facts.state, "记录在公示中" if facts.state == "published" else "记录暂停公示")
    return Condition("state", "记录在公示", _judged(met), fact, rule_set.source)


def _published(facts: RecordFacts, rule_set: RuleSet) -> Condition:
    """What was never shown cannot be repaired, unless the order lets minor faults be repaired unshown."""
    if facts.publicity_start is not None:
        return Condition(
            "published", "公示过", Verdict.MET, f"自{facts.publicity_start}起公示", rule_set.source
        )
    one = rule_set.classes.get(facts.severity) if facts.severity is not None else None
    if one is not None and one.publication is Publication.ON_NEED:
        fact = f"{one.title}，没有公示；履行法定责任后可以修复"
        return Condition("published", "公示过，或者依规定不公示也可修复", Verdict.MET, fact, rule_set.source)
    fact = f"{one.title}，不予公示，不需要修复" if one is not None else "没有公示，不需要修复"
    return Condition("published", "公示过", Verdict.FAILED, fact, rule_set.source)


def _minimum(facts: RecordFacts, rule_set: RuleSet, on: date) -> Condition:
    one = rule_set.classes.get(facts.severity) if facts.severity is not None else None
    title = "已满最短公示期"
    if one is None:
        return Condition(
            "minimum", title, Verdict.FAILED, "没有确定失信程度，请来源单位补充", rule_set.source
        )
    # A class without a minimum has one all the same in a field that asks for it: the stored day tells.
    if facts.earliest_end is None or (not one.minimum_months and facts.earliest_end <= facts.decision_date):
        fact = f"{one.title}没有最短公示期"
        return Condition("minimum", title, Verdict.MET, fact, rule_set.source, facts.decision_date)
    first = facts.earliest_end + _ONE_DAY
    fact = f"{one.title}，最短公示至{facts.earliest_end}"
    if facts.earliest_end > add_months(facts.decision_date, one.minimum_months):
        fact += "（涉及规定最短公示期更长的领域）"
    else:
        fact += f"（{months_text(one.minimum_months)}，自{facts.decision_date}起算）"
    return Condition("minimum", title, _judged(on >= first), fact, rule_set.source, first)


def _maximum(facts: RecordFacts, rule_set: RuleSet, on: date) -> Condition:
    title = "未过最长公示期"
    if facts.latest_end is None:
        return Condition("maximum", title, Verdict.MET, "没有公示截止日", rule_set.source)
    past = on > facts.latest_end
    fact = f"公示于{facts.latest_end}{'已经' if past else ''}期满{'，自动停止' if past else ''}"
    return Condition("maximum", title, _judged(not past), fact, rule_set.source)


def _duties(facts: RecordFacts, rules: RepairRules, on: date) -> Condition:
    title = _words(facts).duties
    if facts.fulfilled_on is None:
        return Condition("duties", title, Verdict.OPEN, "没有履行完毕的证明", rules.duties_source)
    met = facts.fulfilled_on <= on
    fact = f"于{facts.fulfilled_on}履行完毕"
    return Condition("duties", title, _judged(met), fact, rules.duties_source, facts.fulfilled_on)


def _commitment(facts: RecordFacts, rules: RepairRules, on: date) -> Condition:
    title = "已公开作出信用承诺"
    if facts.committed_on is None:
        return Condition("commitment", title, Verdict.OPEN, "没有信用承诺书", rules.commitment_source)
    met = facts.decision_date <= facts.committed_on <= on
    fact = f"于{facts.committed_on}作出承诺"
    if facts.committed_on < facts.decision_date:
        fact += f"，早于{_words(facts).decision}日期{facts.decision_date}，不是为本次失信作出的，请重新承诺"
    return Condition("commitment", title, _judged(met), fact, rules.commitment_source, facts.committed_on)


def _bar_ends(facts: RecordFacts, rules: RepairRules) -> date | None:
    if facts.false_material_on is None:
        return None
    return add_months(facts.false_material_on, rules.bar_months)


def _no_bar(facts: RecordFacts, rules: RepairRules, on: date) -> Condition:
    title = "没有因提供虚假材料被限制申请"
    ends = _bar_ends(facts, rules)
    if ends is None or facts.false_material_on is None or facts.false_material_on > on:
        return Condition("bar", title, Verdict.MET, "没有提供虚假材料的记载", rules.bar_source)
    fact = f"{facts.false_material_on}查明提供虚假材料，{months_text(rules.bar_months)}内不得申请，至{ends}止"
    return Condition("bar", title, _judged(on > ends), fact, rules.bar_source, ends + _ONE_DAY)


def _not_excluded(facts: RecordFacts, rules: RepairRules) -> list[Condition]:
    found = [one for one in rules.unrepairable if any(word in facts.content for word in one.words)]
    if not found:
        return [
            Condition("excluded", "不属于不予修复的情形", Verdict.MET, "没有不予修复的情形", rules.source)
        ]
    return [
        Condition("excluded", "不属于不予修复的情形", Verdict.FAILED, one.title, one.source) for one in found
    ]


def _shielded(facts: RecordFacts, rules: RepairRules, on: date) -> Condition | None:
    if facts.shielded_on is None or facts.shielded_on > on:
        return None
    fact = f"人民法院{facts.shielded_on}裁定，重整期间屏蔽"
    return Condition("shield", "破产重整屏蔽", Verdict.MET, fact, rules.shielding_source, facts.shielded_on)


def _since(conditions: Sequence[Condition], shield: Condition | None) -> date | None:
    if shield is not None:
        return shield.holds_from
    days = [one.holds_from for one in conditions if one.holds_from is not None and one.code != "shield"]
    return max(days, default=None)


def _from_day(facts: RecordFacts, rules: RepairRules, conditions: Sequence[Condition]) -> date | None:
    """The day from which the record could be repaired if everything that people must bring were there."""
    never = {"kind", "state", "published", "excluded"}
    if any(one.code in never and one.verdict is Verdict.FAILED for one in conditions):
        return None
    days = [
        one.holds_from for one in conditions if one.code in {"minimum", "bar"} and one.holds_from is not None
    ]
    first = max(days, default=facts.decision_date)
    return first if facts.latest_end is None or first <= facts.latest_end else None
