"""指标完成情况: every computed indicator of the plan from 1 January on, and how it has changed since the period before."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from supervision.reports.paper import remark, section, table, text
from supervision.rules.rates import Unit, in_unit_words
from supervision.selectors.figures import Figure, figures

from .scope import Scope

_MET = {True: "达标", False: "未达标", None: "—"}
_SCALE = {Unit.PERCENT: 100, Unit.PER_TEN_THOUSAND: 10_000, Unit.PER_HUNDRED_THOUSAND: 100_000}
_HEADERS = ("序号", "指标", "分子", "分母", "数值", "目标", "状态", "比上期")


def section_of(scope: Scope) -> dict[str, Any]:
    found = figures(scope.of_year)
    before = (
        {one.indicator.code: one for one in figures(scope.of_year_before)} if scope.of_year_before else {}
    )
    met, missed = sum(one.met is True for one in found), sum(one.met is False for one in found)
    silent = [one for one in found if one.value is None]
    first = scope.of_year.first
    blocks = [
        text(
            f"{first:%Y-%m-%d}至{scope.last:%Y-%m-%d}，可计算的指标{len(found)}项：达标{met}项，未达标{missed}项，"
            f"无数据{len(silent)}项。"
        ),
        table(
            "指标完成情况",
            _HEADERS,
            [_row(one, before.get(one.indicator.code)) for one in found],
            words=(1, 5, 6),
        ),
    ]
    if silent:
        names = "、".join(one.indicator.name for one in silent)
        blocks.append(remark(f"{names}的分母为零，无数据，不计达标或者未达标。"))
    if not before:
        blocks.append(remark("指标按年度累计，新年度重新起算，本期不与上期比较。"))
    blocks += [remark(f"{one.indicator.name}：{words}") for one in found for words in one.computed.remarks]
    return section("指标完成情况", *blocks)


def _row(one: Figure, before: Figure | None) -> list[str]:
    computed = one.computed
    return [
        str(one.indicator.number), one.indicator.name, str(computed.numerator.number), str(computed.denominator.number),
        one.words, one.goal_words, _MET[one.met], changed(one, before),
    ]  # fmt: skip


def changed(one: Figure, before: Figure | None) -> str:
    """By how much a figure rose or fell, in its own unit; of percentages in points."""
    if before is None or one.value is None or before.value is None:
        return "—"
    unit = one.indicator.unit
    moved: Fraction = (one.value - before.value) * _SCALE.get(unit, 1)
    if not moved:
        return "持平"
    points = "个百分点" if unit is Unit.PERCENT else ""
    return f"{'升' if moved > 0 else '降'}{in_unit_words(abs(moved), Unit.RATIO)}{points}"
