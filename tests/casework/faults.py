"""Faults put into the middle of a decision: the frame of the tests that all of its effect is there afterwards, or none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.db import connection

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_ROWS = "SELECT md5(coalesce(string_agg(one::text, '|' ORDER BY one::text), '')) FROM \"{}\" one"


def fingerprint(cursor: Any) -> dict[str, str]:
    """Every table of the database with a digest of all its rows."""
    cursor.execute(_TABLES)
    tables = [name for (name,) in cursor.fetchall()]
    found = {}
    for name in tables:
        cursor.execute(_ROWS.format(name))
        found[name] = cursor.fetchone()[0]
    return found


class Failed(RuntimeError):
    """The fault that a test puts in."""


def steps_of(effects: ModuleType) -> set[str]:
    """The functions of the module that do something within a step (`work` is their first parameter)."""
    return {
        name
        for name, function in inspect.getmembers(effects, inspect.isfunction)
        if function.__module__ == effects.__name__
        and next(iter(inspect.signature(function).parameters), "") == "work"
        and not name.startswith("_")
    }


def none_of_it(monkeypatch: Any, effects: ModuleType, steps: list[str], decide: Callable[[], Any]) -> None:
    """Each of the steps does its work and then fails: whatever had been done before it is gone."""
    with connection.cursor() as cursor:
        before = fingerprint(cursor)
        for step in steps:
            with monkeypatch.context() as patched:
                patched.setattr(effects, step, _failing(getattr(effects, step), step))
                with pytest.raises(Failed, match=step):
                    decide()
            assert fingerprint(cursor) == before, step


def _failing(real: Callable[..., Any], step: str) -> Callable[..., Any]:
    def failing(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise Failed(step)

    return failing


def all_or_none(monkeypatch: Any, effects: ModuleType, step: str, decide: Callable[[], Any]) -> None:
    """The same for one step; without the fault it then succeeds."""
    none_of_it(monkeypatch, effects, [step], decide)
    with connection.cursor() as cursor:
        before = fingerprint(cursor)
        decide()
        assert fingerprint(cursor) != before
