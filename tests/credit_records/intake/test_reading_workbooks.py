"""Workbooks of offices: values as they stand; files that must not reach the reader are turned away first."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import struct
import zipfile
import zlib
from pathlib import Path

import msoffcrypto.format.ooxml
import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from credit_records.intake.reading import ErrorCell, FileRefused, FormulaCell, Limits
from credit_records.intake.reading.cells import column_index, column_letter
from credit_records.intake.reading.worksheet_scan import scan_worksheet
from tests.credit_records.intake.reading_samples import (
    OTHER_ROW,
    ROW,
    TITLES,
    inline,
    opened,
    package,
    refusal,
    table,
)

EXPECTED = [(2, tuple(ROW)), (3, tuple(OTHER_ROW))]
HEADER_AND_ROW = inline((1, TITLES), (2, ROW))


def workbook(path: Path, rows: list[list[object]], name: str = "Sheet1") -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(name)
        for number, cells in enumerate(rows):
            sheet.write_row(number, 0, cells)
    return path


def old_workbook(path: Path, rows: list[list[object]]) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for number, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            sheet.write(number, column, cell)
    book.save(str(path))
    return path


def test_a_workbook_of_every_kind_gives_the_same_rows(tmp_path: Path) -> None:
    new = workbook(tmp_path / "a.xlsx", [TITLES, ROW, OTHER_ROW])
    old = old_workbook(tmp_path / "a.xls", [TITLES, ROW, OTHER_ROW])
    book = openpyxl.Workbook()
    for cells in (TITLES, ROW, OTHER_ROW):
        book.active.append(cells)
    book.save(tmp_path / "b.xlsx")
    for path, kind in ((new, "xlsx"), (old, "xls"), (tmp_path / "b.xlsx", "xlsx")):
        with opened(path) as sheet:
            assert (sheet.kind, sheet.total_rows, sheet.header_row) == (kind, 2, 1)
        assert table(path) == EXPECTED


def test_the_name_of_the_file_does_not_matter(tmp_path: Path) -> None:
    assert table(workbook(tmp_path / "a.csv", [TITLES, ROW, OTHER_ROW])) == EXPECTED
    assert table(old_workbook(tmp_path / "a.xlsx", [TITLES, ROW, OTHER_ROW])) == EXPECTED


def test_macros_make_a_workbook_xlsm(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsm", HEADER_AND_ROW, parts={"xl/vbaProject.bin": b"x"})
    with opened(path) as sheet:
        assert sheet.kind == "xlsm"


def test_values_keep_their_type_and_place(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(4, 2, TITLES)
        day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        sheet.write_row(7, 2, ["名称", 916401060700041234, "文1", 5.25])
        sheet.write_datetime(7, 6, datetime.date(2026, 3, 5), day)
        sheet.write_string(8, 7, "=1+1")
    assert table(path) == [
        (8, ("名称", 9.16401060700041234e17, "文1", 5.25, datetime.date(2026, 3, 5), "")),
        (9, ("", "", "", "", "", "=1+1")),
    ]
    with opened(path) as opened_sheet:
        assert opened_sheet.header_row == 5
        assert [(c.index, c.letter, c.field_code) for c in opened_sheet.columns][:1] == [
            (2, "C", "CF_XDR_MC")
        ]
        assert next(list(cells)[:3] for _, cells in opened_sheet.rows()) == ["", "", "名称"]


def test_formulas_and_errors_are_seen_for_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, cells in enumerate([TITLES, ROW, OTHER_ROW]):
            sheet.write_row(number, 0, cells)
        sheet.write_formula(1, 3, '=IF(A1<>"","1","")&A2', None, "5")
        sheet.write_formula(2, 5, "=NA()", None, "#N/A")
        sheet.write_string(2, 3, "=1+1")
    rows = dict(table(path))
    assert rows[2][3] == FormulaCell('IF(A1<>"","1","")&A2', "5")
    assert rows[3][5] == FormulaCell("NA()", ErrorCell("#N/A"))
    assert rows[3][3] == "=1+1"
    with opened(path) as opened_sheet:
        assert set(opened_sheet.formula_cells) == {(2, 3), (3, 5)}


@pytest.mark.parametrize("formula", ["<f>A2</f><v></v>", "<f>A2</f><v/>", "<f>A2</f>", "<f a='b'>A2</f><v/>"])
@pytest.mark.parametrize("kind", ["", ' t="n"'])
def test_a_row_of_formulas_that_nobody_has_computed_is_delivered(
    tmp_path: Path, formula: str, kind: str
) -> None:
    below = f'<row r="4"><c r="A4"{kind}>{formula}</c></row><row r="6"><c r="C6"{kind}>{formula}</c></row>'
    path = package(tmp_path / "a.xlsx", HEADER_AND_ROW + below)
    cell = FormulaCell("A2", None)
    assert table(path) == [EXPECTED[0], (4, (cell, *[""] * 5)), (6, ("", "", cell, "", "", ""))]


def test_rows_of_formulas_below_the_last_value_are_not_lost(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for cells in (TITLES, ROW, OTHER_ROW, [f"={letter}2" for letter in "ABCDEF"]):
        book.active.append(cells)
    book.save(tmp_path / "a.xlsx")
    assert table(tmp_path / "a.xlsx") == [
        *EXPECTED,
        (4, tuple(FormulaCell(f"{letter}2", None) for letter in "ABCDEF")),
    ]


@pytest.mark.parametrize("result", ["<v></v>", "<v/>", "<v> </v>", "\n<v />"])
def test_a_formula_that_shows_nothing_is_no_data(tmp_path: Path, result: str) -> None:
    formula = f'<c r="A3" t="str"><f>IF(B3="","",B3)</f>{result}</c>'
    prefixed = f'<c t="str" r="A4"><f xmlns:x="urn:x" x:y="">IF(B4="","",B4)</f>{result}</c>'
    for cell, number in ((formula, 3), (prefixed, 4)):
        data = f'{HEADER_AND_ROW}<row r="{number}">{cell}</row>'
        assert table(package(tmp_path / "a.xlsx", data)) == EXPECTED[:1]
        beside = f'{cell}<c r="F{number}"><v>1</v></c>'
        rows = table(package(tmp_path / "b.xlsx", data.replace(cell, beside)))
        assert isinstance(rows[1][1][0], FormulaCell)
        assert rows[1][1][0].shows_nothing


def test_a_workbook_without_a_name_is_read_as_often_as_needed(tmp_path: Path) -> None:
    """Sealed uploads are read through the descriptor of a file that has been deleted already."""
    sources = [
        workbook(tmp_path / "a.xlsx", [TITLES, ROW, OTHER_ROW]),
        old_workbook(tmp_path / "a.xls", [TITLES, ROW, OTHER_ROW]),
        tmp_path / "a.csv",
    ]
    with sources[2].open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows([TITLES, ROW, OTHER_ROW])
    for source in sources:
        with source.open("rb") as stream:
            source.unlink()
            stream.read(100)  # wherever the descriptor stands
            path = Path(f"/dev/fd/{stream.fileno()}")
            with opened(path) as sheet:
                assert list(sheet.chunks()) == list(sheet.chunks())
            assert table(path) == EXPECTED


def test_repeated_headers_of_a_print_export_are_left_out(tmp_path: Path) -> None:
    codes = [column.replace("（", "\n（") for column in TITLES]
    changed = [*TITLES[:5], "说明"]
    path = workbook(
        tmp_path / "a.xlsx",
        [["报送表"], codes, ROW, codes, OTHER_ROW, changed, ROW, codes, [*TITLES[:2], *ROW[2:]]],
    )
    assert [number for number, _ in table(path)] == [3, 5, 7, 9]
    with opened(path) as sheet:
        assert [number for number, _ in sheet.rows()] == [3, 5, 7, 9]


def test_a_title_is_cleaned_before_it_is_shown_or_stored(tmp_path: Path) -> None:
    titles = [
        "_x0000_行政相对人_x0007_名称",
        *TITLES[1:],
        " 经办\r\n\n 人\u3000\u3000姓名 ",
        "_x0000_",
        "长" * 300,
    ]
    data = inline((1, titles), (2, ROW))
    with opened(package(tmp_path / "a.xlsx", data)) as sheet:
        assert sheet.columns[0].title == "行政相对人名称"
        assert sheet.unknown_titles == ["经办 人 姓名", "长" * 100]
        assert len(sheet.field_codes) == 6


def test_error_results_without_a_formula_are_not_taken_for_empty_cells(tmp_path: Path) -> None:
    data = HEADER_AND_ROW.replace(
        '<c r="D2" t="inlineStr"><is><t>5</t></is></c>', '<c r="D2" t="e"><v>#REF!</v></c>'
    )
    assert dict(table(package(tmp_path / "a.xlsx", data)))[2][3] == ErrorCell("#REF!")


def test_a_formula_filled_down_is_told_for_every_cell(tmp_path: Path) -> None:
    data = inline((1, TITLES), (2, ROW[:3]), (3, ROW[:3]))
    data = data.replace("</row>", "", 1).replace('<row r="2">', '</row><row r="2">')
    for number, formula in ((2, '<f t="shared" ref="D2:D3" si="0">E2*2</f>'), (3, '<f t="shared" si="0"/>')):
        row = f'<c r="C{number}" t="inlineStr"><is><t>{ROW[2]}</t></is></c>'
        data = data.replace(row, f'{row}<c r="D{number}">{formula}<v>4</v></c>')
    rows = dict(table(package(tmp_path / "a.xlsx", data)))
    assert [rows[2][3], rows[3][3]] == [FormulaCell("E2*2", 4.0), FormulaCell("E3*2", 4.0)]


def test_formulas_and_errors_in_old_workbooks_are_seen(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for number, cells in enumerate([TITLES, ROW]):
        for column, cell in enumerate(cells):
            if (number, column) not in ((1, 3), (1, 5)):
                sheet.write(number, column, cell)
    sheet.write(1, 3, xlwt.Formula("1+1"))
    sheet.row(1).set_cell_error(5, "#DIV/0!")
    book.save(str(tmp_path / "a.xls"))
    cells = dict(table(tmp_path / "a.xls"))[2]
    assert isinstance(cells[3], FormulaCell)
    assert cells[5] == ErrorCell("#DIV/0!")


def test_the_first_visible_sheet_with_a_full_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        hidden = book.add_worksheet("选项")
        hidden.write_row(0, 0, TITLES)
        hidden.write_row(1, 0, ["隐藏"] * 6)
        book.add_worksheet("封面").write(0, 0, "银川示例局")
        book.add_worksheet("摘要").write_row(0, 0, TITLES[:4])
        for name, row in (("三月", ROW), ("四月", OTHER_ROW), ("空表", []), ("五月", OTHER_ROW)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, [*TITLES, "序号"])
            sheet.write_row(1, 0, row)
            sheet.write_row(2, 6, ["1"])  # a serial number filled in beforehand
        sheet.activate()
        hidden.hide()
        later = book.add_worksheet("隐藏的四月")
        later.write_row(0, 0, TITLES)
        later.write_row(1, 0, OTHER_ROW)
        later.hide()
    with opened(path) as opened_sheet:
        assert opened_sheet.sheet_name == "三月"
        assert opened_sheet.other_tables == ("四月", "五月")
    assert table(path) == EXPECTED[:1]


def test_a_hidden_table_alone_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("说明").activate()
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, TITLES)
        sheet.write_row(1, 0, ROW)
        sheet.hide()
    assert refusal(path).code == "file.no_header"


def test_missing_columns_are_told_of_the_sheet_that_comes_nearest(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["说明"], TITLES[:4], ROW[:4]])
    refused = refusal(path)
    assert refused.code == "file.header_missing_columns"
    assert "第 2 行表头缺少必填列：处罚决定日期" in refused.message


def encrypted(path: Path, source: Path) -> Path:
    with source.open("rb") as stream, path.open("wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(stream).encrypt("geheim", out)
    return path


def test_encrypted_workbooks_are_told_apart_from_broken_ones(tmp_path: Path) -> None:
    plain = workbook(tmp_path / "a.xlsx", [TITLES, ROW])
    assert refusal(encrypted(tmp_path / "b.xlsx", plain)).code == "file.encrypted"
    old = old_workbook(tmp_path / "a.xls", [TITLES, ROW])
    data = old.read_bytes()
    # the record after BOF turned into FILEPASS (0x2F)
    bof = data.index(struct.pack("<HH", 0x0809, 16))
    protected = data[: bof + 20] + struct.pack("<H", 0x2F) + data[bof + 22 :]
    (tmp_path / "b.xls").write_bytes(protected)
    assert refusal(tmp_path / "b.xls").code == "file.encrypted"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"%PDF-1.7 \n", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "图片"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "图片"),
        (b"Rar!\x1a\x07\x00", "压缩包"),
        ("<html><body><table><tr><td>行政相对人名称</td></tr></table></body></html>".encode(), "网页"),
        ("\ufeff  <TABLE border=1><tr><td>行政相对人名称</td></tr></TABLE>".encode(), "网页"),
        ("<html><table></table></html>".encode("utf-16"), "网页"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "网页"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "XML 表格 2003",
        ),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, ""),
    ],
)
def test_other_documents_renamed_to_xls_are_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    refused = refusal(path)
    assert refused.code == ("file.not_a_workbook" if says else "file.damaged")
    assert says in refused.message


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["[Content_Types].xml", "_rels/.rels", "word/document.xml"], "Word"),
        (["[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml"], "PowerPoint"),
        (["[Content_Types].xml", "_rels/.rels", "xl/workbook.bin"], "xlsb"),
        (["mimetype", "content.xml"], "OpenDocument"),
        (["表.xlsx", "说明.txt"], "压缩包"),
    ],
)
def test_other_zipped_documents_are_named(tmp_path: Path, names: list[str], says: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    refused = refusal(tmp_path / "a.xlsx")
    assert (refused.code, says in refused.message) == ("file.not_a_workbook", True)


def test_a_workbook_cut_short_is_damaged(tmp_path: Path) -> None:
    new = workbook(tmp_path / "a.xlsx", [TITLES, ROW])
    old = old_workbook(tmp_path / "a.xls", [TITLES, ROW])
    for path in (new, old):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert refusal(path).code == "file.damaged"


def test_a_zip_bomb_is_never_unpacked(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", HEADER_AND_ROW + "<!-- -->" + " " * (40 << 20))
    assert path.stat().st_size < 200_000
    assert refusal(path).code == "file.zip_bomb"
    many = package(tmp_path / "b.xlsx", HEADER_AND_ROW, parts={f"xl/media/{n}.png": b"" for n in range(30)})
    assert refusal(many, Limits(max_entries=20)).code == "file.zip_bomb"
    assert refusal(many, Limits(max_unpacked_bytes=1000)).code == "file.zip_bomb"


@pytest.mark.parametrize(("summed", "code"), [(0, "file.damaged"), (1, "file.zip_bomb")])
def test_a_part_larger_than_it_says_is_refused(tmp_path: Path, summed: int, code: str) -> None:
    """Also when its check sum was made to fit what it says, or one byte more."""
    path = package(tmp_path / "a.xlsx", HEADER_AND_ROW)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
        content = archive.read(info)
    stated = len(content) - 40
    false_sum = zlib.crc32(content[: stated + summed])
    data = path.read_bytes()
    for true, false in ((info.file_size, stated), (info.CRC, false_sum)):
        assert data.count(struct.pack("<I", true)) == 2  # in the local and in the central directory
        data = data.replace(struct.pack("<I", true), struct.pack("<I", false))
    path.write_bytes(data)
    assert refusal(path).code == code


def test_document_types_are_refused_before_a_parser_sees_them(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    assert refusal(package(tmp_path / "a.xlsx", HEADER_AND_ROW, before=bomb)).code == "file.damaged"


def test_a_false_count_of_texts_is_refused(tmp_path: Path) -> None:
    """The reader would reserve a hundred gigabytes and end the process."""
    strings = '<sst count="1" uniqueCount="4294967295"><si><t>a</t></si></sst>'
    path = package(tmp_path / "a.xlsx", HEADER_AND_ROW, parts={"xl/sharedStrings.xml": strings})
    assert refusal(path).code == "file.damaged"


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576"><v>1</v></c>',
        '<c s="1" r="XFD1048576"><v>1</v></c>',
        "<c r='XFD1048576' t='str'><v>x</v></c>",
        '<c r="XFD1048576" x="/>"><v>1</v></c>',
        '<c r="XFD1048576"><!-- x --><v>1</v></c>',
        '<x:c xmlns:x="urn:x" r="XFD1048576"><x:v>1</x:v></x:c>',
        '<c\nr="XFD1048576"\n><f>1+1</f></c>',
        '<c r="xfd1048576"><v>1</v></c>',
    ],
)
def test_a_stray_value_far_out_is_refused_however_it_is_written(tmp_path: Path, cell: str) -> None:
    path = package(tmp_path / "a.xlsx", f'{HEADER_AND_ROW}<row r="1048576">{cell}</row>')
    assert refusal(path).code == "file.too_many_columns"


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD1048576" s="1"/>',
        '<c r="XFD1048576" s="1"></c>',
        '<c s="1" r="XFD1048576" />',
        '<c r="XFD9"><v/></c>',
    ],
)
def test_formats_without_values_far_out_do_no_harm(tmp_path: Path, cell: str) -> None:
    path = package(tmp_path / "a.xlsx", f'{HEADER_AND_ROW}<row r="1048576">{cell}</row>')
    assert table(path) == EXPECTED[:1]


def test_cells_without_references_are_counted_by_their_place(tmp_path: Path) -> None:
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells) + "</row>"
        for cells in (TITLES, ROW)
    )
    assert table(package(tmp_path / "a.xlsx", rows)) == EXPECTED[:1]
    wide = "<row>" + "<c><v>1</v></c>" * 501 + "</row>"
    assert refusal(package(tmp_path / "b.xlsx", rows + wide)).code == "file.too_many_columns"


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES + [f"列{n}" for n in range(10_000 - len(TITLES))], ROW])
    refused = refusal(path)
    assert refused.code == "file.too_many_columns"
    assert "10000 列" in refused.message


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, *[ROW] * 50])
    assert refusal(path, Limits(max_rows=10, header_within=5)).code == "file.too_many_rows"
    assert refusal(path, Limits(max_rows=40)).code == "file.too_many_rows"
    assert refusal(path, Limits(max_cells=200)).code == "file.too_many_cells"


def test_an_old_workbook_that_spans_too_much_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    sheet.write(0, 0, "x")
    sheet.write(65_535, 255, "x")
    book.save(str(tmp_path / "a.xls"))
    assert refusal(tmp_path / "a.xls").code == "file.too_many_cells"


@given(
    old=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, old: bool, changes: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    make = old_workbook if old else workbook
    path = make(folder / "a", [TITLES, ROW, OTHER_ROW])
    data = bytearray(path.read_bytes())
    for at, byte in changes:
        data[at % len(data)] = byte
    path.write_bytes(data)
    with contextlib.suppress(FileRefused):
        table(path)


def test_a_sheet_full_of_formulas_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number in range(20):
            sheet.write_formula(number, 0, "=1+1")
    assert refusal(path, Limits(max_formulas=10)).code == "file.too_many_formulas"


def test_an_unreadable_sheet_beside_the_table_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("宽表").write(0, 9_999, "x")
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, TITLES)
        sheet.write_row(1, 0, ROW)
    assert table(path) == EXPECTED[:1]


def test_a_template_without_rows_is_empty(tmp_path: Path) -> None:
    refused = refusal(workbook(tmp_path / "a.xlsx", [["报送表"], TITLES]))
    assert (refused.code, "没有数据行" in refused.message) == ("file.empty", True)


def test_the_scan_by_pattern_and_by_parser_agree(tmp_path: Path) -> None:
    """The same sheet in the usual writing and with prefixes, which only the parser reads."""
    book = openpyxl.Workbook()
    for cells in (TITLES, ROW, [1, None, "=1+1", datetime.date(2026, 3, 5), True], [None] * 40 + ["x"]):
        book.active.append(cells)
    book.active["C9"] = "#N/A"
    book.active["D9"].number_format = "0.00"
    book.active["E9"] = '=""'
    book.active["F9"] = "=1+1"
    data = io.BytesIO()
    book.save(data)
    xml = zipfile.ZipFile(data).read("xl/worksheets/sheet1.xml")
    assert b'<c r="E9"><f>' in xml
    xml = xml.replace(b'<c r="E9">', b'<c r="E9" t="str">')
    prefixed = (
        xml.replace(b"<c ", b"<x:c ").replace(b"</c>", b"</x:c>").replace(b"xmlns=", b"xmlns:x='y' xmlns=")
    )
    usual = scan_worksheet(lambda: [xml], Limits())
    parsed = scan_worksheet(lambda: [prefixed[:700], prefixed[700:]], Limits())
    assert usual == parsed
    assert (usual.last_row, usual.last_column) == (9, 40)
    assert usual.formulas == {(3, 2): "1+1", (9, 4): '""', (9, 5): "1+1"}
    assert usual.shown_empty == {(9, 4)}
    assert usual.errors == {(9, 2): "#N/A"}


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16383, "XFD")])
def test_column_letters(index: int, letters: str) -> None:
    assert column_letter(index) == letters
    assert column_index(letters) == index
