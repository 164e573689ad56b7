"""Finding the header row of a sheet and what each column means (domain.md section 2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from credit_records.intake.reading.cells import FormulaCell, column_letter
from credit_records.intake.reading.refusals import FileRefused
from credit_records.rules.text import clean_text, header_key

RESULT_TITLE = "【检查结果】"
RESULT_KEY = header_key(RESULT_TITLE)

_LEAST_MATCHES = 3
_LONGEST_TITLE = 100
_NEARLY_ALL = 0.8
_REQUIRED_REMARK = re.compile(r"\((?:必填|选填|必填项|选填项|条件必填|非必填)\)$")


@dataclass(frozen=True, slots=True)
class FieldTitle:
    """How a field of the catalogue item may be headed: its title, its code, both, or a known short form."""

    code: str
    title: str
    required: bool
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFound:
    """A column of the sheet; `index` counts from 0, `field_code` is None when the column means nothing to
    us. `title` is in one line and can be stored, whatever stood in the cell.
    """

    index: int
    title: str
    field_code: str | None

    @property
    def letter(self) -> str:
        return column_letter(self.index)


@dataclass(slots=True)
class HeaderFound:
    """A row that reads like a header; `row` is the number seen in the sheet, of the last of its `lines`."""

    row: int
    columns: list[ColumnFound]
    lines: list[Sequence[object]]
    positions: dict[str, list[int]] = field(default_factory=dict)

    def missing(self, fields: Iterable[FieldTitle]) -> list[FieldTitle]:
        return [field for field in fields if field.required and field.code not in self.positions]


class HeaderFinder:
    """Compares rows with the fields of one catalogue item."""

    def __init__(self, fields: Sequence[FieldTitle]) -> None:
        self.fields = fields
        self._exact: dict[str, str] = {}
        self._short: dict[str, str] = {}
        for entry in fields:
            for writing in (
                entry.title,
                entry.code,
                f"{entry.title}({entry.code})",
                f"{entry.code}({entry.title})",
                f"{entry.title}{entry.code}",
            ):
                self._exact.setdefault(header_key(writing), entry.code)
        for entry in fields:
            for alias in entry.aliases:
                self._short.setdefault(header_key(alias), entry.code)

    def _code(self, titles: dict[str, str], key: str) -> str | None:
        if key in titles:
            return titles[key]
        return titles.get(header_key(_REQUIRED_REMARK.sub("", key)))

    def read(self, row: int, cells: Sequence[object]) -> HeaderFound:
        """Take the row for a header and say what every column would mean.

        A short form counts only where no column carries the full title: 统一社会信用代码 beside
        行政相对人代码_1(统一社会信用代码) is another column.
        """
        keys = [header_key(_text(cell)) for cell in cells]
        codes = [self._code(self._exact, key) if key else None for key in keys]
        taken = set(codes)
        for index, key in enumerate(keys):
            if codes[index] is None and key:
                code = self._code(self._short, key)
                if code not in taken:
                    codes[index] = code
        header = HeaderFound(row, [], [cells])
        for index, (cell, code) in enumerate(zip(cells, codes, strict=True)):
            if title := shown_title(cell):
                header.columns.append(ColumnFound(index, title, code))
            if code is not None:
                header.positions.setdefault(code, []).append(index)
        return header

    def find(self, rows: Iterable[Sequence[object]]) -> HeaderFound | None:
        """The row that matches the most fields, the first of equals; None when hardly a column matches.

        A second header line directly below (official forms give the codes under the titles) belongs to the
        header.
        """
        found: list[HeaderFound] = []
        for number, cells in enumerate(rows, start=1):
            found.append(self.read(number, cells))
        if not found:
            return None
        best = max(found, key=lambda header: (len(header.positions), -header.row))
        if len(best.positions) < min(_LEAST_MATCHES, len(self.fields)):
            return None
        for below in found[best.row :]:
            agreeing = sum(best.positions.get(code) == at for code, at in below.positions.items())
            if agreeing < _LEAST_MATCHES or agreeing * 2 < len(best.positions):
                break
            best.row = below.row
            best.lines.extend(below.lines)
        return best

    def repeats(self, header: HeaderFound, cells: Sequence[object]) -> bool:
        """Whether a row below the header is the header once more, as exports made for printing have it on
        every page: nearly all known columns hold a title of theirs.
        """
        below = self.read(0, cells)
        agreeing = sum(header.positions.get(code) == at for code, at in below.positions.items())
        known = len(header.positions)
        return agreeing >= min(_LEAST_MATCHES, known) and agreeing >= known * _NEARLY_ALL

    def check(self, header: HeaderFound) -> None:
        """Refuse a header that lacks a required column or has one twice."""
        missing = header.missing(self.fields)
        if missing:
            names = "、".join(entry.title for entry in missing)
            raise FileRefused(
                "file.header_missing_columns",
                f"第 {header.row} 行表头缺少必填列：{names}。请按模板补上这些列后重新上传。",
            )
        titles = {entry.code: entry.title for entry in self.fields}
        twice = [
            f"“{titles[code]}”（{'、'.join(column_letter(index) for index in at)} 列）"
            for code, at in header.positions.items()
            if len(at) > 1
        ]
        if twice:
            raise FileRefused(
                "file.duplicate_columns",
                f"第 {header.row} 行表头中同一列出现了多次：{'、'.join(twice)}。请只保留一列后重新上传。",
            )


def no_header(limit: int) -> FileRefused:
    return FileRefused(
        "file.no_header",
        f"前 {limit} 行中没有找到表头，列名与本事项的模板几乎都对不上。"
        "请下载本事项的模板，按模板的列名填写后上传。",
    )


def shown_title(cell: object) -> str:
    """The title of a column as it is stored and quoted: one line, of bearable length, nothing invisible."""
    return " ".join(clean_text(_text(cell)).split())[:_LONGEST_TITLE].rstrip()


def is_result_title(title: str) -> bool:
    """Whether this is the column that an earlier round of ours has put there, and not one of the clerk's."""
    return header_key(title) == RESULT_KEY and RESULT_TITLE[0] in title


def _text(cell: object) -> str:
    if isinstance(cell, FormulaCell):
        cell = cell.cached_value
    return "" if cell is None else str(cell)
