"""The same workbook back to the clerk, every error marked where it stands.

It can be mended and uploaded as it is.
Colours and comments lie upon the bad cells, one column 【检查结果】 beside the table says everything in
words.
"""

from __future__ import annotations

import os
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from credit_records.intake.reading.headers import RESULT_TITLE, is_result_title, shown_title
from credit_records.intake.reading.packages import Package
from credit_records.intake.reading.refusals import MEGABYTE, Limits
from credit_records.intake.reading.sheets import SheetLayout
from credit_records.intake.reading.worksheet_scan import Position, SheetScan, scan_worksheet
from credit_records.intake.remarks import (
    AUTHOR,
    COLOURS,
    MOST_COMMENTS,
    REMARK_MARK,
    RESULT_COLOUR,
    RESULT_WIDTH,
    Findings,
    RowFinding,
    cell_remarks,
    row_text,
    summary,
)
from credit_records.intake.rewriting import rewrite
from credit_records.rules.text import starts_formula

__all__ = ["RowFinding", "write_annotated"]

ROWS_KEPT_IN_STYLE = 20_000
_BYTES_KEPT_IN_STYLE = 150 * MEGABYTE
_FILLS = {severity: PatternFill("solid", fgColor=f"FF{colour}") for severity, colour in COLOURS.items()}
_OUR_COLOURS = {f"FF{colour}" for colour in COLOURS.values()}
# What openpyxl raises on workbooks that office programs open without complaint.
_STYLE_TROUBLES = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    SyntaxError,
    zipfile.BadZipFile,
    InvalidFileException,
)


def write_annotated(
    source: Path,
    *,
    file_name: str,
    layout: SheetLayout,
    findings: Findings,
    out: Path,
    limits: Limits = Limits(),  # noqa: B008 (frozen)
    rows_kept_in_style: int = ROWS_KEPT_IN_STYLE,
) -> None:
    """Write the uploaded file again, as xlsx, with its findings marked; `out` appears whole or not at all.

    Sheets, rows and their order, values and formulas stay. An xls does not give its formulas in words; such a
    cell becomes a formula of nothing but the value that stood there, to be seen and to be refused again. Text that begins with = + - @ stays text, also
    when somebody edits the cell. Marks that an earlier round put there are taken away first.

    An xlsx or xlsm of at most `rows_kept_in_style` rows keeps its formats, merged cells and widths (five
    seconds for 20,000 rows); macros are dropped, and so are pictures. A larger one, xls and CSV are written
    anew, values and formulas only, in constant memory. `layout` is the one under which the file was read.
    """
    with _replacing(out) as unfinished:
        scan = _scan_to_keep_style(source, layout, limits, rows_kept_in_style)
        if scan is None or not _mark(source, layout, findings, unfinished, scan.shown_empty):
            rewrite(
                source,
                file_name=file_name,
                layout=layout,
                findings=findings,
                out=unfinished,
                limits=limits,
            )


@contextmanager
def _replacing(out: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=f".{out.stem}.", suffix=".xlsx", dir=out.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.replace(out)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _scan_to_keep_style(
    source: Path, layout: SheetLayout, limits: Limits, most_rows: int
) -> SheetScan | None:
    """What the sheet holds, when it is small enough to keep its style."""
    if layout.kind not in ("xlsx", "xlsm"):
        return None
    package = Package(source, limits)
    try:
        if package.unpacked_bytes() > _BYTES_KEPT_IN_STYLE:
            return None
        part = next(part.path for part in package.sheet_parts() if part.name == layout.sheet_name)
        scan = scan_worksheet(lambda: package.pieces(part), limits)
        return scan if scan.last_row <= most_rows else None
    finally:
        package.close()


def _mark(
    source: Path, layout: SheetLayout, findings: Findings, out: Path, shown_empty: set[Position]
) -> bool:
    """Mark the workbook in place; False when openpyxl cannot read or write it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with source.open("rb") as stream:
                book = load_workbook(stream, rich_text=True)
            sheet = book[layout.sheet_name]
            _mark_sheet(book, sheet, layout.header_row, findings)
            _keep_empty_results(sheet, shown_empty)
            book.save(out)
        except _STYLE_TROUBLES:
            return False
    return True


def _mark_sheet(book: Workbook, sheet: Worksheet, header_row: int, findings: Findings) -> None:
    cells = list(sheet._cells.values())  # iter_rows would create every cell of the rectangle
    titles = [""] * max((cell.column for cell in cells if cell.row == header_row), default=0)
    for cell in cells:
        if cell.row == header_row and cell.value is not None:
            titles[cell.column - 1] = shown_title(cell.value)
    ours = [column for column, title in enumerate(titles, start=1) if is_result_title(title)]
    if ours:
        _take_away_marks(book, [cell for cell in cells if cell.row > header_row], ours[0])
        result = ours[0]
    else:
        result = _first_free_column(sheet, cells, header_row)
    for cell in cells:
        if isinstance(cell, Cell) and cell.data_type != "f" and isinstance(cell.value, str):
            _keep_as_text(cell, cell.value)
    _write_result_header(sheet, header_row, result, findings)
    comments = 0
    for row, remarks in sorted(findings.items()):
        for index, remark in cell_remarks(remarks).items():
            cell = sheet.cell(row, index + 1)
            cell.fill = _FILLS[remark.severity]
            if comments < MOST_COMMENTS and isinstance(cell, Cell):
                _add_comment(cell, remark.text)
                comments += 1
        if remarks:
            cell = sheet.cell(row, result, row_text(remarks, titles))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    _fit_view(sheet, header_row, result)


class _Blanks(str):
    """Text of nothing but blanks, which openpyxl writes without the mark that keeps them."""

    def strip(self, chars: str | None = None, /) -> str:
        return "."


def _keep_as_text(cell: Cell, text: str) -> None:
    if starts_formula(text):
        cell.data_type = "s"
        cell.quotePrefix = True
    elif text.isspace():
        cell._value = _Blanks(text)


class _EmptyResult(str):
    """The cell type of a formula whose stored result is the empty text.

    openpyxl writes formulas without their results. Of most it does no harm, as no result is ever read; but
    formulas prepared in rows that are not filled in would, with nothing computed, count as data.
    """

    def __eq__(self, other: object) -> bool:
        return other == "f"

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def _keep_empty_results(sheet: Worksheet, shown_empty: set[Position]) -> None:
    for row, column in shown_empty:
        cell = sheet._cells.get((row, column + 1))
        if isinstance(cell, Cell) and cell.data_type == "f":
            cell.data_type = _EmptyResult("str")


def _take_away_marks(book: Workbook, cells: list[Cell], result: int) -> None:
    """Colours are recognised by their exact shade; what the cell was filled with before is not restored."""
    fills = {
        number
        for number, fill in enumerate(book._fills)
        if fill.fill_type == "solid" and fill.fgColor.rgb in _OUR_COLOURS
    }
    for cell in cells:
        if cell.has_style and cell._style.fillId in fills:
            cell.fill = PatternFill()
        if not isinstance(cell, Cell):
            continue
        if cell.comment is not None and REMARK_MARK in cell.comment.text:
            own = cell.comment.text.partition(REMARK_MARK)[0].removesuffix("\n")
            cell.comment = Comment(own, cell.comment.author) if own.strip(" \n:：" + AUTHOR) else None
        if cell.column == result:
            cell.value = None


def _first_free_column(sheet: Worksheet, cells: list[Cell], header_row: int) -> int:
    used = [cell.column for cell in cells if cell.value is not None]
    merged = [area.max_col for area in sheet.merged_cells.ranges if area.max_row >= header_row]
    return int(max([0, *used, *merged])) + 1


def _write_result_header(sheet: Worksheet, header_row: int, result: int, findings: Findings) -> None:
    header = sheet.cell(header_row, result, RESULT_TITLE)
    header.font = Font(bold=True, color="FFFFFFFF")
    header.fill = PatternFill("solid", fgColor=f"FF{RESULT_COLOUR}")
    header.alignment = Alignment(vertical="center")
    header.comment = Comment(summary(findings), AUTHOR, height=120, width=320)
    sheet.column_dimensions[get_column_letter(result)].width = RESULT_WIDTH


def _add_comment(cell: Cell, text: str) -> None:
    earlier = cell.comment
    if earlier is not None:
        text, author = f"{earlier.text}\n{text}", earlier.author
    else:
        author = AUTHOR
    cell.comment = Comment(text, author, height=40 + 20 * (1 + text.count("\n") + len(text) // 24), width=320)


def _fit_view(sheet: Worksheet, header_row: int, result: int) -> None:
    """Header kept in view, the filter reaching over the result column; both only where they disturb
    nothing.
    """
    if sheet.freeze_panes is None:
        sheet.freeze_panes = f"A{header_row + 1}"
    if sheet.tables:
        return
    last_row = max(sheet.max_row, header_row + 1)
    left = 1
    if sheet.auto_filter.ref:
        left, top, right, _ = range_boundaries(sheet.auto_filter.ref)
        if top != header_row or right is None or right > result:
            return
    sheet.auto_filter.ref = (
        f"{get_column_letter(left or 1)}{header_row}:{get_column_letter(result)}{last_row}"
    )
