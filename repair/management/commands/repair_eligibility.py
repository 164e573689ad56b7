"""`manage.py repair_eligibility RECORD`: may the record be repaired, since or from when, and why.

With `--json` one object:

    record, document_number   the record
    on                        the day asked about; days before and after today are answered alike, by the facts known today
    state                     the record's own state
    rule_set                  key of the rule set that governs it
    eligible                  true when every condition is met, or a court's order shields the record
    repairable                true when every condition is met; by_order: only the court's order speaks for it
    since                     eligible since; null when not eligible
    from                      the day from which time alone allows it; null when time never does
    facts_as_of               the day whose facts were asked: always today. The record's state, its rule set and the facts below
                              are not those of an earlier `on`
    facts                     what the house knows beside the record: fulfilled_on (confirmed by the source department),
                              committed_on (commitment letter), false_material_on (a bar not lifted), shielded_on
                              (court's order), application (number of the case in hand)
    conditions                each with code, title, verdict (met, failed, open), fact, source, holds_from

Exit status: 0 it may, 1 it may not, 2 the question cannot be answered.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from audit.clock import today
from audit.faults import Refused
from credit_records.models import Record
from repair.models import Item
from repair.rules.eligibility import Eligibility
from repair.selectors.eligibility import NOTHING_KNOWN, Known, eligibility_of, known_of


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
        known = known_of([record], on=day).get(record.pk, NOTHING_KNOWN)
        if options["as_json"]:
            told = _as_json(record, answer) | {
                "facts_as_of": _day(today()),
                "facts": _facts(known, _application(record)),
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for line in _as_text(record, answer, _application(record)):
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


def _application(record: Record) -> str:
    """The number of the case in which the record's repair is in hand; empty without one."""
    item = Item.objects.filter(record=record, pending=True).select_related("application__case").first()
    return item.application.case.number if item is not None else ""


def _facts(known: Known, application: str) -> dict[str, Any]:
    return {
        "fulfilled_on": _day(known.fulfilled_on),
        "committed_on": _day(known.committed_on),
        "false_material_on": _day(known.false_material_on),
        "shielded_on": _day(known.shielded_on),
        "application": application or None,
    }


def _as_json(record: Record, answer: Eligibility) -> dict[str, Any]:
    return {
        "record": record.pk,
        "document_number": record.document_number,
        "state": record.state,
        "rule_set": record.rule_set,
        "on": _day(answer.on),
        "eligible": answer.eligible,
        "repairable": answer.repairable,
        "by_order": answer.by_order,
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


def _as_text(record: Record, answer: Eligibility, application: str) -> list[str]:
    if answer.by_order and not answer.repairable:
        verdict = f"可以按人民法院裁定屏蔽(自{answer.since}起)，尚不能修复"
    elif answer.eligible:
        verdict = f"可以修复(自{answer.since}起)"
    elif answer.from_day is not None:
        verdict = f"暂不能修复；材料齐备的，自{answer.from_day}起可以修复"
    else:
        verdict = "不能修复"
    lines = [f"{record.document_number} {record.subject}：{answer.on}{verdict}"]
    if application:
        lines.append(f"  正在修复申请{application}中办理")
    if answer.on < today():
        lines.append(f"  按今天({today()})的记录状态和已知事实回答，不是{answer.on}当时的情况")
    for one in answer.conditions:
        lines.append(f"  {one.verdict.label}  {one.title}：{one.fact}")
        lines.append(f"        依据：{one.source}")
    return lines
