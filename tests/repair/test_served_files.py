"""Many records of service from a table: all of it or nothing, and of each wrong row what is wrong."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from audit.acts import act
from audit.faults import Refused
from credit_records.models import Subject
from repair.models import ServedNotice
from repair.services.served_files import on_disk, record_file

from ..credit_records.admin.pages import as_user, text_of
from .test_served import NOW, records  # noqa: F401  four penalties
from .world import penalties

HEAD = ("文号", "行政相对人名称", "送达日期", "送达方式", "送达回证编号")
NAME = "银川示例第0贸易有限公司"
UPLOAD = reverse("admin:repair_penaltytoserve_upload")


def table(*rows, head=HEAD):
    book = Workbook()
    book.active.append(head)
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("送达.xlsx", out.getvalue())


def csv(*rows, encoding="gb18030", head=HEAD):
    text = "\r\n".join(",".join(row) for row in (head, *rows))
    return SimpleUploadedFile("送达.csv", text.encode(encoding))


def run(file, actor, now=NOW):
    with on_disk(file) as path:
        return record_file(path, file_name=file.name, actor=actor, now=now)


@pytest.fixture
def numbered(city, records):  # noqa: F811
    """The same four with numbers of their own."""
    return [record.document_number for record in records]


@pytest.mark.parametrize("make", [table, csv])
def test_every_row_is_recorded(city, records, numbered, make):  # noqa: F811
    rows = [
        (numbered[0], NAME, "2026/11/18", "直接送达", "回证1"),
        (numbered[1], NAME, "20261119", "邮寄", ""),
    ]
    assert run(make(*rows), city.clerk) == (2, [])
    told = {one.record_id: (one.served_on, one.method, one.reference) for one in ServedNotice.objects.all()}
    assert told == {
        records[0].pk: (date(2026, 11, 18), "direct", "回证1"),
        records[1].pk: (date(2026, 11, 19), "post", ""),
    }


def test_brackets_and_widths_of_numbers_do_not_matter(city, records, numbered):  # noqa: F811
    assert run(table(("银市监罚[2026]0号", NAME, date(2026, 11, 18), "留置送达")), city.clerk)[0] == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (("没有这个文号", NAME, "2026-11-18", "直接送达"), "没有找到"),
        (("{0}", "另一家公司", "2026-11-18", "直接送达"), "没有找到"),
        (("{3}", NAME, "2026-11-18", "直接送达"), "没有找到"),
        (("{2}", NAME, "2026-11-18", "直接送达"), "没有找到"),
        (("{0}", NAME, "2026-11-18", "鸽子"), "不在允许的范围内"),
        (("{0}", NAME, "", "直接送达"), "没有填送达日期"),
        (("{0}", NAME, "十八日", "直接送达"), "不是可识别的日期"),
        (("{0}", "", "2026-11-18", "直接送达"), "都要填"),
        (("{0}", NAME, "2026-05-01", "直接送达"), "早于决定日期"),
        (("{0}", NAME, "2026-11-21", "直接送达"), "晚于今天"),
        (("{1}", NAME, "2026-11-18", "直接送达"), "同一条记录"),
    ],
)
def test_one_wrong_row_keeps_all_of_them_out(city, records, numbered, row, problem):  # noqa: F811
    good = (numbered[1], NAME, "2026-11-19", "直接送达")
    wrong_row = tuple(cell.format(*numbered) for cell in row)
    done, wrong = run(table(good, wrong_row), city.clerk)
    assert done == 0
    assert [one.row for one in wrong] == [3]
    assert problem in wrong[0].problem
    assert not ServedNotice.objects.exists()
    assert not ServedNotice.history.exists()


def test_what_is_recorded_already_is_told_row_by_row(city, records, numbered):  # noqa: F811
    rows = [(number, NAME, "2026-11-18", "直接送达") for number in numbered[:2]]
    assert run(table(rows[0]), city.clerk) == (1, [])
    done, wrong = run(table(*rows), city.clerk)
    assert (done, [one.row for one in wrong]) == (0, [2])
    assert "已登记送达" in wrong[0].problem
    assert ServedNotice.objects.count() == 1


def test_a_stranger_finds_nothing_of_another_department(city, records, numbered):  # noqa: F811
    rows = [(numbered[0], NAME, "2026-11-18", "直接送达")]
    done, wrong = run(table(*rows), city.stranger)
    assert (done, len(wrong)) == (0, 1)
    assert "没有找到" in wrong[0].problem


def test_the_same_number_about_two_subjects_is_told_apart(city, records, numbered):  # noqa: F811
    with act("test.subject", actor=city.system):
        other = Subject.objects.create(kind="legal_person", name="另一示例公司", name_key="另一示例公司")
    (twin,) = penalties(city, [{"subject": other, "document_number": numbered[0]}])
    assert run(table((numbered[0], "另一示例公司", "2026-11-18", "直接送达")), city.clerk) == (1, [])
    assert ServedNotice.objects.get().record_id == twin.pk


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("空.xlsx", b""),
        SimpleUploadedFile("图.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100),
        table(head=("文号", "送达日期")),
        table(),
    ],
    ids=["empty", "picture", "columns missing", "no rows"],
)
def test_what_is_no_such_table_is_refused(city, records, file):  # noqa: F811
    with pytest.raises(Refused) as refused:
        run(file, city.clerk)
    assert refused.value.code == "served.file"


# --- the page ----------------------------------------------------------------------------------------------------


def test_the_exported_list_is_filled_in_and_uploaded_again(city, records):  # noqa: F811
    client = as_user(city.clerk)
    url = reverse("admin:repair_penaltytoserve_export") + "?served=missing"
    book = load_workbook(io.BytesIO(client.post(url, {"format": "xlsx"}).content))
    sheet = book.active
    head = [cell.value for cell in sheet[1]]
    assert "共2行" in sheet.cell(5, 1).value
    for row in (2, 3):
        sheet.cell(row, head.index("送达日期") + 1, "2026-11-19")
        sheet.cell(row, head.index("送达方式") + 1, "直接送达")
    out = io.BytesIO()
    book.save(out)
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("送达.xlsx", out.getvalue())})
    assert response.status_code == 302
    assert ServedNotice.objects.standing().count() == 2
    listed = text_of(client.get(response.url))
    assert listed.count('class="cr-document"') == 2


def test_the_page_lists_the_wrong_rows_and_writes_nothing(city, records, numbered):  # noqa: F811
    file = table((numbered[0], NAME, "2026-11-18", "鸽子"), (numbered[1], NAME, "2026-11-19", "直接送达"))
    response = as_user(city.clerk).post(UPLOAD, {"file": file})
    assert response.status_code == 422
    text = text_of(response)
    assert "有1行不能登记，一行也没有写入" in text
    assert "不在允许的范围内" in text
    assert not ServedNotice.objects.exists()


@pytest.mark.parametrize("who", ["reviewer", "officer", "supervisor", "auditor", "upper"])
def test_only_clerks_upload(city, records, who):  # noqa: F811
    assert as_user(getattr(city, who)).get(UPLOAD).status_code == 403
    assert as_user(getattr(city, who)).post(UPLOAD, {"file": table()}).status_code == 403


def test_the_empty_form_is_said_to_be_empty(city, records):  # noqa: F811
    assert "请选择文件。" in text_of(as_user(city.clerk).post(UPLOAD, {}))
    assert "上传并登记" in text_of(as_user(city.clerk).get(UPLOAD))
