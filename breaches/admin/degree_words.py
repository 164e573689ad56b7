"""The rules of degrees as sentences: what the office reads instead of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from breaches.models import DegreeRule
from breaches.rules.degrees import Condition, DegreeRuleError, Grade, Harm, Rules, Status, read

from .looks import SEVERITIES, SEVERITY_TONES

_STATUS = {Status.PART: "没有全部履行", Status.NONE: "全部未履行"}
_HARM = {Harm.SOME: "造成一般以上的危害后果", Harm.GRAVE: "造成严重危害后果"}


def condition_in_words(condition: Condition, months: int) -> str:
    """What is asked for, all of it together."""
    parts = []
    if condition.kind is not None:
        parts.append("虚假承诺")
    if condition.status is not None:
        parts.append(_STATUS[condition.status])
    if condition.harm is not None:
        parts.append(_HARM[condition.harm])
    if condition.earlier is not None:
        parts.append(f"此前{months}个月内已有{condition.earlier}次以上被认定违诺")
    if condition.unremedied:
        parts.append("没有自行整改完成")
    return "，并且".join(parts)


@dataclass(frozen=True)
class GradeInWords:
    """One degree with the cases in which it holds."""

    severity: str
    tone: str
    title: str
    source: str
    cases: list[tuple[str, str]]
    """Title of the case in the rule's words, and what is asked for."""


def _in_words(grade: Grade, months: int) -> GradeInWords:
    severity = grade.severity.value
    return GradeInWords(
        str(SEVERITIES[severity]),
        SEVERITY_TONES.get(severity, "plain"),
        grade.title,
        grade.source,
        [(one.title, condition_in_words(one, months)) for one in grade.any],
    )


@dataclass(frozen=True)
class RulesInWords:
    """The whole rule; `problems` when its data cannot be read."""

    grades: list[GradeInWords]
    otherwise: GradeInWords | None
    months: int = 0
    problems: tuple[str, ...] = ()


def rules_in_words(rules: Rules) -> RulesInWords:
    months = rules.earlier_months
    return RulesInWords(
        [_in_words(one, months) for one in rules.grades], _in_words(rules.otherwise, months), months
    )


def rule_in_words(body: Any) -> RulesInWords:
    """The data of a rule as it stands, or what is wrong with it."""
    try:
        return rules_in_words(read(body))
    except DegreeRuleError as error:
        return RulesInWords([], None, 0, tuple(error.problems))


def summary(rule: DegreeRule) -> str:
    """The degrees of a rule from the gravest down, for its list."""
    words = rule_in_words(rule.body)
    if words.otherwise is None:
        return "内容有错，请修改"
    parts = [f"{one.title}{len(one.cases)}种情形" for one in words.grades]
    return "，".join([*parts, f"其余为{words.otherwise.title}"])
