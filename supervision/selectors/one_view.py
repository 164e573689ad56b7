"""What does not change while many figures are worked out in one view of the database: asked for once, not for every figure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

Answer = TypeVar("Answer")
_view: ContextVar[dict[Hashable, Any] | None] = ContextVar("view", default=None)


@contextmanager
def one_view() -> Iterator[None]:
    """Within it `in_view` remembers. For one transaction (a month is frozen in one) and nothing longer."""
    token = _view.set({})
    try:
        yield
    finally:
        _view.reset(token)


def in_view(what: Hashable, work_out: Callable[[], Answer]) -> Answer:
    """The answer of this view, or what is worked out now."""
    known = _view.get()
    if known is None:
        return work_out()
    if what not in known:
        known[what] = work_out()
    return cast("Answer", known[what])
