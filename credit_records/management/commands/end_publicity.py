"""`manage.py end_publicity`: what the worker does every hour, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import system_account
from audit.clock import today
from credit_records.services.records import end_publicity


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}”不是日期，请写成2026-03-05的样式。") from None


class Command(BaseCommand):
    help = "Ends the publicity of all records whose longest period is over. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=_day, metavar="DATE", help="as if this were today (YYYY-MM-DD)")

    def handle(self, *args: Any, **options: Any) -> None:
        on = options["on"] or today()
        if on > today():
            raise CommandError("不能提前终止公示：日期晚于今天。")
        ended = end_publicity(actor=system_account(), on=on)
        self.stdout.write(f"{on:%Y-%m-%d}：终止公示{ended}条。")
