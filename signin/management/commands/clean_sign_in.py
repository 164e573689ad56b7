"""`manage.py clean_sign_in`: what the worker does every night, by hand."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from accounts.services import system_account
from signin.services.unlocking import clean


class Command(BaseCommand):
    help = (
        "Drops failed attempts that no longer count, old sign-ins and failures, and sessions that are over."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(clean(actor=system_account())))
