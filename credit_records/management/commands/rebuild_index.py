"""Make the search index of identity numbers anew, after XINHENG_INDEX_KEY was set or changed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.faults import Refused
from audit.system import system_actor
from credit_records.services.reindexing import rebuild_index, wrong_indexes


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they refuse a start without it (credit_records.E003)
    help = (
        "Makes the index by which people are found anew with the present key, in one transaction; stop web and worker first. "
        "Exit status: 0 index and key belong together, 1 they do not (--check), 2 refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="only look whether people are found by their number"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = None if options["check"] else rebuild_index(actor=system_actor())
            wrong = wrong_indexes()
        except Refused as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        done = asdict(outcome) if outcome else {}
        if options["json"]:
            self.stdout.write(json.dumps({**done, "wrong": wrong}))
        else:
            if outcome:
                self.stdout.write(
                    f"已重建：主体{outcome.subjects}个，记录{outcome.records}条，报送行{outcome.rows}行。"
                )
            self.stdout.write(
                "索引与密钥一致。" if not wrong else f"索引与密钥不一致：抽查有{wrong}个主体查不到。"
            )
        if wrong:
            sys.exit(1)
