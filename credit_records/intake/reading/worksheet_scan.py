"""What a worksheet holds, told from its XML before it is loaded: extent, formulas, error results.

The reader lays a sheet out as a full rectangle and drops formulas and errors silently. One stray value
in XFD1048576 would take hundreds of gigabytes, so the rectangle is measured first. Cells written as
every office program writes them are counted by regular expressions (a second for 50,000 rows); anything
written otherwise goes through a real XML parser, slower and exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import unescape
from xml.parsers import expat

from openpyxl.formula.translate import Translator, TranslatorError

from credit_records.intake.reading.cells import column_index, column_letter
from credit_records.intake.reading.packages import safe_parser
from credit_records.intake.reading.refusals import FileRefused, Limits, damaged, too_many_columns

Position = tuple[int, int]

_REFERENCE = rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"'
_ATTRIBUTES = rb'(?: [a-z]{1,2}="\w*")* ?'
_FILLED = re.compile(_REFERENCE + _ATTRIBUTES + rb">\s*<(?!/|v ?/>|v></v>)")
_EMPTY = re.compile(
    rb'<c r="[A-Z]{1,3}[1-9][0-9]{0,6}"' + _ATTRIBUTES + rb"(?:/>|>\s*</c>|><v ?/></c>|><v></v></c>)"
)
_FORMULA = re.compile(
    _REFERENCE
    + rb"("
    + _ATTRIBUTES
    + rb')>\s*<f((?: [a-z0-9]+="[^"<>]*")*) ?(?:/>|>([^<]*)</f>)(?:\s*(<v ?/>|<v></v>))?',
    re.ASCII,
)
_ERROR = re.compile(
    _REFERENCE
    + rb'(?: [a-z]{1,2}="\w*")*? t="e"(?: [a-z]{1,2}="\w*")* ?>\s*'
    + rb"(?:<f[^<>]*(?:/>|>[^<]*</f>)\s*)?<v>([^<]*)</v>"
)
_ANY_CELL = re.compile(rb"<c[\s/>]")
_ANY_FORMULA = re.compile(rb"<f[\s/>]")
_PREFIXED_CELL = re.compile(rb"<[^\s<>/:]+:c[\s/>]")
_LONGEST_PIECE = 8 << 20
_LONGEST_FORMULA = 500


class _Unusual(Exception):
    """The XML is not written as office programs write it."""


@dataclass(slots=True)
class SheetScan:
    """Extent and special cells of one sheet. Rows count from 1, columns from 0; `filled_rows` are those
    with a value. `shown_empty` are formulas whose stored result is the empty text; one without any stored
    result is not among them.
    """

    last_row: int = 0
    last_column: int = -1
    filled_rows: set[int] = field(default_factory=set)
    formulas: dict[Position, str] = field(default_factory=dict)
    errors: dict[Position, str] = field(default_factory=dict)
    shown_empty: set[Position] = field(default_factory=set)
    _shared: dict[str, Position] = field(default_factory=dict)
    _borrowed: dict[Position, str] = field(default_factory=dict)

    def add_formula(self, at: Position, attributes: dict[str, str], text: str, limits: Limits) -> None:
        self.formulas[at] = text if len(text) <= _LONGEST_FORMULA else ""
        if len(self.formulas) > limits.max_formulas:
            raise FileRefused(
                "file.too_many_formulas",
                "表中公式过多，无法读取。请全选后用“复制—选择性粘贴—数值”去掉公式，再重新上传。",
            )
        if attributes.get("t") == "shared":
            if text:
                self._shared[attributes.get("si", "")] = at
            else:
                self._borrowed[at] = attributes.get("si", "")

    def formula_text(self, at: Position) -> str:
        """The formula of a cell; one filled down from another cell is moved to its place."""
        text = self.formulas[at]
        origin = self._shared.get(self._borrowed.get(at, "")) if not text else None
        if origin is None or origin not in self.formulas:
            return text
        try:
            moved = Translator(f"={self.formulas[origin]}", _name(origin)).translate_formula(_name(at))
        except TranslatorError:
            return ""
        return str(moved)[1:]

    def check_extent(self, limits: Limits, sheet: str) -> None:
        """Refuse a sheet that spans more than may be laid out in memory."""
        columns = self.last_column + 1
        if columns > limits.max_columns:
            rightmost = f"（最右到 {column_letter(self.last_column)} 列）"
            raise too_many_columns(limits.max_columns, f"工作表“{sheet}”", columns, rightmost)
        if self.last_row > limits.max_rows + limits.header_within:
            raise too_many_rows(limits, f"工作表“{sheet}”的内容到第 {self.last_row} 行")
        if columns * self.last_row > limits.max_cells:
            raise FileRefused(
                "file.too_many_cells",
                f"工作表“{sheet}”占用 {self.last_row} 行 × {columns} 列，范围过大。"
                "请删去表格右侧和下方零星的内容，或分成几个文件上传。",
            )


def too_many_rows(limits: Limits, what: str = "数据行数") -> FileRefused:
    return FileRefused(
        "file.too_many_rows",
        f"{what}，超过每个文件 {limits.max_rows} 行的上限。请分成几个文件上传，并删去下方多余的内容。",
    )


def scan_worksheet(open_pieces: Callable[[], Iterable[bytes]], limits: Limits) -> SheetScan:
    """Measure a worksheet; `open_pieces` starts the unpacking anew each time it is called."""
    try:
        return _scan_usual(open_pieces(), limits)
    except _Unusual:
        return _Parsed(limits).scan(open_pieces())


def _scan_usual(pieces: Iterable[bytes], limits: Limits) -> SheetScan:
    scan = SheetScan()
    letters: set[bytes] = set()
    numbers: set[bytes] = set()
    rest = b""
    for piece in pieces:
        joined = rest + piece
        cut = joined.rfind(b"<c ")
        if cut <= 0:
            rest = joined
            if len(rest) > _LONGEST_PIECE:
                raise _Unusual
            continue
        _scan_piece(joined[:cut], scan, letters, numbers, limits)
        rest = joined[cut:]
    _scan_piece(rest, scan, letters, numbers, limits)
    scan.filled_rows = {int(number) for number in numbers}
    scan.last_row = max(scan.filled_rows, default=0)
    scan.last_column = max((column_index(letter.decode()) for letter in letters), default=-1)
    return scan


def _scan_piece(
    piece: bytes, scan: SheetScan, letters: set[bytes], numbers: set[bytes], limits: Limits
) -> None:
    filled = _FILLED.findall(piece)
    counted = len(filled) + len(_EMPTY.findall(piece))
    if piece.count(b"<c") != counted and len(_ANY_CELL.findall(piece)) != counted:
        raise _Unusual
    if b"<!" in piece or (b":c" in piece and _PREFIXED_CELL.search(piece)):
        raise _Unusual
    letters.update(letter for letter, _ in filled)
    numbers.update(number for _, number in filled)
    if b"<f" in piece:
        formulas = _FORMULA.findall(piece)
        if len(formulas) != len(_ANY_FORMULA.findall(piece)):
            raise _Unusual
        for letter, number, cell, attributes, text, empty_result in formulas:
            at = (int(number), column_index(letter.decode()))
            if empty_result and b' t="str"' in cell:
                scan.shown_empty.add(at)
            scan.add_formula(
                at,
                dict(re.findall(r'([a-z0-9]+)="([^"]*)"', attributes.decode("utf-8", "replace"))),
                unescape(text.decode("utf-8", "replace")),
                limits,
            )
    if b't="e"' in piece:
        for letter, number, text in _ERROR.findall(piece):
            scan.errors[int(number), column_index(letter.decode())] = text.decode("utf-8", "replace")


class _Parsed:
    """The exact way, through an XML parser, counting cells without a reference as the reader does."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._scan = SheetScan()
        self._row = 1
        self._column = 0
        self._cell: Position | None = None
        self._type = ""
        self._inside = ""
        self._attributes: dict[str, str] = {}
        self._text: list[str] = []

    def scan(self, pieces: Iterable[bytes]) -> SheetScan:
        parser = safe_parser()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            for piece in pieces:
                parser.Parse(piece, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged() from error
        return self._scan

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row" and self._cell is None:
            number = attributes.get("r", "")
            if number:
                self._row = _whole(number)
        elif name == "c" and self._cell is None:
            self._cell = (self._row, self._column)
            if reference := attributes.get("r"):
                self._cell = _position(reference)
                self._column = self._cell[1]
            self._type = attributes.get("t", "")
        elif self._cell is not None:
            if not self._inside:
                self._fill(self._cell)
            if name in ("f", "v"):
                self._inside, self._attributes, self._text = name, attributes, []

    def _fill(self, at: Position) -> None:
        scan = self._scan
        scan.filled_rows.add(at[0])
        scan.last_row = max(scan.last_row, at[0])
        scan.last_column = max(scan.last_column, at[1])

    def _characters(self, text: str) -> None:
        if self._inside:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row += 1
            self._column = 0
        elif name == "c" and self._cell is not None:
            self._cell = None
            self._column += 1
        elif name == self._inside and self._cell is not None:
            text = "".join(self._text)
            if name == "f":
                self._scan.add_formula(self._cell, self._attributes, text, self._limits)
            elif self._type == "e":
                self._scan.errors[self._cell] = text
            elif self._type == "str" and not text and self._cell in self._scan.formulas:
                self._scan.shown_empty.add(self._cell)
            self._inside = ""


def _position(reference: str) -> Position:
    match = re.fullmatch(r"([A-Za-z]{1,3})([0-9]{1,7})", reference)
    if match is None:
        raise damaged(f"（单元格编号“{reference[:20]}”不合规）")
    return _whole(match[2]), column_index(match[1].upper())


def _whole(number: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", number) or int(number) == 0:
        raise damaged(f"（行号“{number[:20]}”不合规）")
    return int(number)


def _name(at: Position) -> str:
    return f"{column_letter(at[1])}{at[0]}"
