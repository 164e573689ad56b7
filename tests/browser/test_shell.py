"""The shell by keyboard, on the office's usual screen, under the security policy that is really sent."""

from __future__ import annotations

import pytest

from accounts.models import User
from audit.acts import note

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def focused(page, ask: str) -> str:
    return page.evaluate(f"document.activeElement.{ask}")


def test_a_verb_is_done_by_keyboard_alone(desk, city):
    page = desk.page
    desk.sign_in("sysadmin")
    desk.open(f"/admin/accounts/user/{city.clerk.pk}/change/")
    page.focus('[data-dialog="verb-deactivate"]')
    page.keyboard.press("Enter")
    dialog = page.locator("#verb-deactivate")
    dialog.wait_for(state="visible")
    assert focused(page, "name") == "reason"
    # Escape puts it away, and the focus returns to the button.
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert focused(page, "dataset.dialog") == "verb-deactivate"
    page.keyboard.press("Enter")
    page.keyboard.type("离职")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page, "type") == "submit"
    page.keyboard.press("Enter")
    page.get_by_text("已停用张示例的账号。").wait_for()
    desk.picture("account-closed")
    assert not User.objects.get(pk=city.clerk.pk).is_active


def test_arrow_keys_turn_the_pages_of_a_list_but_not_while_typing(desk, city):
    for _ in range(45):
        note("account.sign_in", actor=city.clerk, on=city.clerk)
    page = desk.page
    desk.sign_in("auditor")
    desk.open("/admin/audit/event/")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**?after=*")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**?before=*")
    page.fill("#searchbar", "12")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert "before=" in page.url


def test_a_relation_is_filtered_by_searching_for_it(desk, city):
    note("account.sign_in", actor=city.reviewer, on=city.reviewer)
    page = desk.page
    desk.sign_in("auditor")
    desk.open("/admin/audit/event/")
    page.focus(".bo-filter-opener")
    page.keyboard.press("Enter")
    page.locator("#changelist-filter .select2-selection").nth(1).click()
    page.locator(".select2-search__field").last.fill("李示")
    page.locator(".select2-results__option", has_text="李示例").click()
    page.locator("#changelist-filter button[type=submit]").click()
    page.wait_for_url("**actor__id__exact=*")
    names = page.locator("td.field-actor_label").all_inner_texts()
    assert names
    assert set(names) == {"李示例"}
    desk.picture("journal-filtered")


def test_one_signs_out_by_keyboard(desk, city):
    page = desk.page
    desk.sign_in_by_hand("clerk")
    page.focus("button.bo-user")
    page.keyboard.press("Enter")
    page.locator("#logout-form button").wait_for(state="visible")
    page.focus("#logout-form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/logout/")
    desk.picture("signed-out")
    desk.open("/admin/")
    page.wait_for_url("**/admin/login/**")


def test_nothing_runs_over_the_edge_of_the_usual_screen(desk, city):
    desk.sign_in("sysadmin")
    for path in ("/admin/", "/admin/accounts/user/", f"/admin/accounts/user/{city.clerk.pk}/change/"):
        desk.open(path)
        wider = desk.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wider, path


def test_paper_shows_the_list_as_a_table_without_menu_and_buttons(desk, city):
    desk.sign_in("sysadmin")
    desk.open("/admin/accounts/user/")
    desk.page.emulate_media(media="print")
    desk.page.set_viewport_size({"width": 700, "height": 1000})
    assert desk.page.locator("#nav-sidebar-inner").is_hidden()
    assert desk.page.locator("a.addlink").is_hidden()
    assert desk.page.locator("#toolbar").is_hidden()
    cell = desk.page.locator("td.field-display_name").first
    assert cell.evaluate("e => getComputedStyle(e).display") == "table-cell"
    assert cell.evaluate("e => getComputedStyle(e, '::before').display") == "none"
    desk.picture("printed-list")
    # A4 landscape is wide enough for the theme's big-screen bars.
    desk.page.set_viewport_size({"width": 1123, "height": 794})
    over = desk.page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.getClientRects().length"
        " && ['fixed', 'sticky'].includes(getComputedStyle(e).position)).map(e => e.className)"
    )
    assert over == ["bo-print-mark"]
