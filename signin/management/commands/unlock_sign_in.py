"""`manage.py unlock_sign_in NAME --reason TEXT`: when the one who could do it on the page is locked out as well."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import system_account
from audit.faults import Refused
from signin.services.unlocking import unlock


class Command(BaseCommand):
    help = "Ends the lock of an account after failed attempts. Written to the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).exclude(username=User.SYSTEM).first()
        if user is None:
            raise CommandError("没有这个账号。")
        try:
            unlock(user, actor=system_account(), reason=options["reason"])
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"已解除{user.username}的登录锁定。")
