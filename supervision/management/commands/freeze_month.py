"""`manage.py freeze_month`: keep the figures of a closed month, where nobody wants to wait for the page's job."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Department
from accounts.services import actor_named
from audit.faults import Refused
from supervision.services.freezing import freeze_month


class Command(BaseCommand):
    help = (
        "Freezes a month that is over (2026-10) for an office: the figures of its area and of every body, with the rows "
        "behind each number, as they are known now. It can be done once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", metavar="MONTH", help="for instance 2026-10")
        parser.add_argument("--office", metavar="CODE", required=True, help="credit code of the office")
        parser.add_argument("--actor", metavar="USERNAME", required=True, help="an approver of that office")

    def handle(self, *args: Any, **options: Any) -> None:
        office = Department.objects.filter(code=options["office"], is_office=True).first()
        actor = actor_named(options["actor"])
        if office is None or actor is None:
            raise CommandError("没有这个信用办，或者没有这个在用的账号。")
        try:
            month = date.fromisoformat(f"{options['month']}-01")
        except ValueError:
            raise CommandError(f"月份“{options['month']}”读不懂，请写成 2026-10 的样式。") from None
        try:
            frozen = freeze_month(office, month, actor=actor)
        except (Refused, PermissionDenied) as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"已封存：{frozen}，{frozen.figures.count()}个数。")
