"""The PDF of what was issued under a number (letters, letters of supervision, reports): drawn, named, kept and read as it was made.

What the machine lacks must not stop the office from issuing: the row then names no file, and the PDF is made later from
what was frozen in it. The file is written after the commit that names it, so that what is rolled back leaves none.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from accounts.sealing import CannotOpen
from audit.faults import Refused
from casework.letters.typesetting import FontsMissing, GlyphMissing, TypesettingFailed

logger = logging.getLogger(__name__)
Draw = Callable[[], bytes]


def drawn_now(draw: Draw) -> bytes:
    """The PDF, or a refusal that says what to install (`letter.fonts_missing`, `letter.glyph_missing`)."""
    try:
        return draw()
    except FontsMissing as missing:
        raise Refused("letter.fonts_missing", str(missing)) from missing
    except GlyphMissing as missing:
        raise Refused("letter.glyph_missing", str(missing)) from missing


def attach(issued: Any, folder: str, draw: Draw) -> None:
    """Name the PDF in a row about to be saved, if it can be drawn, and write it after the commit.

    The row has `number`, `register`, `year`, `serial`, `file` and `sha256`. Should the disk fail, the row stands all the same.
    """
    try:
        pdf = draw()
    except (FontsMissing, GlyphMissing):
        return
    except TypesettingFailed:
        logger.exception("%s could not be typeset", issued.number)
        return
    name_file(issued, folder, pdf)
    storage, name = issued.file.storage, str(issued.file.name)

    def write() -> None:  # no partial: Django cannot name one in its message when it fails
        write_file(storage, name, pdf)

    transaction.on_commit(write, robust=True)


def attach_later(held: Any, folder: str, pdf: bytes) -> None:
    """Write the PDF of a row that has none on the disk; the row, locked by the caller, is saved if it did not name this one."""
    before = held.sha256
    name_file(held, folder, pdf)
    write_file(held.file.storage, held.file.name, pdf)
    with ExitStack() as undo:
        undo.callback(held.file.storage.delete, held.file.name)
        if held.sha256 != before:
            held.save(update_fields=["file", "sha256"])
        undo.pop_all()


def name_file(issued: Any, folder: str, pdf: bytes) -> None:
    issued.sha256 = hashlib.sha256(pdf).hexdigest()
    issued.file.name = f"{folder}/{issued.year}/{issued.register}-{issued.serial}-{issued.sha256[:16]}.pdf"


def write_file(storage: Any, name: str, pdf: bytes) -> None:
    if not storage.exists(name):
        storage.save(name, ContentFile(pdf, name=name))


def _changed() -> Refused:
    return Refused(
        "letter.file_changed", "文书文件与出文时的指纹不符，不能下载，请立即告知系统管理员和审计员。"
    )


def stored_pdf(issued: Any, changed: Callable[[], Refused] = _changed) -> bytes:
    """The file as it was made; refused when it no longer is what was made (`letter.file_changed`, or what the caller says)."""
    try:
        with issued.file.storage.open(issued.file.name) as file:
            return as_issued(issued, file.read(), changed)
    except (CannotOpen, OSError) as error:
        raise changed() from error


def as_issued(issued: Any, pdf: bytes, changed: Callable[[], Refused]) -> bytes:
    """The same bytes, if they are those that were issued."""
    if hashlib.sha256(pdf).hexdigest() != issued.sha256:
        raise changed()
    return pdf
