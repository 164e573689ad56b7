"""`manage.py unbind_identity NAME --reason TEXT`: for one of the three administrators, and when the provider was replaced."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import system_account
from audit.faults import Refused
from signin.services.identities import unbind


class Command(BaseCommand):
    help = "Ends an account's binding to a person of the single sign-on; the next one there under its name is bound. Written to the journal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="+")
        parser.add_argument(
            "--reason", required=True, help="who asked, and how it was made sure that it was them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = {user.username: user for user in User.objects.filter(username__in=options["username"])}
        for name in options["username"]:
            if name not in found or name == User.SYSTEM:
                raise CommandError(f"没有这个账号：{name}")
            try:
                unbind(found[name], actor=system_account(), reason=options["reason"])
            except Refused as refusal:
                raise CommandError(f"{name}：{refusal.message}") from refusal
            self.stdout.write(f"已解除{name}的统一身份认证绑定。")
