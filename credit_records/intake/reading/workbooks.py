"""Sheets of xlsx, xlsm and xls workbooks as rows of cells, each workbook looked through before it is
loaded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from credit_records.intake.reading.biff import contained, scan_records, workbook_records
from credit_records.intake.reading.cells import ErrorCell, FormulaCell
from credit_records.intake.reading.packages import Package
from credit_records.intake.reading.refusals import Limits, damaged, encrypted
from credit_records.intake.reading.worksheet_scan import Position, SheetScan, scan_worksheet

WorkbookKind = Literal["xlsx", "xlsm", "xls"]
Block = tuple[int, list[list[Any]]]


class WorkbookSheet:
    """One sheet, laid out in memory. Columns before `first_column` are empty throughout and left out of
    the blocks.
    """

    encoding: str | None = None
    delimiter: str | None = None

    def __init__(self, name: str, sheet: CalamineSheet, scan: SheetScan) -> None:
        self.name = name
        self.scan = scan
        self._sheet = sheet
        self.first_column = sheet.start[1] if sheet.start else 0
        self.width = sheet.end[1] + 1 if sheet.end else 0
        self._special = self._special_rows()

    def _special_rows(self) -> dict[int, list[Position]]:
        rows: dict[int, list[Position]] = {}
        for at in (*self.scan.formulas, *self.scan.errors):
            if self.first_column <= at[1] < self.width:
                rows.setdefault(at[0], []).append(at)
        return rows

    def filled_rows_below(self, row: int) -> int:
        return sum(number > row for number in self.scan.filled_rows)

    def merged_ranges(self) -> list[tuple[Position, Position]]:
        """Merged cells as (first, last), both counted from 0."""
        return list(self._sheet.merged_cell_ranges or ())

    def blocks(self, size: int) -> Iterator[Block]:
        """All rows from row 1 on, `size` at a time, as (number of the first, rows)."""
        if self._sheet.start is None:
            return
        rows = chain(self._sheet.iter_rows(), self._rows_below())
        first = 1
        while block := list(islice(rows, size)):
            if self._special:
                self._mark(first, block)
            yield first, block
            first += len(block)

    def _rows_below(self) -> Iterator[list[Any]]:
        """The reader ends with the last value; rows of formulas that nothing has computed yet come after."""
        end = self._sheet.end[0] + 1 if self._sheet.end else 0
        for _ in range(end, max(self._special, default=0)):
            yield [""] * (self.width - self.first_column)

    def _mark(self, first: int, block: list[list[Any]]) -> None:
        special = self._special
        if len(special) < len(block):
            numbers = [row for row in special if first <= row < first + len(block)]
        else:
            numbers = [row for row in range(first, first + len(block)) if row in special]
        for number in numbers:
            cells = block[number - first]
            for at in special[number]:
                column = at[1] - self.first_column
                if at in self.scan.formulas:
                    cells[column] = FormulaCell(self.scan.formula_text(at), self._result(at, cells[column]))
                else:
                    cells[column] = ErrorCell(self.scan.errors[at])

    def _result(self, at: Position, read: Any) -> object:
        if at in self.scan.errors:
            return ErrorCell(self.scan.errors[at])
        return None if read == "" and at not in self.scan.shown_empty else read


class WorkbookFile:
    """A workbook whose sheets are measured, and then loaded, one at a time."""

    def __init__(self, path: Path, container: Literal["zip", "ole"], limits: Limits) -> None:
        self._limits = limits
        self._package: Package | None = None
        self._scans: list[SheetScan] = []
        self._parts: list[str] = []
        self._scanned: dict[int, SheetScan] = {}
        self.kind: WorkbookKind = "xls"
        if container == "zip":
            self._package = Package(path, limits)
        try:
            if self._package is not None:
                self._package.inspect()
                self.kind = "xlsm" if self._package.has_macros() else "xlsx"
                self._parts = [part.path for part in self._package.sheet_parts()]
            else:
                records = workbook_records(path)
                self._scans = scan_records(records, limits)
            source = io.BytesIO(contained(records)) if self._package is None else path.open("rb")
            with source, reader_errors():
                self._book = CalamineWorkbook.from_filelike(source)
        except BaseException:
            self.close()
            raise
        self.sheets = list(self._book.sheets_metadata)
        if len(self.sheets) != len(self._parts or self._scans):
            self.close()
            raise damaged("（工作表目录不一致）")

    def close(self) -> None:
        if self._package is not None:
            self._package.close()
        if hasattr(self, "_book"):
            self._book.close()

    def unpacked_bytes(self) -> int:
        return self._package.unpacked_bytes() if self._package is not None else 0

    def is_worksheet(self, index: int) -> bool:
        return bool(self.sheets[index].typ == SheetTypeEnum.WorkSheet)

    def is_visible(self, index: int) -> bool:
        return bool(self.sheets[index].visible == SheetVisibleEnum.Visible)

    def scan(self, index: int) -> SheetScan:
        if index not in self._scanned:
            if self._package is None:
                scan = self._scans[index]
            elif (part := self._parts[index]) in self._package:
                package = self._package
                scan = scan_worksheet(lambda: package.pieces(part), self._limits)
            else:
                scan = SheetScan()
            self._scanned[index] = scan
        return self._scanned[index]

    def load(self, index: int) -> WorkbookSheet:
        """Lay a sheet out in memory, unless it is too large for that."""
        name = self.sheets[index].name
        scan = self.scan(index)
        scan.check_extent(self._limits, name)
        with reader_errors():
            sheet = self._book.get_sheet_by_index(index)
        return WorkbookSheet(name, sheet, scan)


@contextmanager
def reader_errors() -> Iterator[None]:
    """The reader's own exceptions as refusals; its panics do not derive from Exception."""
    try:
        yield
    except PasswordError as error:
        raise encrypted() from error
    except (CalamineError, OSError, ValueError) as error:
        raise damaged() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise
