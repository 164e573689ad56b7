"""Files that stand or fall with the transaction that names them.

A database forgets what was rolled back, a folder does not: a stored file is unclaimed until its row is committed, and an
unclaimed file goes as soon as its transaction is known to have failed. Whether it failed is asked of the database, on
a connection of its own: a commit whose answer was lost on the way must not cost an acknowledged file.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models import FileField, Model

from audit.clock import local_day

from .sealing import CannotOpen

logger = logging.getLogger(__name__)
_PIECE = 1024 * 1024
_kept: dict[str, FileField] = {}


def keep_files_of(model: type[Model], field: str, folder: str) -> None:
    """Say which rows name the files of a folder of the sealed storage (`unnamed`); each room says it for its own."""
    named_by: Any = model._meta.get_field(field)
    _kept[folder] = named_by


def path_in(folder: str, moment: datetime) -> str:
    """A path that tells nothing: neither the sender's name for the file nor what it belongs to."""
    return f"{folder}/{local_day(moment).year}/{secrets.token_hex(20)}"


def keep(holder: Model, content: Any, *, field: str = "file", name: str = "") -> None:
    """Seal and store the content, and save the row that names it in `field`: both are kept, or neither.

    Part of the caller's transaction; the file is on the disk, and not only on its way there, before anybody is told that it
    is kept. `name` is what the path is made from, the row's own unless given.
    """
    file = getattr(holder, field)
    with ExitStack() as undo:
        file.save(name or holder.name, content, save=False)  # type: ignore[attr-defined]
        storage, stored = file.storage, file.name
        undo.callback(storage.delete, stored)
        path = storage.path(stored)
        _to_disk(path)
        _to_disk(os.path.dirname(path))
        undo.callback(_Unclaimed(storage, stored, file.field).forget)
        holder.save()
        undo.pop_all()


class _Unclaimed:
    """A stored file that no committed row names yet. Made inside the transaction that will name it."""

    def __init__(self, storage: FileSystemStorage, name: str, field: FileField) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            number = cursor.fetchone()[0]
        # The hook is the only one to hold this object for long. A rollback drops its hooks, and this object with them.
        self._forgotten = weakref.finalize(self, _settle, storage, name, field, number)
        self._forgotten.atexit = False
        transaction.on_commit(self.forget)

    def forget(self) -> None:
        """It is a row's now, or its maker has removed it."""
        self._forgotten.detach()


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


def _to_disk(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(file: Any) -> str:
    """The fingerprint of a file's content (SHA-256); the file stands at its beginning afterwards."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def opened(file: Any, *, sha256: str) -> File:
    """The plain content of a row's file, in a file without a name; the caller closes it.

    Raises `CannotOpen` when it cannot be read, or is no more what was handed in.
    """
    try:
        content: File = file.storage.open(file.name)
    except OSError as error:
        raise CannotOpen("the file cannot be read") from error
    if digest_of(content) != sha256:
        content.close()
        raise CannotOpen("the content is not what was handed in")
    return content


def unnamed(before: datetime) -> Iterator[tuple[FileSystemStorage, str]]:
    """Files older than a moment that no row names: what a process that was killed has left behind."""
    for folder, field in _kept.items():
        storage: Any = field.storage
        for name in _stored(storage, folder):
            named = field.model._default_manager.filter(**{field.name: name})
            if os.path.getmtime(storage.path(name)) < before.timestamp() and not named.exists():
                yield storage, name


def _stored(storage: FileSystemStorage, folder: str) -> list[str]:
    if not storage.exists(folder):
        return []
    years, _ = storage.listdir(folder)
    return [f"{folder}/{year}/{name}" for year in years for name in storage.listdir(f"{folder}/{year}")[1]]
