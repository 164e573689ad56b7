"""Export the head of the chain now, beside the one of each day; print it, so that it can be kept elsewhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from audit.faults import Refused
from audit.heads import content_of, export_head
from audit.sealing import Busy, seal_events
from audit.system import system_actor


class Command(BaseCommand):
    help = "Seals what is committed and exports the head. Exit status: 0 done, 1 not possible."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="write a copy there as well")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seal_events()
            head = export_head(actor=system_actor())
            content = content_of(head)
            if options["to"]:
                (options["to"] / head.file_name).write_bytes(content)
        except Refused as refusal:
            self.stderr.write(refusal.message)
            sys.exit(1)
        except (Busy, OSError) as obstacle:
            self.stderr.write(f"链头没有导出：{obstacle or '另一个封存任务正在运行'}")
            sys.exit(1)
        self.stdout.write(content.decode(), ending="")
