"""A draft of the catalogue, edited as the officer does; and a given password, changed as everybody has to."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.services import reset_password
from credit_records.services.catalogue import draft_version

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OWN, GIVEN = "只有自己知道-2027-示例", "Given-by-others-2026"


def test_columns_of_a_draft_are_opened_dragged_added_and_saved(desk, city, penalties):
    draft = draft_version(penalties, actor=city.officer, in_force_from=date(2026, 7, 1), reason="调整")
    codes = list(draft.fields.order_by("position").values_list("code", flat=True))
    page, number = desk.page, len(codes)
    desk.sign_in("officer")
    desk.open(f"/admin/credit_records/catalogueversion/{draft.pk}/change/")
    title = page.locator("input[name=fields-0-title]")
    assert not title.is_visible()
    rows = page.locator("#fields-data > .form-group")
    rows.first.locator("h3 strong").click()
    title.wait_for(state="visible")
    title.fill("行政相对人的名称")
    desk.picture("draft-open")
    rows.first.locator("h3 strong").click()
    page.locator("#fields-group .add-row").click()
    code = page.locator(f"input[name=fields-{number}-code]")
    if not code.is_visible():
        rows.nth(number).locator("h3 strong").click()
    code.fill("CF_XZ")
    page.fill(f"input[name=fields-{number}-title]", "修正说明")
    page.select_option(f"select[name=fields-{number}-type]", "text")
    page.fill(f"input[name=fields-{number}-max_length]", "200")
    desk.picture("draft-added")
    # The second column is dragged before the first.
    handle, target = rows.nth(1).locator("[x-sort\\:handle]"), rows.first.locator("[x-sort\\:handle]")
    handle.scroll_into_view_if_needed()
    handle.drag_to(target)
    page.fill("textarea[name=change_reason]", "按新标准调整")
    page.locator("[name=_save]").first.click()
    page.get_by_text("新增“修正说明”(CF_XZ)").wait_for()
    desk.picture("draft-saved")
    saved = list(draft.fields.order_by("position").values_list("code", flat=True))
    assert saved == [codes[1], codes[0], *codes[2:], "CF_XZ"]
    assert draft.fields.get(code=codes[0]).title == "行政相对人的名称"


def test_a_given_password_is_changed_before_anything_else(desk, city):
    reset_password(city.clerk, actor=city.sysadmin, password=GIVEN, reason="遗忘")
    page = desk.page
    page.goto(f"{desk.address}/admin/login/")
    page.fill("input[name=username]", "clerk")
    page.fill("input[name=password]", GIVEN)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/admin/password_change/")
    page.get_by_text("现在的密码是别人为您设置的").wait_for()
    desk.picture("own-password")
    desk.open("/admin/credit_records/record/")
    assert page.url.endswith("/admin/password_change/")
    page.fill("input[name=old_password]", GIVEN)
    page.fill("input[name=new_password1]", OWN)
    page.fill("input[name=new_password2]", OWN)
    page.press("input[name=new_password2]", "Enter")
    page.wait_for_url("**/admin/password_change/done/")
    desk.picture("own-password-done")
    desk.open("/admin/credit_records/record/")
    assert page.url.endswith("/admin/credit_records/record/")
