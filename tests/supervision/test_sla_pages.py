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
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.clock import CHINA, telling_of
from audit.faults import Refused
from audit.models import Event
from casework.models import Case
from casework.services import ending
from credit_records.models import Subject
from supervision.admin.sla.asked import Watched, pick_of

from ..conftest import PASSWORD
from .sla_world import Clocks

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
    ("username", "day", "least", "office"),
    [
        ("supervisor", "", 60, False),
        ("supervisor", "", 60, True),
        ("supervisor", "2026-11-09", 25, False),
        ("supervisor.xixia", "", 6, False),
        ("clerk", "", 4, False),
        ("stranger", "2026-10-26", 2, False),
    ],
)
def test_every_number_has_as_many_rows_as_it_says_and_the_reader_sees_them_all(
    browser, region, username, day, least, office
):
    """Counted as the page with the rows counts them; that page itself is asked below. `office`: one of two alone."""
    page = browser(username).get(
        reverse(BOARD), {"on": day, "department": region.office.pk if office else ""}
    )
    told = numbers(page)
    assert len(told) >= least
    if office:  # the number of a department's answers keeps the office whose board it stands on
        assert any("of=asked" in url and f"department={region.office.pk}&" in url for url in told)
    for url, number in told.items():
        request = asked_as(username, url.partition("?")[2])
        watched = Watched.of(request)
        pick = pick_of(request, watched)
        rows = pick.rows(watched.watch)
        if rows.model in (Case, Case.history.model):
            rows = pick.cases(watched.watch)
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


@pytest.mark.parametrize(
    ("query", "kind", "persons"),
    [
        ("of=open", "casework.case", 1),
        ("of=open&clock=late", "casework.case", 1),
        ("of=asked", "casework.request", 1),
        ("of=ended&first=2026-01-01", "casework.caseround", 1),
        ("of=open&clock=today", "", 0),
        ("of=pauses", "casework.pause", 1),
    ],
)
def test_a_page_of_rows_about_natural_persons_is_told_once_with_their_number(
    browser, clocks, region, query, kind, persons
):
    with act("test.person", actor=region.system):
        person = Subject.objects.create(
            kind="natural_person", name="示例人丙", name_key="示例人丙", id_masked="110***********002X"
        )
        for name in ("l1", "o2", "o3"):
            clocks[name].subject = person
            clocks[name].save(update_fields=["subject"])
    page = browser("supervisor").get(f"{reverse(ROWS)}?{query}").content.decode()
    told = Event.objects.filter(verb="personal.read").values_list(
        "actor__username", "target_type", "target_id"
    )
    assert list(told) == ([("supervisor", kind, "")] if persons else [])
    assert person.name not in page
    if persons:
        shown = page.count("示例*") + page.count("示*")
        assert Event.objects.get(verb="personal.read").data["personal"] == shown


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
    assert "由经办人赵示例写明" in page
    assert "来源单位迟延答复。" in page
    assert "市场监管(协查已逾期)；经办人沈示例催办" in page
    assert "审批人钱示例(尚未指派经办人)" in page


def test_the_reason_that_was_noted_stands_on_the_board_from_its_day_on(browser, clocks, region, on):
    late, waiting = clocks["l1"], clocks["s1"]
    with on(11, 20, 17):
        ending.note_lateness(late, actor=region.officer, reason="等待鉴定意见。")
        with pytest.raises(Refused) as refused:
            ending.note_lateness(waiting, actor=waiting.assignee, reason="在等。")
        assert refused.value.code == "case.not_late"
        for who in (region.approver, region.supervisor, User.objects.get(username="officer.xixia")):
            with pytest.raises((NotAllowed, NotVisible)):
                ending.note_lateness(late, actor=who, reason="别人写的。")
    client = browser("supervisor")
    today = client.get(reverse(BOARD)).context["tables"]["late"].rows
    assert [row[-1].text for row in today] == ["等待鉴定意见。"]
    assert "等待鉴定意见。" in client.get(reverse(ROWS), {"of": "open", "clock": "late"}).content.decode()
    Clocks(region, on).closed(late, 11, 20)  # the reason need not be given again
    assert late.rounds.get().breach_reason == "等待鉴定意见。"


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


@pytest.mark.parametrize(
    "more",
    ["of=open", "of=open&officer={officer}", "of=open&window={other}", "of=open&window={own}&officer={officer}",
     "of=ended&first=2026-01-01", "of=ended&first=2026-01-01&officer={officer}", "of=pauses", "of=asked&body={other}"],
)  # fmt: skip
def test_an_address_tells_a_department_no_figure_and_no_officer_of_an_office(browser, region, clocks, more):
    """The page says the number of its address: what is not on the department's board has no such page."""
    query = more.format(officer=clocks["l1"].assignee_id, other=region.sthj.pk, own=region.scjg.pk)
    answer = browser("clerk").get(f"{reverse(ROWS)}?{query}&department={region.scjg.pk}")
    assert answer.status_code == 404
    assert "赵示例" not in answer.content.decode()


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
