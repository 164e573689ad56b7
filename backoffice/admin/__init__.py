"""Pages about the rooms below the shell: bodies, accounts, roles and the journal (三员分立)."""

from . import accounts, departments, heads, journal, memberships, panels, role_pairs, sign_in

__all__ = ["accounts", "departments", "heads", "journal", "memberships", "panels", "role_pairs", "sign_in"]
