"""`manage.py send_reminders`: what the worker does twice a working day, by hand or from a scheduler of one's own."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import system_account
from audit.clock import today
from casework.selectors.reminders import is_working_day
from casework.services.reminders import send_reminders


class Command(BaseCommand):
    help = "Reminds of what is due soon or late, each person once for each due day. Safe to repeat and after missed runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print the counts as JSON")
        parser.add_argument(
            "--working-days", action="store_true", help="do nothing on a day off (for a daily scheduler)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["working_days"] and not is_working_day(today()):
            self._say({"working_day": False}, "今天不是工作日，不发提醒。", options["as_json"])
            return
        sent = send_reminders(actor=system_account())
        text = f"即将到期{sent.due_soon}条，逾期{sent.breached}条，失效{sent.outdated}条，待发邮件{sent.mails}封。"
        self._say({"working_day": is_working_day(today()), **sent.counts()}, text, options["as_json"])

    def _say(self, answer: dict[str, Any], text: str, as_json: bool) -> None:
        self.stdout.write(json.dumps(answer) if as_json else text)
