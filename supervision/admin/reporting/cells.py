"""Numbers and lights of the reporting board, each with the way to its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.urls import reverse

from supervision.admin.reporting.asked import Span
from supervision.rules.rates import Target, Unit, words
from supervision.selectors.reporting_board.rates import RATES, Rates


@dataclass(frozen=True)
class Cell:
    """A number that opens its rows: exactly so many (`number`), or those that add up to it."""

    text: str
    url: str = ""
    number: int | None = None


@dataclass(frozen=True)
class RateCell:
    """A rate, how it stands to its target, and its place."""

    words: str
    tone: str
    sign: str
    """Tells the light without its colour."""
    place: str = ""


_SIGNS = {True: ("good", "✓"), False: ("bad", "✗"), None: ("idle", "")}


def light(value: Fraction | None, goal: Target | None) -> tuple[str, str]:
    return _SIGNS[goal.met_by(value) if goal is not None else None]


def rate_headers() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of columns, each with what its numbers mean."""
    return [
        (
            "上报率(按决定月份)",
            [
                ("应报", "台账产生数减去依法不予报送数"),
                ("漏报", "台账应报而没有报送的"),
                ("已报", "已报送的决定，含台账以外的"),
                ("台账外", "多于台账的，和过去的月份没有台账而报送的；不计入上报率"),
                ("上报率", "台账内已报 ÷ 应报"),
            ],
        ),
        (
            "合规率(按上传月份)",
            [
                ("首传行", "首次上传文件的行数"),
                ("未通过", "存疑和拒绝的行"),
                ("合规率", "一次通过 ÷ 首传行"),
            ],
        ),
        (
            "及时率(按首报月份)",
            [
                ("首报", "首次报送的决定"),
                ("迟报", "超过时限才首次报送的"),
                ("及时率", "按时首报 ÷ 首报"),
            ],
        ),
    ]


def rate_line(
    span: Span,
    by: str,
    key: Any,
    title: str,
    one: Rates,
    wanted: Mapping[str, Target | None],
    standing: Mapping[str, Mapping[Any, tuple[int, int]]],
) -> dict[str, Any]:
    """One line of the table; its numbers open the rows of its body, item or month alone."""
    narrowed = {} if not by else {by: f"{key:%Y-%m}" if isinstance(key, date) else key}
    url = "admin:supervision_monthlyproduction_board_rows"

    def cell(number: int, what: str, *, exact: bool = False) -> Cell:
        address = f"{reverse(url)}?{span.address(what=what, **narrowed)}" if number else ""
        return Cell(str(number), address, number if exact else None)

    def rate(name: str) -> RateCell:
        value = getattr(one, name)
        tone, sign = light(value, wanted[name])
        place = standing.get(name, {}).get(key)
        told = f"{place[0]}/{place[1]}" if place else ""
        return RateCell(words(value, Unit.PERCENT), tone, sign, told)

    differing = _differing(span, by, key)
    reporting, compliance, timeliness = (rate(name) for name in RATES)
    beyond = one.beyond + one.untold
    return {
        "title": f"{key:%Y-%m}" if isinstance(key, date) else title,
        "cells": [
            cell(one.due, "ledger"),
            Cell(str(one.missing), differing if one.missing else ""),
            cell(one.reported, "decisions", exact=True),
            Cell(str(beyond), differing if beyond else ""),
            reporting,
            cell(one.rows, "uploads"),
            cell(one.failed, "failed"),
            compliance,
            cell(one.first, "first", exact=True),
            cell(one.late, "late", exact=True),
            timeliness,
        ],
    }


def _differing(span: Span, by: str, key: Any) -> str:
    """The lines of the reconciliation in which the difference stands."""
    more: dict[str, Any] = {}
    if isinstance(key, date):
        more = {"month": f"{key:%Y-%m}"}
    elif by:
        more = {by: key}
    return f"{reverse('admin:supervision_monthlyproduction_reconcile')}?{span.address(**more)}"
