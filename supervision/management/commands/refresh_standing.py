"""`manage.py refresh_standing`: bring the standing table of records up to date, or make it anew."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from supervision.services.standing import Busy, rebuild_standing, refresh_standing


class Command(BaseCommand):
    help = (
        "Works what was added to the history of records into the table from which the boards count. The worker does it "
        "every minute; figures are the same without it, only slower. With --rebuild everything anew, in one transaction."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="everything anew out of the history")

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.monotonic()
        try:
            done = rebuild_standing() if options["rebuild"] else refresh_standing()
        except Busy:
            raise CommandError("另一个进程正在汇总，请稍后再试。") from None
        seconds = time.monotonic() - start
        self.stdout.write(f"已汇总至历史第{done.settled}号，本次{done.rows}个号，用时{seconds:.1f}秒。")
