"""`manage.py recompute_clocks`: are the stored due days of open cases those of their facts, and have ended rounds their days?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.services import system_account
from audit.clock import today
from casework.models import Case, Request
from casework.services.clock_check import Drift, drifts, recompute

SAME, DIFFERENT = 0, 1


class Command(BaseCommand):
    help = (
        "Computes the days of all open cases and requests anew, and of ended rounds that have none, and prints what differs; "
        "with --fix it is corrected. "
        "Exit status: 0 nothing differed, 1 something did."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--fix", action="store_true", help="correct what differs, with history and an event each"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(drifts(today()))
        for drift in found:
            self._print(drift)
            if options["fix"]:
                recompute(drift, actor=system_account(), reason="核对期限：按办理事实重新计算。")
        cases, requests = Case.objects.open().count(), Request.objects.open().count()
        fixed = "，已更正" if found and options["fix"] else ""
        self.stdout.write(f"核对在办案件{cases}件、未答复往来{requests}件，{len(found)}件不一致{fixed}。")
        raise SystemExit(DIFFERENT if found else SAME)

    def _print(self, drift: Drift) -> None:
        for name, (stored, right) in sorted(drift.fields.items()):
            title = drift.thing._meta.get_field(name).verbose_name
            self.stdout.write(f"{drift.label} {title}：库中{_told(stored)}，应为{_told(right)}")


def _told(value: Any) -> str:
    return "空" if value is None or value == "" else str(value)
