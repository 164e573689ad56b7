"""`manage.py load_demo`: the invented city of the demo."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Department
from audit.clock import now, today
from credit_records.demo import city
from credit_records.demo.parts import load_parts
from credit_records.models import IntakeBatch, Record, Subject


class Command(BaseCommand):
    help = (
        "Invents a city for demonstration: 40 departments and their people, 2,000 subjects, 20,000 records. "
        "Only in demo mode (XINHENG_DEMO=1). Safe to repeat: adds what is missing and sets the demo password."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("演示数据只能在演示模式下装载(XINHENG_DEMO=1)；生产系统中不得装载。")
        began = time.monotonic()
        added = city.load(today=today(), progress=self._progress)
        for name, count in load_parts(now()).items():
            if count:
                self.stdout.write(f"正在装载演示数据：{name}{count}件")
            added = added or bool(count)
        seconds = time.monotonic() - began
        held = "机构{}个，主体{}个，批次{}个，记录{}条".format(
            *(model.objects.count() for model in (Department, Subject, IntakeBatch, Record))
        )
        if added:
            self.stdout.write(f"演示数据已装载：{held}({seconds:.0f}秒)。")
        else:
            self.stdout.write(f"演示数据已经齐备：{held}。")

    def _progress(self, done: int, total: int) -> None:
        if done % 100 == 0 and total > 100:
            self.stdout.write(f"正在装载演示数据：{done}/{total} 批")
            self.stdout.flush()
