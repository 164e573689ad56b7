"""`manage.py outbox_status`: how the outbox stands, for whoever watches the server."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.clock import today
from exchange.selectors.outbox import figures
from exchange.services.outbox import is_set_up


class Command(BaseCommand):
    help = "How many messages to the upper platform wait, failed or are late. Exit status 1 when any is late or failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        found = figures(today())
        if options["as_json"]:
            self.stdout.write(json.dumps({"set_up": is_set_up(), **found.as_json()}))
        else:
            self.stdout.write(
                f"待同步{found.pending}件：今天应同步{found.due_today}件，逾期{found.late}件，被平台退回{found.failed}件，"
                f"排在前一件之后{found.held_back}件。"
            )
            if not is_set_up():
                self.stdout.write("没有配置上级平台地址(UPPER_PLATFORM_URL)。")
        if found.late or found.failed:
            raise SystemExit(1)
