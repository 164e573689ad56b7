"""Where sealed values stand: each room says it for its own models, next to the model; files are found by their storage.

Rotation and its report walk over what is said here (`accounts.rotation`); `accounts.checks` refuses a column whose name ends
with `_sealed` and that nobody has named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, FileField, Model

from .sealed_files import SealedStorage


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed texts, or (`within`) a JSON column whose values of the form {"sealed": …} hold them."""

    model: type[Model]
    name: str
    within: bool = False

    @property
    def field(self) -> Field:
        return self.model._meta.get_field(self.name)

    @property
    def place(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    @property
    def history_table(self) -> str:
        """The history table that keeps the values as they were, whatever seals them today; empty where there is none."""
        history: Any = getattr(self.model, "history", None)
        return history.model._meta.db_table if history is not None else ""


_columns: dict[tuple[type[Model], str], SealedColumn] = {}


def sealed_in(model: type[Model], name: str, *, within: bool = False) -> None:
    _columns[model, name] = SealedColumn(model, name, within)


def sealed_columns() -> tuple[SealedColumn, ...]:
    return tuple(sorted(_columns.values(), key=lambda column: column.place))


def sealed_files() -> Iterator[FileField]:
    """Every file column that stores its files sealed."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FileField) and isinstance(field.storage, SealedStorage):
                yield field
