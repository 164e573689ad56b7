"""CSV as offices save it: in any of their encodings, with any of their delimiters, sound or broken."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from credit_records.intake.reading import FieldTitle, FileRefused, Limits, open_sheet
from tests.credit_records.intake.reading_samples import (
    FIELDS,
    OTHER_ROW,
    ROW,
    TITLES,
    opened,
    refusal,
    table,
)

EXPECTED = [(2, tuple(ROW)), (3, tuple(OTHER_ROW))]


def written(rows: list[list[str]], delimiter: str = ",", line_end: str = "\r\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return text.getvalue()


def save(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_every_encoding_and_delimiter_gives_the_same_rows(
    tmp_path: Path, encoding: str, found: str, delimiter: str, line_end: str
) -> None:
    path = save(tmp_path / "a.csv", written([TITLES, ROW, OTHER_ROW], delimiter, line_end), encoding)
    with opened(path) as sheet:
        assert (sheet.kind, sheet.encoding, sheet.delimiter) == ("csv", found, delimiter)
    assert table(path) == EXPECTED


def test_big_endian_text_with_its_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xfe\xff" + written([TITLES, ROW]).encode("utf-16-be"))
    assert table(path) == EXPECTED[:1]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_header_of_bare_codes_leaves_the_encoding_to_the_rows(tmp_path: Path, encoding: str) -> None:
    codes = [field.code for field in FIELDS]
    filler = [["A", "", "1", "", "2026/3/5", ""]] * 20_000
    path = save(tmp_path / "a.csv", written([codes, *filler, ROW]), encoding)
    with opened(path) as sheet:
        assert sheet.encoding == encoding
        *_, (numbers, rows) = sheet.chunks()
    assert (numbers[-1], rows[-1]) == (20_002, tuple(ROW))


def test_a_text_named_as_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    assert table(save(tmp_path / "a.xlsx", written([TITLES, ROW]), "gb18030")) == EXPECTED[:1]


def test_row_numbers_are_those_of_the_sheet(tmp_path: Path) -> None:
    long_cell = [*ROW[:5], "第一行\r\n第二行\n第三行"]
    rows = [["报送表"], [], TITLES, long_cell, [], ["", "", "", "", "", ""], [" ", "\u3000"], OTHER_ROW]
    path = save(tmp_path / "a.csv", written(rows))
    assert table(path) == [(4, tuple(long_cell)), (8, tuple(OTHER_ROW))]
    with opened(path) as sheet:
        assert [(number, list(cells)) for number, cells in sheet.rows()] == [(4, long_cell), (8, OTHER_ROW)]
        assert sheet.header_row == 3


def test_short_rows_are_filled_up_and_overlong_ones_cut(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", written([TITLES, ROW[:3], [*OTHER_ROW, "多余", "多余"]]))
    assert table(path) == [(2, (*ROW[:3], "", "", "")), (3, tuple(OTHER_ROW))]


def test_columns_come_in_the_order_of_the_fields_and_unknown_ones_are_left_out(tmp_path: Path) -> None:
    rows = [
        ["序号", *reversed(TITLES), "【检查结果】"],
        ["1", *reversed(ROW), "1. 拒绝：…"],
        ["2", *[""] * 6, "x"],
    ]
    path = save(tmp_path / "a.csv", written(rows))
    with opened(path) as sheet:
        assert sheet.field_codes == tuple(field.code for field in FIELDS)
        assert sheet.field_columns == (6, 5, 4, 3, 2, 1)
        assert sheet.unknown_titles == ["序号"]
    assert table(path) == [(2, tuple(ROW))]


def test_one_broken_byte_names_its_row(tmp_path: Path) -> None:
    rows = [[*ROW[:2], f"银示罚〔2026〕{n}号", "", "2026/3/5", "甲\n乙"] for n in range(5_000)]
    data = written([TITLES, *rows]).encode()
    at = data.index("〕4321号".encode())
    path = tmp_path / "a.csv"
    path.write_bytes(data[:at] + b"\xff" + data[at:])
    refused = refusal(path)
    assert refused.code == "file.encoding"
    assert "第 4323 行" in refused.message


def test_a_file_cut_off_within_a_character_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(written([TITLES, ROW]).encode("utf-8") + "银".encode()[:2])
    refused = refusal(path)
    assert (refused.code, "第 3 行" in refused.message) == ("file.encoding", True)


def test_an_open_quotation_mark_never_swallows_rows(tmp_path: Path) -> None:
    text = written([TITLES, ROW]) + '"银川示例甲公司,x\r\n' + written([OTHER_ROW] * 3)
    refused = refusal(save(tmp_path / "a.csv", text))
    assert (refused.code, "第 3 行" in refused.message) == ("file.damaged", True)
    closed_later = text + '"乙",,,,,\r\n'
    assert refusal(save(tmp_path / "b.csv", closed_later)).code == "file.damaged"


def test_a_stray_quotation_mark_in_one_line_is_read_as_office_programs_do(tmp_path: Path) -> None:
    text = written([TITLES, ROW]) + '"示例"商贸公司,,文1,,2026/3/5,\r\n' + written([OTHER_ROW])
    cells = ("示例商贸公司", "", "文1", "", "2026/3/5", "")
    path = save(tmp_path / "a.csv", text)
    assert table(path) == [(2, tuple(ROW)), (3, cells), (4, tuple(OTHER_ROW))]


def test_line_breaks_in_cells_before_a_stray_mark_do_not_confuse_the_count(
    tmp_path: Path,
) -> None:
    text = written([TITLES, [*ROW[:5], "a\nb\r\nc"]]) + '"示例"公司,,文1,,2026/3/5,\r\n'
    assert [number for number, _ in table(save(tmp_path / "a.csv", text))] == [2, 3]


def test_an_endless_cell_is_refused_with_its_row(tmp_path: Path) -> None:
    refused = refusal(save(tmp_path / "a.csv", written([TITLES, ROW, [*ROW[:5], "长" * 200_000]])))
    assert (refused.code, "第 3 行" in refused.message) == ("file.damaged", True)


def test_an_empty_character_is_refused_with_its_row(tmp_path: Path) -> None:
    refused = refusal(save(tmp_path / "a.csv", written([TITLES, ROW, [*OTHER_ROW[:5], "a\0b"]])))
    assert (refused.code, "第 3 行" in refused.message) == ("file.damaged", True)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n \r\n", b"\xff\xfe"])
def test_nothing_is_an_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert refusal(path).code == "file.empty"


def test_a_header_without_rows_is_an_empty_file_unless_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", written([TITLES, [""] * 6]))
    refused = refusal(path)
    assert (refused.code, "没有数据行" in refused.message) == ("file.empty", True)
    with opened(path, require_rows=False) as sheet:
        assert list(sheet.chunks()) == []


def test_text_that_is_no_table_of_ours_is_told_to_take_the_template(tmp_path: Path) -> None:
    refused = refusal(save(tmp_path / "a.txt", "今天没有数据\n明天再说\n"))
    assert (refused.code, "模板" in refused.message) == ("file.no_header", True)


def test_bytes_that_are_no_text_are_not_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(range(1, 256)) * 50)
    assert refusal(path).code == "file.not_a_workbook"


def test_the_table_of_another_item_is_named(tmp_path: Path) -> None:
    others = {"法人行政处罚": FIELDS}
    licence = [FieldTitle(field.code.replace("CF", "XK"), f"许可{field.title}", True) for field in FIELDS]
    path = save(tmp_path / "a.csv", written([TITLES, ROW]))
    with pytest.raises(FileRefused) as caught:
        open_sheet(path, file_name="a.csv", fields=licence, other_templates=others)
    assert caught.value.code == "file.wrong_template"
    assert "“法人行政处罚”" in caught.value.message


def test_too_many_rows_and_too_large_files_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", written([TITLES, *[ROW] * 11]))
    assert refusal(path, Limits(max_rows=10)).code == "file.too_many_rows"
    assert len(table(path, limits=Limits(max_rows=11))) == 11
    assert refusal(path, Limits(max_file_bytes=100)).code == "file.too_large"


def test_too_many_columns_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    wide = [*TITLES, *(f"列{number}" for number in range(10_000 - len(TITLES)))]
    refused = refusal(save(tmp_path / "a.csv", written([wide, ROW])))
    assert (refused.code, "第 1 行有 10000 列" in refused.message) == ("file.too_many_columns", True)
    later = [TITLES, *[ROW] * 3_000, [*ROW, *[""] * 600, "x"]]
    refused = refusal(save(tmp_path / "b.csv", written(later), "gb18030"))
    assert (refused.code, "第 3002 行有 607 列" in refused.message) == ("file.too_many_columns", True)
    assert refusal(save(tmp_path / "c.csv", written([TITLES, ROW]) + "," * 1_100_000)).code == (
        "file.too_many_columns"
    )


def test_empty_columns_saved_along_do_no_harm(tmp_path: Path) -> None:
    rows = [[*cells, *[""] * 16_000] for cells in (TITLES, ROW, OTHER_ROW)]
    assert table(save(tmp_path / "a.csv", written(rows))) == EXPECTED


def test_repeated_headers_are_left_out(tmp_path: Path) -> None:
    codes = [field.code for field in FIELDS]
    path = save(tmp_path / "a.csv", written([TITLES, codes, ROW, TITLES, codes, OTHER_ROW, ["备注"] * 6]))
    assert [number for number, _ in table(path)] == [3, 6, 7]
    refused = refusal(save(tmp_path / "b.csv", written([TITLES, ["", *[""] * 5], TITLES])))
    assert refused.code == "file.empty"


def test_reading_again_starts_anew(tmp_path: Path) -> None:
    path = save(tmp_path / "a.csv", written([TITLES, ROW, OTHER_ROW]))
    with opened(path) as sheet:
        assert list(sheet.chunks()) == list(sheet.chunks())
