"""The verbs of accounts."""

from .accounts import deactivate, reactivate, register_account
from .deputies import deputise
from .leaving import leave, on_leaving, open_work, stay, work_of
from .pairs import add_pair, end_pair
from .passwords import SAME_PASSWORD, change_own_password, reset_password
from .roles import end_role, give_role
from .system import actor_named, ensure_system_account, system_account

__all__ = [
    "SAME_PASSWORD",
    "actor_named",
    "add_pair",
    "change_own_password",
    "deactivate",
    "deputise",
    "end_pair",
    "end_role",
    "ensure_system_account",
    "give_role",
    "leave",
    "on_leaving",
    "open_work",
    "reactivate",
    "register_account",
    "reset_password",
    "stay",
    "system_account",
    "work_of",
]
