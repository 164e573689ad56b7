"""The list of tasks from a workbook: verdicts before anything is written, all or nothing, once."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from audit.acts import act
from audit.faults import Refused
from oversight.models import Duty, Task, TaskImport
from oversight.rules.task_rows import TITLES
from oversight.services import duties, importing

pytestmark = pytest.mark.django_db
GOOD = [
    "2026-01",
    "按月报送",
    "每月报送。",
    "市场监管",
    "市场监管、生态环境",
    "按月",
    "2026/01/31",
    "2026/03/31",
    "台账",
    "示例",
    "",
]


_TITLES = tuple(TITLES.values())


def workbook(*rows, titles=_TITLES) -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("任务清单")
        for number, row in enumerate([titles, *rows]):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    return SimpleUploadedFile("任务清单.xlsx", out.getvalue())


def preview(city, *rows, **more) -> TaskImport:
    return importing.preview(workbook(*rows, **more), actor=city.officer, office=city.office)


def outcomes(city, kept):
    return [
        (one.row, one.outcome, [fault.code for fault in one.faults])
        for one in importing.verdicts(kept, actor=city.officer)
    ]


def changed(**values) -> list[str]:
    columns = list(TITLES)
    row = list(GOOD)
    for name, value in values.items():
        row[columns.index(name)] = value
    return row


def test_rows_become_tasks_when_all_are_right_and_the_same_file_again_changes_nothing(city):
    kept = preview(city, GOOD, changed(number="2026-02", period="一次", until="", responsible=""))
    assert outcomes(city, kept) == [(2, "new", []), (3, "new", [])]
    assert not Task.objects.exists()
    importing.confirm(kept, actor=city.officer)
    assert (Task.objects.count(), Duty.objects.count()) == (2, 3 * 2 + 1)
    assert set(Duty.objects.filter(task__number="2026-02").values_list("department", flat=True)) == {
        city.scjg.pk
    }
    with pytest.raises(Refused) as refused:
        importing.confirm(kept, actor=city.officer)
    assert refused.value.code == "task_import.confirmed"
    again = preview(city, GOOD)
    assert outcomes(city, again) == [(2, "unchanged", [])]
    importing.confirm(again, actor=city.officer)
    assert (Task.objects.count(), Duty.objects.count()) == (2, 7)


def test_one_wrong_row_keeps_all_out(city):
    kept = preview(city, GOOD, changed(number="2026-02", lead="没有的局"), GOOD, changed(number=""))
    assert outcomes(city, kept) == [
        (2, "new", []), (3, "wrong", ["task_row.body"]), (4, "wrong", ["task_row.repeated"]),
        (5, "wrong", ["task_row.missing"]),
    ]  # fmt: skip
    with pytest.raises(Refused, match="有3行不能导入") as refused:
        importing.confirm(kept, actor=city.officer)
    assert refused.value.code == "task_import.faulty"
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"title": "改了名称"}, ("changed", [])),
        ({"due": "2026/01/30"}, ("wrong", ["task_row.fixed"])),
        ({"responsible": "市场监管"}, ("wrong", ["task_row.fixed"])),
        ({"title": "=1+1"}, ("wrong", ["task_row.formula"])),
        ({"note": "联系人110101199003070011"}, ("wrong", ["personal.number_in_text"])),
    ],
    ids=["title", "deadline", "bodies", "formula", "number of a person"],
)
def test_what_a_later_workbook_may_change_of_a_task_that_was_given(city, values, outcome):
    importing.confirm(preview(city, GOOD), actor=city.officer)
    [(_, word, codes)] = outcomes(city, preview(city, changed(**values)))
    assert (word, codes) == outcome


def bomb() -> SimpleUploadedFile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made, zipfile.ZipFile(workbook(GOOD)) as given:
        for name in given.namelist():
            made.writestr(name, given.read(name))
        made.writestr("xl/worksheets/sheet9.xml", b" " * (60 * 1024 * 1024))
    return SimpleUploadedFile("炸弹.xlsx", out.getvalue())


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (lambda: workbook(), "file.empty"),
        (
            lambda: workbook(GOOD[:3], titles=["任务编号", "任务名称", "任务内容"]),
            "file.header_missing_columns",
        ),
        (lambda: SimpleUploadedFile("x.xlsx", b"PK\x03\x04 no zip"), "file.damaged"),
        (bomb, "file.zip_bomb"),
    ],
    ids=["empty", "columns", "damaged", "bomb"],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(city, file, code):
    with pytest.raises(Refused) as refused:
        importing.preview(file(), actor=city.officer, office=city.office)
    assert refused.value.code == code
    assert not TaskImport.objects.exists()


def test_the_template_is_read_without_change_once_it_is_filled_in(city):
    book = load_workbook(io.BytesIO(importing.template()))
    sheet = book.worksheets[0]
    header = next(row for row in sheet.iter_rows() if str(row[0].value).endswith("任务编号"))
    for cell, value in zip(header, GOOD, strict=False):
        sheet.cell(row=cell.row + 1, column=cell.column, value=value)
    out = io.BytesIO()
    book.save(out)
    kept = importing.preview(
        SimpleUploadedFile("t.xlsx", out.getvalue()), actor=city.officer, office=city.office
    )
    assert outcomes(city, kept) == [(header[0].row + 1, "new", [])]


def test_the_pages_show_row_column_and_how_to_mend_and_only_the_office_may(city, signed_in):
    office = signed_in("officer")
    address = reverse("admin:oversight_task_upload")
    assert signed_in("clerk").get(address).status_code == 403
    sent = office.post(address, {"file": workbook(GOOD, changed(number="2026-02", period="每周"))})
    page = office.get(sent.headers["Location"]).content.decode()
    assert "F列 周期" in page
    assert "周期请填：一次、按月" in page
    assert "确认导入" not in page
    assert signed_in("approver").get(sent.headers["Location"]).status_code == 404
    sent = office.post(address, {"file": workbook(GOOD)})
    assert "确认导入" in office.get(sent.headers["Location"]).content.decode()
    office.post(sent.headers["Location"])
    assert Task.objects.get().number == "2026-01"


def test_a_number_is_given_once_in_an_office(city, task):
    with pytest.raises(Refused) as refused:
        duties.enter(
            importing.verdicts(preview(city, GOOD), actor=city.officer)[0].task,
            actor=city.officer,
            office=city.office,
        )
    assert refused.value.code == "task.number_exists"


def book_of(write) -> SimpleUploadedFile:
    """A workbook whose rows `write(sheet, book)` lays out below the titles."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, _TITLES)
        write(sheet, book)
    return SimpleUploadedFile("任务清单.xlsx", out.getvalue())


def _merged(sheet, book):
    for row, values in enumerate([GOOD, changed(number="2026-02")], start=1):
        sheet.write_row(row, 0, values)
    sheet.merge_range(1, 3, 2, 3, "市场监管")


def _days(sheet, book):
    sheet.write_row(1, 0, GOOD)
    sheet.write_datetime(1, 6, datetime(2026, 1, 31), book.add_format({"num_format": "yyyy/m/d"}))
    sheet.write_row(2, 0, changed(number="2026-02"))
    sheet.write_number(2, 6, 46053)


def _formula(sheet, book):
    sheet.write_row(1, 0, GOOD)
    sheet.write_formula(1, 0, '="2026-"&"01"', None, "2026-01")


def _control_characters(sheet, book):
    sheet.write_row(1, 0, changed(title="按月​报送\x0b", number=" 2026-01 "))


@pytest.mark.parametrize(
    ("write", "found"),
    [
        (_merged, [(2, "new", []), (3, "new", [])]),
        (_days, [(2, "new", []), (3, "new", [])]),
        (_formula, [(2, "wrong", ["task_row.formula"])]),
        (_control_characters, [(2, "new", [])]),
    ],
    ids=["merged", "days", "formula", "control characters"],
)
def test_cells_as_offices_leave_them(city, write, found):
    kept = importing.preview(book_of(write), actor=city.officer, office=city.office)
    assert outcomes(city, kept) == found
    for one in importing.verdicts(kept, actor=city.officer):
        assert one.task is None or (one.task.first_due, one.task.title) == (date(2026, 1, 31), "按月报送")


def test_a_list_of_ten_thousand_rows_is_no_list_of_tasks(city):
    with pytest.raises(Refused) as refused:
        preview(city, *[changed(number=f"2026-{number}") for number in range(10_000)])
    assert refused.value.code == "file.too_many_rows"


def test_a_body_of_another_office_is_unknown_here_and_one_that_is_closed_too(city):
    kept = preview(
        city, changed(lead=city.upper_office.name), changed(number="2026-02", responsible="生态环境")
    )
    assert [code for _, _, codes in outcomes(city, kept) for code in codes] == ["task_row.body"]
    with act("test", actor=city.system):
        city.sthj.active = False
        city.sthj.save(update_fields=["active"])
    # Judged anew at the confirmation: what the preview allowed is refused by then.
    assert [set(codes) for _, _, codes in outcomes(city, kept)] == [{"task_row.body"}] * 2
