"""The tables of the room."""

from .outbox import Attempt, Entry

__all__ = ["Attempt", "Entry"]
