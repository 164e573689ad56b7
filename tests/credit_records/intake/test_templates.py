"""The workbook to download: filled in by an office program, it is what the intake reads."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from credit_records.intake.reading import FieldTitle, FileRefused, open_sheet
from credit_records.intake.templates import TemplateField, write_template

KINDS = ("警告", "罚款", "没收违法所得", "其他-")
MANY = tuple(f"示例选项{number:03d}" for number in range(200))
FIELDS = (
    TemplateField("CF_XDR_MC", "行政相对人名称", "text", "yes", max_length=200, example="银川示例公司"),
    TemplateField("CF_XDR_LB", "行政相对人类别", "choice", "yes", options=("法人及非法人组织", "个体工商户")),
    TemplateField(
        "CF_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
        "uscc",
        "conditional",
        condition_text="法人和个体工商户必填",
    ),
    TemplateField("CF_CFLB", "处罚类别", "multi_choice", "yes", options=KINDS),
    TemplateField("CF_NR_FK", "罚款金额（万元）", "decimal", "conditional", condition_text="有罚款时必填"),
    TemplateField("CF_JDRQ", "处罚决定日期", "date", "yes"),
    TemplateField("CF_HY", "行业", "choice", "no", options=MANY, masking="不公开", note="按国标填写"),
)
TITLES = [FieldTitle(field.code, field.title, field.required == "yes") for field in FIELDS]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "模板.xlsx"
    write_template(path, item_title="法人行政处罚", version_label="2026 年版", fields=FIELDS)
    return path


def test_an_untouched_template_is_recognised_and_has_no_rows(template: Path) -> None:
    with open_sheet(template, file_name="模板.xlsx", fields=TITLES, require_rows=False) as sheet:
        assert sheet.field_codes == tuple(field.code for field in FIELDS)
        assert (sheet.header_row, sheet.sheet_name, sheet.unknown_titles) == (3, "法人行政处罚", [])
        assert list(sheet.chunks()) == []
    with pytest.raises(FileRefused) as caught:
        open_sheet(template, file_name="模板.xlsx", fields=TITLES)
    assert caught.value.code == "file.empty"


def test_a_filled_in_template_is_read_row_by_row(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    row = ["银川示例公司", "个体工商户", "91640106DEM070004D", "罚款；警告", 5, "2026/03/05", None]
    for column, value in enumerate(row, start=1):
        book["法人行政处罚"].cell(4, column, value)
    book.save(template)
    with open_sheet(template, file_name="模板.xlsx", fields=TITLES) as sheet:
        assert list(sheet.chunks()) == [([4], [(*row[:6], "")])]


def test_required_columns_carry_a_star_and_code_columns_are_text(template: Path) -> None:
    sheet = openpyxl.load_workbook(template)["法人行政处罚"]
    assert [cell.value for cell in sheet[3]][:3] == ["*行政相对人名称", "*行政相对人类别", FIELDS[2].title]
    assert "法人行政处罚" in sheet["A1"].value
    assert "2026 年版" in sheet["A1"].value
    formats = {letter: sheet.column_dimensions[letter] for letter in "CEF"}
    assert formats["C"].number_format == "@"
    assert formats["E"].number_format == "General"
    assert formats["F"].number_format == "yyyy/mm/dd"
    assert sheet.freeze_panes == "B4"


def test_every_header_explains_its_column(template: Path) -> None:
    sheet = openpyxl.load_workbook(template)["法人行政处罚"]
    assert "条件必填：法人和个体工商户必填" in sheet["C3"].comment.text
    assert "18 位" in sheet["C3"].comment.text
    assert "多项之间用“；”分开" in sheet["D3"].comment.text
    assert "最多 200 字" in sheet["A3"].comment.text
    assert "例：银川示例公司" in sheet["A3"].comment.text


def test_lists_of_any_length_drop_down_from_a_hidden_sheet(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    lists = {
        str(rule.sqref).split(":")[0]: rule for rule in book["法人行政处罚"].data_validations.dataValidation
    }
    assert set(lists) == {"B4", "D4", "G4"}
    assert book["选项"].sheet_state == "hidden"
    for place, options in (("B4", FIELDS[1].options), ("D4", KINDS), ("G4", MANY)):
        name = lists[place].formula1.removeprefix("=")
        sheet, cells = next(iter(book.defined_names[name].destinations))
        assert tuple(cell.value for (cell,) in book[sheet][cells]) == options
    # several kinds in one cell, and 其他- with the clerk's own words, must not be blocked
    assert [lists[place].errorStyle for place in ("B4", "D4", "G4")] == [None, "information", None]


def test_the_second_sheet_explains_every_field(template: Path) -> None:
    sheet = openpyxl.load_workbook(template)["填写说明"]
    rows = {row[2]: row for row in sheet.iter_rows(min_row=3, values_only=True)}
    assert set(rows) == {field.code for field in FIELDS}
    assert rows["CF_XDR_SHXYM"][3:7] == ("统一社会信用代码", "", "条件必填", "法人和个体工商户必填")
    assert rows["CF_CFLB"][7] == "警告、罚款、没收违法所得、其他-"
    assert rows["CF_HY"][8] == "不公开"
    assert rows["CF_XDR_MC"][4] == "200"


def test_a_template_can_be_written_into_a_response() -> None:
    stream = io.BytesIO()
    write_template(stream, item_title="行政许可/自然人[示例]", version_label="2026 年版", fields=FIELDS)
    stream.seek(0)
    assert openpyxl.load_workbook(stream).sheetnames == ["行政许可 自然人 示例", "填写说明", "选项"]
