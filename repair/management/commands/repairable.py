"""`manage.py repairable`: department by department how many penalties and breaches can be repaired from which month."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Department
from audit.clock import today
from credit_records.models import Record
from repair.selectors.repairable import FROM, Overview, Since, buckets, overview_of, repairable

_TITLES = {"earlier": "此前已可", "this": "本月起", "next": "次月起", "later": "以后"}


def department_by_code(code: str) -> Department | None:
    """The body of a code given on the command line; none given, none meant."""
    if not code:
        return None
    found = Department.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"没有代码为“{code}”的单位。")
    return found


class Command(BaseCommand):
    help = (
        "Counts the penalties and breaches that can be repaired as far as time decides: from the month given, the next, later, and "
        "before it already. Duties and commitment are judged with the application."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", metavar="YYYY-MM", default="", help="the present month by default")
        parser.add_argument("--department", metavar="CODE", default="", help="one department only")
        parser.add_argument("--rows", action="store_true", help="also the records of the month, one by one")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        day = today()
        since = Since.of(options["month"] or f"{day:%Y-%m}")
        if since is None or since.before or since.onwards:
            raise CommandError(f"月份“{options['month']}”读不懂，请写成 2026-11 的样式。")
        department = department_by_code(options["department"])
        rows = Record.objects.all()
        if department is not None:
            rows = rows.filter(department=department)
        found = overview_of(rows, month=since.first, on=day)
        listed = (
            since.narrow(repairable(rows, on=day))
            .select_related("subject", "department")
            .defer("details")
            .order_by("-decision_date", "-id")
            if options["rows"]
            else []
        )
        if options["as_json"]:
            told = _as_json(found) | (
                {"rows": [_row(record) for record in listed]} if options["rows"] else {}
            )
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for line in _as_text(found):
            self.stdout.write(line)
        for record in listed:
            self.stdout.write(f"  {getattr(record, FROM)}  {record.document_number}  {record.subject}")


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _as_json(found: Overview) -> dict[str, Any]:
    return {
        "on": _day(found.on),
        "month": f"{found.month:%Y-%m}",
        "departments": [
            {
                "department": line.department.code,
                "name": line.department.name,
                "counts": dict(line.counts),
                "total": line.total,
            }
            for line in found.lines
        ],
        "counts": found.counts,
        "total": found.total,
        "without_rules": found.without_rules,
    }


def _row(record: Any) -> dict[str, Any]:
    return {
        "record": record.pk,
        "document_number": record.document_number,
        "department": record.department.code,
        "from": _day(getattr(record, FROM)),
        "until": _day(record.publicity_latest_end),
    }


def _as_text(found: Overview) -> list[str]:
    lines = [f"{found.month:%Y-%m} 可修复的处罚、违诺记录(截至{found.on}，共{found.total}条)"]
    for line in found.lines:
        counts = "  ".join(f"{_TITLES[name]} {line.counts[name]}" for name in buckets(found.month))
        lines.append(f"{line.department.name}：{counts}  合计 {line.total}")
    if not found.lines:
        lines.append("没有可修复的处罚、违诺记录。")
    if found.without_rules:
        lines.append(f"另有{found.without_rules}条没有适用的修复规则，请办公室核对公示规则中的修复部分。")
    return lines
