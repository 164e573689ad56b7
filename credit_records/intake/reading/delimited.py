"""CSV and its relatives, streamed: nothing but one block of rows is held in memory."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from credit_records.intake.reading.refusals import FileRefused, Limits, damaged, too_many_columns
from credit_records.intake.reading.workbooks import Block

ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "gb18030": "GB18030",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_PIECE = 1 << 16
_LONG_LINE = 1 << 20
_END = "\x1f"


class DelimitedFile:
    """A text table of known encoding and delimiter.

    A record is one row, as an office program shows it, also when a quoted cell holds line breaks; empty
    lines count. Bytes that are no text, an open quotation mark, empty characters and values in too many
    columns refuse the file when the reading reaches them.
    """

    first_column = 0
    name = ""

    def __init__(self, path: Path, encoding: str, delimiter: str, limits: Limits) -> None:
        self._path = path
        self._most_columns = limits.max_columns
        self.encoding = encoding
        self.delimiter = delimiter

    def blocks(self, size: int) -> Iterator[Block]:
        """All records from the first on, at most `size` at a time, as (number of the first, records)."""
        first = 1
        with self._path.open("rb") as raw, io.TextIOWrapper(raw, self.encoding, newline="") as text:
            lines = _Lines(text, self.delimiter, self._most_columns)
            # strict: an open quotation mark must not swallow the rows up to the next one in silence
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            while True:
                line_before = reader.line_num
                block: list[list[str]] = []
                try:
                    block.extend(islice(reader, size))
                except csv.Error as error:
                    row = first + len(block)
                    alone = reader.line_num - line_before - _lines_in(block) == 1
                    if not alone or "field larger" in str(error):
                        raise _open_quote(row) from error
                    block.append(self._read_loosely(lines.last, row))
                except UnicodeDecodeError as error:
                    raise self._no_text(first + len(block)) from error
                if not block:
                    return
                if lines.empty_character:
                    _refuse_empty_characters(first, block)
                if max(map(len, block)) > self._most_columns:
                    self._check_width(first, block)
                yield first, block
                first += len(block)

    def _check_width(self, first: int, block: list[list[str]]) -> None:
        """Only columns with a value count: office programs save empty ones along."""
        for row, record in enumerate(block, start=first):
            columns = max((at for at, cell in enumerate(record, start=1) if cell), default=0)
            if columns > self._most_columns:
                raise too_many_columns(self._most_columns, f"第 {row} 行", columns)
            del record[self._most_columns :]

    def _read_loosely(self, line: str, row: int) -> list[str]:
        """A line with a stray quotation mark ("甲"公司) is read as an office program reads it.

        Only where the record stands in one line; otherwise nobody can tell which rows have run together.
        """
        records = list(csv.reader([line, _END], delimiter=self.delimiter))
        if len(records) != 2:
            raise _open_quote(row)
        return records[0]

    def _no_text(self, row: int) -> FileRefused:
        """Find the row with the bytes that are no text. Decoding runs ahead of the rows, hence the second
        look.
        """
        decoder = codecs.getincrementaldecoder(self.encoding)()
        text: list[str] = []
        with self._path.open("rb") as raw:
            try:
                while piece := raw.read(_PIECE):
                    text.append(decoder.decode(piece))
                decoder.decode(b"", True)
            except UnicodeDecodeError as error:
                text.append(error.object[: error.start].decode(self.encoding.removesuffix("-sig"), "ignore"))
        before = io.StringIO("".join(text) + _END, newline="")
        with contextlib.suppress(csv.Error):  # then the row reached so far is the best that can be said
            row = max(row, sum(1 for _ in csv.reader(before, delimiter=self.delimiter)))
        return FileRefused(
            "file.encoding",
            f"第 {row} 行有无法识别的字符（文件按 {ENCODING_NAMES[self.encoding]} 编码读取）。"
            "请用 Excel 或 WPS 打开，改正该行后另存为 .xlsx 再上传。",
        )


class _Lines:
    """The lines of a text; the last one is kept for a second reading.

    A line of a million empty cells is refused before it is taken apart, which would cost the memory of a
    hundred such files.
    """

    def __init__(self, text: io.TextIOWrapper, delimiter: str, most_columns: int) -> None:
        self._text = text
        self._delimiter = delimiter
        self._most_columns = most_columns
        self.last = ""
        self.empty_character = False

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.last = line
            if "\0" in line:
                self.empty_character = True
            if len(line) > _LONG_LINE and (columns := line.count(self._delimiter) + 1) > _LONG_LINE:
                raise too_many_columns(self._most_columns, "其中一行", columns)
            yield line


def _lines_in(block: list[list[str]]) -> int:
    return len(block) + sum(len(_LINE_END.findall(cell)) for record in block for cell in record)


def _refuse_empty_characters(first: int, block: list[list[str]]) -> None:
    for row, record in enumerate(block, start=first):
        if any("\0" in cell for cell in record):
            raise damaged(f"（第 {row} 行含有空字符）")


def _open_quote(row: int) -> FileRefused:
    return FileRefused(
        "file.damaged",
        f"第 {row} 行的引号不成对，后面的行无法分开。"
        "请检查该行的英文双引号，或用 Excel、WPS 打开核对后另存为 .xlsx 再上传。",
    )
