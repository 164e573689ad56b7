"""Pages about the rooms below the shell: bodies, accounts, roles and the journal. Kept apart as 三员分立 asks."""

from . import accounts, journal, panels

__all__ = ["accounts", "journal", "panels"]
