"""`manage.py freeze_month`: keep the figures of a closed month, or with `--due` of all that should have been frozen by now.

Nothing runs it by itself: an installation that wants its months frozen without a hand puts `--due` into its own timetable.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Department
from accounts.services import actor_named
from audit.clock import today
from audit.faults import Refused
from supervision.selectors.freezing_due import months_due
from supervision.services.freezing import freeze_month


class Command(BaseCommand):
    help = (
        "Freezes a month that is over (2026-10) for an office: the figures of its area and of every body, with the rows "
        "behind each number, as they are known now. It can be done once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("month", metavar="MONTH", nargs="?", help="for instance 2026-10")
        which.add_argument(
            "--due",
            action="store_true",
            help="every month past its last day for freezing (limit 封存上月指标) and not frozen, the oldest first",
        )
        parser.add_argument("--office", metavar="CODE", required=True, help="credit code of the office")
        parser.add_argument("--actor", metavar="USERNAME", required=True, help="an approver of that office")

    def handle(self, *args: Any, **options: Any) -> None:
        office = Department.objects.filter(code=options["office"], is_office=True).first()
        actor = actor_named(options["actor"])
        if office is None or actor is None:
            raise CommandError("没有这个信用办，或者没有这个在用的账号。")
        if options["due"]:
            months = [one.month for one in months_due([office.pk], today())]
            if not months:
                self.stdout.write("没有应封存而没有封存的月份。")
        else:
            months = [_month(options["month"])]
        for month in months:
            try:
                frozen = freeze_month(office, month, actor=actor)
            except (Refused, PermissionDenied) as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(f"已封存：{frozen}，{frozen.figures.count()}个数。")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"月份“{text}”读不懂，请写成 2026-10 的样式。") from None
