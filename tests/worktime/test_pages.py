"""The pages: who sees them, what they show, and that every change is a verb."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from worktime.models import CalendarVersion, Limit
from worktime.selectors import calendar_for, limit_for

from .conftest import NOTICE_2027, SOURCE_2027

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]
TODAY = date(2026, 11, 22)
READERS = ("clerk", "reviewer", "stranger", "officer", "approver", "supervisor")
OTHERS = ("auditor", "sysadmin", "secadmin")


@pytest.fixture(autouse=True)
def _sunday_in_november(monkeypatch):
    monkeypatch.setattr("audit.clock.timezone.now", lambda: datetime(2026, 11, 22, 2, tzinfo=UTC))


def url(model: str, page: str, *args) -> str:
    return reverse(f"admin:worktime_{model}_{page}", args=args)


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return response.content.decode()


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


CALCULATE = "admin:worktime_calendarversion_calculate"


def test_everybody_at_work_reads_and_the_three_administrators_do_not(in_force, city):
    limit = limit_for("objection", TODAY)
    pages = [
        url("calendarversion", "changelist"), url("calendarversion", "change", in_force.pk),
        url("calendarversion", "history", in_force.pk), url("limit", "changelist"),
        url("limit", "change", limit.pk), reverse(CALCULATE),
    ]  # fmt: skip
    for who in READERS:
        assert [as_user(getattr(city, who)).get(page).status_code for page in pages] == [200] * 6, who
    for who in OTHERS:
        statuses = {as_user(getattr(city, who)).get(page).status_code for page in pages}
        assert statuses <= {403, 404}, who
    assert [Client().get(page).status_code for page in pages] == [302] * 6


def test_nothing_is_written_but_by_verbs(in_force, city):
    officer = as_user(city.officer)
    limit = limit_for("objection", TODAY)
    assert officer.post(url("calendarversion", "change", in_force.pk), {"title": "x"}).status_code == 405
    assert officer.post(url("limit", "change", limit.pk), {"target_days": 1}).status_code == 405
    assert officer.get(url("limit", "add")).status_code == 403
    assert officer.post(reverse(CALCULATE)).status_code == 405
    for verb in ("import", "add_day", "remove", "amend", "propose", "confirm", "reject"):
        assert officer.get(url("calendarversion", "verb", in_force.pk, verb)).status_code == 302
    in_force.refresh_from_db()
    assert (in_force.history.count(), in_force.title) == (1, "全国工作日历")


def test_the_list_warns_from_november_on_and_only_the_officer_begins_a_new_version(in_force, city):
    listed = url("calendarversion", "changelist")
    assert "2027年节假日尚未公布" in text_of(as_user(city.clerk).get(listed))
    assert "起草新版" in text_of(as_user(city.officer).get(listed))
    for user in (city.clerk, city.approver):
        assert "起草新版" not in text_of(as_user(user).get(listed))
        assert as_user(user).get(url("calendarversion", "add")).status_code == 403


def test_the_year_is_shown_as_twelve_months_with_named_days(in_force, city):
    client = as_user(city.clerk)
    page = text_of(client.get(url("calendarversion", "change", in_force.pk)))
    assert page.count('class="wt-month"') == 12
    assert "1-7日国庆节放假，10日国庆节调休上班" in page
    assert "全年248个工作日" in page
    assert page.count('wt-off"') >= 33
    assert "全年251个工作日" in text_of(
        client.get(url("calendarversion", "change", in_force.pk) + "?year=2024")
    )
    beyond = text_of(client.get(url("calendarversion", "change", in_force.pk) + "?year=2027"))
    assert "尚未公布，按周末推算" in beyond
    for odd in ("2028", "1", "x", "９９９９", "-2026", "99999999999999"):
        odd_page = client.get(url("calendarversion", "change", in_force.pk), {"year": odd})
        assert "<h2>2026年" in text_of(odd_page)


def test_a_version_goes_from_draft_to_force_by_the_pages(room, city):
    room.add("YY-2026-0113", date(2026, 12, 25), 5)
    officer, approver = as_user(city.officer), as_user(city.approver)
    data = {
        "region": "",
        "title": "",
        "known_until": "2027-12-31",
        "source": SOURCE_2027,
        "text": NOTICE_2027,
    }
    response = officer.post(url("calendarversion", "add"), data)
    assert response.status_code == 302, text_of(response)
    assert "读到5天，其中5天与原来不同" in said(response)
    draft = CalendarVersion.objects.get(state="draft")
    page = url("calendarversion", "change", draft.pk)

    def verb(client, step, **answers):
        return client.post(url("calendarversion", "verb", draft.pk, step), answers)

    shown = text_of(officer.get(page))
    assert "有5天不同" in shown
    assert "元旦放假" in shown
    assert 'value="2027-12-31"' in shown
    assert "YY-2026-0113" in shown
    assert "2027-01-04" in shown
    assert "YY-2026-0113" not in text_of(as_user(city.clerk).get(page))
    file = SimpleUploadedFile("五一.csv", "2027-05-01,放假,劳动节".encode())
    assert "读到1天" in said(verb(officer, "import", file=file))
    assert "第1行" in said(verb(officer, "import", text="2027-13-01,放假,x"))
    verb(officer, "add_day", day="2027-10-01", off="off", name="国庆节")
    verb(officer, "remove", first="2027-01-03")
    verb(officer, "amend", title="2027年版", known_until="2027-12-31", source="通知")
    draft.refresh_from_db()
    assert (draft.title, draft.source, len(calendar_for().days) + 6) == ("2027年版", "通知", len(draft.days))
    assert verb(officer, "add_day", day="", off="off", name="").status_code == 422
    assert "不能办理" not in text_of(approver.get(page))
    assert "经办人提交以后才能办理。" in text_of(approver.get(page))
    verb(officer, "propose")
    assert verb(officer, "confirm").status_code == 403
    assert verb(approver, "reject", reason="").status_code == 422
    verb(approver, "reject", reason="春节漏了")
    assert "已退回：春节漏了" in text_of(officer.get(page))
    verb(officer, "propose")
    assert "1件在办案件的到期日已随之调整" in said(verb(approver, "confirm", reason="核对无误"))
    assert room.applied
    draft.refresh_from_db()
    assert draft.state == "in_force"
    assert "由 钱示例 确认" in text_of(officer.get(page))
    history = text_of(officer.get(url("calendarversion", "history", draft.pk)))
    assert "确认工作日历" in history
    assert '"off"' not in history


def test_a_draft_whose_days_cannot_be_read_is_not_made(city):
    data = {"region": "640000", "known_until": "2026-12-31", "source": "通知", "text": "2026-03-20,放假"}
    response = as_user(city.officer).post(url("calendarversion", "add"), data)
    assert response.status_code == 200
    assert "节日名称" in text_of(response)
    assert CalendarVersion.objects.count() == 1
    wrong = as_user(city.officer).post(url("calendarversion", "add"), {"region": "64", "known_until": "x"})
    assert "行政区划代码是6位数字" in text_of(wrong)
    assert "请写明来源" in text_of(wrong)


def test_a_limit_shows_both_figures_and_is_renewed_by_two_people(city):
    limit = limit_for("objection", TODAY)
    page = text_of(as_user(city.clerk).get(url("limit", "change", limit.pk)))
    for part in (
        "<b>5</b> 个工作日",
        "<b>10</b> 个工作日",
        "国办发〔2025〕22号",
        "据转引，待核对原文",
        "2025-06-21",
    ):
        assert part in page
    answers = {
        "target_days": "4", "target_source": "本办通知(示例)", "target_certainty": "own", "legal_days": "10",
        "legal_source": "国办发〔2025〕22号", "legal_certainty": "secondary", "warn_days": "1",
        "in_force_from": "2027-01-01", "reason": "提速",
    }  # fmt: skip
    officer = as_user(city.officer)
    propose = url("limit", "verb", limit.pk, "propose")
    assert officer.post(propose, {**answers, "target_days": "0"}).status_code == 422
    assert "已拟订异议处理 目标4日 · 法定10日" in said(officer.post(propose, answers))
    proposal = Limit.objects.get(state="proposed")
    assert "待确认" in text_of(officer.get(url("limit", "changelist")))
    confirm = url("limit", "verb", proposal.pk, "confirm")
    assert officer.post(confirm).status_code == 403
    as_user(city.approver).post(confirm)
    proposal.refresh_from_db()
    assert proposal.state == "in_force"
    listed = text_of(as_user(city.clerk).get(url("limit", "changelist")))
    assert "待施行" in listed
    assert "已终止" in listed


def test_the_due_day_of_anything_is_explained(city):
    asked = {
        "kind": "objection",
        "received": "2026-09-30",
        "region": "640100",
        "begin1": "2026-10-12",
        "end1": "2026-10-13",
    }
    page = text_of(as_user(city.clerk).get(reverse(CALCULATE), asked))
    for part in ("2026-10-15", "星期四 24:00 前办结", "法定10个工作日：<b>2026-10-22</b>", "收到当日不计", "停时不计",
                 "国庆节放假不计(国办关于2026年部分节假日安排的通知)", "宁夏回族自治区银川市 2026-1"):  # fmt: skip
        assert part in page
    open_pause = {"kind": "objection", "received": "2026-11-16", "begin1": "2026-11-17"}
    assert "停时中，到期日待恢复后确定" in text_of(as_user(city.clerk).get(reverse(CALCULATE), open_pause))
    provisional = text_of(
        as_user(city.clerk).get(reverse(CALCULATE), {"kind": "objection", "received": "2026-12-25"})
    )
    assert "暂定" in provisional


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ({"kind": "objection", "received": "x"}, "2026-01-31 样式"),
        ({"kind": "objection", "received": ""}, "请填写日期"),
        ({"kind": "x", "received": "2026-09-30"}, "没有这类事项"),
        ({"kind": "objection", "received": "2001-01-01"}, "没有施行中的"),
        ({"kind": "objection", "received": "2026-09-30", "region": "999999"}, "没有这个地区"),
        (
            {"kind": "objection", "received": "2026-09-30", "begin1": "2026-10-02", "end1": "2026-10-01"},
            "不能早于",
        ),
        ({"kind": "objection", "received": "2026-09-30", "end2": "2026-10-01"}, "请填写停时起"),
        ({"kind": "objection", "received": "9999-12-31"}, "9999-12-31"),
    ],
)
def test_odd_questions_are_answered_in_words(city, asked, part):
    response = as_user(city.clerk).get(reverse(CALCULATE), asked)
    assert response.status_code == 200
    assert part in text_of(response)


# --- workbench ----------------------------------------------------------------------------------------------


def workbench(user) -> str:
    return text_of(as_user(user).get(reverse("admin:index")))


def test_the_workbench_names_the_next_working_day(city, monkeypatch):
    assert "下一工作日 11-23" in workbench(city.clerk)
    assert "下一工作日 11-23" in workbench(city.auditor)
    monkeypatch.setattr("audit.clock.timezone.now", lambda: datetime(2026, 10, 10, 2, tzinfo=UTC))
    assert "国庆节调休上班，下一工作日 10-12" in workbench(city.clerk)
    monkeypatch.setattr("audit.clock.timezone.now", lambda: datetime(2026, 12, 31, 2, tzinfo=UTC))
    assert "下一工作日 2027-01-01(暂定)" in workbench(city.clerk)


def test_office_and_clerks_are_told_of_the_missing_year_and_the_approver_of_what_waits(proposed, city):
    for who in ("clerk", "officer", "approver", "supervisor"):
        assert "2027年节假日尚未公布" in workbench(getattr(city, who)), who
    for who in ("reviewer", "auditor", "sysadmin"):
        assert "2027年节假日尚未公布" not in workbench(getattr(city, who)), who
    assert "待确认工作日历" in workbench(city.approver)
    assert "待确认工作日历" not in workbench(city.officer)


def test_the_menu_shows_the_group_to_those_who_read(city):
    assert "计算到期日" in workbench(city.clerk)
    assert "计算到期日" not in workbench(city.auditor)


def test_confirming_a_limit_twice_is_told(city):
    limit = limit_for("objection", TODAY)
    response = as_user(city.approver).post(url("limit", "verb", limit.pk, "confirm"))
    assert "只有待确认的可以办理" in said(response)
