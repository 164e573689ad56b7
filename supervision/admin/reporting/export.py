"""A table of the reporting board as a file with its watermark."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from backoffice.exports import table_to_save
from commitments.selectors.standing import standing
from supervision.admin.reporting.asked import Span
from supervision.models import MonthlyProduction
from supervision.rules.rates import Unit, words
from supervision.selectors.reporting_board.rates import BY, Rates, folded


def leave(request: HttpRequest, name: str, headers: list[str], rows: list[list[Any]]) -> HttpResponse:
    return table_to_save(request, "reporting.export", name, headers, rows)


def names_by(span: Span, by: str) -> dict[Any, str]:
    return span.names() if by == "department" else span.item_names() if by == "item" else {}


def reasons_of(found: Any, day: date) -> dict[tuple[int, int, date], str]:
    """Why something need not be reported, as the ledgers said at the end of a day (one query)."""
    months = {one.month for one in found if one.told and one.told.exempt}
    if not months:
        return {}
    rows = standing(MonthlyProduction, day).filter(
        month__in=months, department__in={one.department for one in found}
    )
    return {(one.department_id, one.item_id, one.month): one.exempt_reason for one in rows}


def reconciled_sheet(span: Span, found: list[Any]) -> tuple[list[str], list[list[Any]]]:
    names, items, reasons = span.names(), span.item_names(), reasons_of(found, span.day)
    headers = [
        "月份",
        "单位",
        "事项",
        "产生数",
        "不予报送数",
        "依据和理由",
        "应报数",
        "已报数",
        "漏报数",
        "台账以外",
    ]
    rows = [
        [
            f"{one.month:%Y-%m}", names.get(one.department, ""), items.get(one.item, ""),
            one.told.produced if one.told else "未填报", one.told.exempt if one.told else "",
            reasons.get((one.department, one.item, one.month), ""), one.told.due if one.told else "",
            one.reported, one.missing, one.untold,
        ]
        for one in found
    ]  # fmt: skip
    return headers, rows


def rate_sheet(span: Span, by: str, found: dict[Any, Rates]) -> tuple[list[str], list[list[Any]]]:
    names = names_by(span, by)
    headers = [
        BY[by][0], "应报数", "台账内已报", "漏报数", "已报数", "台账以外", "未填台账已报", "上报率", "首次上传行数", "一次通过行数",
        "合规率", "首次报送", "按时", "及时率",
    ]  # fmt: skip
    groups = folded(found, by)
    ordered = sorted(groups, key=lambda key: str(names.get(key, key)))
    rows = [
        [
            names.get(key, f"{key:%Y-%m}" if by == "month" else ""), one.due, one.counted, one.missing, one.reported,
            one.beyond, one.untold, words(one.reporting, Unit.PERCENT), one.rows, one.accepted,
            words(one.compliance, Unit.PERCENT), one.first, one.in_time, words(one.timeliness, Unit.PERCENT),
        ]
        for key, one in ((key, groups[key]) for key in ordered)
    ]  # fmt: skip
    return headers, rows
