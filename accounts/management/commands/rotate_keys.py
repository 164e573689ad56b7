"""Seal everything with the newest key, and say which keys are still needed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.rotation import Outcome, report, rotate
from accounts.sealing import current_seal
from audit.faults import Refused
from audit.system import system_actor

LEFT, UNOPENED = 1, 2


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they refuse a start without the keys that it names
    help = (
        "Seals personal numbers and files with the first of XINHENG_FIELD_KEYS and counts what still needs an older key. "
        "Exit status: 0 nothing current stands under another key, 1 something does, 2 something cannot be opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = Outcome() if options["check"] else rotate(actor=system_actor())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        found = report()
        under = found.under()
        for key in settings.FIELD_KEYS:
            under.setdefault(f"{settings.FIELD_CIPHER}.{key}", {"current": 0, "history": 0, "files": 0})
        if options["json"]:
            told = {
                "sealing_with": current_seal(),
                "resealed": {"values": outcome.values, "files": outcome.files},
                "unopened": outcome.unopened,
                "left": found.left,
                "under": under,
                "places": {"current": found.current, "history": found.history, "files": found.files},
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self._tell(outcome, found.left, under)
        if outcome.unopened:
            sys.exit(UNOPENED)
        if found.left:
            sys.exit(LEFT)

    def _tell(self, outcome: Outcome, left: int, under: dict[str, dict[str, int]]) -> None:
        self.stdout.write(
            f"现行：{current_seal()}；本次重新加密号码{outcome.values}行、文件{outcome.files}个。"
        )
        for one, counts in sorted(under.items()):
            needed = any(counts.values())
            known = one.rpartition(".")[2] in settings.FIELD_KEYS
            advice = "仍须保留" if needed else "已无数据使用，可以去掉"
            if one.rpartition(".")[2] == settings.INDEX_KEY_FROM:
                advice = "证件号码索引由它生成，必须保留并排在最后；要更换的先设 XINHENG_INDEX_KEY，再 rebuild_index"
            if needed and not known:
                advice = "密钥不在环境变量中，读不出！请放回"
            if one == current_seal():
                advice = f"现行密钥，{advice}" if "索引" in advice else "现行密钥"
            self.stdout.write(
                f"  {one}：现有数据{counts['current']}，历史{counts['history']}，文件{counts['files']}（{advice}）"
            )
        if left:
            self.stdout.write(f"尚有{left}项不在现行密钥下，请再运行一次。")
        for name in outcome.unopened[:50]:
            self.stderr.write(f"打不开：{name}")
