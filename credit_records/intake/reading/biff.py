"""What an xls workbook holds, told from its records before it is loaded: encryption, extent, formulas.

The reader loads every sheet of such a workbook at once and trusts whatever the container around the
records says; a file damaged in the wrong place would end the process. So the records are taken out,
measured, and handed over in a container of our own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import olefile

from credit_records.intake.reading.refusals import FileRefused, Limits, damaged, encrypted, not_a_workbook
from credit_records.intake.reading.worksheet_scan import SheetScan

_HEADER = struct.Struct("<HH")
_CELL = struct.Struct("<HH")
_BOF, _EOF, _FILEPASS, _BOUNDSHEET = 0x0809, 0x000A, 0x002F, 0x0085
_DIMENSIONS, _FORMULA, _BOOLERR, _MULRK = 0x0200, 0x0006, 0x0205, 0x00BD
_VALUES = {0x0203, 0x0204, 0x00D6, 0x0205, 0x027E, 0x00FD, 0x00BD, 0x0006}
_EXTENTS = {10: struct.Struct("<HHHH"), 14: struct.Struct("<IIHH")}
_MOST_ROWS, _MOST_COLUMNS = 65536, 256
_NO_NUMBER, _ERROR_RESULT, _EMPTY_RESULT = b"\xff\xff", 2, 3
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}

_SECTOR = 4096
_ENTRIES_PER_SECTOR = _SECTOR // 4
_END_OF_CHAIN, _FREE, _FAT_SECTOR = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
_FAT_SECTORS_IN_HEADER = 109


def workbook_records(path: Path) -> bytes:
    """The records of an xls file; other documents in such a container (Word, encrypted xlsx) are refused."""
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
    except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
        raise damaged() from error


def contained(records: bytes) -> bytes:
    """The records in a fresh compound file (MS-CFB, version 4) that holds nothing else."""
    sectors = max(1, -(-len(records) // _SECTOR))
    # the table of sectors lists the records, itself and the directory
    tables = 1
    while tables * _ENTRIES_PER_SECTOR < sectors + tables + 1:
        tables += 1
    if tables > _FAT_SECTORS_IN_HEADER:
        raise damaged("（文件过大）")
    chain = [*range(1, sectors), _END_OF_CHAIN, *[_FAT_SECTOR] * tables, _END_OF_CHAIN]
    chain += [_FREE] * (tables * _ENTRIES_PER_SECTOR - len(chain))
    directory = sectors + tables
    head = struct.pack(
        "<8s16xHHHHH6x9I",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 4, 0xFFFE, 12, 6),
        *(1, tables, directory, 0, _SECTOR, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0),
    )
    places = [*range(sectors, sectors + tables), *[_FREE] * (_FAT_SECTORS_IN_HEADER - tables)]
    head += struct.pack(f"<{_FAT_SECTORS_IN_HEADER}I", *places)
    # streams below 4096 bytes would belong elsewhere, so the stated length is that of whole sectors
    entries = _directory_entry("Root Entry", 5, 1, 0, 0)
    entries += _directory_entry("Workbook", 2, _FREE, 0, sectors * _SECTOR)
    return b"".join(
        (
            head.ljust(_SECTOR, b"\0"),
            records.ljust(sectors * _SECTOR, b"\0"),
            struct.pack(f"<{len(chain)}I", *chain),
            entries.ljust(_SECTOR, b"\0"),
        )
    )


def _directory_entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", text, len(text), kind, 1, _FREE, _FREE, child, start, size)


def scan_records(records: bytes, limits: Limits) -> list[SheetScan]:
    """Measure every sheet, in the order of the workbook, and refuse what is too large to load."""
    try:
        scans = [_scan_sheet(records, offset, limits) for offset in _sheet_offsets(records)]
    except (struct.error, IndexError) as error:
        raise damaged() from error
    for number, scan in enumerate(scans, start=1):
        scan.check_extent(limits, f"第 {number} 张")
    if sum(scan.last_row * (scan.last_column + 1) for scan in scans) > limits.max_cells:
        raise FileRefused(
            "file.too_many_cells",
            "各工作表合计占用的范围过大。请只保留要报送的工作表，删去零星的内容，或分成几个文件上传。",
        )
    return scans


def _sheet_offsets(records: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(records):
        kind, length = _HEADER.unpack_from(records, at)
        if kind == _FILEPASS:
            raise encrypted()
        if kind == _BOUNDSHEET:
            yield struct.unpack_from("<I", records, at + 4)[0]
        if kind == _EOF:
            break
        at += 4 + length


def _scan_sheet(records: bytes, at: int, limits: Limits) -> SheetScan:
    """Walk the records of a sheet the way the reader does; embedded charts have records of their own."""
    scan = SheetScan()
    filled = scan.filled_rows
    begun = False
    depth = 0
    while at + 4 <= len(records):
        kind, length = _HEADER.unpack_from(records, at)
        at += 4
        if kind == _BOF:
            depth += begun
            begun = True
        elif kind == _EOF:
            if not depth:
                break
            depth -= 1
        elif not depth:
            if kind in _VALUES:
                row, column = _CELL.unpack_from(records, at)
                filled.add(row + 1)
                last = struct.unpack_from("<H", records, at + length - 2)[0] if kind == _MULRK else column
                scan.last_column = max(scan.last_column, last, column)
                if kind == _FORMULA:
                    scan.add_formula((row + 1, column), {}, "", limits)
                    if records[at + 12 : at + 14] == _NO_NUMBER:
                        if records[at + 6] == _EMPTY_RESULT:
                            scan.shown_empty.add((row + 1, column))
                        elif records[at + 6] == _ERROR_RESULT:
                            scan.errors[row + 1, column] = _ERRORS.get(records[at + 8], "#ERROR")
                elif kind == _BOOLERR and records[at + 7]:
                    scan.errors[row + 1, column] = _ERRORS.get(records[at + 6], "#ERROR")
            elif kind == _DIMENSIONS:
                _check_stated_extent(records, at, length)
        at += length
    scan.last_row = max(filled, default=0)
    return scan


def _check_stated_extent(records: bytes, at: int, length: int) -> None:
    """The reader reserves memory for the extent that the sheet says it has."""
    if length not in _EXTENTS:
        raise damaged()
    top, past_bottom, left, past_right = _EXTENTS[length].unpack_from(records, at)
    if not (top <= past_bottom <= _MOST_ROWS and left <= past_right <= _MOST_COLUMNS):
        raise damaged()
