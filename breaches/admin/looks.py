"""Colours, words and small pieces that the pages of breaches share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backoffice.labels import name_data, name_verbs
from breaches.machine import MACHINE
from breaches.models import Breach, DecidedMeasure, Measure, PriorNotice
from casework.models import Decision
from credit_records.models import Record

SEVERITY_TONES = {
    Record.Severity.MINOR: "plain",
    Record.Severity.GENERAL: "warn",
    Record.Severity.SERIOUS: "bad",
}
OUTCOME_TONES = {Decision.Outcome.BROKEN: "bad", Decision.Outcome.NOT_BROKEN: "good"}
ANSWER_TONES = {
    PriorNotice.Answer.STATED: "wait",
    PriorNotice.Answer.WAIVED: "idle",
    PriorNotice.Answer.SILENT: "idle",
    PriorNotice.Answer.RECALLED: "idle",
}
SEVERITIES = dict(Record.Severity.choices)
NO_END = "至记录修复或者撤回"
"""How long a measure without months holds."""
ONE_ACT = "一次办理"
"""Of a referral: it has no period."""

# Verbs that other kinds of cases have too keep in the journal the name that they have there.
_OWN = (
    "restate",
    "notify",
    "record_statement",
    "arrange_hearing",
    "record_hearing",
    "end_statement",
    "lift_measure",
)
name_verbs(
    {f"case.{name}": MACHINE.steps[name].label for name in _OWN}
    | {
        "breach.report": "登记违诺",
        "degree_rule.load": "载入违诺程度规则",
        "degree_rule.draft": "拟订违诺程度规则",
        "degree_rule.amend": "修改违诺程度规则草稿",
        "degree_rule.confirm": "确认违诺程度规则",
        "degree_rule.discard": "废弃违诺程度规则草稿",
        "measure.load": "载入违诺后果措施",
        "measure.draft": "拟订违诺后果措施",
        "measure.amend": "修改违诺后果措施草稿",
        "measure.confirm": "确认违诺后果措施",
        "measure.discard": "废弃违诺后果措施草稿",
        "measure.end": "停用违诺后果措施",
    }
)
name_data(
    {"degree": "违诺程度", "harm": "危害后果"},
    values={"degree": SEVERITIES, "harm": dict(Breach.Harm.choices)},
)


def lasting_in_words(effect: str, months: int | None) -> str:
    """12个月, or how long a measure without months holds; a referral is one act."""
    if effect == Measure.Effect.REFERRAL:
        return ONE_ACT
    return f"{months}个月" if months else NO_END


@dataclass(frozen=True)
class MeasureLine:
    """A measure as it is intended, proposed or taken."""

    title: str
    text: str
    legal_basis: str
    lasting: str


def kept_measures(kept: Iterable[Mapping[str, Any]]) -> list[MeasureLine]:
    """The measures of a notice or a proposal as they stood on its day."""
    return [
        MeasureLine(
            one["title"], one["text"], one["legal_basis"], lasting_in_words(one["effect"], one["months"])
        )
        for one in kept
    ]


def standing_of(decided: DecidedMeasure, *, holds: bool, on: date) -> tuple[str, str]:
    """Word and tone of a decided measure on a day: 有效, 尚未开始, 已到期, 已解除, or 随记录停止; 已决定 of a referral."""
    if decided.measure.effect == Measure.Effect.REFERRAL:
        return "已决定", "idle"
    if decided.lifted_on is not None:
        return "已解除", "idle"
    if decided.until is not None and decided.until < on:
        return "已到期", "idle"
    if holds:
        return "有效", "bad"
    if decided.since > on:
        return "尚未开始", "wait"
    return "随记录停止", "idle"
