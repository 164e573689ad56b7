"""What the present request leaves to be told when it is over. Knows no Django: rules raise `Refused`, which is told of here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_afterwards: ContextVar[list[Any] | None] = ContextVar("afterwards", default=None)


def kept_for_later() -> list[Any] | None:
    """What is to be told of the present request once it is over, whatever was rolled back; None outside of one."""
    return _afterwards.get()


@contextmanager
def keeping_for_later() -> Iterator[list[Any]]:
    kept: list[Any] = []
    token = _afterwards.set(kept)
    try:
        yield kept
    finally:
        _afterwards.reset(token)
