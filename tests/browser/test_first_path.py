"""The first whole path, by hand: upload, annotated workbook, mended, uploaded again, reviewed, published."""

from __future__ import annotations

from datetime import date

import pytest
from openpyxl import load_workbook

from credit_records.intake.reading import RESULT_TITLE
from credit_records.models import IntakeBatch, Record

from ..credit_records.builders import OTHER_SOURCE, company_code, penalty, write_xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEAD = 3
WRONG_CODE = company_code(4)[:-1] + ("0" if company_code(4)[-1] != "0" else "1")
BROKEN = {
    3: {"罚款金额(万元)": "伍仟元整"},
    4: {"行政相对人代码_1(统一社会信用代码)": WRONG_CODE},
    5: {"处罚决定日期": "2026-02-30"},
    6: {"数据来源单位统一社会信用代码": OTHER_SOURCE[1]},
}
CODE_AS_EXCEL_SHOWS_IT = {"备注": '=HYPERLINK("http://example.invalid","x")'}


@pytest.fixture
def report_file(tmp_path):
    rows = [penalty(number, **BROKEN.get(number, {})) for number in range(1, 11)]
    rows[1].update(CODE_AS_EXCEL_SHOWS_IT)
    rows.append(penalty(1))
    return write_xlsx(
        tmp_path / "11月行政处罚.xlsx", rows, above=["银川市行政处罚信息报送表", "填表说明:带*号为必填项"]
    )


def mend(path, saved_as):
    """What the clerk does: look at the result column, repair the coloured cells, delete what is not hers."""
    book = load_workbook(path)
    sheet = book.active
    titles = [cell.value for cell in sheet[HEAD]]
    result = titles.index(RESULT_TITLE)
    marked = [row for row in range(HEAD + 1, sheet.max_row + 1) if sheet.cell(row, result + 1).value]
    for row in reversed(marked):
        number = row - HEAD
        if number in BROKEN and number != 6:
            for title in BROKEN[number]:
                sheet.cell(row, titles.index(title) + 1).value = penalty(number)[title]
        else:
            sheet.delete_rows(row)
    book.save(saved_as)
    return marked


def choose_item(page):
    page.select_option("#id_item", label="法人行政处罚")


def test_from_upload_to_published_record(desk, city, penalties, report_file, tmp_path):
    page = desk.page
    desk.sign_in_by_hand("clerk")
    desk.picture("01-workbench")
    page.get_by_role("link", name="上传报送文件").first.click()
    choose_item(page)
    page.set_input_files("#id_file", report_file)
    desk.picture("02-upload")
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_selector("text=11 行")
    first = IntakeBatch.objects.get()
    assert (first.rows, first.created, first.rejected) == (11, 6, 5)
    desk.picture("03-batch-with-errors")
    assert not Record.objects.exists()

    with page.expect_download() as download:
        page.get_by_role("link", name="下载批注工作簿").click()
    annotated = tmp_path / "annotated.xlsx"
    download.value.save_as(annotated)
    mended = tmp_path / "11月行政处罚(已改).xlsx"
    assert mend(annotated, mended) == [HEAD + 3, HEAD + 4, HEAD + 5, HEAD + 6, HEAD + 11]

    page.get_by_role("link", name="上传改正后的文件").click()
    if page.locator("select#id_item").count():
        choose_item(page)
    page.set_input_files("#id_file", mended)
    page.get_by_role("button", name="上传并检查").click()
    page.wait_for_selector("text=9 行")
    second = IntakeBatch.objects.order_by("-pk").first()
    assert (second.rows, second.created, second.rejected, second.corrects_id) == (9, 9, 0, first.pk)
    page.get_by_role("button", name="提交审核").first.click()
    page.locator("dialog[open]").get_by_role("button", name="提交审核").click()
    page.wait_for_selector("text=待审核")
    desk.picture("04-submitted")
    assert Record.objects.filter(state="submitted").count() == 9
    assert (
        Record.objects.get(document_number="银市监罚〔2026〕2号").details["BZ"]
        == CODE_AS_EXCEL_SHOWS_IT["备注"]
    )

    desk.sign_out()
    desk.sign_in("reviewer")
    desk.picture("05-reviewers-workbench")
    desk.open(f"/admin/credit_records/intakebatch/{second.pk}/change/")
    desk.picture("06-review")
    page.get_by_role("button", name="发布").first.click()
    page.locator("dialog[open]").get_by_role("button", name="发布").click()
    page.wait_for_selector("text=已发布")
    assert Record.objects.public(date(2026, 12, 1)).count() == 9

    record = Record.objects.get(document_number="银市监罚〔2026〕3号")
    desk.open(f"/admin/credit_records/record/{record.pk}/change/")
    page.wait_for_selector("text=银市监罚〔2026〕3号")
    desk.picture("07-record")
    desk.open(f"/admin/credit_records/record/{record.pk}/history/")
    page.wait_for_selector("text=李示例")
    desk.picture("08-history")
    desk.open("/admin/credit_records/record/?q=示例")
    page.wait_for_selector("text=银川示例第3商贸有限公司")
    desk.picture("09-records")


def test_another_department_sees_nothing_of_it(desk, city, report):
    report(penalty(1), publish=True)
    record, batch = Record.objects.get(), IntakeBatch.objects.get()
    desk.sign_in("stranger")
    desk.open("/admin/credit_records/record/?q=示例")
    assert "银川示例第1商贸" not in desk.page.content()
    for path in (
        f"/admin/credit_records/record/{record.pk}/change/",
        f"/admin/credit_records/record/{record.pk}/history/",
        f"/admin/credit_records/intakebatch/{batch.pk}/change/",
        f"/admin/credit_records/intakebatch/{batch.pk}/annotated/",
    ):
        answer = desk.page.request.get(desk.address + path)
        assert answer.status == 404, path
        assert "银川示例" not in answer.text()


def test_an_unusable_file_gets_a_clear_sentence_and_a_way_on(desk, city, penalties, tmp_path):
    wrong = tmp_path / "报表.xlsx"
    wrong.write_bytes(b"%PDF-1.4 this is no workbook")
    desk.sign_in("clerk")
    desk.open("/admin/credit_records/intakebatch/add/")
    choose_item(desk.page)
    desk.page.set_input_files("#id_file", wrong)
    desk.page.get_by_role("button", name="上传并检查").click()
    desk.page.wait_for_selector("text=重新上传")
    desk.picture("10-unusable")
    assert IntakeBatch.objects.get().state == IntakeBatch.State.REFUSED
