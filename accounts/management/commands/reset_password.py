"""`manage.py reset_password`: a new password for somebody no administrator may reset (三员), by the operator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.commands.create_account import asked_password
from accounts.models import User
from accounts.services import reset_password, system_account


class Command(BaseCommand):
    help = "Gives an account a new password; the reason goes into the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).exclude(username=User.SYSTEM).first()
        if user is None:
            raise CommandError(f"没有名为“{options['username']}”的账号。")
        reset_password(user, actor=system_account(), password=asked_password(user), reason=options["reason"])
        self.stdout.write(f"已重置账号{user.username}的密码，登录后须先修改。")
