"""时限看板 as people see it: every number has its rows, each sees the own area, a past day says what it knows, sheets leave with a mark."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.policy import policy_for
from audit.clock import CHINA, telling_of
from audit.models import Event
from casework.models import Case
from supervision.admin.sla_asked import Watched, pick_of

from ..conftest import PASSWORD

BOARD, ROWS, EXPORT = (f"admin:supervision_sla{end}" for end in ("", "_rows", "_export"))
NUMBER = re.compile(r'href="([^"]+)"[^>]*? data-number="(\d+)"')
TOTAL = re.compile(r'data-total="(\d+)"')


@pytest.fixture
def browser(clocks):
    def run(username: str) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=username))
        return client

    return run


def numbers(page) -> dict[str, int]:
    found = NUMBER.findall(page.content.decode())
    return {url.replace("&amp;", "&"): int(number) for url, number in found}


def asked_as(username: str, query: str):
    request = RequestFactory().get("/", QueryDict(query).dict())
    request.user = User.objects.get(username=username)
    return request


def sentence(page) -> str:
    text = re.search(r'id="su-sentence">(.*?)</p>', page.content.decode(), re.S)[1]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize(
    ("username", "day", "least"),
    [
        ("supervisor", "", 60),
        ("supervisor", "2026-11-09", 25),
        ("supervisor.xixia", "", 6),
        ("clerk", "", 4),
        ("stranger", "2026-10-26", 2),
    ],
)
def test_every_number_has_as_many_rows_as_it_says_and_the_reader_sees_them_all(browser, username, day, least):
    """Counted as the page with the rows counts them; that page itself is asked below."""
    page = browser(username).get(reverse(BOARD), {"on": day})
    told = numbers(page)
    assert len(told) >= least
    for url, number in told.items():
        request = asked_as(username, url.partition("?")[2])
        pick = pick_of(request)
        rows = pick.rows(Watched.of(request).watch)
        if rows.model in (Case, Case.history.model):
            rows = pick.cases(Watched.of(request).watch)
        seen = policy_for(rows.model).scope(request.user).order_by()
        assert rows.filter(pk__in=seen.values("pk")).count() == number, url


@pytest.mark.parametrize(
    ("username", "day"), [("supervisor", ""), ("supervisor", "2026-11-09"), ("clerk", "")]
)
def test_the_page_of_a_number_lists_its_rows(browser, username, day):
    client = browser(username)
    kinds = {}
    for url, number in numbers(client.get(reverse(BOARD), {"on": day})).items():
        kinds.setdefault(re.search(r"[?&]of=(\w+)", url)[1], (url, number))
    for url, number in kinds.values():
        page = client.get(url)
        assert page.status_code == 200
        assert int(TOTAL.search(page.content.decode())[1]) == number
        assert page.content.decode().count("<tr data-row>") == number


def test_the_sentence_says_it_at_a_glance(browser):
    assert sentence(browser("supervisor").get(reverse(BOARD))) == (
        "在办8件，逾期1件，今日到期1件，两个工作日内到期1件；本年修复2件全部在3日内；本年异议3件，平均4个工作日。"
        "截至2026-11-2018时00分，随办随变；点数字看明细。"
    )
    assert sentence(browser("supervisor").get(reverse(BOARD), {"on": "2026-10-27"})).startswith(
        "在办1件，逾期1件，今日到期0件，两个工作日内到期0件；本年还没有办结的修复；本年异议1件，平均2个工作日。截至2026-10-2724时00分"
    )
    assert sentence(browser("clerk").get(reverse(BOARD))).startswith(
        "待答复协查函1件，逾期1件，今日到期0件；本年已答复1件，全部按时，按时答复率100%，按时答复率在同级2个单位中排第1。"
    )


def test_a_past_day_says_what_is_told_as_of_then(browser):
    page = browser("supervisor").get(reverse(BOARD), {"on": "2026-11-09"}).content.decode()
    assert "取自当日的历史" in page
    assert "按现行工作日历判断" in page
    assert "取自当日的历史" not in browser("supervisor").get(reverse(BOARD)).content.decode()


def test_late_cases_say_why_or_who_has_to_say_it(browser):
    page = browser("supervisor").get(reverse(BOARD)).content.decode()
    assert "由经办人赵示例在办结时写明" in page
    assert "来源单位迟延答复。" in page
    assert "市场监管(协查已逾期)；经办人沈示例催办" in page
    assert "审批人钱示例(尚未指派经办人)" in page


def test_a_strange_supervisor_and_a_department_see_their_own_alone(browser, region, clocks):
    page = browser("supervisor.xixia").get(reverse(BOARD))
    assert sentence(page).startswith("在办1件，逾期0件")
    assert page.context["tables"]["offices"].rows[0][0].text == "示例机构xixia"
    assert (
        browser("supervisor.xixia").get(reverse(BOARD), {"department": region.office.pk}).status_code == 404
    )
    officer = clocks["l1"].assignee_id
    empty = browser("supervisor.xixia").get(reverse(ROWS), {"of": "open", "officer": officer})
    assert int(TOTAL.search(empty.content.decode())[1]) == 0
    assert "赵示例" not in empty.content.decode()
    stranger = browser("stranger").get(reverse(BOARD)).content.decode()
    assert clocks["s1"].number not in stranger
    assert "市场监管" not in stranger
    assert "排第 2" in stranger
    for name in ("auditor", "sysadmin", "secadmin", "upper"):
        assert browser(name).get(reverse(BOARD)).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["", "of=x", "of=ended", "of=open&kind=x", "of=open&officer=x", "of=open&due_to=x", "of=ended&first=2026-01-01&how=x",
     "of=open&department=0", f"of=open&officer={'9' * 30}"],
)  # fmt: skip
def test_an_address_that_is_no_number_is_not_found(browser, query):
    assert browser("supervisor").get(f"{reverse(ROWS)}?{query}").status_code == 404


def test_supervisors_open_on_the_board_and_everybody_else_on_the_workbench(clocks):
    enter = lambda name: Client().post(  # noqa: E731
        reverse("admin:login"), {"username": name, "password": PASSWORD, "next": "/admin/"}
    )
    assert enter("supervisor").url == reverse(BOARD)
    assert enter("officer").url == enter("clerk").url == "/admin/"
    wanted = Client().post(
        reverse("admin:login"), {"username": "supervisor.xixia", "password": PASSWORD, "next": "/admin/casework/case/"}
    )  # fmt: skip
    assert wanted.url == "/admin/casework/case/"


def test_a_table_leaves_as_a_sheet_with_its_mark_and_a_word_in_the_journal(browser):
    client = browser("supervisor")
    url = f"{reverse(EXPORT)}?on=2026-11-20"
    assert client.get(url).status_code == 405
    sheet = client.post(url, {"table": "took", "format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert sheet[1].startswith("异议,3,1,66.66%,4,3,7,7,5,6,7,7,平均不超过5个工作日；达标")
    assert sheet[2].startswith("信用修复,2,0,100%,2,1,3,3,2,1,3,3,3个工作日内办结不低于100%；达标")
    assert sheet[-1].startswith("导出人：吴示例")
    assert Event.objects.get(verb="sla.export").data["table"] == "本年办结用时"
    assert client.post(url, {"table": "no-such"}).status_code == 404
    assert client.post(url, {"table": "lights", "format": "xlsx"}).content[:2] == b"PK"
    assert client.post(reverse(BOARD)).status_code == client.post(reverse(ROWS)).status_code == 405


@pytest.mark.parametrize(
    ("username", "day", "most"),
    [
        ("supervisor", "", 24),
        ("supervisor", "2026-11-09", 26),
        ("supervisor", "2026-11-17", 26),
        ("clerk", "", 15),
    ],
)
def test_the_board_costs_a_fixed_number_of_queries(browser, username, day, most):
    """However many cases: each figure is one grouped query, and of those named twelve at most are read."""
    client = browser(username)
    client.get(reverse(BOARD), {"on": day})
    with CaptureQueriesContext(connection) as seen:
        client.get(reverse(BOARD), {"on": day})
    assert len(seen) == most, "\n".join(one["sql"][:300] for one in seen)


def test_an_empty_city_says_so(region, on):
    with telling_of(datetime(2026, 11, 20, 18, tzinfo=CHINA)):
        client = Client()
        client.force_login(region.supervisor)
        page = client.get(reverse(BOARD)).content.decode()
        assert "没有在办的案件。" in page
        assert "没有逾期的案件。" in page
        assert "本年还没有办结的案件。" in page
        client.force_login(region.clerk)
        assert "没有待答复的协查函。" in client.get(reverse(BOARD)).content.decode()
