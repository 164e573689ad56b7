"""Seal the journal now: what the worker does every minute, and every hour for the history tables."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit.history_sealing import seal_history
from audit.sealing import Busy, seal_events, tail
from audit.system import system_actor


class Command(BaseCommand):
    help = "Seals committed events and history rows. Exit status: 0 done, 1 another run is at it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = seal_history(actor=system_actor())
            run = seal_events()
        except Busy:
            self.stderr.write("另一个封存任务正在运行，请稍后再试。")
            sys.exit(1)
        left = tail()
        if options["json"]:
            told = {
                "sealed": run.sealed,
                "position": run.position,
                "settled": run.settled,
                "history_rows": rows,
                "tail": left.count,
                "tail_age_seconds": int(left.age.total_seconds()),
            }
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write(
                f"封存{run.sealed}个事件，链尾第{run.position}位；历史表{rows}行；未封存{left.count}个。"
            )
