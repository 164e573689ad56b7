"""The command line: Django's own, with every command told of in the journal where that matters (`audit.running`)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management import ManagementUtility

from audit import running


class Commands(ManagementUtility):
    def fetch_command(self, subcommand: str) -> Any:
        found = super().fetch_command(subcommand)
        found.run_from_argv = partial(running.command, subcommand, run=found.run_from_argv)
        return found
