"""What an xls workbook holds, told from its records before it is loaded: encryption, extent, formulas,
errors.
"""

from __future__ import annotations

import struct
from pathlib import Path

import olefile

from credit_records.intake.reading.refusals import Limits, damaged, encrypted, not_a_workbook
from credit_records.intake.reading.worksheet_scan import SheetScan

_HEADER = struct.Struct("<HH")
_CELL = struct.Struct("<HH")
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_DIMENSIONS, _FORMULA, _BOOLERR, _MULRK = 0x0200, 0x0006, 0x0205, 0x00BD
_VALUES = {0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x00FD, 0x00BD, 0x0006}
_MOST_ROWS, _MOST_COLUMNS = 65536, 256
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_SECTOR_COUNTS = (44, 64, 72)


def workbook_stream(path: Path) -> bytes:
    """The records of an xls file; other documents in the same container (Word, encrypted xlsx) are
    refused.
    """
    _check_container(path)
    try:
        with olefile.OleFileIO(path) as container:
            streams = {entry[-1].lower(): entry for entry in container.listdir() if len(entry) == 1}
            if "encryptedpackage" in streams:
                raise encrypted()
            if "worddocument" in streams:
                raise not_a_workbook("这是 Word 文档（.doc）")
            if "powerpoint document" in streams:
                raise not_a_workbook("这是 PowerPoint 演示文稿")
            name = streams.get("workbook") or streams.get("book")
            if name is None:
                raise not_a_workbook("文件里没有工作簿")
            return bytes(container.openstream(name).read())
    except (OSError, ValueError, IndexError, TypeError, struct.error) as error:
        raise damaged() from error


def _check_container(path: Path) -> None:
    """The reader reserves memory for as many sectors as the container says it has."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if len(head) < 512:
        raise damaged()
    most = path.stat().st_size // 512 + 1
    if any(struct.unpack_from("<I", head, at)[0] > most for at in _SECTOR_COUNTS):
        raise damaged()


def scan_records(stream: bytes, limits: Limits) -> list[SheetScan]:
    """Measure every sheet, in the order in which the workbook lists them."""
    try:
        return [_scan_sheet(stream, offset, limits) for offset in _sheet_offsets(stream)]
    except (struct.error, IndexError) as error:
        raise damaged() from error


def _sheet_offsets(stream: bytes) -> list[int]:
    offsets = []
    at = 0
    while at + 4 <= len(stream):
        kind, length = _HEADER.unpack_from(stream, at)
        if kind == _FILEPASS:
            raise encrypted()
        if kind == _BOUNDSHEET:
            offsets.append(struct.unpack_from("<I", stream, at + 4)[0])
        if kind == _EOF:
            break
        at += 4 + length
    return offsets


def _scan_sheet(stream: bytes, at: int, limits: Limits) -> SheetScan:
    scan = SheetScan()
    filled = scan.filled_rows
    depth = 0
    end = len(stream)
    while at + 4 <= end:
        kind, length = _HEADER.unpack_from(stream, at)
        at += 4
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1:
            if kind in _VALUES:
                row, column = _CELL.unpack_from(stream, at)
                filled.add(row + 1)
                last = struct.unpack_from("<H", stream, at + length - 2)[0] if kind == _MULRK else column
                if last > scan.last_column:
                    scan.last_column = last
                if kind == _FORMULA:
                    scan.add_formula((row + 1, column), {}, "", limits)
                elif kind == _BOOLERR and stream[at + 7]:
                    scan.errors[row + 1, column] = _ERRORS.get(stream[at + 6], "#ERROR")
            elif kind == _DIMENSIONS and length >= 12:
                first, past, left, right = struct.unpack_from("<IIHH", stream, at)
                if past > _MOST_ROWS or right > _MOST_COLUMNS or first > past or left > right:
                    raise damaged()
        at += length
    scan.last_row = max(filled, default=0)
    return scan
