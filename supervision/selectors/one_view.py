"""What does not change while many figures are worked out in one view of the database: asked for once, not for every figure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from django.db import connection, transaction

Answer = TypeVar("Answer")
_view: ContextVar[dict[Hashable, Any] | None] = ContextVar("view", default=None)


@contextmanager
def one_view() -> Iterator[None]:
    """Within it `in_view` remembers. For one transaction (a month is frozen in one) or one page, and nothing longer."""
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


@contextmanager
def one_moment() -> Iterator[None]:
    """One transaction that sees the database as it was at its first look, however much others commit meanwhile.

    Within a transaction that has begun already (tests) what others commit is seen.
    """
    if connection.in_atomic_block:
        with one_view():
            yield
        return
    with one_view(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def call_oneself(mark: str) -> None:
    """How far a long transaction is, for other sessions to read (`sessions_called`); gone with the transaction.

    Nothing else of it is seen before its end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, true)", [mark])


def sessions_called(beginning: str) -> list[str]:
    """What the sessions of this database call themselves that begin so (plain letters and a blank)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity"
            " WHERE datname = current_database() AND starts_with(application_name, %s)",
            [beginning],
        )
        return [name for (name,) in cursor.fetchall()]
