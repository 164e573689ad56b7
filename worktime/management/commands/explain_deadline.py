"""`manage.py explain_deadline KIND RECEIVED_AT`: the due date of a matter, and why it is that day."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from audit.clock import CHINA, today
from audit.faults import Refused
from worktime.models import Limit
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import Deadline, Facts, Pause, deadline, local_day
from worktime.selectors import calendar_for, first_limit, limit_for, limits_in_force, region_name

USAGE = "用法：manage.py explain_deadline 种类 收到时间 [--region 行政区划代码] [--pause 起 止]... [--json]"
_WEEKDAYS = "一二三四五六日"


class Command(BaseCommand):
    help = "Prints the due date of a matter with every day and whether it counts."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # argparse speaks English; whoever mistypes here reads Chinese.
        parser.error = self._misread  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", metavar="KIND", help="kind of limit, for instance objection or repair")
        parser.add_argument(
            "received_at", metavar="RECEIVED_AT", help="a date or an ISO moment; without offset: China time"
        )
        parser.add_argument(
            "--region", default="", metavar="CODE", help="division code; without it the national days"
        )
        parser.add_argument(
            "--pause",
            nargs=2,
            action="append",
            default=[],
            metavar=("FROM", "TO"),
            help="the clock stood still; repeat it",
        )
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="for programs: one line of JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            received = _day(options["received_at"], "收到时间")
            pauses = tuple(_pause(begin, end) for begin, end in options["pause"])
            region = options["region"].strip()
            if region and not (region.isascii() and region.isdigit() and len(region) == 6):
                raise Refused("calendar.region", f"行政区划代码“{region}”不对，应为6位数字，例如640000。")
            limit = _limit(options["kind"], received)
        except Refused as refusal:
            self._stop(refusal.message)
        calendar = calendar_for(region)
        found = _deadline(limit.target_days, received, pauses, calendar)
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(found), ensure_ascii=False))
            return
        legal = _deadline(limit.legal_days, received, pauses, calendar) if limit.legal_days else None
        for line in _as_text(limit, calendar, region, found, legal):
            self.stdout.write(line)

    def _misread(self, message: str) -> NoReturn:
        self._stop(f"参数不完整或者不认识。{USAGE}")

    def _stop(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)


def _limit(kind: str, on: date) -> Limit:
    """The limit of that day; for a receipt before the first of its kind, the first."""
    try:
        return limit_for(kind, on)
    except Refused as refusal:
        first = first_limit(kind)
        if first is not None and on < first.in_force_from:
            return first
        known = "、".join(f"{limit.kind}({limit.title})" for limit in limits_in_force(on))
        raise Refused(refusal.code, f"{refusal.message}当日可用的种类：{known or '无'}。") from refusal


def _day(text: str, what: str) -> date:
    """A date, or the day in China of a moment; a moment without offset is China time."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return local_day(moment if moment.tzinfo else moment.replace(tzinfo=CHINA))
    except (ValueError, OverflowError):
        raise Refused(
            "calendar.date", f"{what}“{text}”读不懂，请写成 2026-04-30 或 2026-04-30T09:30 的样式。"
        ) from None


def _pause(begin: str, end: str) -> Pause:
    first, last = _day(begin, "停时起"), _day(end, "停时止")
    if last < first:
        raise Refused("calendar.pause", f"停时止于{last}，早于起始的{first}，请核对。")
    return Pause(first, last, "")


def _deadline(days: int, received: date, pauses: tuple[Pause, ...], calendar: Calendar) -> Deadline:
    return deadline(Facts(received, days, pauses), calendar, today=today())


def _as_json(found: Deadline) -> dict[str, Any]:
    return {
        "due": found.due.isoformat() if found.due else None,
        "provisional": found.provisional,
        "days": [
            {"date": line.day.isoformat(), "counted": line.counted, "reason": line.reason}
            for line in found.days
        ],
    }


def _as_text(
    limit: Limit, calendar: Calendar, region: str, found: Deadline, legal: Deadline | None
) -> Iterable[str]:
    doubtful = "(暂定)" if found.provisional else ""
    yield f"{limit.title}：收到 {found.days[0].day}，目标 {limit.target_days} 个工作日，应于 {found.due} 24:00 前办结{doubtful}"
    yield f"  目标依据：{limit.target_basis}"
    if found.days[0].day < limit.in_force_from:
        yield f"  该时限自 {limit.in_force_from} 施行，收到当时尚未施行，仅供参考"
    if legal is not None:
        doubtful = "(暂定)" if legal.provisional else ""
        yield f"  法定时限 {limit.legal_days} 个工作日：{legal.due}{doubtful}"
        yield f"  法定依据：{limit.legal_basis}"
    yield f"  工作日历：{region_name(region)} {calendar.version or '尚无'}，公布至 {calendar.known_until}"
    yield ""
    yield from _table(
        ["日期", "星期", "计否", "说明"],
        [
            [str(line.day), _WEEKDAYS[line.day.weekday()], "计" if line.counted else "不计", line.reason]
            for line in found.days
        ],
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(_width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield ("  " + "  ".join(cells)).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
