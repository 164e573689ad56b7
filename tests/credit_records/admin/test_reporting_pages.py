"""Workbench, templates and zero reports: figures that open their rows, and what to do without any."""

from __future__ import annotations

import io
from datetime import date, timedelta
from html import unescape
from urllib.parse import unquote, urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from audit.acts import act
from audit.clock import now, today
from credit_records.intake.pipeline import field_titles
from credit_records.intake.reading import open_sheet
from credit_records.models import CatalogueItem, CatalogueVersion, IntakeBatch, Record, ZeroReport
from credit_records.selectors import reporting
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.services.batches import take_back
from credit_records.services.entry import enter
from credit_records.services.zero_reports import report_zero

from ..builders import penalty

pytestmark = pytest.mark.django_db
CODE, DECIDED = "行政相对人代码_1(统一社会信用代码)", "处罚决定日期"
HOME, LIST = "admin:index", "admin:credit_records_intakebatch_changelist"
ZERO_ADD, ZERO_LIST = "admin:credit_records_zeroreport_add", "admin:credit_records_zeroreport_changelist"
TEMPLATE = "admin:credit_records_intakebatch_template"
LAST = reporting.month_start(today(), 1)


@pytest.fixture
def seen(client):
    """A page as somebody sees it."""

    def run(user, url, status=200):
        client.force_login(user)
        response = client.get(url)
        assert response.status_code == status
        return response

    return run


@pytest.fixture
def report_today(report, city, monkeypatch):
    """Like `report`, dated today: the workbench speaks of the present month."""
    monkeypatch.setattr("tests.credit_records.reporting.NOW", now())
    return report


def panel(response, title):
    return next((one for one in response.context["panels"] if one.title == title), None)


def line(response, title, label):
    lines = panel(response, title).lines
    return next((one for one in lines if one.label == label), None)


def last_months(number=1, **changes):
    return penalty(number, **{DECIDED: LAST.strftime("%Y/%m/%d"), "公示截止期": None, **changes})


# --- workbench ----------------------------------------------------------------------------------------------


def test_an_empty_workbench_says_how_to_begin(city, catalogue, seen):
    page = seen(city.clerk, reverse(HOME))
    assert panel(page, "待我处理").empty == "没有待办事项。"
    assert "先下载模板填写" in panel(page, "最近批次").empty
    actions = [action.label for action in panel(page, "待我处理").actions]
    assert actions[:3] == ["上传报送文件", "录入一条", "下载模板"]
    for action in panel(page, "待我处理").actions:
        assert seen(city.clerk, action.url)


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "secadmin"])
def test_people_without_business_here_have_no_panels_of_intake(city, catalogue, seen, who):
    page = seen(getattr(city, who), reverse(HOME))
    assert panel(page, "最近批次") is None
    assert panel(page, "本月报送") is None


def test_every_figure_of_the_workbench_opens_its_rows(report_today, city, seen):
    report_today(last_months(1), last_months(2, **{CODE: "x"}), last_months(3, **{CODE: "x"}), submit=True)
    waiting = report_today(last_months(4))
    clerk = seen(city.clerk, reverse(HOME))
    to_submit = line(clerk, "待我处理", "待提交批次")
    assert to_submit.value == 1
    rows = seen(city.clerk, to_submit.url).context["cl"].result_list
    assert [one.pk for one in rows] == [waiting.pk]
    kind = line(clerk, "本月报送", "行政处罚")
    assert kind.value == "1条"
    assert len(seen(city.clerk, kind.url).context["cl"].result_list) == 1
    share = line(clerk, "本月报送", "合规率")
    assert (share.value, share.note) == ("50.0%", "首次上传4行，一次通过2行")
    worst = line(clerk, "本月报送", f"错误最多：{CODE}")
    assert worst.value == "2处"
    assert len(seen(city.clerk, worst.url).context["findings"]) == 2
    reviewer = seen(city.reviewer, reverse(HOME))
    assert line(reviewer, "待我处理", "待审核批次").value == 1
    assert line(reviewer, "待我处理", "待提交批次") is None
    assert [row[0].text for row in panel(reviewer, "最近批次").rows] == ["penalties.xlsx"] * 2


def test_the_records_of_the_month_are_those_that_the_figure_opens(report_today, city, penalties, seen):
    report_today(last_months(1), last_months(2), publish=True)
    report_today(last_months(2, **{"罚款金额(万元)": "9.5"}), last_months(3), submit=True)
    report_today(last_months(4))
    (version, spec), *_ = versions_ever_in_force(penalties)
    codes = {column.title: column.code for column in spec.fields}
    typed = {codes[title]: value or "" for title, value in last_months(5).items() if title in codes}
    enter(
        values={name: str(value) for name, value in typed.items()},
        item=penalties,
        department=city.scjg,
        actor=city.clerk,
    )
    kind = line(seen(city.clerk, reverse(HOME)), "本月报送", "行政处罚")
    rows = seen(city.clerk, kind.url).context["cl"].result_list
    assert kind.value == f"{len(rows)}条" == "4条"
    empty = f"{reverse('admin:credit_records_record_changelist')}?reported={LAST:%Y-%m}"
    assert not seen(city.clerk, empty).context["cl"].result_list


def test_the_share_of_accepted_rows_opens_the_files_of_which_it_is_made(report_today, city, seen):
    first = report_today(last_months(1), last_months(2, **{CODE: "x"}))
    report_today(last_months(1), last_months(2), corrects=first)
    back = report_today(last_months(3))
    take_back(back, actor=city.clerk, reason="重复")
    share = line(seen(city.clerk, reverse(HOME)), "本月报送", "合规率")
    rows = seen(city.clerk, share.url).context["cl"].result_list
    assert share.value == "50.0%"
    assert [one.pk for one in rows] == [first.pk]


def test_accepted_rows_open_the_summary_of_the_batch(report_today, city, seen):
    batch = report_today(last_months(1))
    page = reverse("admin:credit_records_intakebatch_change", args=[batch.pk])
    cells = panel(seen(city.clerk, reverse(HOME)), "最近批次").rows[0]
    assert f"{page}#summary" in [cell.url for cell in cells]
    assert f'href="{page}#summary"' in seen(city.clerk, reverse(LIST)).content.decode()
    assert 'id="summary"' in seen(city.clerk, page).content.decode()


def test_a_list_tells_its_conditions_and_each_can_be_taken_off(report_today, city, seen):
    batch = report_today(last_months(1), submit=True)
    records = reverse("admin:credit_records_record_changelist")
    subject = Record.objects.get().subject
    page = seen(city.clerk, f"{records}?batch={batch.pk}&subject={subject.pk}&item__kind=penalty&after=x")
    told = page.context["active_filters"]
    assert [(one.title, one.value) for one in told] == [
        ("批次", str(batch)),
        ("主体", subject.name),
        ("事项种类", "行政处罚"),
    ]
    assert told[0].url == f"?subject={subject.pk}&item__kind=penalty"
    assert "去掉条件：事项种类 行政处罚" in page.content.decode()
    month = f"{today():%Y-%m}"
    page = seen(city.clerk, f"{reverse(LIST)}?judged={month}&item__kind=penalty")
    assert [one.title for one in page.context["active_filters"]] == ["计入合规率的月份", "事项种类"]
    assert "bo-active-filters" in page.content.decode()
    assert not seen(city.clerk, reverse(LIST)).context["active_filters"]


def test_a_condition_names_nothing_that_the_reader_may_not_see(report_today, city, seen):
    batch = report_today(last_months(1), submit=True)
    records = reverse("admin:credit_records_record_changelist")
    told = seen(city.stranger, f"{records}?batch={batch.pk}").context["active_filters"]
    assert [one.value for one in told] == [str(batch.pk)]


@pytest.mark.parametrize("before", ["9" * 5000, "x", "²"])
def test_a_page_of_errors_begins_anew_at_an_address_that_is_no_place(report_today, city, seen, before):
    report_today(last_months(1, **{CODE: "x"}))
    worst = reporting.top_error(IntakeBatch.objects.all(), reporting.month_start(today()))
    query = urlencode({"code": worst.code, "column": worst.column, "before": before})
    page = seen(city.clerk, f"{reverse('admin:credit_records_intakebatch_faults')}?{query}")
    assert len(page.context["findings"]) == 1


def test_the_workbench_counts_the_own_department_only_and_for_the_office_all(report_today, city, seen):
    report_today(last_months(1), submit=True)
    assert panel(seen(city.stranger, reverse(HOME)), "最近批次").rows == []
    assert line(seen(city.strange_reviewer, reverse(HOME)), "待我处理", "待审核批次") is None
    office = seen(city.officer, reverse(HOME))
    assert line(office, "本月报送", "行政处罚").value == "1条"
    assert "单位" in panel(office, "最近批次").columns
    assert panel(office, "待我处理").lines == []


def test_the_rows_behind_an_error_are_the_own_departments_only(report_today, city, seen):
    report_today(last_months(1, **{CODE: "x"}))
    worst = reporting.top_error(IntakeBatch.objects.all(), reporting.month_start(today()))
    assert worst.column == CODE
    query = urlencode({"code": worst.code, "column": worst.column})
    url = f"{reverse('admin:credit_records_intakebatch_faults')}?{query}"
    assert len(seen(city.clerk, url).context["findings"]) == 1
    assert len(seen(city.officer, url).context["findings"]) == 1
    assert len(seen(city.stranger, url).context["findings"]) == 0
    seen(city.auditor, url, 403)
    assert "本月没有这种错误" in seen(city.stranger, url).content.decode()


def test_compliance_counts_first_uploads_and_not_the_mended_ones(report_today, city):
    first = report_today(last_months(1), last_months(2, **{CODE: "x"}))
    mended = report_today(last_months(1), last_months(2))
    with act("test.corrects", actor=city.system):
        mended.corrects = first
        mended.save(update_fields=["corrects"])
    figures = reporting.month_figures(
        IntakeBatch.objects.all(), Record.objects.all(), reporting.month_start(today())
    )
    assert (figures.first_rows, figures.first_accepted, figures.compliance) == (2, 1, "50.0%")
    assert reporting.MonthFigures([], 0, 0).compliance == ""


def test_the_workbench_needs_the_same_number_of_queries_with_more_batches(report_today, city, client):
    client.force_login(city.clerk)
    report_today(last_months(1), submit=True)
    client.get(reverse(HOME))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(HOME))
    for number in range(2, 6):
        report_today(last_months(number), submit=True)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(HOME))
    # Panels of all rooms: reporting, notices, cases, served notices, commitments, ledger (1), supervision letters, drafts of replies and tasks (3).
    assert len(many) == len(few) <= 32


# --- reminders ----------------------------------------------------------------------------------------------


def test_last_month_is_missed_of_usual_items_until_records_or_zero_come(report_today, city, seen):
    assert not reporting.missing_reports([city.scjg.pk], LAST)
    before = reporting.month_start(today(), 2)
    usual = {DECIDED: before.strftime("%Y/%m/%d"), "公示截止期": None}
    report_today(penalty(1, **usual), submit=True)
    missing = reporting.missing_reports([city.scjg.pk, city.sthj.pk], LAST)
    assert [(one.department_id, one.item.code, one.month) for one in missing] == [
        (city.scjg.pk, "penalty-org", LAST)
    ]
    reminder = panel(seen(city.clerk, reverse(HOME)), "提醒").lines[0]
    assert reminder.label == f"{LAST.month}月法人行政处罚未报送"
    assert seen(city.clerk, reminder.url)
    assert not panel(seen(city.stranger, reverse(HOME)), "提醒").lines
    zero = report_zero(
        department=city.scjg, item=CatalogueItem.objects.get(code="penalty-org"), month=LAST, actor=city.clerk
    )
    assert not reporting.missing_reports([city.scjg.pk], LAST)
    report_today(last_months(2), submit=True)
    zero.refresh_from_db()
    assert zero.withdrawn_at
    assert not reporting.missing_reports([city.scjg.pk], LAST)


@pytest.mark.parametrize(
    ("day", "back", "first"),
    [
        (date(2026, 1, 31), 0, date(2026, 1, 1)),
        (date(2026, 1, 31), 1, date(2025, 12, 1)),
        (date(2026, 12, 5), -1, date(2027, 1, 1)),
        (date(2024, 2, 29), 12, date(2023, 2, 1)),
    ],
)
def test_months_are_counted_over_the_end_of_the_year(day, back, first):
    assert reporting.month_start(day, back) == first


# --- list ---------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_by_item_state_and_month(report_today, city, seen):
    batch = report_today(last_months(1))
    month = f"{today():%Y-%m}"
    for query, expected in (
        (f"month={month}", 1),
        (f"month={LAST:%Y-%m}", 0),
        ("item=penalty-org", 1),
        ("item=licence-org", 0),
        ("state__exact=checked", 1),
        ("state__exact=published", 0),
        ("waiting=submit", 1),
        ("waiting=nonsense", 1),
        ("q=penalties", 1),
    ):
        found = seen(city.clerk, f"{reverse(LIST)}?{query}").context["cl"].result_list
        assert len(found) == expected, query
    page = unescape(seen(city.clerk, reverse(LIST)).content.decode())
    assert batch.file_name in page
    assert "已检查" in page


# --- templates ----------------------------------------------------------------------------------------------


def test_every_item_in_force_has_a_template_which_the_intake_reads(city, catalogue, seen, tmp_path):
    page = seen(city.clerk, reverse("admin:credit_records_intakebatch_templates")).content.decode()
    items = list(reporting.items_in_force(today()))
    assert [item.code for item in items[:4]] == [
        "licence-org",
        "licence-person",
        "penalty-org",
        "penalty-person",
    ]
    for item in items:
        url = reverse(TEMPLATE, args=[item.code])
        assert url in page
    response = seen(city.clerk, reverse(TEMPLATE, args=["penalty-org"]))
    assert "法人行政处罚_报送模板_第1版.xlsx" in unquote(response["Content-Disposition"])
    content = b"".join(response.streaming_content)
    path = tmp_path / "template.xlsx"
    path.write_bytes(content)
    item = CatalogueItem.objects.get(code="penalty-org")
    fields = field_titles(versions_ever_in_force(item))
    with open_sheet(path, file_name="模板.xlsx", fields=fields, require_rows=False) as sheet:
        assert set(sheet.field_codes) == {field.code for field in fields}
    notes = load_workbook(io.BytesIO(content))["填写说明"]
    words = [str(cell.value) for row in notes.iter_rows() for cell in row if cell.value]
    assert any("处罚类别含“罚款”" in text for text in words)


def test_an_item_that_is_not_in_force_has_no_template(city, catalogue, seen, system):
    with act("test.end", actor=system):
        for version in CatalogueVersion.objects.filter(item__code="penalty-org"):
            version.in_force_to = version.in_force_from + timedelta(days=1)
            version.save()
    assert seen(city.clerk, reverse(TEMPLATE, args=["penalty-org"]), 404)
    assert seen(city.clerk, reverse(TEMPLATE, args=["nothing"]), 404)
    page = seen(city.clerk, reverse("admin:credit_records_intakebatch_templates")).content.decode()
    assert reverse(TEMPLATE, args=["penalty-org"]) not in page


@pytest.mark.parametrize(("who", "pages", "files"), [("officer", 200, 200), ("auditor", 403, 404)])
def test_templates_are_for_those_who_read_the_catalogue(city, catalogue, seen, who, pages, files):
    user = getattr(city, who)
    seen(user, reverse("admin:credit_records_intakebatch_templates"), pages)
    seen(user, reverse(TEMPLATE, args=["penalty-org"]), files)


# --- zero reports -------------------------------------------------------------------------------------------


def zero(client, city, **changes):
    data = {"department": city.scjg.pk, "item": "penalty-org", "month": f"{LAST:%Y-%m}", **changes}
    return client.post(reverse(ZERO_ADD), data, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_a_month_is_declared_with_one_click_and_withdrawn_with_a_reason(city, catalogue, client, seen):
    seen(city.clerk, reverse(ZERO_ADD))
    said = f"已零报送：法人行政处罚 {LAST.year}年{LAST.month}月。"
    response = zero(client, city)
    assert told(response) == [said]
    assert "已零报送" in response.content.decode()
    assert "不必重复办理" in told(zero(client, city))[0]
    report = ZeroReport.objects.get()
    listed = seen(city.officer, reverse(ZERO_LIST))
    assert [one.pk for one in listed.context["cl"].result_list] == [report.pk]
    url = reverse("admin:credit_records_zeroreport_verb", args=[report.pk, "withdraw"])
    for user, status in ((city.officer, 403), (city.stranger, 404)):
        client.force_login(user)
        assert client.post(url, {"reason": "示例"}).status_code == status
    client.force_login(city.clerk)
    assert client.get(url).status_code == 302
    assert client.post(url, {"reason": " "}).status_code == 422
    client.post(url, {"reason": "示例:有补报"})
    report.refresh_from_db()
    assert report.withdrawn_at
    assert "已撤销" in seen(city.clerk, reverse(ZERO_LIST)).content.decode()


def test_a_month_with_records_shows_how_many_and_takes_no_zero(report_today, city, client, seen):
    report_today(last_months(1), last_months(2), submit=True)
    assert "已报2条" in seen(city.clerk, reverse(ZERO_ADD)).content.decode()
    assert "已报送“法人行政处罚”记录" in told(zero(client, city))[0]
    assert not ZeroReport.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"month": "2026-13"}, 404),
        ({"month": ""}, 404),
        ({"item": "nothing"}, 404),
        ({"department": "0"}, 404),
    ],
)
def test_odd_declarations_are_not_found(city, catalogue, client, changes, status):
    client.force_login(city.clerk)
    assert zero(client, city, **changes).status_code == status


def test_nobody_declares_for_another_department(city, catalogue, client):
    client.force_login(city.stranger)
    assert zero(client, city).status_code == 404
    client.force_login(city.reviewer)
    assert zero(client, city).status_code == 403
    client.logout()
    client.post(reverse(ZERO_ADD), {})
    assert not ZeroReport.objects.exists()


def test_a_declaration_is_seen_by_its_department_and_the_office(city, catalogue, client):
    item = CatalogueItem.objects.get(code="penalty-org")
    report = report_zero(department=city.scjg, item=item, month=LAST, actor=city.clerk)
    url = reverse("admin:credit_records_zeroreport_change", args=[report.pk])
    for name, status in {
        "clerk": 200,
        "reviewer": 200,
        "officer": 200,
        "stranger": 404,
        "auditor": 404,
    }.items():
        client.force_login(getattr(city, name))
        assert client.get(url).status_code == status, name
