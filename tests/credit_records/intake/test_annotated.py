"""The marked workbook: everything as it was, the faults where they stand, and ready to be uploaded again."""

from __future__ import annotations

import csv
import datetime
import struct
import zipfile
from dataclasses import asdict
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from credit_records.intake.annotated import RowFinding, write_annotated
from credit_records.intake.reading import RESULT_TITLE, ErrorCell, FormulaCell, SheetLayout
from credit_records.intake.rewriting import Styles, write_cell
from credit_records.rules.faults import Severity
from tests.credit_records.intake.reading_samples import (
    OTHER_ROW,
    ROW,
    TITLES,
    inline,
    opened,
    package,
    table,
)

ROUND_ONE = {
    4: [
        RowFinding(3, Severity.HOLD, "金额异常，请说明。"),
        RowFinding(1, Severity.REJECT, "校验位不对，请核对。"),
        RowFinding(1, Severity.HINT, "区划代码未收录。"),
    ],
    5: [RowFinding(None, Severity.REJECT, "与第 4 行重复。"), RowFinding(5, Severity.HINT, "备注为空。")],
}
LONG_DIGITS = "916401060700041234"
DATA = [
    [ROW[0], LONG_DIGITS, "=HYPERLINK(1)", 5.25, datetime.date(2026, 3, 5), "+86 951"],
    ["-示例-", "@示例", "文2", 0, datetime.datetime(2026, 3, 5, 8, 30), ""],
    ["  ", " 前有空格", "文\r\n3", True, "第一行\n第二行", "末行"],
]


def annotate(source: Path, out: Path, findings: dict[int, list[RowFinding]], rows_kept: int = 20_000) -> None:
    with opened(source) as sheet:
        layout = SheetLayout(**asdict(sheet.layout))
    write_annotated(
        source,
        file_name=source.name,
        layout=layout,
        findings=findings,
        out=out,
        rows_kept_in_style=rows_kept,
    )


def sheet_of(path: Path) -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.load_workbook(path)
    return next(sheet for sheet in book if sheet.sheet_state == "visible" and sheet.max_row > 3)


def made_xlsx(path: Path) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.add_worksheet("封面").write_string(0, 0, "=封面")
        sheet = book.add_worksheet("数据")
        sheet.merge_range("A1:F1", "行政处罚信息报送表", book.add_format({"bold": True, "font_size": 20}))
        sheet.write_string("A2", "填表说明")
        sheet.write_row(2, 0, TITLES, book.add_format({"bg_color": "#00FF00"}))
        sheet.set_column(0, 0, 33)
        day = book.add_format({"num_format": "yyyy/m/d"})
        moment = book.add_format({"num_format": "yyyy/m/d h:mm"})
        for number, cells in enumerate(DATA, start=3):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime.date):
                    long = isinstance(cell, datetime.datetime)
                    sheet.write_datetime(number, column, cell, moment if long else day)
                else:
                    sheet.write(number, column, cell)
        options = book.add_worksheet("选项")
        options.write_string(0, 0, "甲")
        options.hide()
    return path


def made_xls(path: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("数据")
    sheet.write_merge(0, 0, 0, 5, "报送表")
    day = xlwt.easyxf(num_format_str="yyyy/m/d")
    moment = xlwt.easyxf(num_format_str="yyyy/m/d h:mm")
    for number, cells in enumerate([TITLES, *DATA], start=2):
        for column, cell in enumerate(cells):
            if isinstance(cell, datetime.date):
                sheet.write(number, column, cell, moment if isinstance(cell, datetime.datetime) else day)
            else:
                sheet.write(number, column, cell)
    book.save(str(path))
    return path


def made_csv(path: Path) -> Path:
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t")
        writer.writerows([["报送表"], [], TITLES, *[[str(cell) for cell in cells] for cells in DATA]])
    return path


SOURCES = [(made_xlsx, 20_000), (made_xlsx, 0), (made_xls, 0), (made_csv, 0)]


@pytest.mark.parametrize(("make", "rows_kept"), SOURCES)
def test_the_marked_file_holds_the_same_rows_and_can_be_uploaded(tmp_path: Path, make, rows_kept) -> None:
    source = make(tmp_path / "源.dat")
    out, again = tmp_path / "out.xlsx", tmp_path / "again.xlsx"
    annotate(source, out, ROUND_ONE, rows_kept)
    assert table(out) == table(source)
    assert [number for number, _ in table(out)] == [4, 5, 6]
    annotate(out, again, {6: [RowFinding(0, Severity.REJECT, "名称为空。")]}, rows_kept)
    assert table(again) == table(source)
    with opened(again) as sheet:
        assert sheet.unknown_titles == []
        assert [column.title for column in sheet.columns].count(RESULT_TITLE) == 1


@pytest.mark.parametrize(("make", "rows_kept"), SOURCES)
def test_faults_are_coloured_commented_and_told_in_one_column(tmp_path: Path, make, rows_kept) -> None:
    out = tmp_path / "out.xlsx"
    annotate(make(tmp_path / "源.dat"), out, ROUND_ONE, rows_kept)
    sheet = sheet_of(out)
    assert sheet["G3"].value == RESULT_TITLE
    assert "拒绝 2 行" in sheet["G3"].comment.text
    assert sheet["G4"].value.split("\n") == [
        "1. 拒绝：行政相对人代码_1(统一社会信用代码)：校验位不对，请核对。",
        "2. 存疑：罚款金额（万元）：金额异常，请说明。",
        "3. 提示：行政相对人代码_1(统一社会信用代码)：区划代码未收录。",
    ]
    assert sheet["G5"].value.startswith("1. 拒绝：与第 4 行重复。\n2. 提示：备注为空。")
    assert sheet["G6"].value is None
    cells = [cell for row in sheet["A4:F6"] for cell in row]
    colours = {cell.coordinate: cell.fill.fgColor.rgb for cell in cells if cell.fill.fill_type}
    assert colours == {"B4": "FFFFB3B3", "D4": "FFFFE0A3", "F5": "FFCFE5FF"}
    assert "校验位不对" in sheet["B4"].comment.text
    assert "区划代码未收录" in sheet["B4"].comment.text
    assert sheet["A4"].comment is None
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:G6"


@pytest.mark.parametrize(("make", "rows_kept"), SOURCES)
def test_text_that_looks_like_a_formula_is_written_as_text(tmp_path: Path, make, rows_kept) -> None:
    out = tmp_path / "out.xlsx"
    annotate(make(tmp_path / "源.dat"), out, {}, rows_kept)
    sheet = sheet_of(out)
    for place, text in (("C4", "=HYPERLINK(1)"), ("F4", "+86 951"), ("A5", "-示例-"), ("B5", "@示例")):
        assert (sheet[place].value, sheet[place].data_type, sheet[place].quotePrefix) == (text, "s", True)
    assert (sheet["B4"].value, sheet["B4"].data_type) == (LONG_DIGITS, "s")
    with zipfile.ZipFile(out) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any(b"<f>" in archive.read(name) for name in sheets)


@pytest.mark.parametrize("rows_kept", [20_000, 0])
def test_all_sheets_stay_in_their_order(tmp_path: Path, rows_kept: int) -> None:
    out = tmp_path / "out.xlsx"
    annotate(made_xlsx(tmp_path / "a.xlsx"), out, ROUND_ONE, rows_kept)
    book = openpyxl.load_workbook(out)
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [
        ("封面", "visible"),
        ("数据", "visible"),
        ("选项", "hidden"),
    ]
    assert (book["封面"]["A1"].value, book["封面"]["A1"].data_type) == ("=封面", "s")
    assert book["选项"]["A1"].value == "甲"
    assert [str(area) for area in book["数据"].merged_cells.ranges] == ["A1:F1"]
    assert book["数据"]["A1"].value == "行政处罚信息报送表"


def test_formats_and_widths_of_a_workbook_stay(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    annotate(made_xlsx(tmp_path / "a.xlsx"), out, ROUND_ONE)
    sheet = sheet_of(out)
    assert sheet["A1"].font.size == 20
    assert sheet["A3"].fill.fgColor.rgb == "FF00FF00"
    assert round(sheet.column_dimensions["A"].width) in (33, 34)
    assert sheet["E4"].number_format == "yyyy/m/d"


@pytest.mark.parametrize(("make", "rows_kept"), SOURCES)
def test_the_marks_of_an_earlier_round_are_gone(tmp_path: Path, make, rows_kept) -> None:
    out, again = tmp_path / "out.xlsx", tmp_path / "again.xlsx"
    annotate(make(tmp_path / "源.dat"), out, ROUND_ONE, rows_kept)
    annotate(out, again, {6: [RowFinding(0, Severity.REJECT, "名称为空。")]}, rows_kept)
    sheet = sheet_of(again)
    cells = [cell for row in sheet["A4:F6"] for cell in row]
    marked = [cell.coordinate for cell in cells if cell.fill.fill_type or cell.comment]
    assert marked == ["A6"]
    assert [sheet.cell(row, 7).value for row in (3, 4, 5, 6)] == [
        RESULT_TITLE,
        None,
        None,
        "拒绝：行政相对人名称：名称为空。",
    ]
    assert "拒绝 1 行" in sheet["G3"].comment.text


def test_the_clerks_own_comments_and_colours_survive_two_rounds(tmp_path: Path) -> None:
    source, out, again = tmp_path / "a.xlsx", tmp_path / "out.xlsx", tmp_path / "again.xlsx"
    book = openpyxl.Workbook()
    for cells in (TITLES, ROW, OTHER_ROW):
        book.active.append(cells)
    book.active["B2"].comment = Comment("已电话核实", "录入员")
    book.active["A3"].fill = PatternFill("solid", fgColor="FFFFFF00")
    book.save(source)
    annotate(source, out, {2: [RowFinding(1, Severity.REJECT, "校验位不对。")]})
    text = openpyxl.load_workbook(out).active["B2"].comment.text
    assert text.startswith("已电话核实")
    assert "校验位不对" in text
    annotate(out, again, {})
    sheet = openpyxl.load_workbook(again).active
    assert sheet["B2"].comment.text == "已电话核实"
    assert sheet["A3"].fill.fgColor.rgb == "FFFFFF00"


@pytest.mark.parametrize("rows_kept", [20_000, 0])
def test_formulas_stay_formulas(tmp_path: Path, rows_kept: int) -> None:
    source, out = tmp_path / "a.xlsx", tmp_path / "out.xlsx"
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, TITLES)
        sheet.write_row(1, 0, ROW)
        sheet.write_formula(1, 3, "=SUM(1,2)", None, 3)
    annotate(source, out, {2: [RowFinding(3, Severity.REJECT, "单元格是公式。")]}, rows_kept)
    marked = openpyxl.load_workbook(out).active["D2"]
    assert (marked.value, marked.data_type, marked.fill.fgColor.rgb) == ("=SUM(1,2)", "f", "FFFFB3B3")
    value = table(out)[0][1][3]
    assert isinstance(value, FormulaCell)


def _value(path: Path, place: str) -> object:
    return openpyxl.load_workbook(path, data_only=True).active[place].value


def test_formulas_of_an_xls_are_seen_and_refused_again(tmp_path: Path) -> None:
    """Such a file gives only their results; the results alone would pass at the next upload."""
    path = tmp_path / "a.xls"
    book = xlwt.Workbook()
    sheet = book.add_sheet("数据")
    for column, title in enumerate(TITLES):
        sheet.write(0, column, title)
        sheet.write(1, column, xlwt.Formula("1+1") if column in (0, 3, 4, 5) else ROW[column])
    book.save(str(path))
    # the results of the formulas: 5.25, TRUE, #DIV/0! and the empty text, which alone xlwt can write
    empty, no_number = bytes([3, 0, 0, 0, 0, 0, 255, 255]), bytes([0, 0, 0, 255, 255])
    results = [struct.pack("<d", 5.25), b"\1\0\1" + no_number, b"\2\0\7" + no_number]
    data = path.read_bytes()
    assert data.count(empty) == 4
    for result in results:
        data = data.replace(empty, result, 1)
    path.write_bytes(data)
    out = tmp_path / "out.xlsx"
    annotate(path, out, {2: [RowFinding(3, Severity.REJECT, "单元格是公式。")]})
    source, marked = table(path)[0][1], table(out)[0][1]
    assert [isinstance(cell, FormulaCell) for cell in source] == [True, False, False, True, True, True]
    assert [isinstance(cell, FormulaCell) for cell in marked] == [True, False, False, True, True, True]
    assert [cell.cached_value for cell in marked if isinstance(cell, FormulaCell)] == [
        5.25,
        True,
        ErrorCell("#DIV/0!"),
        "",
    ]
    assert _value(out, "A2") == 5.25


@pytest.mark.parametrize(
    ("cached", "formula", "shown"),
    [
        ('银川“示例”"公司"\x00\x01', '="银川“示例”""公司"""', '银川“示例”"公司"'),
        ("=1+1", '="=1+1"', "=1+1"),
        ("长" * 300, f'="{"长" * 255}"&"{"长" * 45}"', "长" * 300),
        (datetime.date(2026, 3, 5), '="2026-03-05"', "2026-03-05"),
        (datetime.datetime(2026, 3, 5, 8, 30), '="2026-03-05 08:30:00"', "2026-03-05 08:30:00"),
        (-5, "=-5", -5),
        (float("nan"), '="nan"', None),
        (False, "=FALSE", False),
        (ErrorCell("#SPILL!"), '="#SPILL!"', "#SPILL!"),
        (None, '=""', None),
    ],
)
def test_a_value_is_written_as_a_formula_of_nothing_else(
    tmp_path: Path, cached: object, formula: str, shown: object
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        write_cell(book.add_worksheet(), 0, 0, FormulaCell("", cached), Styles(book), None)
    assert openpyxl.load_workbook(path).active["A1"].value == formula
    if shown is not None:
        assert _value(path, "A1") == shown


@pytest.mark.parametrize("rows_kept", [20_000, 0])
def test_rows_of_formulas_stay_what_they_were(tmp_path: Path, rows_kept: int) -> None:
    """Not computed: to be refused again. Prepared in a row that is not filled in: still no data."""
    source, out, again = tmp_path / "a.xlsx", tmp_path / "out.xlsx", tmp_path / "again.xlsx"
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, TITLES)
        sheet.write_row(1, 0, ROW)
        sheet.write_formula(2, 0, "=A2", None, "")
        sheet.write_formula(3, 0, '=IF(B4="","",B4)&"' + "x" * 600 + '"', None, "")
        sheet.write_formula(4, 0, '=IF(B5="","",B5)', None, "")
        sheet.write_formula(5, 0, "=A2", None, ROW[0])
    with zipfile.ZipFile(source) as old:
        contents = {name: old.read(name) for name in old.namelist()}
    sheet_xml = contents["xl/worksheets/sheet1.xml"]
    assert b'<c r="A5"><f>' in sheet_xml
    contents["xl/worksheets/sheet1.xml"] = sheet_xml.replace(b'<c r="A5">', b'<c r="A5" t="str">')
    with zipfile.ZipFile(source, "w") as new:
        for name, content in contents.items():
            new.writestr(name, content)
    assert [number for number, _ in table(source)] == [2, 3, 4, 6]
    annotate(source, out, {3: [RowFinding(0, Severity.REJECT, "单元格是公式。")]}, rows_kept)
    annotate(out, again, {3: [RowFinding(0, Severity.REJECT, "单元格是公式。")]}, rows_kept)
    for path in (out, again):
        assert [(number, type(cells[0])) for number, cells in table(path)] == [
            (2, str),
            (3, FormulaCell),
            (4, FormulaCell),
            (6, FormulaCell),
        ]
        assert openpyxl.load_workbook(path).active["A5"].value == '=IF(B5="","",B5)'


@pytest.mark.parametrize("rows_kept", [20_000, 0])
def test_control_characters_do_not_spoil_the_copy(tmp_path: Path, rows_kept: int) -> None:
    titles = [f"_x0000_{TITLES[0]}_x0001_", *TITLES[1:]]
    data = inline((1, titles), (2, ["_x0000_甲_x0007_", *ROW[1:]]))
    plain, source, out = tmp_path / "b.xlsx", tmp_path / "a.xlsx", tmp_path / "out.xlsx"
    package(plain, data)
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [f"\0{TITLES[0]}\1", *TITLES[1:]])
        sheet.write_row(1, 0, ["\0甲\7", *ROW[1:]])
    for path in (plain, source):
        annotate(path, out, {2: [RowFinding(0, Severity.REJECT, "名称不对。")]}, rows_kept)
        assert table(out) == table(path)
        text = str(openpyxl.load_workbook(out).active["G2"].value)
        assert text.startswith("拒绝：")
        assert text.endswith("名称不对。")


def test_formats_far_out_do_not_move_the_result_column(tmp_path: Path) -> None:
    source, out = tmp_path / "a.xlsx", tmp_path / "out.xlsx"
    book = openpyxl.Workbook()
    for cells in (TITLES, ROW):
        book.active.append(cells)
    book.active["XFD9"].fill = PatternFill("solid", fgColor="FFFFFF00")
    book.save(source)
    annotate(source, out, {2: [RowFinding(0, Severity.HINT, "核对名称。")]})
    assert openpyxl.load_workbook(out).active["G1"].value == RESULT_TITLE


def test_a_workbook_that_openpyxl_cannot_read_comes_back_all_the_same(tmp_path: Path) -> None:
    # its list of content types is empty
    source = package(tmp_path / "a.xlsx", inline((1, TITLES), (2, ROW)))
    with pytest.raises(OSError, match="no valid workbook"):
        openpyxl.load_workbook(source)
    annotate(source, tmp_path / "out.xlsx", {2: [RowFinding(0, Severity.REJECT, "名称不对。")]})
    assert table(tmp_path / "out.xlsx") == table(source)


def test_macros_are_dropped_and_the_file_is_a_plain_workbook(tmp_path: Path) -> None:
    source, out = tmp_path / "a.xlsm", tmp_path / "out.xlsx"
    plain = made_xlsx(tmp_path / "a.xlsx")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/vbaProject.bin", b"x")
    annotate(source, out, ROUND_ONE)
    with zipfile.ZipFile(out) as archive:
        assert "xl/vbaProject.bin" not in archive.namelist()
        assert b"macroEnabled" not in archive.read("[Content_Types].xml")
    assert table(out) == table(source)


def test_a_failed_writing_leaves_the_earlier_file_and_no_rest(tmp_path: Path) -> None:
    source, out = made_csv(tmp_path / "a.csv"), tmp_path / "out.xlsx"
    out.write_bytes(b"earlier")
    with opened(source) as sheet:
        layout = sheet.layout
    source.write_bytes(source.read_bytes()[:-20] + b"\xff\xff\xff")
    with pytest.raises(Exception, match="无法识别"):
        write_annotated(source, file_name="a.csv", layout=layout, findings={}, out=out)
    assert out.read_bytes() == b"earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out.xlsx"]
