"""All sections of a report, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supervision.reports.paper import section, text

from . import clocks, indicators, matters, rates, tasks
from .scope import Scope

_SECTIONS: tuple[Callable[[Scope], dict[str, Any]], ...] = (
    indicators.section_of,
    clocks.section_of,
    rates.section_of,
    matters.outcomes,
    matters.commitments,
    tasks.section_of,
)


def sections(scope: Scope) -> list[dict[str, Any]]:
    """Some fifty queries, whatever there is; the figures of the indicators are the costly ones, asked for twice."""
    return [*(one(scope) for one in _SECTIONS), _terms(scope)]


def _terms(scope: Scope) -> dict[str, Any]:
    """How all these figures are to be read."""
    last, known = f"{scope.last:%Y-%m-%d}", f"{scope.as_of:%Y-%m-%d}"
    unfinished = "本期尚未结束。" if scope.last < scope.period.last else ""
    return section(
        "口径",
        text(
            f"{unfinished}本报告统计到{last}，按{known}终了时系统所知的情况计算；以后的更正、撤销和补报不改变本报告，"
            f"计入以后各期。在办、久未报送和信用承诺是{last}终了时的情况。范围是归口本信用办的单位和案件。"
        ),
        text(
            "用时按工作日计算，收到当日不计，停时单列；百分数截尾取两位，不四舍五入；分母为零的记“无数据”。"
            "上报率按决定月份，合规率按上传月份，及时率按首次报送月份。"
        ),
    )
