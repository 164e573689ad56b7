"""Opening an uploaded file as one table: header found, columns matched, rows aligned to the fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from credit_records.intake.reading.cells import FormulaCell
from credit_records.intake.reading.containers import container_of
from credit_records.intake.reading.delimited import DelimitedFile
from credit_records.intake.reading.headers import (
    ColumnFound,
    FieldTitle,
    HeaderFinder,
    HeaderFound,
    is_result_title,
    no_header,
)
from credit_records.intake.reading.refusals import FileRefused, Limits, damaged
from credit_records.intake.reading.text_tables import open_text_table
from credit_records.intake.reading.workbooks import WorkbookFile, WorkbookSheet
from credit_records.intake.reading.worksheet_scan import Position, too_many_rows
from credit_records.rules.text import is_blank

Kind = Literal["xlsx", "xlsm", "xls", "csv"]
_PEEK = 64


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """How a file was read, in a form that can be stored with the batch; enough to mark the same file
    later.
    """

    kind: Kind
    sheet_name: str
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None


class OpenedSheet:
    """The table of an uploaded file. Every call of `rows` or `chunks` reads it from the start.

    Empty cells are "". Rows without a value in any known column are left out, whatever stands in others (a
    serial number filled in beforehand, our own remarks of an earlier round); so are rows that repeat the
    header. A formula counts as a value unless its stored result is blank.
    """

    def __init__(
        self,
        source: WorkbookSheet | DelimitedFile,
        header: HeaderFound,
        finder: HeaderFinder,
        *,
        kind: Kind,
        limits: Limits,
        book: WorkbookFile | None = None,
        other_tables: tuple[str, ...] = (),
    ) -> None:
        self._source = source
        self._book = book
        self._limits = limits
        self._finder = finder
        self._header = header
        self.kind: Kind = kind
        self.sheet_name = source.name
        self.header_row = header.row
        self.columns: list[ColumnFound] = header.columns
        self.encoding = source.encoding
        self.delimiter = source.delimiter
        self.other_tables = other_tables
        """Names of further visible sheets with rows under a header of the same kind, which are not read."""
        self.field_codes: tuple[str, ...] = tuple(
            field.code for field in finder.fields if field.code in header.positions
        )
        self.field_columns: tuple[int, ...] = tuple(header.positions[code][0] for code in self.field_codes)
        """The column in the sheet (from 0) of each of `field_codes`."""
        ends = (self.field_columns[0], self.field_columns[-1])
        self._end_titles = {line[at] for line in header.lines for at in ends if at < len(line)} - {""}

    def __enter__(self) -> OpenedSheet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._book is not None:
            self._book.close()

    @property
    def layout(self) -> SheetLayout:
        return SheetLayout(self.kind, self.sheet_name, self.header_row, self.encoding, self.delimiter)

    @property
    def unknown_titles(self) -> list[str]:
        return [
            column.title
            for column in self.columns
            if column.field_code is None and not is_result_title(column.title)
        ]

    @property
    def formula_cells(self) -> Mapping[Position, str]:
        """Cells with a formula as (row seen in the sheet, column from 0); the texts may be empty."""
        return {} if isinstance(self._source, DelimitedFile) else self._source.scan.formulas

    @property
    def total_rows(self) -> int | None:
        """Rows with any value below the header, for a progress bar; unknown for text files."""
        if isinstance(self._source, DelimitedFile):
            return None
        return self._source.filled_rows_below(self.header_row)

    def rows(self) -> Iterator[tuple[int, Sequence[object]]]:
        """Row number seen in the sheet and the raw cells from column A on; blank rows are left out."""
        pad = [""] * self._source.first_column
        for numbers, _, block in self._filled(_PEEK):
            for number, cells in zip(numbers, block, strict=True):
                yield number, pad + cells

    def chunks(self, size: int = 2000) -> Iterator[tuple[list[int], list[tuple[Any, ...]]]]:
        """Row numbers and the cells of the known columns in the order of `field_codes`, without blank rows.

        Raises FileRefused in the midst of a text file whose later part cannot be read, or when there are too
        many rows.
        """
        for numbers, aligned, _ in self._filled(size):
            yield numbers, aligned

    @property
    def has_rows(self) -> bool:
        return next(self.chunks(_PEEK), None) is not None

    def _filled(self, size: int) -> Iterator[tuple[list[int], list[tuple[Any, ...]], list[list[Any]]]]:
        align = _aligner([column - self._source.first_column for column in self.field_columns])
        most = self._limits.max_rows
        count = 0
        for first, rows in self._source.blocks(size):
            skip = self.header_row + 1 - first
            if skip >= len(rows):
                continue
            block = rows[skip:] if skip > 0 else rows
            start = max(first, self.header_row + 1)
            numbers = list(range(start, start + len(block)))
            aligned = align(block)
            keep = [_has_value(cells) for cells in aligned]
            for at in self._repeated_headers(block, aligned):
                keep[at] = False
            if not all(keep):
                numbers, aligned = list(compress(numbers, keep)), list(compress(aligned, keep))
                block = list(compress(block, keep))
            count += len(numbers)
            if count > most:
                raise too_many_rows(self._limits)
            if numbers:
                yield numbers, aligned, block

    def _repeated_headers(self, block: list[list[Any]], aligned: list[tuple[Any, ...]]) -> Iterator[int]:
        """Looked at closely are only rows with a title in the first or in the last known column."""
        pad = [""] * self._source.first_column
        for at, cells in enumerate(aligned):
            alike = cells[0] in self._end_titles or cells[-1] in self._end_titles
            if alike and self._finder.repeats(self._header, pad + block[at]):
                yield at


def open_sheet(
    path: Path,
    *,
    file_name: str,
    fields: Sequence[FieldTitle],
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    other_templates: Mapping[str, Sequence[FieldTitle]] | None = None,
    require_rows: bool = True,
) -> OpenedSheet:
    """Open an upload for the fields of one catalogue item, or refuse it with a sentence for the clerk.

    What the file is, is told from its content; `file_name` only serves the sentences. The first visible
    sheet whose header has all required columns is taken, whatever its name. `other_templates` (name of the
    item → its fields) lets the refusal say that the file belongs to another item. A table without data rows
    is refused as file.empty unless `require_rows` is False.
    """
    finder = HeaderFinder(fields)
    container = container_of(path, limits)
    if container == "text":
        table, header = open_text_table(path, finder, limits)
        if header is None:
            raise _no_header(list(_first_rows(table, limits)), limits, other_templates)
        _check(finder, header, list(_first_rows(table, limits)), other_templates)
        opened = OpenedSheet(table, header, finder, kind="csv", limits=limits)
    else:
        book = WorkbookFile(path, container, limits)
        try:
            opened = _open_workbook(book, finder, limits, other_templates)
        except BaseException:
            book.close()
            raise
    if require_rows and not opened.has_rows:
        opened.close()
        raise FileRefused(
            "file.empty",
            f"“{file_name}”表头下面没有数据行。请填写数据后重新上传；当月没有决定的，请办理零报送。",
        )
    return opened


def _open_workbook(
    book: WorkbookFile,
    finder: HeaderFinder,
    limits: Limits,
    others: Mapping[str, Sequence[FieldTitle]] | None,
) -> OpenedSheet:
    taken: tuple[WorkbookSheet, HeaderFound] | None = None
    partial: tuple[WorkbookSheet, HeaderFound] | None = None
    unread: FileRefused | None = None
    further: list[str] = []
    first_rows: list[Sequence[object]] = []
    for index in range(len(book.sheets)):
        if not book.is_worksheet(index) or not book.is_visible(index):
            continue
        try:
            sheet = book.load(index)
        except FileRefused as refused:
            unread = unread or refused
            continue
        rows = list(_first_rows(sheet, limits))
        first_rows.extend(rows)
        header = finder.find(rows)
        if header is None:
            continue
        if finder_complete := not header.missing(finder.fields):
            if taken is None:
                taken = sheet, header
            elif OpenedSheet(sheet, header, finder, kind=book.kind, limits=limits).has_rows:
                further.append(sheet.name)
        if not finder_complete and (partial is None or len(header.positions) > len(partial[1].positions)):
            partial = sheet, header
    best = taken or partial
    if taken is None and unread is not None:
        raise unread
    if best is None:
        if not any(book.is_worksheet(index) for index in range(len(book.sheets))):
            raise damaged("（没有工作表）")
        raise _no_header(first_rows, limits, others)
    sheet, header = best
    _check(finder, header, first_rows, others)
    return OpenedSheet(
        sheet,
        header,
        finder,
        kind=book.kind,
        limits=limits,
        book=book,
        other_tables=tuple(further),
    )


def _first_rows(source: WorkbookSheet | DelimitedFile, limits: Limits) -> Iterator[Sequence[object]]:
    pad = [""] * source.first_column
    try:
        for _, rows in source.blocks(limits.header_within):
            for cells in rows:
                yield pad + cells
            return
    except FileRefused:
        return  # it is raised again where the rows themselves are read


def _check(
    finder: HeaderFinder,
    header: HeaderFound,
    first_rows: Sequence[Sequence[object]],
    others: Mapping[str, Sequence[FieldTitle]] | None,
) -> None:
    if header.missing(finder.fields):
        _refuse_other_template(first_rows, len(header.positions), others)
    finder.check(header)


def _no_header(
    first_rows: Sequence[Sequence[object]],
    limits: Limits,
    others: Mapping[str, Sequence[FieldTitle]] | None,
) -> FileRefused:
    _refuse_other_template(first_rows, 0, others)
    return no_header(limits.header_within)


def _refuse_other_template(
    first_rows: Sequence[Sequence[object]],
    matches: int,
    others: Mapping[str, Sequence[FieldTitle]] | None,
) -> None:
    for name, fields in (others or {}).items():
        other = HeaderFinder(fields)
        header = other.find(first_rows)
        if header is not None and not header.missing(fields) and len(header.positions) > matches:
            raise FileRefused(
                "file.wrong_template",
                f"这份表的列名是“{name}”的模板，与所选事项不符。请改选“{name}”上传，或下载本事项的模板填写。",
            )


def _aligner(columns: list[int]) -> Callable[[list[list[Any]]], list[tuple[Any, ...]]]:
    """Pick the columns of many rows at the speed of C; rows cut short are filled up."""
    needed = max(columns) + 1
    pick: Callable[[list[Any]], tuple[Any, ...]]
    if len(columns) == 1:
        only = columns[0]

        def pick(cells: list[Any]) -> tuple[Any, ...]:
            return (cells[only],)
    else:
        pick = itemgetter(*columns)

    def align(rows: list[list[Any]]) -> list[tuple[Any, ...]]:
        try:
            return list(map(pick, rows))
        except IndexError:
            return [
                pick(cells if len(cells) >= needed else cells + [""] * (needed - len(cells)))
                for cells in rows
            ]

    return align


def _has_value(cells: tuple[Any, ...]) -> bool:
    for cell in cells:
        if cell == "":
            continue
        if not (cell.shows_nothing if isinstance(cell, FormulaCell) else is_blank(cell)):
            return True
    return False
