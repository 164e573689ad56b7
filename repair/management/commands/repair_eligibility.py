"""`manage.py repair_eligibility RECORD`: may the record be repaired, since or from when, and why."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from audit.clock import today
from audit.faults import Refused
from credit_records.models import Record
from repair.rules.eligibility import Eligibility
from repair.selectors.eligibility import eligibility_of


class Command(BaseCommand):
    help = (
        "Says of a record (its id or its document number) whether it may be repaired on a day, condition by "
        "condition. Exit status: 0 it may, 1 it may not, 2 the question cannot be answered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("record", metavar="RECORD", help="id or document number of the record")
        parser.add_argument("--on", metavar="DATE", default="", help="the day asked about; today by default")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        record = self._record(options["record"].strip())
        try:
            day = date.fromisoformat(options["on"]) if options["on"] else today()
        except ValueError:
            self._stop(f"日期“{options['on']}”读不懂，请写成 2026-04-30 的样式。")
        try:
            answer = eligibility_of(record, on=day)
        except Refused as refusal:
            self._stop(refusal.message)
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(record, answer), ensure_ascii=False))
        else:
            for line in _as_text(record, answer):
                self.stdout.write(line)
        if not answer.eligible:
            sys.exit(1)

    def _record(self, text: str) -> Record:
        records = Record.objects.select_related("item", "subject")
        found = list(records.filter(document_number=text)[:2])
        if not found and text.isascii() and text.isdigit() and len(text) < 19:
            found = list(records.filter(pk=int(text)))
        if not found:
            self._stop(f"没有找到记录“{text}”，请写记录编号或者完整的文号。")
        if len(found) > 1:
            self._stop(f"文号“{text}”有多条记录，请写记录编号。")
        return found[0]

    def _stop(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _as_json(record: Record, answer: Eligibility) -> dict[str, Any]:
    return {
        "record": record.pk,
        "on": _day(answer.on),
        "eligible": answer.eligible,
        "since": _day(answer.since),
        "from": _day(answer.from_day),
        "conditions": [
            {
                "code": one.code,
                "title": one.title,
                "verdict": one.verdict.value,
                "fact": one.fact,
                "source": one.source,
                "holds_from": _day(one.holds_from),
            }
            for one in answer.conditions
        ],
    }


def _as_text(record: Record, answer: Eligibility) -> list[str]:
    if answer.eligible:
        verdict = f"可以修复(自{answer.since}起)"
    elif answer.from_day is not None:
        verdict = f"暂不能修复；材料齐备的，自{answer.from_day}起可以修复"
    else:
        verdict = "不能修复"
    lines = [f"{record.document_number} {record.subject}：{answer.on}{verdict}"]
    for one in answer.conditions:
        lines.append(f"  {one.verdict.label}  {one.title}：{one.fact}")
        lines.append(f"        依据：{one.source}")
    return lines
