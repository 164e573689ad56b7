"""报送: the three rates of every department with its place, what is missing, and who has fallen silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from supervision.charts import Series, bars
from supervision.reports.paper import Block, chart, remark, section, table, text
from supervision.rules.rates import Unit, percent, words
from supervision.selectors.reporting_board.quiet import silent
from supervision.selectors.reporting_board.rates import Rates, folded, places, rates_by_key, whole

from .scope import Scope

_NAMES = {"reporting": "上报率", "compliance": "合规率", "timeliness": "及时率"}
_HEADERS = (
    "单位",
    "台账应报",
    "已报",
    "上报率",
    "名次",
    "首报行",
    "合规率",
    "名次",
    "首报记录",
    "及时率",
    "名次",
    "漏报",
)
_TOGETHER, _ALONE = 6, 24
"""Departments in one picture of three rates, and of one rate: more would not fit a page."""


def section_of(scope: Scope) -> dict[str, Any]:
    found = rates_by_key(scope.reported)
    by_body: dict[int, Rates] = {int(str(key)): one for key, one in folded(found, "department").items()}
    place = places(dict(by_body))
    all_of_it = whole(found)
    order = sorted(by_body, key=lambda pk: (place["reporting"].get(pk, (10**6, 0))[0], scope.known[pk].code))
    if not by_body:
        return section("信用信息报送", text("本期没有单位报送，也没有产生台账。"), _silent(scope))
    blocks = [
        text(
            f"本期{len(by_body)}个单位有报送或者台账。全辖区上报率{words(all_of_it.reporting, Unit.PERCENT)}"
            f"({all_of_it.counted}/{all_of_it.due})，合规率{words(all_of_it.compliance, Unit.PERCENT)}"
            f"({all_of_it.accepted}/{all_of_it.rows})，及时率{words(all_of_it.timeliness, Unit.PERCENT)}"
            f"({all_of_it.in_time}/{all_of_it.first})。"
        ),
        table(
            "各单位报送",
            _HEADERS,
            [_row(scope, pk, by_body[pk], place) for pk in order],
            empty="本期没有单位报送",
        ),
    ]
    if all_of_it.untold:
        blocks.append(remark(f"有{all_of_it.untold}条报送没有产生台账，未计入上报率。"))
    if all_of_it.beyond:
        blocks.append(remark(f"报送多于台账{all_of_it.beyond}条，多出的不计入。"))
    blocks.append(remark("名次由高到低，相同的并列；“—”为无数据，不排名次。"))
    blocks += _pictures([scope.name(pk) for pk in order], [by_body[pk] for pk in order])
    blocks.append(_silent(scope))
    return section("信用信息报送", *blocks)


def _row(scope: Scope, pk: int, one: Rates, place: dict[str, dict[Any, tuple[int, int]]]) -> list[str]:
    def told(rate: str) -> list[str]:
        value = getattr(one, rate)
        if value is None:
            return ["—", "—"]
        return [words(value, Unit.PERCENT), str(place[rate][pk][0])]

    return [
        scope.name(pk), str(one.due), str(one.counted), *told("reporting"), str(one.rows), *told("compliance"),
        str(one.first), *told("timeliness"), str(one.missing),
    ]  # fmt: skip


def _pictures(names: Sequence[str], found: Sequence[Rates]) -> list[Block]:
    def series(rate: str, part: Sequence[Rates]) -> Series:
        return Series(_NAMES[rate], [percent(getattr(one, rate)) for one in part])

    if not names:
        return []
    if len(names) <= _TOGETHER:
        every = [series(rate, found) for rate in _NAMES]
        return [chart(bars(names, every, title="各单位三率", unit="%", head="单位"))]
    blocks = []
    for rate, name in _NAMES.items():
        for n in range(0, len(names), _ALONE):
            part = slice(n, n + _ALONE)
            title = f"各单位{name}" + (
                f"({n + 1}至{min(n + _ALONE, len(names))})" if len(names) > _ALONE else ""
            )
            one = bars(names[part], [series(rate, found[part])], title=title, unit="%", head="单位")
            blocks.append(chart(one))
    return blocks


def _silent(scope: Scope) -> Block:
    found = silent(scope.last, scope.bodies)
    rows = [[scope.name(one.department), one.silence.words] for one in found]
    return table("久未报送的单位", ("单位", "情况"), rows, words=(0, 1), empty="没有")
