"""Files that stand or fall with the transaction that names them.

A database forgets what was rolled back, a folder does not: a stored file is unclaimed until its row is committed, and an
unclaimed file goes as soon as its transaction is known to have failed. Whether it failed is asked of the database, on
a connection of its own: a commit whose answer was lost on the way must not cost an acknowledged file.
"""

from __future__ import annotations

import logging
import os
import weakref
from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import FileSystemStorage
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models import FileField, Model

from accounts.models import User
from audit.acts import note
from audit.clock import now as present
from casework.models import Evidence

logger = logging.getLogger(__name__)
_LEFT_BEHIND = timedelta(days=1)
_kept: dict[str, FileField] = {}


def keep_files_of(model: type[Model], field: str, folder: str) -> None:
    """Say which rows name the files of a folder of the sealed storage; rooms above say it for theirs (`sweep_files`)."""
    named_by: Any = model._meta.get_field(field)
    _kept[folder] = named_by


keep_files_of(Evidence, "file", "evidence")


class Unclaimed:
    """A stored file that no committed row names yet. Made inside the transaction that will name it."""

    def __init__(self, storage: FileSystemStorage, name: str, field: FileField) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            number = cursor.fetchone()[0]
        self._storage, self._name = storage, name
        # The hook is the only one to hold this object for long. A rollback drops its hooks, and this object with them.
        self._forgotten = weakref.finalize(self, _settle, storage, name, field, number)
        self._forgotten.atexit = False
        transaction.on_commit(self._claim)

    def _claim(self) -> None:
        self._forgotten.detach()

    def discard(self) -> None:
        """The caller knows that nothing was committed."""
        if self._forgotten.detach() is not None:
            self._storage.delete(self._name)


def _settle(storage: FileSystemStorage, name: str, field: FileField, number: str) -> None:
    try:
        status, named = _asked(name, field, number)
    except DatabaseError:
        logger.warning(
            "a file may have been left behind by a transaction that failed; the sweep will find it"
        )
        return
    if not named and status in ("aborted", "committed"):
        storage.delete(name)
    elif status == "in progress" and connection.in_atomic_block:
        # Only a savepoint was given up: asked again when the whole is decided, either way.
        _Undecided(storage, name, field, number)


class _Undecided:
    """A file whose savepoint was given up inside a transaction that goes on."""

    def __init__(self, storage: FileSystemStorage, name: str, field: FileField, number: str) -> None:
        self._decided = weakref.finalize(self, _settle, storage, name, field, number)
        self._decided.atexit = False
        transaction.on_commit(self._settle)

    def _settle(self) -> None:
        self._decided()


def _asked(name: str, field: FileField, number: str) -> tuple[str, bool]:
    table, column = field.model._meta.db_table, field.column
    apart = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with apart.cursor() as cursor:
            cursor.execute(
                f'SELECT pg_xact_status(%s::xid8), EXISTS (SELECT 1 FROM "{table}" WHERE "{column}" = %s)',
                [number, name],
            )
            return cursor.fetchone()
    finally:
        apart.close()


def put(holder: Model, content: Any, *, field: str = "file", name: str = "") -> Unclaimed:
    """Seal and store the content, on the disk and not only on its way there, before anybody is told that it is kept.

    `holder` is the row that will name it in `field`, evidence or another.
    """
    file = getattr(holder, field)
    file.save(name or holder.name, content, save=False)  # type: ignore[attr-defined]
    storage, stored = file.storage, file.name
    try:
        path = storage.path(stored)
        _to_disk(path)
        _to_disk(os.path.dirname(path))
        return Unclaimed(storage, stored, file.field)
    except BaseException:
        storage.delete(stored)
        raise


def _to_disk(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_files(*, actor: User, now: datetime | None = None) -> int:
    """Remove files older than a day that no row names: what a process that was killed has left behind."""
    before = ((now or present()) - _LEFT_BEHIND).timestamp()
    swept = 0
    for folder, field in _kept.items():
        storage = field.storage
        for name in _stored(storage, folder):
            named = field.model._default_manager.filter(**{field.name: name})
            if os.path.getmtime(storage.path(name)) < before and not named.exists():
                storage.delete(name)
                swept += 1
    if swept:
        note("evidence.sweep", actor=actor, data={"count": swept})
    return swept


def _stored(storage: FileSystemStorage, folder: str) -> list[str]:
    if not storage.exists(folder):
        return []
    years, _ = storage.listdir(folder)
    return [f"{folder}/{year}/{name}" for year in years for name in storage.listdir(f"{folder}/{year}")[1]]
