"""Which tables only grow: those that a migration has put under the triggers of `audit.protection`, and every history table.

The migrations are the declaration: a table cannot be made append-only and be forgotten by the sealing, and a database whose triggers were
taken away is held against what its migrations say.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from django.apps import apps
from django.db import models
from django.db.migrations.loader import MigrationLoader

from .guard import is_tracked
from .protection import AppendOnly, Frozen, NeverDeleted

CHAINED = frozenset({"audit_event", "audit_seal", "audit_checkpoint", "audit_historyseal", "audit_head"})
"""The journal's own: the chain, its marks, the files and the events guard them."""


def history_models() -> list[type[models.Model]]:
    return [
        model.history.model  # type: ignore[attr-defined]
        for model in apps.get_models()
        if is_tracked(model) and not model._meta.proxy
    ]


@lru_cache(maxsize=1)
def _declared() -> tuple[frozenset[str], frozenset[str]]:
    only_grow: set[str] = set()
    never_deleted: set[str] = set()
    for migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values():
        for operation in migration.operations:
            if isinstance(operation, AppendOnly):
                only_grow.update(operation.tables)
            elif isinstance(operation, NeverDeleted):
                never_deleted.update(operation.tables)
    return frozenset(only_grow), frozenset(never_deleted)


def _models() -> dict[str, type[models.Model]]:
    return {model._meta.db_table: model for model in apps.get_models() if not model._meta.proxy}


def append_only_tables() -> list[str]:
    """All that must refuse UPDATE, DELETE and TRUNCATE, as far as they still exist."""
    histories = {model._meta.db_table for model in history_models()}
    return sorted((_declared()[0] | histories | CHAINED) & _models().keys())


def never_deleted_tables() -> list[str]:
    return sorted(_declared()[1] & _models().keys())


@lru_cache(maxsize=1)
def frozen_columns() -> dict[str, dict[str, tuple[str, ...]]]:
    """By table and trigger the columns of what was issued, as far as the tables still exist."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    known = _models()
    for migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values():
        for operation in migration.operations:
            if isinstance(operation, Frozen) and operation.table in known:
                found.setdefault(operation.table, {})[operation.trigger] = operation.columns
    return found


def sealed_models() -> list[type[models.Model]]:
    """Those whose rows are digested by range: the histories first, then tables that are no history of another."""
    found = history_models()
    known = {model._meta.db_table for model in found} | CHAINED
    every = _models()
    return [*found, *(every[table] for table in append_only_tables() if table not in known)]


def key_of(table: str) -> str:
    """The column by whose numbers the rows of a table are digested in order; `history_id` where the table is gone."""
    model = _models().get(table)
    return str(model._meta.pk.column) if model is not None else "history_id"


def columns_of(model: type[models.Model]) -> list[str]:
    return sorted(str(field.column) for field in model._meta.concrete_fields)


def columns_now(table: str) -> Iterator[str]:
    model = _models().get(table)
    if model is not None:
        yield from columns_of(model)
