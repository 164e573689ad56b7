"""Workbooks written anew, row by row in constant memory: from CSV, from xls, from xlsx too large to keep
in style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from credit_records.intake.reading.cells import ErrorCell, FormulaCell
from credit_records.intake.reading.containers import container_of
from credit_records.intake.reading.delimited import DelimitedFile
from credit_records.intake.reading.headers import RESULT_TITLE, is_result_title, shown_title
from credit_records.intake.reading.refusals import FileRefused, Limits
from credit_records.intake.reading.sheets import SheetLayout
from credit_records.intake.reading.workbooks import WorkbookFile, WorkbookSheet
from credit_records.intake.remarks import (
    AUTHOR,
    COLOURS,
    LONGEST_TEXT,
    MOST_COMMENTS,
    RESULT_COLOUR,
    RESULT_WIDTH,
    CellRemark,
    Findings,
    cell_remarks,
    row_text,
    sheet_title,
    summary,
)
from credit_records.rules.faults import Severity
from credit_records.rules.text import clean_text, starts_formula

_BLOCK = 1000
_NARROWEST, _WIDEST = 12, 40
_NOTHING: dict[int, CellRemark] = {}
_LONGEST_LITERAL, _LONGEST_LITERALS = 255, 4_000
"""Office programs take no more of a text within a formula."""
_ERROR_LITERALS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FIRST_DAY = date(1900, 1, 1)
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def rewrite(
    source: Path,
    *,
    file_name: str,
    layout: SheetLayout,
    findings: Findings,
    out: Path,
    limits: Limits,
) -> None:
    """Write all sheets of the source again, the one of `layout` with its findings marked."""
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        styles = Styles(book)
        taken: set[str] = set()
        if layout.kind == "csv":
            table = DelimitedFile(source, layout.encoding or "utf-8", layout.delimiter or ",", limits)
            sheet = book.add_worksheet(sheet_title(Path(file_name).stem, taken))
            _Marked(sheet, styles, table, layout.header_row, findings).write()
            return
        container = container_of(source, limits)
        original = WorkbookFile(source, "ole" if container == "ole" else "zip", limits)
        try:
            for index in range(len(original.sheets)):
                if original.is_worksheet(index):
                    name = original.sheets[index].name
                    sheet = book.add_worksheet(sheet_title(name, taken))
                    if not original.is_visible(index):
                        sheet.hide()
                    if name == layout.sheet_name:
                        sheet.activate()
                        loaded = original.load(index)
                        _Marked(sheet, styles, loaded, layout.header_row, findings).write()
                    else:
                        _copy(original, index, sheet, styles)
        finally:
            original.close()


def _copy(original: WorkbookFile, index: int, sheet: Worksheet, styles: Styles) -> None:
    try:
        loaded = original.load(index)
    except FileRefused as refused:
        sheet.write_string(0, 0, f"本表未写回：{refused.message}")
        return
    for row, cells in _records(loaded):
        for column, value in enumerate(cells, start=loaded.first_column):
            write_cell(sheet, row - 1, column, value, styles, None)


def _records(table: WorkbookSheet | DelimitedFile) -> Iterator[tuple[int, list[Any]]]:
    for first, rows in table.blocks(_BLOCK):
        yield from enumerate(rows, start=first)


class Styles:
    """The few formats of the workbook, made when first needed."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, Severity | None], Format] = {}
        self.header = book.add_format(
            {"bold": True, "bg_color": "#D9E1F2", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        self.title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        self.result_header = book.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": f"#{RESULT_COLOUR}", "valign": "vcenter"}
        )
        self.result = book.add_format({"text_wrap": True, "valign": "top"})

    def get(self, kind: str, severity: Severity | None) -> Format:
        if (kind, severity) not in self._made:
            properties: dict[str, Any] = {}
            if kind in ("text", "quoted"):
                properties["num_format"] = "@"
            elif kind != "general":
                properties["num_format"] = kind
            if severity is not None:
                properties["bg_color"] = f"#{COLOURS[severity]}"
            made = self._book.add_format(properties)
            if kind == "quoted":
                made.set_quote_prefix()
            self._made[kind, severity] = made
        return self._made[kind, severity]


def write_cell(
    sheet: Worksheet, row: int, column: int, value: Any, styles: Styles, severity: Severity | None
) -> None:
    """One cell, as what it was: text stays text, numbers and dates stay such, formulas stay formulas."""
    if isinstance(value, ErrorCell):
        value = value.text
    if isinstance(value, str):
        if value:
            kind = "quoted" if starts_formula(value) else "text"
            sheet.write_string(row, column, value[:LONGEST_TEXT], styles.get(kind, severity))
        elif severity is not None:
            sheet.write_blank(row, column, None, styles.get("text", severity))
    elif isinstance(value, FormulaCell):
        formula = f"={value.text or _formula_of(value.cached_value)}"
        sheet.write_formula(row, column, formula, styles.get("general", severity), _result_of(value))
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, styles.get("general", severity))
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, styles.get("general", severity))
    elif isinstance(value, date) and date(value.year, value.month, value.day) < _FIRST_DAY:
        sheet.write_string(row, column, str(value), styles.get("text", severity))
    elif isinstance(value, date | time | timedelta):
        sheet.write_datetime(row, column, value, styles.get(_date_format(value), severity))


class _EmptyResult(str):
    """The empty text as the result of a formula; what xlsxwriter takes for it means: not computed yet."""

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def _result_of(formula: FormulaCell) -> int | float | str:
    cached = formula.cached_value
    if cached is None:
        return ""
    if isinstance(cached, int | float):
        return cached
    return _NO_XML.sub("", str(cached)) or _EmptyResult()


def _formula_of(value: object) -> str:
    """A formula of nothing but a value, where the file does not tell the formula that gave it.

    The value alone would pass at the next upload, although nobody has looked at it; a text about it would
    pass in a column of texts. So it is shown, and refused again.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float) and isfinite(value):
        return repr(value)
    if isinstance(value, ErrorCell) and value.text in _ERROR_LITERALS:
        return value.text
    text = _NO_XML.sub("", value if isinstance(value, str) else clean_text(value))[:_LONGEST_LITERALS]
    pieces = [text[at : at + _LONGEST_LITERAL] for at in range(0, len(text), _LONGEST_LITERAL)]
    return "&".join('"' + piece.replace('"', '""') + '"' for piece in pieces or [""])


def _date_format(value: date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return "yyyy/m/d h:mm:ss"
    if isinstance(value, date):
        return "yyyy/m/d"
    return "h:mm:ss" if isinstance(value, time) else "[h]:mm:ss"


class _Marked:
    """The sheet with the table, written with its marks."""

    def __init__(
        self,
        sheet: Worksheet,
        styles: Styles,
        table: WorkbookSheet | DelimitedFile,
        header_row: int,
        findings: Findings,
    ) -> None:
        self._sheet = sheet
        self._styles = styles
        self._table = table
        self._header_row = header_row
        self._findings = findings
        self._comments = 0
        self._titles: list[str] = []
        self._result = -1
        self._measure()

    def _measure(self) -> None:
        """Where the result column stands: where an earlier round put it, else right of everything used."""
        width = 0
        for row, cells in _records(self._table):
            used = len(cells)
            while used > 0 and cells[used - 1] == "":
                used -= 1
            width = max(width, used + self._table.first_column)
            if row == self._header_row:
                pad = [""] * self._table.first_column
                self._titles = [shown_title(cell) for cell in (*pad, *cells)]
        ours = [index for index, title in enumerate(self._titles) if is_result_title(title)]
        self._result = ours[0] if ours else width

    def write(self) -> None:
        self._prepare_view()
        merged = self._merged_titles()
        last = self._header_row
        for row, cells in _records(self._table):
            last = row
            if row <= self._header_row:
                self._write_head(row, cells, merged.get(row, []))
            else:
                self._write_row(row, cells)
        for row in sorted(number for number in self._findings if number > last):
            self._write_row(row, [])
        self._sheet.autofilter(self._header_row - 1, 0, max(last, self._header_row + 1) - 1, self._result)

    def _prepare_view(self) -> None:
        self._sheet.freeze_panes(self._header_row, 0)
        for index, title in enumerate(self._titles):
            self._sheet.set_column(index, index, min(max(2 * len(title) + 2, _NARROWEST), _WIDEST))
        self._sheet.set_column(self._result, self._result, RESULT_WIDTH)

    def _merged_titles(self) -> dict[int, list[tuple[int, int]]]:
        """Merged cells within one row above the data; across rows they cannot be written in constant
        memory.
        """
        merged: dict[int, list[tuple[int, int]]] = {}
        if isinstance(self._table, WorkbookSheet):
            for (top, left), (bottom, right) in self._table.merged_ranges():
                if top == bottom < self._header_row and left < right:
                    merged.setdefault(top + 1, []).append((left, right))
        return merged

    def _write_head(self, row: int, cells: list[Any], merged: list[tuple[int, int]]) -> None:
        is_header = row == self._header_row
        for left, right in merged:
            self._sheet.merge_range(row - 1, left, row - 1, right, "", self._styles.title)
        starts = {left for left, _ in merged}
        for column, value in enumerate(cells, start=self._table.first_column):
            if isinstance(value, str) and (is_header or column in starts):
                style = self._styles.header if is_header else self._styles.title
                if value and column != self._result:
                    self._sheet.write_string(row - 1, column, value[:LONGEST_TEXT], style)
            elif column != self._result or not is_header:
                write_cell(self._sheet, row - 1, column, value, self._styles, None)
        if is_header:
            self._sheet.write_string(row - 1, self._result, RESULT_TITLE, self._styles.result_header)
            self._comment(row - 1, self._result, summary(self._findings))

    def _write_row(self, row: int, cells: list[Any]) -> None:
        findings = self._findings.get(row, ())
        remarks = cell_remarks(findings) if findings else _NOTHING
        first = self._table.first_column
        for column, value in enumerate(cells, start=first):
            if column == self._result:
                continue
            remark = remarks.get(column)
            if value != "" or remark is not None:
                severity = None if remark is None else remark.severity
                write_cell(self._sheet, row - 1, column, value, self._styles, severity)
        for column, remark in remarks.items():
            if not first <= column < first + len(cells):
                write_cell(self._sheet, row - 1, column, "", self._styles, remark.severity)
            if self._comments < MOST_COMMENTS:
                self._comments += 1
                self._comment(row - 1, column, remark.text)
        if findings:
            text = row_text(findings, self._titles)
            self._sheet.write_string(row - 1, self._result, text, self._styles.result)

    def _comment(self, row: int, column: int, text: str) -> None:
        self._sheet.write_comment(row, column, text, {"author": AUTHOR, "x_scale": 2, "y_scale": 1})
