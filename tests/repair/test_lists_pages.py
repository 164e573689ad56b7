"""The pages of 可修复清单, 两书同达 and 修复时效: each figure opens its rows, nobody sees another's."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from audit.models import Event
from repair.models import ServedNotice

from ..credit_records.admin.pages import as_user, said, text_of
from .test_figures import world  # noqa: F401  a world counted by hand
from .test_served import PDF, records  # noqa: F401  four penalties
from .world import penalties, subjects

REPAIRABLE = reverse("admin:repair_repairablerecord_summary")
REPAIRABLE_ROWS = reverse("admin:repair_repairablerecord_changelist")
SERVED = reverse("admin:repair_penaltytoserve_summary")
SERVED_ROWS = reverse("admin:repair_penaltytoserve_changelist")
NOTICES = reverse("admin:repair_servednotice_changelist")
FIGURES = reverse("admin:repair_figures")
NOVEMBER = {"first": "2026-11-01", "last": "2026-11-30", "as_of": "2026-11-20"}


@pytest.fixture(autouse=True)
def _friday(monkeypatch):
    """20 November 2026, whatever day it is."""
    day = date(2026, 11, 20)
    for module in (
        "repair.selectors.repairable", "repair.selectors.served", "repair.admin.repairable", "repair.admin.figures",
    ):  # fmt: skip
        monkeypatch.setattr(f"{module}.today", lambda: day)


@pytest.fixture
def repairable(city, catalogue):
    people = subjects(city, 1)
    rows = [
        {},
        {"publicity_earliest_end": date(2026, 10, 31)},
        {"publicity_earliest_end": date(2026, 11, 5), "department": city.sthj},
    ]
    return penalties(city, [{"subject": people[0], **row} for row in rows])


def _links(text):
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', text)]


def test_every_figure_of_the_overview_opens_as_many_rows(city, repairable):
    text = text_of(as_user(city.officer).get(REPAIRABLE, {"month": "2026-11"}))
    figures = re.findall(r'<a href="(/admin/repair/repairablerecord/\?[^"]+)">(\d+)</a>', text)
    assert len(figures) >= 6
    client = as_user(city.officer)
    for url, count in figures:
        listed = text_of(client.get(url.replace("&amp;", "&")))
        assert listed.count('name="_selected_action"') + listed.count('class="cr-document"') >= int(count)
        assert listed.count('class="cr-document"') == int(count)


def test_a_department_sees_its_own_lines_only(city, repairable):
    text = text_of(as_user(city.clerk).get(REPAIRABLE))
    assert "银川市市场监督管理局" in text
    assert "银川市生态环境局" not in text
    rows = text_of(as_user(city.clerk).get(REPAIRABLE_ROWS))
    assert repairable[0].document_number in rows
    assert rows.count('class="cr-document"') == 2
    other = text_of(as_user(city.clerk).get(REPAIRABLE_ROWS, {"department": city.sthj.pk}))
    assert other.count('class="cr-document"') == 0


@pytest.mark.parametrize("page", [REPAIRABLE, REPAIRABLE_ROWS, SERVED, SERVED_ROWS, NOTICES, FIGURES])
@pytest.mark.parametrize("who", ["auditor", "sysadmin", "secadmin", "upper"])
def test_who_has_no_business_here_is_turned_away(city, catalogue, page, who):
    response = as_user(getattr(city, who)).get(page)
    assert response.status_code in (403, 404) or "cr-document" not in text_of(response)
    if page in (REPAIRABLE, SERVED, FIGURES):
        assert response.status_code == 403


@pytest.mark.parametrize(("kind", "opens"), [("xlsx", b"PK"), ("csv", "\ufeff".encode())])
def test_the_rows_are_exported_as_they_are_filtered(city, repairable, kind, opens):
    url = reverse("admin:repair_repairablerecord_export") + "?since=2026-11"
    response = as_user(city.officer).post(url, {"format": kind})
    assert response.content.startswith(opens)
    if kind == "xlsx":
        sheet = load_workbook(io.BytesIO(response.content)).active
        rows = list(sheet.iter_rows(values_only=True))
        assert "共2行" in rows.pop()[0]
        assert not any(rows.pop())
        assert len(rows) == 3
        assert {row[rows[0].index("可修复自")] for row in rows[1:]} == {"2026-11-01", "2026-11-06"}
    assert Event.objects.filter(verb="repairablerecord.export").exists()


def test_a_row_leads_to_the_page_of_its_record(city, repairable):
    page = reverse("admin:credit_records_record_change", args=[repairable[0].pk])
    assert page in _links(text_of(as_user(city.clerk).get(REPAIRABLE_ROWS)))
    address = reverse("admin:repair_repairablerecord_change", args=[repairable[0].pk])
    assert as_user(city.clerk).get(address).url == page
    assert as_user(city.stranger).get(address).status_code == 404


# --- 两书同达 ------------------------------------------------------------------------------------------------------


def test_every_figure_of_the_service_opens_as_many_rows(city, records):  # noqa: F811
    client = as_user(city.officer)
    text = text_of(client.get(SERVED))
    figures = re.findall(r'<a href="(/admin/repair/penaltytoserve/[^"]*)">(\d+)</a>', text)
    assert len(figures) >= 6
    for url, count in figures:
        listed = text_of(client.get(url.replace("&amp;", "&")))
        assert listed.count('class="cr-document"') == int(count), url
    assert "国办发〔2025〕22号" in text


def test_a_clerk_ticks_rows_and_records_their_service(city, records):  # noqa: F811
    client = as_user(city.clerk)
    chosen = {"action": "record_served", "_selected_action": [records[0].pk, records[1].pk]}
    page = text_of(client.post(SERVED_ROWS + "?served=missing", chosen))
    assert "选中2条，可办理2条" in page
    bulk = reverse("admin:repair_penaltytoserve_bulk", args=["record_served"])
    answers = {
        "_selected_action": [records[0].pk, records[1].pk],
        "served_on": "2026-11-18",
        "method": "direct",
    }
    response = client.post(bulk, answers)
    assert said(response) == ["登记送达：已办理2条。"]
    assert ServedNotice.objects.standing().count() == 2
    again = text_of(client.post(SERVED_ROWS, chosen))
    assert "已登记送达" in again
    assert "可办理0条" in again


def test_one_row_served_before_its_decision_does_not_hold_up_the_other(city, records):  # noqa: F811
    bulk = reverse("admin:repair_penaltytoserve_bulk", args=["record_served"])
    answers = {
        "_selected_action": [records[0].pk, records[1].pk],
        "served_on": "2026-11-17",
        "method": "post",
    }
    response = as_user(city.clerk).post(bulk, answers)
    assert ServedNotice.objects.standing().get().record_id == records[0].pk
    assert any("早于决定日期" in sentence for sentence in said(response))


def test_the_page_of_a_record_leads_to_the_form_with_the_scan(city, records):  # noqa: F811
    address = reverse("admin:repair_penaltytoserve_serve", args=[records[0].pk])
    page = reverse("admin:credit_records_record_change", args=[records[0].pk])
    assert address in _links(text_of(as_user(city.clerk).get(page)))
    assert address not in _links(text_of(as_user(city.officer).get(page)))
    client = as_user(city.clerk)
    assert "送达回证扫描件" in text_of(client.get(address))
    answers = {"served_on": "2026-11-18", "method": "left", "reference": "", "note": ""}
    wrong = client.post(address, {**answers, "served_on": "2026-01-01"})
    assert wrong.status_code == 422
    assert "早于决定日期" in text_of(wrong)
    scan = SimpleUploadedFile("回证.pdf", PDF)
    assert client.post(address, {**answers, "scan": scan}).status_code == 302
    notice = ServedNotice.objects.get()
    assert notice.scan_type == "pdf"
    download = client.get(reverse("admin:repair_servednotice_scan", args=[notice.pk]))
    assert b"".join(download.streaming_content) == PDF
    assert (
        as_user(city.stranger).get(reverse("admin:repair_servednotice_scan", args=[notice.pk])).status_code
        == 404
    )
    assert address not in _links(text_of(client.get(page)))


def test_the_page_of_a_record_says_whether_the_notice_was_served(city, records):  # noqa: F811
    page = reverse("admin:credit_records_record_change", args=[records[0].pk])
    assert "没有登记修复告知书的送达，已过7个工作日" in text_of(as_user(city.officer).get(page))
    bulk = reverse("admin:repair_penaltytoserve_bulk", args=["record_served"])
    answers = {"_selected_action": [records[0].pk], "served_on": "2026-11-18", "method": "direct"}
    as_user(city.clerk).post(bulk, answers)
    assert "修复告知书于2026-11-18直接送达" in text_of(as_user(city.officer).get(page))
    before_the_rule = reverse("admin:credit_records_record_change", args=[records[2].pk])
    assert "两书同达</span> <span>" not in text_of(as_user(city.officer).get(before_the_rule))


@pytest.mark.parametrize(("who", "status"), [("stranger", 404), ("officer", 403), ("reviewer", 403)])
def test_only_the_clerks_of_the_department_record(city, records, who, status):  # noqa: F811
    address = reverse("admin:repair_penaltytoserve_serve", args=[records[0].pk])
    answers = {"served_on": "2026-11-18", "method": "left"}
    assert as_user(getattr(city, who)).post(address, answers).status_code == status
    assert not ServedNotice.objects.exists()


def test_a_notice_is_mended_and_taken_back_on_its_page(city, records):  # noqa: F811
    client = as_user(city.clerk)
    bulk = reverse("admin:repair_penaltytoserve_bulk", args=["record_served"])
    client.post(bulk, {"_selected_action": [records[0].pk], "served_on": "2026-11-18", "method": "direct"})
    notice = ServedNotice.objects.get()
    page = text_of(client.get(reverse("admin:repair_servednotice_change", args=[notice.pk])))
    assert "更正" in page
    assert 'value="2026-11-18"' in page  # the form of the correction holds what is recorded
    assert "撤销" in page
    undo = reverse("admin:repair_servednotice_verb", args=[notice.pk, "undo"])
    client.post(undo, {"reason": "收件人有误"})
    assert not ServedNotice.objects.standing().exists()
    assert "已撤销" in text_of(client.get(NOTICES))
    assert records[0].document_number not in text_of(as_user(city.stranger).get(NOTICES))


def test_notices_are_found_by_number(city, records):  # noqa: F811
    client = as_user(city.clerk)
    bulk = reverse("admin:repair_penaltytoserve_bulk", args=["record_served"])
    client.post(
        bulk,
        {"_selected_action": [records[0].pk, records[1].pk], "served_on": "2026-11-18", "method": "left"},
    )
    found = text_of(client.get(NOTICES, {"q": records[0].document_number}))
    assert records[0].document_number in found
    assert ">" + records[1].document_number not in found
    assert records[0].document_number not in text_of(client.get(NOTICES, {"q": "没有这个文号"}))


def test_the_workbench_tells_clerks_what_they_have_not_served(city, records):  # noqa: F811
    text = text_of(as_user(city.clerk).get(reverse("admin:index")))
    assert "逾期未登记" in text
    assert "两书同达" not in text_of(as_user(city.auditor).get(reverse("admin:index")))
    assert "逾期未登记" not in text_of(as_user(city.reviewer).get(reverse("admin:index")))


# --- 修复时效 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor"])
def test_the_office_reads_the_figures(world, who):  # noqa: F811
    text = text_of(as_user(getattr(world.city, who)).get(FIGURES, NOVEMBER))
    assert "办结修复5件，时限内4件，占80.0%；平均2.6个工作日，最长4个工作日。" in text


@pytest.mark.parametrize("who", ["clerk", "reviewer", "stranger"])
def test_departments_do_not(world, who):  # noqa: F811
    assert as_user(getattr(world.city, who)).get(FIGURES, NOVEMBER).status_code == 403
    url = reverse("admin:repair_figures_export")
    assert as_user(getattr(world.city, who)).post(url).status_code == 403


def test_every_figure_of_the_page_opens_as_many_rows(world):  # noqa: F811
    client = as_user(world.city.officer)
    text = text_of(client.get(FIGURES, NOVEMBER))
    figures = re.findall(r'<a href="(\?[^"]*show=(?![^"#]*longest)[^"]*)#rows">(\d+)</a>', text)
    assert len(figures) > 15
    for query, count in figures:
        page = text_of(client.get(FIGURES + query.replace("&amp;", "&")))
        assert f"({count}件)</h2>" in page, query
        assert page.split('id="rows"')[1].count(" data-row>") == int(count), query


def test_the_rows_lead_to_their_cases(world):  # noqa: F811
    page = text_of(as_user(world.city.officer).get(FIGURES, {**NOVEMBER, "show": "over"}))
    b = world.cases["b"].case
    assert b.number in page
    assert any(link.endswith(f"/{b.pk}/change/") for link in _links(page))
    assert "来源单位迟复。" in page


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"as_of": "2026-12-31"}, "不能晚于今天"),
        ({"first": "2026-11-30", "last": "2026-11-01"}, "早于起始日期"),
        ({"first": "昨天"}, "样式的日期"),
        ({"department": "999999"}, "没有这个单位"),
    ],
)
def test_what_cannot_be_asked_is_said(world, asked, sentence):  # noqa: F811
    response = as_user(world.city.officer).get(FIGURES, asked)
    assert response.status_code == 422
    assert sentence in text_of(response)


def test_without_cases_there_is_no_data(city, catalogue):
    text = text_of(as_user(city.officer).get(FIGURES))
    assert "这段时间没有办结的修复。" in text
    assert "没有数据" in text
    assert "100.0%" not in text


@pytest.mark.parametrize(("show", "rows"), [("over", 1), ("closed", 5), ("", 4 + 1 + 2 + 4)])
def test_rows_and_tables_are_exported(world, show, rows):  # noqa: F811
    query = "&".join(f"{name}={value}" for name, value in {**NOVEMBER, "show": show}.items())
    url = f"{reverse('admin:repair_figures_export')}?{query}"
    client = as_user(world.city.supervisor)
    response = client.post(url, {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(response.content)).active
    assert f"共{rows}行" in sheet.cell(sheet.max_row, 1).value
    assert sheet.max_row == rows + 3
    assert Event.objects.filter(verb="repair.export_figures").count() == 1
    assert client.get(url).status_code == 302
    assert Event.objects.filter(verb="repair.export_figures").count() == 1


def test_a_verb_is_no_get(city, records):  # noqa: F811
    client = as_user(city.clerk)
    client.get(reverse("admin:repair_penaltytoserve_bulk", args=["record_served"]))
    client.get(
        reverse("admin:repair_penaltytoserve_serve", args=[records[0].pk]), {"served_on": "2026-11-18"}
    )
    assert not ServedNotice.objects.exists()
