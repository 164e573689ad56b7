"""`manage.py load_worktime`: the shipped calendar and limits into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import ensure_system_account
from worktime.services import load_shipped


class Command(BaseCommand):
    help = "Loads the shipped working-day calendar and limits; what is there already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load_shipped(actor=ensure_system_account())
        self.stdout.write(f"工作日历：新增{len(loaded.calendars)}版")
        for version in loaded.calendars:
            self.stdout.write(f"  {version}({version.get_state_display()})，公布至{version.known_until}")
        self.stdout.write(f"办理时限：新增{len(loaded.limits)}项")
        for limit in loaded.limits:
            self.stdout.write(f"  {limit}，自{limit.in_force_from}")
