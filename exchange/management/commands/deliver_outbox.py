"""`manage.py deliver_outbox`: what the worker does every five minutes, by hand or from a scheduler of one's own."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import system_account
from audit.clock import today
from exchange.selectors.outbox import figures
from exchange.services.delivering import deliver_due
from exchange.services.outbox import is_set_up


class Command(BaseCommand):
    help = (
        "Sends everything due to the upper platform, in the order it was made. Safe to repeat, after missed runs and beside the"
        " worker. Exit status 1 when the platform could not be reached or refused something, when a fault of our own kept"
        " something back, or when no address is set and something waits."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        swept = deliver_due(actor=system_account())
        left = figures(today())
        if options["as_json"]:
            answer = {"set_up": is_set_up(), **swept.counts(), "left": left.as_json()}
            self.stdout.write(json.dumps(answer))
        elif not is_set_up():
            self.stdout.write(f"没有配置上级平台地址(UPPER_PLATFORM_URL)，待同步{left.pending}件。")
        else:
            self.stdout.write(
                f"已同步{swept.delivered}件，将重试{swept.again}件，被退回{swept.refused}件；"
                f"还有{left.pending}件待同步。"
            )
            if swept.faulty:
                self.stdout.write(f"出错没有发送{swept.faulty}件，原因见系统日志。")
            if swept.unreachable:
                self.stdout.write("平台连接不上，其余的稍后再发。")
        if swept.again or swept.refused or swept.faulty or (left.pending and not is_set_up()):
            raise SystemExit(1)
