"""A change of law on the office's usual screen: drafted in tables, rehearsed, confirmed; and a finding by the reviewer."""

from __future__ import annotations

import pytest

from credit_records.models import Record, RuleSet

from ..credit_records.builders import penalty

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FINE = "罚款金额(万元)"


@pytest.fixture
def world(report):
    rows = [
        penalty(n, 处罚决定日期=f"2026/0{6 + n % 4}/1{n % 9}", 公示截止期=None, **{FINE: 4 * n})
        for n in range(1, 21)
    ]
    report(*rows, penalty(21, 处罚类别="警告", 公示截止期=None, **{FINE: None}), publish=True)


def fits(desk) -> bool:
    return not desk.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_new_rule_set_from_the_draft_to_its_confirmation(desk, city, world):
    page = desk.page
    desk.sign_in("officer")
    page.locator('#nav-sidebar-inner a[href="/admin/credit_records/ruleset/"]').click()
    desk.picture("rules-list")
    page.get_by_role("link", name="起草新规则").click()
    page.fill("#id_title", "银川市分类标准(示例)")
    page.fill("#id_source", "示例文件第1号")
    page.fill("#id_in_force_from", "2026-07-01")
    desk.picture("rules-new")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("请修改内容，再预演").wait_for()
    page.fill("#id_amounts-0-kind", "罚款")
    page.fill("#id_amounts-0-at_least", "50")
    page.fill("#id_amounts-0-note", "罚款50万元以上")
    page.select_option("#id_kinds-0-severity", "general")
    page.fill("#id_classes-1-minimum_months", "14")
    page.fill("#id_head-reason", "增加数额标准")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("最短公示期长于最长公示期").wait_for()
    # The browser notes the refused answer (422) as an error of its own.
    assert ["422" in problem for problem in desk.problems] == [True]
    desk.problems.clear()
    desk.picture("rules-edit-mistakes")
    assert fits(desk)
    page.fill("#id_classes-1-minimum_months", "2")
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("草稿已保存").wait_for()
    desk.picture("rules-draft")
    assert fits(desk)
    page.click('[data-dialog="verb-rehearse"]')
    page.locator("#verb-rehearse").wait_for(state="visible")
    page.locator("#verb-rehearse button[type=submit]").click()
    page.get_by_text("没有改动任何记录").first.wait_for()
    desk.picture("rules-rehearsal")
    assert fits(desk)
    page.locator(".cr-figure-card", has_text="失信程度变重").click()
    page.locator(".bo-active-filters a", has_text="变重").wait_for()
    desk.picture("rules-rehearsed-rows")
    assert fits(desk)
    page.get_by_role("link", name="回到预演").click()
    page.click('[data-dialog="verb-propose"]')
    page.locator("#verb-propose button[type=submit]").click()
    page.get_by_text("请审批人核对预演后确认").wait_for()
    address = page.url
    desk.sign_out()
    desk.sign_in("approver")
    page.goto(address)
    page.click('[data-dialog="verb-confirm"]')
    page.locator("#verb-confirm").wait_for(state="visible")
    desk.picture("rules-confirm")
    page.locator("#verb-confirm button[type=submit]").click()
    page.get_by_text("已重新确定失信程度和公示期").wait_for()
    desk.picture("rules-in-force")
    assert RuleSet.objects.get(key="rules-20260701").state == "in_force"
    page.emulate_media(media="print")
    desk.picture("rules-print")
    page.emulate_media(media="screen")


def test_the_reviewer_finds_the_class_with_a_reason(desk, city, world):
    page, record = desk.page, Record.objects.order_by("pk").first()
    desk.sign_in("reviewer")
    desk.open(f"/admin/credit_records/record/{record.pk}/change/")
    page.click('[data-dialog="verb-classify"]')
    page.locator("#verb-classify").wait_for(state="visible")
    desk.picture("classify-dialog")
    page.select_option("#id_classify_severity", "minor")
    page.fill("#id_classify_reason", "初次违法且危害后果轻微")
    page.locator("#verb-classify button[type=submit]").click()
    page.get_by_text("必须写明法律依据").first.wait_for()
    page.click('[data-dialog="verb-classify"]')
    page.select_option("#id_classify_severity", "minor")
    page.check("#id_classify_publish_minor")
    page.fill("#id_classify_legal_basis", "示例裁量基准第三条")
    page.fill("#id_classify_reason", "初次违法且危害后果轻微")
    page.locator("#verb-classify button[type=submit]").click()
    page.get_by_text("失信程度由来源单位认定为轻微").wait_for()
    desk.picture("classified-record")
    assert fits(desk)
