"""What the pages of records and subjects say of repair, and the way from there to an application."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ..applying import at
from .conftest import as_user, page, published, text_of

pytestmark = pytest.mark.django_db


def record_page(record) -> str:
    return reverse("admin:credit_records_record_change", args=[record.pk])


def box_of(text: str) -> str:
    return text.partition("<h2>信用修复</h2>")[2].partition("</section>")[0]


def test_the_record_says_whether_why_and_by_which_rules(city, records):
    box = box_of(text_of(as_user(city.clerk).get(record_page(records[0]))))
    for part in ("可申请", "为什么", "已满最短公示期", "信用修复管理办法（第36号令）", "国办发〔2025〕22号"):
        assert part in box


def test_the_record_says_from_which_day(city, too_early):
    assert "自 2027-01-13 起可申请" in box_of(text_of(as_user(city.clerk).get(record_page(too_early))))


def test_the_record_says_why_never(city, report, records):
    record = published(
        report, city, "银市监罚〔2026〕5号", 处罚内容="限制从业，终身不得从事食品生产经营管理工作。"
    )
    box = box_of(text_of(as_user(city.clerk).get(record_page(record))))
    assert "不可修复" in box


def test_an_open_application_is_linked_for_those_who_see_it(city, repair_way, records):
    assert page(repair_way) in box_of(text_of(as_user(city.officer).get(record_page(records[0]))))
    box = box_of(text_of(as_user(city.clerk).get(record_page(records[0]))))
    assert repair_way.case.number not in box
    repair_way.accept().ask()
    assert page(repair_way) in box_of(text_of(as_user(city.clerk).get(record_page(records[0]))))


def test_a_repaired_record_names_the_decision(city, repair_way, records, on_day):
    repair_way.accept().ask().answer().propose().decide()
    on_day(at(18, 16))
    box = box_of(text_of(as_user(city.clerk).get(record_page(records[0]))))
    assert "已修复" in box
    assert "信用修复决定书银信修决〔2026〕1号" in box
    assert "准予修复 2026-11-18" in box
    assert "可申请" not in box


@pytest.mark.parametrize(("who", "offered"), [("clerk", True), ("officer", True), ("reviewer", False)])
def test_whoever_takes_applications_in_finds_the_way(city, records, who, offered):
    link = f"/admin/repair/application/add/?record={records[0].pk}"
    assert (link in text_of(as_user(getattr(city, who)).get(record_page(records[0])))) == offered


def test_a_repaired_record_offers_no_application(city, repair_way, records, on_day):
    repair_way.accept().ask().answer().propose().decide()
    on_day(at(18, 16))
    link = f"/admin/repair/application/add/?record={records[0].pk}"
    assert link not in text_of(as_user(city.clerk).get(record_page(records[0])))


def test_the_subject_lists_its_repairs_with_their_outcome(city, repair_way, subject, on_day):
    url = reverse("admin:credit_records_subject_change", args=[subject.pk])
    assert f"{repair_way.case.number} 已收件" in box_of(text_of(as_user(city.officer).get(url)))
    repair_way.accept().ask().answer().propose().decide()
    on_day(at(18, 16))
    assert "已决定：准予修复" in box_of(text_of(as_user(city.officer).get(url)))
    assert repair_way.case.number not in box_of(text_of(as_user(city.stranger).get(url)))


def test_the_menu_and_the_list_lead_to_the_registration(city, records):
    add = reverse("admin:repair_application_add")
    assert text_of(as_user(city.clerk).get("/admin/casework/case/")).count(f'href="{add}"') == 2
    assert add not in text_of(as_user(city.supervisor).get("/admin/casework/case/"))
