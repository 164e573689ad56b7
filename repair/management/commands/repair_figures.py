"""`manage.py repair_figures`: how long repairs took, in all, by level, by month and by department."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.clock import today
from repair.rules.durations import Measure, measured
from repair.selectors.figures import GROUPS, Figures, Period, answered, figures, net_measure

from .repairable import department_by_code


def _day(text: str, default: date) -> date:
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"日期“{text}”读不懂，请写成 2026-04-30 的样式。") from None


class Command(BaseCommand):
    help = (
        "Says of the repairs that ended in a period how many were within their limit, the mean and the longest in "
        "working days, net of pauses and gross, for both levels and every department. Without cases: no data."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="first", metavar="DATE", default="", help="1 January of that year by default"
        )
        parser.add_argument(
            "--to", dest="last", metavar="DATE", default="", help="the day asked about by default"
        )
        parser.add_argument(
            "--department", metavar="CODE", default="", help="cases about records of one department"
        )
        parser.add_argument(
            "--as-of", metavar="DATE", default="", help="as known at the end of that day; today by default"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = _day(options["as_of"], today())
        last = _day(options["last"], as_of)
        first = _day(options["first"], date(last.year, 1, 1))
        if last < first:
            raise CommandError("截止日期早于起始日期，请核对。")
        found = figures(Period(first, last, as_of, department_by_code(options["department"])))
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(found), ensure_ascii=False))
            return
        for line in _as_text(found):
            self.stdout.write(line)


def _measure(one: Measure) -> dict[str, Any]:
    return {
        "count": one.count,
        "within": one.within,
        "share": one.share,
        "mean": one.mean,
        "longest": one.longest,
        "all_within": one.all_within,
    }


def _apart(one: Measure) -> dict[str, int]:
    """Of what stays outside of the share."""
    return {"count": one.count, "within": one.within, "over": one.over}


def _as_json(found: Figures) -> dict[str, Any]:
    period = found.period
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "as_of": period.as_of.isoformat(),
        "department": period.department.code if period.department else None,
        "whole": _measure(found.whole),
        "gross": {"mean": found.gross.mean, "longest": found.gross.longest},
        "city": _measure(found.city),
        "upper": _measure(found.upper),
        "groups": {name: _apart(net_measure(found.of(name))) for name in GROUPS if name != "repair"},
        "open": {"count": len(found.open), "late": sum(one.late for one in found.open)},
        "months": [
            {"month": month, **_measure(net_measure(rounds))} for month, rounds in found.months.items()
        ],
        "departments": [
            {
                "department": body.code,
                "name": body.name,
                **_measure(measured((one.days, one.within) for one in answered(requests))),
                "unanswered": sum(one.state not in ("answered", "open") for one in requests),
                "waiting": sum(one.state == "open" for one in requests),
            }
            for body, requests in found.bodies.items()
        ],
        "over": [
            {
                "case": one.case.number,
                "received": one.received.isoformat(),
                "closed": one.closed.isoformat(),
                "net": one.net,
                "gross": one.gross,
                "reason": one.breach_reason,
            }
            for one in found.decided
            if not one.within
        ],
    }


def _told(title: str, one: Measure) -> str:
    if not one.count:
        return f"{title}：没有数据"
    return f"{title}：{one.count}件，时限内{one.within}件({one.share}%)，平均{one.mean}个工作日，最长{one.longest}个工作日"


def _as_text(found: Figures) -> list[str]:
    period = found.period
    lines = [
        f"信用修复时效：{period.first}至{period.until}办结，截至{period.as_of}",
        _told("全程(不含停时)", found.whole),
        _told("本级", found.city),
        _told("上级审核", found.upper),
    ]
    if found.gross.count:
        lines.append(f"全程(含停时)：平均{found.gross.mean}个工作日，最长{found.gross.longest}个工作日")
    apart = [(title, net_measure(found.of(name))) for name, title in GROUPS.items() if name != "repair"]
    others = "，".join(f"{title}{one.count}件(时限内{one.within}件)" for title, one in apart)
    lines.append(f"另计：{others}")
    lines.append(f"在办{len(found.open)}件，其中逾期{sum(one.late for one in found.open)}件")
    lines += [_told(month, net_measure(rounds)) for month, rounds in found.months.items()]
    lines += [
        _told(f"{body.name}确认", measured((one.days, one.within) for one in answered(requests)))
        for body, requests in found.bodies.items()
    ]
    return lines
