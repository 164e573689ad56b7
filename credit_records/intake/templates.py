"""Workbooks to download and fill in, made from the field list of a catalogue item."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from credit_records.rules.field_specs import FieldType

FILLED_ROWS = 5_000
"""So many rows below the header are prepared for text and dates and carry the drop-down lists."""
NOTES_SHEET = "填写说明"
OPTIONS_SHEET = "选项"
_TITLE_ROW, _NOTE_ROW, _HEADER_ROW = 0, 1, 2
_NARROWEST, _WIDEST = 14, 44
_LONGEST_PROMPT = 255
_LONGEST_PROMPT_TITLE = 32
_KINDS = {
    FieldType.TEXT: "文字",
    FieldType.DATE: "日期",
    FieldType.DECIMAL: "数字",
    FieldType.CHOICE: "单选",
    FieldType.MULTI_CHOICE: "多选",
    FieldType.USCC: "统一社会信用代码",
    FieldType.ID_NUMBER: "证件号码",
    FieldType.ORGANISATION_CODE: "组织机构代码",
}
_HOW_TO_WRITE = {
    FieldType.DATE: "写成 2026/03/05",
    FieldType.DECIMAL: "只写数字，不写单位和汉字大写",
    FieldType.MULTI_CHOICE: "多项之间用“；”分开",
    FieldType.USCC: "18 位，单元格保持文本格式",
    FieldType.ID_NUMBER: "单元格保持文本格式",
    FieldType.ORGANISATION_CODE: "18 位统一社会信用代码，单元格保持文本格式",
}
_NOTE_COLUMNS = (
    ("序号", 6),
    ("列名", 34),
    ("代码", 18),
    ("类型", 18),
    ("长度", 8),
    ("是否必填", 10),
    ("何时必填", 36),
    ("可填内容", 44),
    ("公开与遮盖", 20),
    ("说明", 44),
    ("示例", 30),
)


@dataclass(frozen=True, slots=True)
class TemplateField:
    """One column of a template, in the words that the clerk reads."""

    code: str
    title: str
    type: str
    required: Literal["yes", "no", "conditional"]
    condition_text: str = ""
    max_length: int | None = None
    options: tuple[str, ...] = ()
    note: str = ""
    example: str = ""
    masking: str = ""

    @property
    def heading(self) -> str:
        return f"*{self.title}" if self.required == "yes" else self.title

    @property
    def open_option(self) -> bool:
        """Whether one of the options is continued in the clerk's own words (其他-…)."""
        return any(option.endswith("-") for option in self.options)

    @property
    def requirement(self) -> str:
        return {"yes": "必填", "no": "选填", "conditional": "条件必填"}[self.required]

    def advice(self) -> list[str]:
        """What to know when filling the column, a sentence a line."""
        kind = FieldType(self.type)
        lines = [f"{self.requirement}：{self.condition_text}" if self.condition_text else self.requirement]
        length = f"，最多 {self.max_length} 字" if self.max_length else ""
        lines.append(f"{_KINDS[kind]}{length}")
        if kind in _HOW_TO_WRITE:
            lines.append(_HOW_TO_WRITE[kind])
        if self.options:
            lines.append(f"可填：{'、'.join(self.options)}")
        if self.open_option:
            lines.append("选“其他-”的，在其后写明具体内容")
        if self.note:
            lines.append(self.note)
        if self.example:
            lines.append(f"例：{self.example}")
        return lines


def write_template(
    out: Path | BinaryIO, *, item_title: str, version_label: str, fields: Sequence[TemplateField]
) -> None:
    """Write an empty workbook for one catalogue item; filled in, it is read by `open_sheet` without change.

    Code and number columns are text, so that no office program turns 18 digits into 9.1E+17. Lists lie on a
    hidden sheet under defined names: a list written into the cell is limited to 255 characters, and a name
    outlives the saving by other programs. A list that is open, or of which several may be taken, only
    warns.
    """
    with xlsxwriter.Workbook(out) as book:
        _Template(book, item_title, version_label, fields).write()


class _Template:
    def __init__(
        self, book: xlsxwriter.Workbook, item_title: str, version_label: str, fields: Sequence[TemplateField]
    ) -> None:
        self._book = book
        self._item_title = item_title
        self._version_label = version_label
        self._fields = fields
        self._sheet: Worksheet = book.add_worksheet(_sheet_name(item_title))
        self._notes: Worksheet = book.add_worksheet(NOTES_SHEET)
        self._lists: Worksheet = book.add_worksheet(OPTIONS_SHEET)

    def write(self) -> None:
        self._write_top()
        for column, field in enumerate(self._fields):
            self._write_column(column, field)
        self._sheet.freeze_panes(_HEADER_ROW + 1, 1)
        self._sheet.activate()
        self._write_notes()
        self._lists.hide()

    def _format(self, **properties: Any) -> Format:
        return self._book.add_format({"font_name": "宋体", "valign": "vcenter", **properties})

    def _write_top(self) -> None:
        last = len(self._fields) - 1
        title = self._format(bold=True, font_size=16)
        note = self._format(font_color="#7F7F7F", text_wrap=False)
        words = (
            "填表说明：带 * 的列必填；请从下一行表头之下开始填写，不要改动列名；"
            "代码和号码列保持文本格式；各列填法见列名上的批注和“填写说明”。"
        )
        self._sheet.write_string(
            _TITLE_ROW, 0, f"{self._item_title}信息报送表（{self._version_label}）", title
        )
        self._sheet.write_string(_NOTE_ROW, 0, words, note)
        self._sheet.set_row(_TITLE_ROW, 28)
        self._sheet.set_row(_NOTE_ROW, 20)
        self._sheet.set_row(_HEADER_ROW, 34)
        self._sheet.repeat_rows(_HEADER_ROW)
        self._sheet.set_landscape()
        self._sheet.autofilter(_HEADER_ROW, 0, _HEADER_ROW, max(last, 0))

    def _write_column(self, column: int, field: TemplateField) -> None:
        colour = {"yes": "#F8CBAD", "conditional": "#FFE699", "no": "#D9E1F2"}[field.required]
        header = self._format(bold=True, bg_color=colour, border=1, text_wrap=True, align="center")
        kind = FieldType(field.type)
        cells = {"num_format": "@"}
        if kind is FieldType.DATE:
            cells = {"num_format": "yyyy/mm/dd"}
        elif kind is FieldType.DECIMAL:
            cells = {"num_format": "General"}
        width = min(max(2 * len(field.title) + 4, _NARROWEST), _WIDEST)
        self._sheet.set_column(column, column, width, self._format(**cells))
        self._sheet.write_string(_HEADER_ROW, column, field.heading, header)
        advice = "\n".join(field.advice())
        height = 40 + 18 * sum(1 + len(line) // 22 for line in field.advice())
        self._sheet.write_comment(
            _HEADER_ROW, column, advice[:8_000], {"author": "模板", "width": 300, "height": height}
        )
        self._validate(column, field, kind)

    def _validate(self, column: int, field: TemplateField, kind: FieldType) -> None:
        if not field.options:
            return
        name = self._list_name(column, field)
        several = kind is FieldType.MULTI_CHOICE
        prompt = _HOW_TO_WRITE[FieldType.MULTI_CHOICE] if several else "请从列表中选择"
        if field.open_option:
            prompt += "；选“其他-”的，在其后写明具体内容"
        self._sheet.data_validation(
            _HEADER_ROW + 1,
            column,
            _HEADER_ROW + FILLED_ROWS,
            column,
            {
                "validate": "list",
                "source": f"={name}",
                "input_title": field.title[:_LONGEST_PROMPT_TITLE],
                "input_message": prompt[:_LONGEST_PROMPT],
                "error_title": "请核对",
                "error_message": "填写的内容不在列表中，请核对。",
                "error_type": "information" if several or field.open_option else "stop",
            },
        )

    def _list_name(self, column: int, field: TemplateField) -> str:
        text = self._format(num_format="@")
        self._lists.write_string(0, column, field.code, text)
        for row, option in enumerate(field.options, start=1):
            self._lists.write_string(row, column, option, text)
        name = f"选项_{re.sub(r'[^A-Za-z0-9_]', '_', field.code)}"
        letters = xlsxwriter.utility.xl_col_to_name(column)
        span = f"${letters}$2:${letters}${1 + len(field.options)}"
        self._book.define_name(name, f"={OPTIONS_SHEET}!{span}")
        return name

    def _write_notes(self) -> None:
        sheet = self._notes
        title = self._format(bold=True, font_size=16)
        header = self._format(bold=True, bg_color="#D9E1F2", border=1, align="center")
        cell = self._format(border=1, text_wrap=True, num_format="@")
        sheet.write_string(0, 0, f"{self._item_title}填写说明（{self._version_label}）", title)
        for column, (heading, width) in enumerate(_NOTE_COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(1, column, heading, header)
        for number, field in enumerate(self._fields, start=1):
            kind = FieldType(field.type)
            texts = (
                str(number),
                field.title,
                field.code,
                _KINDS[kind],
                str(field.max_length or ""),
                field.requirement,
                field.condition_text,
                "、".join(field.options),
                field.masking,
                "；".join(part for part in (field.note, _HOW_TO_WRITE.get(kind, "")) if part),
                field.example,
            )
            for column, text in enumerate(texts):
                sheet.write_string(number + 1, column, text, cell)
        sheet.freeze_panes(2, 2)


def _sheet_name(item_title: str) -> str:
    name = re.sub(r"[\[\]:*?/\\']", " ", item_title).strip()[:31]
    return name if name and name not in (NOTES_SHEET, OPTIONS_SHEET) else "数据"
