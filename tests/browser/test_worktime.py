"""The calendar on the office's usual screen and on paper: drafted, looked at, confirmed; a due day explained."""

from __future__ import annotations

from datetime import date

import pytest

from worktime import impact
from worktime.models import CalendarVersion
from worktime.selectors import limit_for
from worktime.services import load_shipped

from ..worktime.conftest import Room

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LINES = "\n".join(
    [
        *(f"2027-01-0{n},放假,元旦" for n in (1, 2, 3)),
        *(f"2027-02-{n:02},放假,春节" for n in range(5, 13)),
        "2027-01-30,上班,春节调休上班",
        "2027-02-20,上班,春节调休上班",
        *(f"2027-10-0{n},放假,国庆节" for n in range(1, 8)),
        "2027-10-09,上班,国庆节调休上班",
    ]
)


@pytest.fixture
def office(desk, city, monkeypatch):
    load_shipped(actor=city.system)
    monkeypatch.setattr(impact, "_providers", [])
    room = impact.register(Room(date(2026, 12, 28)))
    room.add("YY-2026-0113", date(2026, 12, 25), 5)
    room.add("YY-2026-0114", date(2026, 12, 28), 5)
    return desk


def fits(desk) -> bool:
    return not desk.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_a_new_calendar_from_the_notice_to_its_confirmation(office, city):
    desk, page = office, office.page
    desk.sign_in("officer")
    desk.picture("wt-workbench")
    page.locator('#nav-sidebar-inner a[href="/admin/worktime/calendarversion/"]').click()
    page.get_by_text("2027年节假日尚未公布").first.wait_for()
    desk.picture("wt-list")
    page.get_by_role("link", name="起草新版").click()
    page.fill("#id_source", "国务院办公厅关于2027年部分节假日安排的通知(示例)")
    page.fill("#id_text", LINES)
    assert page.input_value("#id_known_until")[5:] == "12-31"
    page.fill("#id_known_until", "2027-12-31")
    desk.picture("wt-draft-form")
    assert fits(desk)
    page.get_by_role("button", name="保存草稿").click()
    page.get_by_text("已起草").wait_for()
    assert page.get_by_role("link", name="YY-2026-0113").is_visible()
    desk.picture("wt-draft")
    assert fits(desk)
    page.click('[data-dialog="verb-import"]')
    page.locator("#verb-import").wait_for(state="visible")
    desk.picture("wt-import-dialog")
    page.keyboard.press("Escape")
    page.click('[data-dialog="verb-propose"]')
    page.locator("#verb-propose button[type=submit]").click()
    page.get_by_text("已提交，请审批人确认").wait_for()
    address = page.url
    desk.sign_out()
    desk.sign_in("approver")
    desk.picture("wt-workbench-approver")
    page.goto(address)
    page.click('[data-dialog="verb-confirm"]')
    page.locator("#verb-confirm button[type=submit]").click()
    page.get_by_text("2件在办案件的到期日已随之调整").wait_for()
    desk.picture("wt-in-force")
    assert CalendarVersion.objects.get(number=2).state == "in_force"


def test_a_due_day_is_explained_on_screen_and_on_paper(office, city):
    desk, page = office, office.page
    desk.sign_in("clerk")
    desk.open("/admin/worktime/calendarversion/calculate/")
    desk.picture("wt-calculate-empty")
    page.select_option("#id_kind", "objection")
    page.fill("#id_received", "2026-09-28")
    page.click(".wt-pauses summary")
    page.fill("#id_begin1", "2026-10-12")
    page.fill("#id_end1", "2026-10-13")
    page.get_by_role("button", name="计算", exact=True).click()
    page.locator(".wt-answer-day").wait_for()
    assert "2026-10-10" in page.locator(".wt-answer-day").inner_text()
    desk.picture("wt-calculate")
    assert fits(desk)
    on_paper(desk, "wt-calculate-print")


def on_paper(desk, name) -> None:
    desk.page.emulate_media(media="print")
    desk.page.set_viewport_size({"width": 700, "height": 1000})
    assert desk.page.locator("#nav-sidebar-inner").is_hidden()
    desk.picture(name)
    desk.page.emulate_media(media="screen")
    desk.page.set_viewport_size({"width": 1366, "height": 768})


def test_the_year_and_the_limits_read_well(office, city):
    desk = office
    desk.sign_in("clerk")
    version = CalendarVersion.objects.get()
    desk.open(f"/admin/worktime/calendarversion/{version.pk}/change/?year=2026")
    desk.page.locator(".wt-month").nth(11).wait_for()
    desk.picture("wt-year")
    assert fits(desk)
    square = desk.page.locator('td[title^="2026-10-01"]')
    assert square.evaluate("e => getComputedStyle(e).textAlign") == "center"
    on_paper(desk, "wt-year-print")
    desk.open("/admin/worktime/limit/")
    desk.picture("wt-limits")
    assert fits(desk)
    desk.sign_out()
    desk.sign_in("officer")
    limit = limit_for("objection", date(2026, 11, 22))
    desk.open(f"/admin/worktime/limit/{limit.pk}/change/")
    desk.picture("wt-limit")
    assert fits(desk)
    desk.page.click('[data-dialog="verb-propose"]')
    desk.picture("wt-limit-dialog")
