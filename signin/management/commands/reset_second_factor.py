"""`manage.py reset_second_factor NAME --reason TEXT`: for one of the three administrators who has lost the telephone."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import system_account
from audit.faults import Refused
from signin.services.second_factor import reset


class Command(BaseCommand):
    help = "Takes away an account's second factor; the person sets up another at the next sign-in. Written to the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--reason", required=True, help="who asked, and how it was made sure that it was them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).exclude(username=User.SYSTEM).first()
        if user is None:
            raise CommandError("没有这个账号。")
        try:
            reset(user, actor=system_account(), reason=options["reason"])
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"已重置{user.username}的两步验证，下次登录时须重新绑定。")
