"""What the rooms above add to the demo city; each is loaded after the records it speaks of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Part = Callable[[datetime], int]
"""Loads what is missing as of a moment and returns how much; safe to repeat."""

_parts: dict[str, Part] = {}
_last: dict[str, Part] = {}


def register_part(name: str, part: Part, *, last: bool = False) -> None:
    """Add a part under the name that the command prints; rooms do so when they start.

    `last`: after the parts of all rooms, because it speaks of what a room beside this one has added.
    """
    (_last if last else _parts)[name] = part


def load_parts(now: datetime) -> dict[str, int]:
    return {name: part(now) for name, part in (_parts | _last).items()}
