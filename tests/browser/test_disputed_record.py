"""A record under objection as people see it: the mark, the correction, the subject's own words, the suspension."""

from __future__ import annotations

import pytest

from credit_records.admin import boxes
from credit_records.admin.corrections_box import corrections_box
from credit_records.models import Record
from credit_records.services import corrections, disputes

from ..credit_records.builders import penalty
from ..credit_records.reporting import NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CASE, DECISION = "银信异〔2026〕12号", "异议决定 银信异决〔2026〕12号"


@pytest.fixture
def rooms_above(monkeypatch):
    monkeypatch.setattr(boxes, "_record_boxes", [corrections_box])
    monkeypatch.setattr(boxes, "_subject_boxes", [])
    monkeypatch.setattr(boxes, "_record_links", [])
    lines = [
        ("银信异〔2026〕12号 罚款金额 办理中，应于 11-27 办结", "/admin/", "warn"),
        ("银信异〔2025〕3号 不予支持", "/admin/"),
    ]
    boxes.register_record_box(lambda request, record: boxes.Box("异议", lines, order=5))
    boxes.register_record_box(lambda request, record: boxes.Box("修复", empty="没有修复申请。", order=6))
    boxes.register_subject_box(lambda request, subject: boxes.Box("案件", lines))
    boxes.register_record_link(lambda request, record: ("登记异议", "/admin/"))


def test_a_disputed_and_corrected_record(desk, city, report, rooms_above):
    report(penalty(1), penalty(2), publish=True)
    record = Record.objects.get(document_number="银市监罚〔2026〕1号")
    disputes.mark_disputed(record, actor=city.officer, reference=CASE, url="/admin/", now=NOW)
    corrections.correct(
        record, actor=city.approver, changes={"CF_NR_FK": "0.3", "CF_NR": "处以罚款0.3万元。"},
        reference=DECISION, reason="决定书载明罚款三千元", now=NOW,
    )  # fmt: skip
    disputes.record_statement(
        record, actor=city.officer, text="本公司认为处罚过重，已依法提起诉讼。", reference=DECISION, now=NOW
    )
    again = report(penalty(1))
    page = desk.page
    desk.sign_in("approver")
    desk.open(f"/admin/credit_records/record/{record.pk}/change/")
    page.wait_for_selector("text=本公司认为处罚过重")
    assert page.locator(".cr-head .cr-disputed").inner_text() == "异议中"
    desk.picture("01-record")
    page.get_by_role("button", name="暂停公示").click()
    page.locator("dialog[open] textarea").fill("处罚机关不能提供决定书")
    desk.picture("02-suspend")
    page.locator("dialog[open]").get_by_role("button", name="暂停公示").click()
    page.wait_for_selector("text=已暂停公示")
    desk.picture("03-suspended")
    page.get_by_role("button", name="恢复公示").wait_for()
    desk.open("/admin/credit_records/record/?disputed=yes")
    assert page.locator("#result_list tbody tr").count() == 1
    desk.picture("04-list")
    desk.open(f"/admin/credit_records/subject/{record.subject_id}/change/")
    page.wait_for_selector("text=异议中 1")
    desk.picture("05-subject")
    desk.open(f"/admin/credit_records/record/{record.pk}/history/")
    page.wait_for_selector(f"text=依据 {DECISION}")
    desk.picture("06-history")
    desk.sign_out()
    desk.sign_in("clerk")
    desk.open(f"/admin/credit_records/intakebatch/{again.pk}/change/")
    page.wait_for_selector("text=不能改回原值")
    desk.picture("07-batch")
    desk.open(f"/admin/credit_records/record/{record.pk}/change/")
    page.get_by_role("link", name="罚款金额(万元)：0.5万元 更正为 0.3万元").click()
    page.wait_for_selector("text=异议更正")
    desk.picture("08-correction-batch")
