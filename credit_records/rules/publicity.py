"""How grave a penalty is and how long its record stays public, with the reasons in Chinese.

Periods run from the day of the decision document; a month period ends on the corresponding day, or on the
last day of a shorter month (民法典 201, 202), and that day is still a day of publicity: every end here is the
last day on which the record is, or must be, public.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from credit_records.rules.amounts import format_wan
from credit_records.rules.dates import LONG_TERM, add_months
from credit_records.rules.rule_sets import (
    AmountRule,
    KindRule,
    Publication,
    PublicityClass,
    PublicityRuleError,
    RuleSet,
    Sector,
    SeverityClass,
    rule_set_for,
    rule_set_from_dict,
)

__all__ = [
    "AmountRule",
    "KindRule",
    "PenaltyPublicity",
    "Publication",
    "Publicity",
    "PublicityClass",
    "PublicityRuleError",
    "PublicityRules",
    "RuleSet",
    "Sector",
    "SeverityClass",
    "SeverityVerdict",
    "amount_rule_of",
    "fixed_publicity",
    "found_publicity",
    "publicity_of",
    "rule_set_for",
    "rule_set_from_dict",
    "sector_of",
    "severity_of",
]

CACHE_LIMIT = 50_000
OTHER_PREFIX = "其他"


class SeverityVerdict(NamedTuple):
    severity: SeverityClass
    reasons: tuple[str, ...]


class Publicity(NamedTuple):
    """When a record is public. `earliest_end`: last day of the minimum, no repair sooner.

    `latest_end`: after this day it ends by itself. None stands for an end that does not exist: the record is
    not published, or it is public without a date of end.
    """

    start: date | None
    earliest_end: date | None
    latest_end: date | None
    explanation: tuple[str, ...]
    published: bool


class PenaltyPublicity(NamedTuple):
    rule_set: RuleSet
    verdict: SeverityVerdict
    publicity: Publicity


def severity_of(
    kinds: Sequence[str],
    *,
    rule_set: RuleSet,
    field: str | None = None,
    amount: AmountRule | None = None,
    simple_procedure: bool = False,
) -> SeverityVerdict:
    """The class of a decision: several kinds take the gravest, unknown ones the class for other kinds.

    `amount` is the rule that the fine meets (`amount_rule_of`): it makes the class graver, never lighter.

    A doubt is never settled against the subject; the reason says what the department should make clear.
    Source: 《信用修复管理办法》 for the classes and for "several kinds take the longest".
    """
    if not kinds:
        return SeverityVerdict(
            rule_set.other_kinds, (f"未填处罚类别，{_treated_as(rule_set.other_kinds, rule_set)}",)
        )
    reasons: list[str] = []
    gravest = SeverityClass.MINOR
    for kind in kinds:
        rule = rule_set.kinds.get(kind)
        severity = rule.severity if rule else rule_set.other_kinds
        if rule is None and kind.startswith(OTHER_PREFIX):
            reasons.append(f"“{kind}”不在规则所列的处罚类别内，{_treated_as(severity, rule_set)}")
        elif rule is None:
            reasons.append(f"处罚类别“{kind}”未列入规则，{_treated_as(severity, rule_set)}，请核对类别")
        elif rule.note:
            reasons.append(f"“{kind}”：{rule.note}")
        else:
            reasons.append(f"“{kind}”属于{rule_set.classes[severity].title}")
        gravest = max(gravest, severity, key=lambda one: one.weight)
    if len(kinds) > 1:
        reasons.append(f"一份决定书有多种处罚，从重按{rule_set.classes[gravest].title}确定")
    if amount is not None and amount.severity.weight > gravest.weight:
        gravest = amount.severity
        told = f"（{amount.note}）" if amount.note else ""
        reasons.append(
            f"{amount.kind}达到{format_wan(amount.at_least)}，{_treated_as(gravest, rule_set)}{told}"
        )
    if simple_procedure and gravest is not SeverityClass.SERIOUS:
        gravest = rule_set.simple_procedure
        reasons.append(f"以简易程序作出，{_treated_as(gravest, rule_set)}")
    if field is not None and field in rule_set.sectors:
        sector = rule_set.sectors[field]
        reasons.append(f"涉及{sector.title}领域，最短公示期为{months_text(sector.minimum_months)}")
    return SeverityVerdict(gravest, tuple(reasons))


def sector_of(legal_basis: str, *, rule_set: RuleSet) -> str | None:
    """The sector whose law the decision names as its basis, or None. The longest minimum wins."""
    found = [
        one for one in rule_set.sectors.values() if any(word in legal_basis for word in one.basis_keywords)
    ]
    return max(found, key=lambda one: one.minimum_months).code if found else None


def amount_rule_of(
    kinds: Sequence[str], fine: Decimal | None, legal_basis: str, *, rule_set: RuleSet
) -> AmountRule | None:
    """The rule on amounts that a decision meets, the gravest of several, or None. `fine` in 万元; none known meets none."""
    met = [rule for rule in rule_set.amounts if rule.meets(kinds, fine, legal_basis)]
    return max(met, key=lambda rule: (rule.severity.weight, rule.at_least)) if met else None


def publicity_of(
    *,
    decision_date: date,
    severity: SeverityClass | str,
    rule_set: RuleSet,
    stated_end: date | None = None,
    until: date | None = None,
    field: str | None = None,
    publish_minor: bool = False,
) -> Publicity:
    """Publicity of one penalty.

    `stated_end` is the department's 公示截止期: it shortens the publicity but never prolongs it. `until` is
    an end set by law or by the sector, which prevails over the class. `publish_minor` is the department's
    finding that a minor penalty needs to be published; a filled 公示截止期 is none, it is filled by habit.
    Dates before the decision are not used. Always decision <= earliest_end <= latest_end.
    """
    one = rule_set.classes[SeverityClass(severity)]
    if one.publication is Publication.NEVER:
        return Publicity(None, None, None, (f"{one.title}，不予公示（{rule_set.source}）",), False)
    if one.publication is Publication.ON_NEED and not publish_minor:
        most = months_text(one.maximum_months)
        sentence = f"{one.title}，原则上不公示（{rule_set.source}）；确有必要公示的，最长{most}"
        return Publicity(None, None, None, (sentence,), False)
    minimum = one.minimum_months
    lines = []
    sector = rule_set.sectors.get(field) if field else None
    if sector is not None and sector.minimum_months > minimum:
        minimum = sector.minimum_months
        lines.append(f"涉及{sector.title}领域，最短公示期为{months_text(minimum)}")
    least = f"最短公示{months_text(minimum)}、" if minimum else "履行完毕义务即可申请修复，"
    most = f"最长{months_text(one.maximum_months)}（{rule_set.source}）"
    lines.insert(0, f"{one.title}，{least}{most}，自处罚决定书日期 {decision_date} 起算")
    earliest = add_months(decision_date, minimum)
    latest = maximum_end = add_months(decision_date, one.maximum_months)
    if until is not None and until >= decision_date:
        latest = until
        lines.append(f"法律、法规或者行业主管部门另有规定，公示至 {until}")
    elif until is not None:
        lines.append(f"另行规定的期限 {until} 早于决定日期，未采用，请核对")
        until = None
    if stated_end is not None:
        latest = _with_stated_end(stated_end, decision_date, earliest, latest, until, lines)
    earliest = min(earliest, latest)
    if latest == maximum_end:
        lines.append(f"最迟 {latest} 期满，自动停止公示")
    if minimum and earliest < latest:
        lines.append(f"最短公示期至 {earliest} 届满，届满后可以申请信用修复")
    return Publicity(decision_date, earliest, latest, tuple(lines), True)


def _with_stated_end(
    stated_end: date, decision_date: date, earliest: date, latest: date, until: date | None, lines: list[str]
) -> date:
    named = f"填报的公示截止期 {stated_end}"
    if stated_end < decision_date:
        lines.append(f"{named} 早于决定日期，未采用，请核对")
        return latest
    if until is not None:
        if stated_end != latest:
            lines.append(f"{named} 与另行规定的期限不一致，按另行规定执行")
        return latest
    if stated_end > latest:
        lines.append(f"{named} 晚于最长公示期届满日 {latest}，按届满日停止公示")
        return latest
    if stated_end == latest:
        return latest
    lines.append(f"{named} 早于最长公示期届满日 {latest}，按填报日期停止公示")
    if stated_end < earliest:
        lines.append(f"{named} 也早于最短公示期届满日 {earliest}，请核对是否填写有误")
    return stated_end


def fixed_publicity(
    *, decision_date: date, source: str, months: int | None = None, until: date | None = None
) -> Publicity:
    """Publicity of what severity does not govern: valid licences, other acts for fixed months.

    `until` is the end of validity; 2099-12-31 means long-term validity and sets no end. With `months` too the
    later end counts, so that a seizure of 30 days is not gone from view before its time. Without either the
    record stays public until it is withdrawn. Such records are no dishonesty and nothing is repaired:
    `earliest_end` is None.
    """
    by_months = add_months(decision_date, months) if months is not None else None
    latest: date | None = None
    if until is not None and until >= LONG_TERM:
        line = f"有效期为长期，公示至决定失效、被撤销或者注销之日（{source}）"
    elif by_months is not None and (until is None or until <= by_months):
        latest = by_months
        line = (
            f"公示{months_text(months or 0)}（{source}），自决定日期 {decision_date} 起算，至 {latest} 期满"
        )
    elif until is None:
        line = f"未填有效期，公示至决定失效、被撤销或者注销之日（{source}）"
    elif until < decision_date:
        latest = decision_date
        line = f"有效期至 {until} 早于决定日期 {decision_date}，决定当日即止公示，请核对（{source}）"
    else:
        latest = until
        line = f"公示至有效期届满日 {until}（{source}）"
    return Publicity(decision_date, None, latest, (line,), True)


def found_publicity(
    *,
    decision_date: date,
    severity: SeverityClass | str,
    rule_set: RuleSet,
    stated_end: date | None = None,
    until: date | None = None,
    field: str | None = None,
    publish_minor: bool = False,
) -> Publicity:
    """Publicity under the department's own finding of the class: `publicity_of`, but never beyond the class's maximum.

    A finding is no law: another end that it names is cut at the maximum, should the decision's day have moved since.
    """
    most = add_months(decision_date, rule_set.classes[SeverityClass(severity)].maximum_months)
    return publicity_of(
        decision_date=decision_date,
        severity=severity,
        rule_set=rule_set,
        stated_end=stated_end,
        until=min(until, most) if until is not None else None,
        field=field,
        publish_minor=publish_minor,
    )


class PublicityRules:
    """All rule sets of the office, answering row after row: the same question is computed once.

    100,000 rows of a file hold some thousand different questions. Build a new object when the office has
    changed a rule set.
    """

    def __init__(self, rule_sets: Iterable[RuleSet]) -> None:
        self.rule_sets = tuple(rule_sets)
        self.ask_amounts = any(one.amounts for one in self.rule_sets)
        """Whether the fine bears on any answer."""
        self._answers: dict[tuple[object, ...], PenaltyPublicity] = {}

    def penalty(
        self,
        decision_date: date,
        kinds: tuple[str, ...],
        stated_end: date | None = None,
        *,
        legal_basis: str = "",
        fine: Decimal | None = None,
        until: date | None = None,
        simple_procedure: bool = False,
        publish_minor: bool = False,
    ) -> PenaltyPublicity:
        """Severity and publicity of one penalty decision; raises `PublicityRuleError` without a rule set."""
        rule_set = rule_set_for(decision_date, self.rule_sets)
        field = sector_of(legal_basis, rule_set=rule_set) if legal_basis and rule_set.sectors else None
        amount = amount_rule_of(kinds, fine, legal_basis, rule_set=rule_set) if rule_set.amounts else None
        question = (
            rule_set, decision_date, kinds, stated_end, field, amount, until, simple_procedure, publish_minor
        )  # fmt: skip
        answer = self._answers.get(question)
        if answer is None:
            verdict = severity_of(
                kinds, rule_set=rule_set, field=field, amount=amount, simple_procedure=simple_procedure
            )
            publicity = publicity_of(
                decision_date=decision_date,
                severity=verdict.severity,
                rule_set=rule_set,
                stated_end=stated_end,
                until=until,
                field=field,
                publish_minor=publish_minor,
            )
            answer = PenaltyPublicity(rule_set, verdict, publicity)
            if len(self._answers) >= CACHE_LIMIT:
                self._answers.clear()
            self._answers[question] = answer
        return answer


def months_text(months: int) -> str:
    return f"{months // 12}年" if months and months % 12 == 0 else f"{months}个月"


def _treated_as(severity: SeverityClass, rule_set: RuleSet) -> str:
    return f"按{rule_set.classes[severity].title}处理"
