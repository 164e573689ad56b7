"""An uploaded list, taken in: the cells of its rows as texts, read under the same guard as reported files.

For what offices fill in and bring back (任务清单, 产生台账): small files, judged row by row by the room that asked for them,
shown, and only then written.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.files import File

from audit.faults import Refused
from audit.masking import mask_ids_in
from backoffice.exports import Watermark
from credit_records.intake.reading import (
    ErrorCell,
    FieldTitle,
    FileRefused,
    FormulaCell,
    Limits,
    column_letter,
    open_sheet,
)
from credit_records.rules.lists import FORMULA, PERSONAL
from credit_records.rules.text import clean_text

MOST_ROWS = 2000
LIMITS = Limits(
    max_file_bytes=10 * 1024 * 1024, max_rows=MOST_ROWS, max_columns=60, max_cells=500_000, max_formulas=5_000,
    max_unpacked_bytes=200 * 1024 * 1024, max_strings_bytes=50 * 1024 * 1024, max_entries=500,
)  # fmt: skip
"""Such a list has some hundred lines; what is far larger is none."""
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Taken:
    """A list as it was uploaded; `content` can be stored, and judged anew at any time."""

    name: str
    sha256: str
    content: dict[str, Any]
    """`columns`: the letter above each field; `rows`: number in the sheet and cleaned cells by field."""


def take_in(
    file: File, *, titles: Mapping[str, str], required: Collection[str], longest: Mapping[str, int], name: str
) -> Taken:
    """Read an upload. Refused as a whole (file.*): zip bombs, other kinds under a table's name, too many rows, missing columns.

    `titles`: the columns by field; `longest`: beyond so many characters a text is cut, one character after the limit, so that
    whoever judges it sees that it is too long; `name`: for a file that came without one. The line that an export ends with is no row.
    """
    given = mask_ids_in(Path(file.name or name).name)[:_LONGEST_NAME]
    fields = [FieldTitle(field, title, field in required) for field, title in titles.items()]
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        with path.open("wb") as out:
            for piece in file.chunks():
                digest.update(piece)
                out.write(piece)
        try:
            content = _read(path, given, fields, longest)
        except FileRefused as refused:
            raise Refused(refused.code, refused.message) from refused
    return Taken(given, digest.hexdigest(), content)


def _read(path: Path, name: str, fields: Sequence[FieldTitle], longest: Mapping[str, int]) -> dict[str, Any]:
    found = []
    with open_sheet(path, file_name=name, fields=fields, limits=LIMITS) as sheet:
        letters = {
            code: column_letter(column)
            for code, column in zip(sheet.field_codes, sheet.field_columns, strict=True)
        }
        for numbers, block in sheet.chunks():
            for row, cells in zip(numbers, block, strict=True):
                if not any(map(Watermark.is_one, cells)):
                    found.append({"row": row, "cells": _texts(sheet.field_codes, cells, longest)})
    return {"columns": letters, "rows": found}


def _texts(codes: Sequence[str], cells: Iterable[Any], longest: Mapping[str, int]) -> dict[str, str]:
    texts: dict[str, str] = {}
    apart: dict[str, list[str]] = {FORMULA: [], PERSONAL: []}
    for code, cell in zip(codes, cells, strict=True):
        if isinstance(cell, FormulaCell | ErrorCell):
            apart[FORMULA].append(code)
            continue
        text = _text(cell)
        texts[code] = mask_ids_in(text)
        if texts[code] != text:
            apart[PERSONAL].append(code)
        texts[code] = texts[code][: longest[code] + 1]
    return {**texts, **{kind: ",".join(found) for kind, found in apart.items() if found}}


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return clean_text(cell)
