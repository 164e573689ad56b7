"""可修复清单, 两书同达 and 修复时效 before the office's usual screen."""

from __future__ import annotations

import pytest

from repair.models import ServedNotice

from ..repair.test_figures import world  # noqa: F401  a world counted by hand
from ..repair.world import penalties, subjects

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _fits(page):
    return page.evaluate("document.documentElement.scrollWidth") <= 1366


def test_a_clerk_records_what_was_served(desk, city, catalogue):
    people = subjects(city, 3)
    listed = penalties(city, [{"subject": person} for person in people])
    page = desk.page
    desk.sign_in("clerk")
    desk.picture("lists-01-workbench")
    page.get_by_role("link", name="可修复清单").click()
    page.get_by_text("按时间条件可以修复的处罚、违诺记录").wait_for()
    assert _fits(page)
    desk.picture("lists-02-repairable")
    page.locator(".rl-table tbody td a").last.click()
    page.get_by_text("按单位和月份汇总").wait_for()
    assert _fits(page)
    desk.picture("lists-03-repairable-rows")
    page.get_by_role("link", name="两书同达").first.click()
    page.get_by_text("同达率").wait_for()
    assert _fits(page)
    desk.picture("lists-04-served")
    page.get_by_role("link", name="未登记的记录").click()
    page.wait_for_selector("input[name=_selected_action]")
    assert _fits(page)
    desk.picture("lists-05-served-rows")
    for record in listed[:2]:
        page.check(f'input[name=_selected_action][value="{record.pk}"]')
    page.select_option("select[name=action]", label="登记送达")
    page.locator("#changelist-form button[name=index], #changelist-form button[type=submit]").first.click()
    page.get_by_text("选中2条，可办理2条。").wait_for()
    page.fill("input[name=served_on]", "2026-05-22")
    desk.picture("lists-06-served-bulk")
    page.get_by_role("button", name="登记送达2条").click()
    page.get_by_text("登记送达：已办理2条。").wait_for()
    assert ServedNotice.objects.standing().count() == 2
    desk.open(f"/admin/repair/penaltytoserve/{listed[2].pk}/serve/")
    page.get_by_text("送达回证扫描件").wait_for()
    desk.picture("lists-07-served-one")
    desk.open("/admin/repair/servednotice/")
    desk.picture("lists-08-notices")
    page.locator("#result_list a").first.click()
    page.get_by_role("button", name="更正").first.wait_for()
    desk.picture("lists-09-notice")
    page.get_by_role("button", name="更正").first.click()
    desk.picture("lists-10-notice-correct")


def test_the_office_reads_the_figures(desk, world):  # noqa: F811
    page = desk.page
    desk.sign_in("supervisor")
    desk.open("/admin/repair/repairablerecord/figures/?first=2026-11-01&last=2026-11-30&as_of=2026-11-20")
    page.get_by_text("办结修复5件").wait_for()
    assert _fits(page)
    desk.picture("lists-11-figures")
    page.locator("a[href*='show=over']").first.click()
    page.get_by_role("heading", name="超过时限(1件)").wait_for()
    assert _fits(page)
    desk.picture("lists-12-figures-rows")
    page.emulate_media(media="print")
    desk.picture("lists-13-figures-print")
    page.emulate_media(media="screen")
    desk.open("/admin/repair/penaltytoserve/summary/")
    desk.picture("lists-14-served-office")
    desk.open("/admin/repair/repairablerecord/summary/")
    desk.picture("lists-15-repairable-office")
