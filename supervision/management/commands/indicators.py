"""`manage.py indicators`: the plan's indicators as of any day, for people and for programs."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Department
from audit.clock import today
from supervision.selectors.figures import Figure, figures
from supervision.selectors.indicators.registry import Question


def _day(text: str) -> date:
    if not text:
        return today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"日期“{text}”读不懂，请写成 2026-04-30 的样式。") from None
    if day > today():
        raise CommandError("截至日不能晚于今天。")
    return day


def _department(code: str) -> frozenset[int] | None:
    if not code:
        return None
    found = Department.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"没有统一社会信用代码为{code}的单位。")
    return frozenset({found.pk})


class Command(BaseCommand):
    help = (
        "Says of every computed indicator of the plan its numerator, denominator, value, target and whether it is met, "
        "from 1 January to a day, as known at the end of that day. 0 of 0 is no data."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", default="", help="end of that day; today by default")
        parser.add_argument("--department", metavar="CODE", default="", help="of one department alone")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = Question.of_year(_day(options["as_of"]), _department(options["department"]))
        found = figures(asked)
        if options["as_json"]:
            told = {
                "as_of": asked.as_of.isoformat(),
                "from": asked.first.isoformat(),
                "department": options["department"] or None,
                "indicators": [_as_data(one) for one in found],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for line in _as_text(asked, found):
            self.stdout.write(line)


def _as_data(one: Figure) -> dict[str, Any]:
    goal = one.indicator.goal
    return {
        "code": one.indicator.code,
        "number": one.indicator.number,
        "name": one.indicator.name,
        "numerator": one.computed.numerator.number,
        "denominator": one.computed.denominator.number,
        "value": None if one.value is None else float(one.value),
        "unit": one.indicator.told,
        "target": None if goal is None else float(goal.value),
        "aim": one.indicator.wanted,
        "met": one.met,
        "remarks": list(one.computed.remarks),
    }


_MET = {True: "达标", False: "未达标", None: "—"}


def _as_text(asked: Question, found: list[Figure]) -> list[str]:
    lines = [f"指标，{asked.first}至{asked.as_of}"]
    for one in found:
        computed = one.computed
        lines.append(
            f"#{one.indicator.number} {one.indicator.name}：{one.words}"
            f"({computed.numerator.number}/{computed.denominator.number})，目标{one.goal_words}，{_MET[one.met]}"
        )
        lines += [f"    {remark}" for remark in computed.remarks]
    return lines
