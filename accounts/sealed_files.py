"""Files with personal numbers at rest: uploaded workbooks are kept sealed and opened only while they are read.

Form of a sealed file: the mark of its cipher, the key's id, then pieces of at most one megabyte, each sealed with its place
in the file and whether it is the last one as associated data: a piece changed, moved, left out or cut off is noticed.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from .ciphers import NONCE, cipher_of
from .sealing import CannotOpen, sealing_with

_MARKS = {"a1": b"XHSF1\n", "s1": b"XHSF2\n"}
_CIPHER_OF = {head: mark for mark, head in _MARKS.items()}
_MARK_LENGTH = 6
_KEY_LENGTH = 16
_PIECE = 1024 * 1024
_HEAD = struct.Struct(">I?")


def _place(head: bytes, number: int, last: bool) -> bytes:
    return head + _HEAD.pack(number, last)


def file_sealed_under(source: IO[bytes]) -> str:
    """The cipher and the key of a sealed file: "a1.<key id>"; read from its first bytes. Raises `CannotOpen` for another file."""
    mark = _CIPHER_OF.get(source.read(_MARK_LENGTH))
    if mark is None:
        raise CannotOpen("not a sealed file")
    return f"{mark}.{source.read(_KEY_LENGTH).decode('ascii', 'replace').strip()}"


def seal_stream(source: IO[bytes], target: IO[bytes]) -> None:
    mark, key_id, key = sealing_with()
    cipher, head = cipher_of(mark, key), _MARKS[mark]
    target.write(head + key_id.encode().ljust(_KEY_LENGTH))
    number, piece = 0, source.read(_PIECE)
    while True:
        following = source.read(_PIECE)
        last = not following
        nonce = os.urandom(NONCE)
        body = cipher.encrypt(nonce, piece, _place(head, number, last))
        target.write(_HEAD.pack(len(body), last) + nonce + body)
        if last:
            return
        number, piece = number + 1, following


def unseal_stream(source: IO[bytes], target: IO[bytes]) -> None:
    """Raises `CannotOpen` when the file was not sealed here, was changed or cut off, or its key is gone."""
    mark, _, key_id = file_sealed_under(source).partition(".")
    key = settings.FIELD_KEYS.get(key_id)
    if key is None:
        raise CannotOpen("the key of this file is not among those given")
    cipher, number, last = cipher_of(mark, key), 0, False
    while not last:
        head = source.read(_HEAD.size)
        if len(head) != _HEAD.size:
            raise CannotOpen("the file is cut off")
        length, last = _HEAD.unpack(head)
        if head != _HEAD.pack(length, last):
            raise CannotOpen("the file was changed")
        nonce, body = source.read(NONCE), source.read(min(length, _PIECE + 64))
        if len(body) != length:
            raise CannotOpen("the file is cut off")
        try:
            target.write(cipher.decrypt(nonce, body, _place(_MARKS[mark], number, last)))
        except (InvalidTag, UnsupportedAlgorithm, ValueError) as error:
            raise CannotOpen("the file was changed") from error
        number += 1
    if source.read(1):
        raise CannotOpen("something was added to the file")


class SealedStorage(FileSystemStorage):
    """A folder whose files nobody reads without the key; `open` gives the content in a file without a name."""

    def _save(self, name: str, content: Any) -> str:
        sealed = tempfile.TemporaryFile()  # noqa: SIM115  closed by the storage's own File below
        content.seek(0)
        seal_stream(content, sealed)
        sealed.seek(0)
        with File(sealed, name=name) as file:
            return super()._save(name, file)

    def _open(self, name: str, mode: str = "rb") -> File:
        plain = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes the File
        with open(self.path(name), "rb") as stored:
            unseal_stream(stored, plain)
        plain.seek(0)
        return File(plain, name=name)


def sealed_storage() -> SealedStorage:
    return SealedStorage()


@contextmanager
def readable_path(file: Any) -> Iterator[Path]:
    """A path under which a sealed file can be read while the block runs; the plain content never gets a name."""
    with file.storage.open(file.name) as plain:
        yield Path(f"/dev/fd/{plain.file.fileno()}")
