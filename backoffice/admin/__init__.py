"""Pages about the rooms below the shell: bodies, accounts, roles and the journal (三员分立)."""

from . import accounts, heads, journal, panels

__all__ = ["accounts", "heads", "journal", "panels"]
