"""The work list before the office's usual screen: chips, a saved view, a bulk action with a reason for each."""

from __future__ import annotations

import pytest

from casework.models import Case, SavedView

from ..casework.admin.conftest import cases, work  # noqa: F401  the office at work

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_officer_works_through_the_list(desk, cases, city):  # noqa: F811
    page = desk.page
    desk.sign_in("officer")
    desk.picture("list-01-workbench")
    page.get_by_role("link", name="案件列表").first.click()
    page.wait_for_selector(".cl-chip")
    # Nothing is wider than the screen.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    desk.picture("list-02-open")
    page.get_by_text("阶段", exact=True).first.click()
    desk.picture("list-03-picker")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="我的", exact=False).first.click()
    page.get_by_text("保存为常用筛选").click()
    page.fill("#cl-name", "我的在办")
    desk.picture("list-04-save")
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("已保存常用筛选“我的在办”。").wait_for()
    assert SavedView.objects.get().query == "whose=mine"
    desk.picture("list-05-saved")
    for name in ("late", "decided"):
        page.check(f'input[name=_selected_action][value="{cases[name].pk}"]')
    page.select_option("select[name=action]", label="办结")
    page.locator("#changelist-form button[name=index], #changelist-form button[type=submit]").first.click()
    page.get_by_text("选中2条，可办理1条。").wait_for()
    page.fill(f'input[name="reason-of-{cases["decided"].pk}"]', "决定书已直接送达。")
    desk.picture("list-06-verdicts")
    page.get_by_role("button", name="办结1条").click()
    page.get_by_text("办结：已办理1条。").wait_for()
    assert "whose=mine" in page.url
    assert Case.objects.get(pk=cases["decided"].pk).closed_on is not None
    desk.open("/admin/casework/case/?ended=1")
    desk.picture("list-07-ended")
    page.emulate_media(media="print")
    desk.open("/admin/casework/case/")
    desk.picture("list-08-print")


def test_the_others_see_their_own_list(desk, cases, city):  # noqa: F811
    for who in ("clerk", "approver", "supervisor"):
        desk.sign_in(who)
        desk.picture(f"list-10-{who}-workbench")
        desk.open("/admin/casework/case/")
        desk.picture(f"list-11-{who}")
        desk.sign_out()
    desk.sign_in("officer")
    desk.open("/admin/casework/substitution/add/")
    desk.picture("list-12-substitution")
    desk.open("/admin/casework/substitution/")
    desk.picture("list-13-substitutions")
