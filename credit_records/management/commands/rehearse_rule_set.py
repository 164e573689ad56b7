"""`manage.py rehearse_rule_set KEY`: what a draft rule set would do to the records there are."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import system_account
from audit.clock import today
from audit.faults import Refused
from credit_records.models import Record, Rehearsal, RehearsedRecord, RuleSet
from credit_records.services.rehearsing import rehearse, touched

_LABELS = {
    "graver": "失信程度变重",
    "lighter": "失信程度变轻",
    "earliest_earlier": "可以更早修复",
    "earliest_later": "更晚才可修复",
    "latest_earlier": "公示提前届满",
    "latest_later": "公示推后届满",
    "shown": "新公示",
    "hidden": "不再公示",
    "ends_at_once": "施行即到期",
}


class Command(BaseCommand):
    help = (
        "Rehearses a draft rule set (its key): how many records would change class, period or publicity, and which open "
        "cases. Changes no record. Exit status: 0 rehearsed, 2 it cannot be."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", metavar="KEY", help="key of the draft; shown on its page")
        parser.add_argument("--json", action="store_true", dest="as_json", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        rule_set = RuleSet.objects.filter(key=options["key"]).first()
        if rule_set is None:
            open_ones = "、".join(
                RuleSet.objects.filter(state__in=["draft", "proposed"]).values_list("key", flat=True)
            )
            self._stop(f"没有代号为“{options['key']}”的公示规则。草稿有：{open_ones or '没有'}。")
        try:
            found = rehearse(rule_set, actor=system_account(), reason="命令预演")
        except Refused as refusal:
            self._stop(refusal.message)
        matters = touched(rule_set, found, today=today())
        if options["as_json"]:
            self.stdout.write(json.dumps(_as_json(found, matters), ensure_ascii=False))
            return
        for line in _as_text(found, matters):
            self.stdout.write(line)

    def _stop(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)


def _as_json(found: Rehearsal, matters: list[Any]) -> dict[str, Any]:
    return {
        "rule_set": found.rule_set.key,
        "as_if": found.as_if,
        "first_day": found.first_day.isoformat(),
        "last_day": found.last_day.isoformat(),
        **found.figures,
        "open_matters": [matter._asdict() for matter in matters],
    }


def _as_text(found: Rehearsal, matters: list[Any]) -> list[str]:
    whole, names = found.figures["whole"], dict(Record.Severity.choices)
    days = f"{found.first_day} 至 {found.last_day}" if found.last_day.year < 9999 else f"{found.first_day} 起"
    how = "假定适用于" if found.as_if else "适用于"
    lines = [
        f"{found.rule_set}：{how} {days} 作出的决定，记录{whole['records']}条，有变化{whole['changed']}条，没有改动任何记录。"
    ]
    lines += [f"  {label} {whole[name]}" for name, label in _LABELS.items()]
    lines += [
        f"  {names[old]} → {names[new]} {count}"
        for old, new, count in (
            (*pair.split(">"), count) for pair, count in sorted(found.figures["matrix"].items())
        )
        if old in names and old != new
    ]
    kept = dict(RehearsedRecord.Kept.choices)
    lines += [f"  保持原样：{kept[name]} {count}" for name, count in sorted(found.figures["kept"].items())]
    lines += [f"  {one.number} {one.title}：{one.before} → {one.after}" for one in matters] or [
        "  没有在办案件因此变动"
    ]
    return lines
