"""Fields and hand-made packages for the tests of the file reader."""

from __future__ import annotations

import zipfile
from pathlib import Path

from credit_records.intake.reading import FieldTitle, FileRefused, Limits, OpenedSheet, open_sheet

FIELDS = (
    FieldTitle("CF_XDR_MC", "行政相对人名称", True, ("当事人名称",)),
    FieldTitle("CF_XDR_SHXYM", "行政相对人代码_1(统一社会信用代码)", False, ("统一社会信用代码",)),
    FieldTitle("CF_WSH", "行政处罚决定书文号", True),
    FieldTitle("CF_NR_FK", "罚款金额（万元）", False),
    FieldTitle("CF_JDRQ", "处罚决定日期", True),
    FieldTitle("BZ", "备注", False),
)
TITLES = [field.title for field in FIELDS]
ROW = ["银川示例商贸有限公司", "91640106DEM070004D", "银示罚〔2026〕1号", "5", "2026/03/05", ""]
OTHER_ROW = ["灵武示例餐饮有限公司", "91640181DEM072018W", "银示罚〔2026〕2号", "", "2026/03/06", "无"]

_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def opened(path: Path, **kwargs: object) -> OpenedSheet:
    return open_sheet(path, file_name=path.name, fields=FIELDS, **kwargs)  # type: ignore[arg-type]


def refusal(path: Path, limits: Limits | None = None, **kwargs: object) -> FileRefused:
    """The refusal that the file meets, at opening or while its rows are read."""
    try:
        with opened(path, limits=limits or Limits(), **kwargs) as sheet:
            for _ in sheet.chunks():
                pass
    except FileRefused as refused:
        return refused
    raise AssertionError(f"{path.name} was accepted")


def table(path: Path, **kwargs: object) -> list[tuple[int, tuple[object, ...]]]:
    """All rows as (row number, cells in the order of the matched fields)."""
    with opened(path, **kwargs) as sheet:
        return [pair for numbers, rows in sheet.chunks(3) for pair in zip(numbers, rows, strict=True)]


def inline(*rows: tuple[int, list[str]]) -> str:
    """Rows of text cells as sheet XML."""
    return "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
            for column, text in enumerate(cells)
        )
        + "</row>"
        for number, cells in rows
    )


def package(
    path: Path, sheet_data: str, *, before: str = "", parts: dict[str, str | bytes] | None = None
) -> Path:
    """A workbook of one sheet, written by hand where no program would write what the test needs."""
    contents: dict[str, str | bytes] = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="数据" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{_MAIN}"><sheetData>{sheet_data}'
        "</sheetData></worksheet>",
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path
