"""Whether a record may be repaired, in the words of lists and panels: 可申请, 自某日起, 不可修复."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from repair.rules.eligibility import Condition, Eligibility, Verdict

TONES = {Verdict.MET: "good", Verdict.FAILED: "bad", Verdict.OPEN: "wait"}
_NO_RULES = "没有适用的修复规则，请办公室核对公示规则中的修复部分"


@dataclass(frozen=True)
class Standing:
    """The answer for one record in a word and a sentence."""

    label: str
    tone: str
    reason: str
    possible: bool
    """Time and rule allow it today; documents may still be missing."""


def standing(answer: Eligibility | None) -> Standing:
    """What a clerk has to know at once: whether it can be applied for, from which day, or why never."""
    if answer is None:
        return Standing("不可修复", "bad", _NO_RULES, False)
    if answer.by_order and not answer.repairable:
        order = next(one for one in answer.conditions if one.code == "shield")
        return Standing("可以屏蔽", "good", order.fact, True)
    failed = [one for one in answer.conditions if one.verdict is Verdict.FAILED]
    never = [one for one in failed if one.holds_from is None]
    if never or (answer.from_day is None and not answer.eligible):
        return Standing("不可修复", "bad", _facts(never or failed), False)
    if answer.from_day is not None and answer.from_day > answer.on:
        return Standing(f"自 {answer.from_day} 起可申请", "wait", _facts(failed), False)
    lacking = "，".join(one.title for one in answer.conditions if one.verdict is not Verdict.MET)
    reason = f"申请时须证明：{lacking}" if lacking else f"自{answer.since}起各项条件都满足"
    return Standing("可申请", "good", reason, True)


def standing_of_item(answer: Eligibility | None, finding: str = "") -> Standing:
    """The same of a record that is applied for already, with what its department found: what the officer has to weigh."""
    found = standing(answer)
    if answer is None or not found.possible or answer.by_order:
        return found
    if answer.repairable:
        return Standing("条件都满足", "good", found.reason, True)
    lacking = "，".join(one.title for one in answer.failed)
    if finding:
        return Standing("还不能准予", "bad", f"没有得到确认：{lacking}", True)
    return Standing("待确认", "wait", f"还没有确认：{lacking}", True)


def _facts(conditions: Iterable[Condition]) -> str:
    return "；".join(one.fact for one in conditions)


@dataclass(frozen=True)
class Line:
    """One condition as a row of a table."""

    title: str
    verdict: str
    tone: str
    fact: str
    source: str


def lines_of(conditions: Iterable[Condition]) -> list[Line]:
    """The conditions as judged now."""
    return [
        Line(one.title, one.verdict.label, TONES[one.verdict], one.fact, one.source) for one in conditions
    ]


def lines_as_kept(kept: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The conditions as they stood at the decision, from what the item kept of them."""
    found = []
    for one in kept:
        verdict = Verdict(one["verdict"])
        found.append(
            Line(one["title"], verdict.label, TONES[verdict], one.get("fact", ""), one.get("source", ""))
        )
    return found
