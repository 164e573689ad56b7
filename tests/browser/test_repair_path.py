"""A repair from the window to the letter, each person at an own desk; and one that the office above agrees to.

Set SCREENSHOTS to a folder to keep a picture of every page on the way.
"""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from casework.models import Case, Letter
from credit_records.models import Record
from repair.models import Application, Item, Material

from ..casework.evidence.samples import pdf
from ..repair.admin.conftest import published, serious  # noqa: F401  a record for the office above
from ..repair.applying import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def on_day(monkeypatch):
    from audit import clock

    moment: list[datetime] = [at(16, 10)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return lambda day: moment.__setitem__(0, day)


def _page(name: str = "change") -> str:
    return reverse(f"admin:repair_application_{name}", args=[Application.objects.get().pk])


def _step(desk, label: str, **answers: str) -> None:
    """Click a step of the case page and answer its dialog."""
    desk.page.click(f".ca-steps button:has-text('{label}') >> nth=0")
    dialog = desk.page.locator("dialog[open]")
    for name, text in answers.items():
        dialog.locator(f"[name={name}]").fill(text)
    desk.submit(dialog.locator("button[type=submit]"))


def _fits(desk) -> None:
    """Nothing is wider than the screen."""
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_four_people_settle_a_repair(desk, city, records, on_day, tmp_path):
    record = records[0]
    proof = tmp_path / "缴款回执.pdf"
    proof.write_bytes(pdf())

    # The clerk at the window takes it in, from the record's own page.
    desk.sign_in("clerk")
    desk.open(reverse("admin:credit_records_record_change", args=[record.pk]))
    assert desk.page.is_visible(".cr-box:has-text('信用修复') >> text=可申请")
    desk.page.click("summary:has-text('为什么')")
    desk.picture("repair-01-record")
    desk.page.click(f"a[href*='record={record.pk}']:has-text('登记修复申请')")
    assert desk.page.is_checked(f"input[name=record][value='{record.pk}']")
    desk.page.wait_for_selector("input[name=court]", state="hidden")
    desk.page.fill(f"input[name=day-{record.pk}]", "2026-06-10")
    desk.page.fill("textarea[name=statement]", "罚款已于2026年6月10日缴清，已完成整改。")
    desk.page.fill("input[name=applicant_name]", "示例人甲")
    desk.page.select_option("select[name=applicant_role]", "representative")
    desk.page.select_option("select[name=identity_check]", "documents")
    desk.page.fill("input[name=received_time]", "09:30")
    desk.page.set_input_files("input[name=proof]", proof)
    # The theme would write its name into a field.
    assert desk.page.locator(f"input[value='{proof.name}']").count() == 0
    _fits(desk)
    desk.picture("repair-02-registration")
    desk.submit("button[name=do][value=register]")
    desk.page.wait_for_url("**/change/")
    case = Case.objects.get()
    assert (case.kind, case.state, case.due_on) == ("repair", "received", date(2026, 11, 19))
    desk.picture("repair-03-received")

    # The window checks the material.
    desk.page.click(".ca-steps a:has-text('核对材料')")
    desk.page.click("button:has-text('全部齐全')")
    desk.page.fill("input[name=committed_on]", "2026-11-12")
    desk.page.fill("textarea[name=commitment]", "本公司承诺依法诚信经营。")
    _fits(desk)
    desk.picture("repair-04-material")
    desk.submit("button:has-text('保存核对结果')")
    desk.page.wait_for_url("**/change/")
    assert not Material.objects.exclude(state=Material.State.PRESENT).exists()
    desk.sign_out()

    # The officer finds it in the list, accepts it and asks the department.
    desk.sign_in("officer")
    desk.open(f"{reverse('admin:casework_case_changelist')}?kind=repair")
    desk.picture("repair-05-list")
    desk.page.click(f"a:has-text('{case.number}') >> nth=0")
    desk.picture("repair-06-to-accept")
    _step(desk, "受理")
    _step(desk, "请单位确认")
    assert desk.page.is_visible("text=待确认")
    desk.picture("repair-07-asked")
    desk.sign_out()

    # The department confirms.
    on_day(at(17, 10))
    desk.sign_in("reviewer")
    desk.picture("repair-08-workbench-of-the-department")
    desk.open(_page("answer"))
    assert desk.page.input_value("input[name=i1-fulfilled_on]") == "2026-06-10"
    desk.page.check("input[name=i1-finding][value=fulfilled]")
    desk.page.fill("textarea[name=i1-text]", "经查缴款系统，罚款已于2026年6月10日缴清。")
    _fits(desk)
    desk.picture("repair-09-answer")
    desk.submit("button:has-text('提交确认')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()

    # The officer proposes what the conditions suggest.
    on_day(at(18, 9))
    desk.sign_in("officer")
    desk.open(_page("propose"))
    assert desk.page.is_checked("input[name=i1-outcome][value=granted]")
    desk.page.fill("textarea[name=reason]", "材料齐全，各项条件都满足。")
    desk.submit("button:has-text('预览')")
    assert desk.page.is_visible("text=不再共享和使用")
    _fits(desk)
    desk.picture("repair-10-propose")
    desk.submit("button:has-text('提交审批')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()

    # The approver decides: the record stops being public with the same click.
    on_day(at(18, 15))
    desk.sign_in("approver")
    desk.open(_page())
    desk.picture("repair-11-to-approve")
    desk.open(_page("decide"))
    _fits(desk)
    desk.picture("repair-12-decide")
    desk.page.fill("textarea[name=opinion]", "同意。")
    desk.submit("button:has-text('批准')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()
    assert Record.objects.get(pk=record.pk).state == "repaired"

    # The officer hands the letter over and closes in time.
    on_day(at(19, 15))
    desk.sign_in("officer")
    letter = Letter.objects.get(kind="decision")
    desk.open(_page())
    desk.picture("repair-13-decided")
    desk.open(reverse("admin:casework_letter_change", args=[letter.pk]))
    desk.picture("repair-14-letter")
    with desk.page.expect_download() as download:
        desk.page.click("a:has-text('下载') >> nth=0")
    text = "".join(
        page.extract_text() for page in PdfReader(BytesIO(download.value.path().read_bytes())).pages
    )
    words = "".join(text.split())
    assert letter.number in words
    assert record.document_number in words
    desk.page.click("button:has-text('登记送达') >> nth=0")
    dialog = desk.page.locator("dialog[open]")
    dialog.locator("[name=method]").select_option("direct")
    dialog.locator("[name=delivered_on]").fill("2026-11-19")
    dialog.locator("[name=received_by]").fill("示例人甲")
    desk.submit(dialog.locator("button[type=submit]"))
    desk.open(_page())
    _step(desk, "办结")
    desk.picture("repair-15-closed")
    case = Case.objects.get()
    assert (case.state, case.closed_on, case.outcome) == ("closed", date(2026, 11, 19), "granted")
    desk.page.emulate_media(media="print")
    desk.picture("repair-16-print")
    desk.page.emulate_media(media="screen")
    desk.sign_out()

    # The record says by which decision it was repaired.
    desk.sign_in("clerk")
    desk.open(reverse("admin:credit_records_record_change", args=[record.pk]))
    assert desk.page.is_visible(f"text={letter.number} >> nth=0")
    desk.picture("repair-17-record-repaired")
    desk.open(reverse("admin:credit_records_subject_change", args=[record.subject_id]))
    desk.picture("repair-18-subject")


def test_the_office_above_has_the_last_word(desk, city, serious, apply_for_repair, on_day):  # noqa: F811
    from repair.services.registering import Claim

    from ..repair.applying import FULFILLED, RepairWay

    way = RepairWay(city, apply_for_repair(Claim(serious, FULFILLED)))
    way.accept().ask().answer().propose()
    on_day(at(18, 15))
    desk.sign_in("approver")
    desk.open(_page("decide"))
    assert desk.page.is_visible("text=本件须经上级审核")
    desk.picture("repair-20-endorse")
    desk.submit("button:has-text('批准')")
    desk.page.wait_for_url("**/change/")
    desk.picture("repair-21-before-the-office-above")
    desk.sign_out()
    assert Record.objects.get(pk=serious.pk).state == "published"

    on_day(at(19, 9))
    desk.sign_in("upper")
    desk.picture("repair-22-workbench-of-the-office-above")
    desk.open(reverse("admin:casework_case_changelist"))
    desk.picture("repair-23-list-of-the-office-above")
    desk.open(_page())
    desk.picture("repair-24-case-above")
    desk.page.click(".ca-steps a:has-text('上级同意')")
    desk.picture("repair-25-confirm")
    desk.page.fill("textarea[name=opinion]", "同意。")
    desk.submit("button:has-text('上级同意')")
    desk.page.wait_for_url("**/change/")
    desk.picture("repair-26-confirmed")
    desk.sign_out()
    assert Record.objects.get(pk=serious.pk).state == "repaired"
    assert Item.objects.get().outcome == "granted"

    # Later the material turns out to be false: the repair is taken back.
    on_day(at(19, 17))
    way.fresh()
    way.close()
    on_day(at(20, 9))
    desk.sign_in("approver")
    desk.open(_page("false_material"))
    desk.page.fill("textarea[name=reason]", "缴款回执系伪造，缴款系统中没有该笔款项。")
    desk.picture("repair-27-false-material")
    desk.submit("button:has-text('登记并重新办理')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()
    desk.sign_in("officer")
    desk.open(_page("propose"))
    assert desk.page.is_checked("input[name=i1-outcome][value=revoked]")
    desk.picture("repair-28-revoke")
    desk.page.fill("textarea[name=reason]", "虚假材料已查实。")
    desk.submit("button:has-text('提交审批')")
    desk.page.wait_for_url("**/change/")
    desk.picture("repair-29-revocation-proposed")
    assert Case.objects.get().state == "approving"
