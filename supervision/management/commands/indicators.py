"""`manage.py indicators`: the plan's indicators as of any day, for people and for programs."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Department
from audit.clock import today
from supervision.models import FrozenMonth
from supervision.selectors.figures import Figure, figures
from supervision.selectors.frozen import frozen_figures
from supervision.selectors.frozen_differences import Change, Compared, compared
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
        parser.add_argument(
            "--frozen", metavar="MONTH", default="", help="a frozen month (2026-10) instead, then and now"
        )
        parser.add_argument(
            "--office", metavar="CODE", default="", help="whose frozen month, where several have one"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["frozen"]:
            self._frozen(options)
            return
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

    def _frozen(self, options: dict[str, Any]) -> None:
        """What was frozen of a month, beside the same question asked today."""
        frozen = _frozen_month(options["frozen"], options["office"])
        body = _department(options["department"])
        kept = frozen_figures(frozen, department=next(iter(body)) if body else None)
        if not kept:
            raise CommandError("封存时没有这个单位的数。")
        found = [compared(one, known=today()) for one in kept]
        if options["as_json"]:
            told = {
                "month": f"{frozen.month:%Y-%m}",
                "office": frozen.office.code,
                "frozen_at": frozen.frozen_at.isoformat(),
                "department": options["department"] or None,
                "indicators": [_compared_as_data(one) for one in found],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        self.stdout.write(f"{frozen}，{frozen.frozen_at:%Y-%m-%d %H:%M}封存")
        for one in found:
            self.stdout.write(
                f"#{one.then.indicator.number} {one.then.indicator.name}：封存{one.then.words}"
                f"({one.numerator.then}/{one.denominator.then})，现在{one.now.words}({one.numerator.now}/{one.denominator.now})"
            )
            for change in (one.numerator, one.denominator):
                if change.came or change.gone:
                    self.stdout.write(
                        f"    {change.words}：多出{len(change.came)}行，少了{len(change.gone)}行"
                    )


def _frozen_month(text: str, office: str) -> FrozenMonth:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"月份“{text}”读不懂，请写成 2026-10 的样式。") from None
    found = FrozenMonth.objects.filter(month=month).select_related("office").order_by("office")
    if office:
        found = found.filter(office__code=office)
    if len(found) != 1:
        raise CommandError(
            "这个月还没有封存。" if not found else "有几个信用办封存了这个月，请用 --office 指明。"
        )
    return found[0]


def _compared_as_data(one: Compared) -> dict[str, Any]:
    def told(change: Change) -> dict[str, Any]:
        return {"then": change.then, "now": change.now, "came": list(change.came), "gone": list(change.gone)}

    return {
        "code": one.then.indicator.code,
        "number": one.then.indicator.number,
        "name": one.then.indicator.name,
        "value": None if one.then.value is None else float(one.then.value),
        "met": one.then.met,
        "value_now": None if one.now.value is None else float(one.now.value),
        "numerator": told(one.numerator),
        "denominator": told(one.denominator),
    }


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
