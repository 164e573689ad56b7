"""What a new day changes for the public of commitments and matters: for hosts on which no worker may run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import system_account
from commitments.services.publishing import sweep
from commitments.services.publishing_batches import tell_of_batches_left


class Command(BaseCommand):
    help = "信用承诺公开的每日更新：有效期满的通知平台停止公开，应公开而未报送的报送；可以重复执行"

    def handle(self, *args: Any, **options: Any) -> None:
        told = sweep(actor=system_account()) + tell_of_batches_left()
        self.stdout.write(f"公开{told.published}件，停止公开{told.retracted}件")
