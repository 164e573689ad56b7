"""The page of a breach and the list of all: who sees what, what they say on the way, what they cost."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from breaches.models import DecidedMeasure

from ...commitments.counter import at
from ..breaching import FACTS, BreachWay, report_shortfall
from .conftest import STRANGERS, as_user, page, steps_of, text_of, verb

pytestmark = pytest.mark.django_db

QUERIES = 26
"""Those of every case, and of its own: rule and earlier breaches, notices, links in sight, measures and which of them hold."""
OF_THE_LIST = 6
PAGES = (
    "change", "evidence", "restate", "answer", "notify", "statement", "hearing", "minutes", "propose", "decide",
)  # fmt: skip
ANSWER = "所述理由不影响承诺的效力"


def _queries(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def _here(text: str) -> str:
    found = re.search(r'ca-stage-here" aria-current="step">\s*<span class="ca-stage-title">([^<]+)', text)
    return found[1] if found else ""


def test_a_breach_tells_its_way_to_those_concerned_and_nothing_to_strangers(city, breach_way, on_day):
    way = breach_way
    for who in STRANGERS:
        client = as_user(getattr(city, who))
        for name in PAGES:
            assert client.get(page(way, name)).status_code == 404, (who, name)
        assert client.get(page(way, "lift", 1)).status_code == 404

    officer = as_user(city.officer)
    text = text_of(officer.get(page(way)))
    for part in (
        FACTS,
        "未取得经营场所使用证明。",
        way.breach.commitment.code,
        "规则建议",
        "一般违诺",
        "还没有告知当事人",
    ):
        assert part in text
    assert "身份尚未核验" not in text
    assert _here(text) == "收到"
    assert "事先告知" in steps_of(text)
    # The department that has reported it reads along, but not the office's reasons; a supervisor reads, and takes no step.
    for who, status in ((city.clerk, 403), (city.supervisor, 200)):
        assert as_user(who).get(page(way, "history")).status_code == status
    assert FACTS in text_of(as_user(city.clerk).get(page(way)))
    assert steps_of(text_of(as_user(city.supervisor).get(page(way)))) == ""
    assert officer.post(page(way), {"facts": "改"}).status_code == 405

    way.accept().notify()
    on_day(17)
    text = text_of(officer.get(page(way)))
    assert _here(text) == "告知申辩"
    for part in (
        "尚未送达，陈述申辩的期限(5个工作日)从送达起算",
        "第1次告知",
        "列为重点监管对象",
        "法律依据：",
    ):
        assert part in text
    assert "还没有登记送达" in steps_of(text)

    way.deliver_notice().state()
    on_day(19)
    text = text_of(officer.get(page(way)))
    for part in ("至2026-11-25 24:00", "为什么是这一天", "因房东违约未能取得证明。"):
        assert part in text
    assert "期限内不能结束" in steps_of(text)

    way.end().propose()
    on_day(26)
    assert ANSWER in text_of(as_user(city.approver).get(page(way)))
    # What is proposed is the office's own until it is decided.
    assert ANSWER not in text_of(as_user(city.clerk).get(page(way)))

    way.decide()
    text = text_of(officer.get(page(way)))
    record = way.fresh().record
    record_url = reverse("admin:credit_records_record_change", args=[record.pk])
    for part in ("认定结果", record.document_number, "有效", record_url):
        assert part in text
    assert "解除措施" not in text
    assert ANSWER in text_of(as_user(city.clerk).get(page(way)))

    # The record leads back to the case, the subject names case and measures; not for strangers.
    subject_url = reverse("admin:credit_records_subject_change", args=[record.subject_id])
    for url in (record_url, subject_url):
        assert page(way) in text_of(officer.get(url))
        response = as_user(city.stranger).get(url)
        assert way.case.number not in text_of(response)
    assert "措施有效：" in text_of(officer.get(subject_url))

    # An approver lifts a measure; the page says since when, and why.
    one = DecidedMeasure.objects.filter(breach=way.breach).first()
    url = page(way, "lift", one.pk)
    approver = as_user(city.approver)
    assert url in text_of(approver.get(page(way)))
    assert officer.get(url).status_code == 403
    assert approver.post(url, {"reason": ""}).status_code == 422
    assert approver.post(url, {"reason": "已经整改。"}).status_code == 302
    text = text_of(approver.get(page(way)))
    assert "已解除" in text
    assert "2026-11-26 已经整改。" in text


def test_a_further_notice_costs_no_query_more_than_the_first(city, breach_way, on_day):
    """The last one alone is asked for its term."""
    breach_way.accept().told()
    on_day(26)
    client = as_user(city.officer)
    first = _queries(client, page(breach_way))
    assert first <= QUERIES
    breach_way.notify(now=at(26, 12))
    breach_way.deliver_notice(at(26).date()).state(waived=True, now=at(26, 17)).end(at(26, 17))
    assert breach_way.fresh().notices.count() == 2
    assert _queries(client, page(breach_way)) == first
    breach_way.propose(now=at(26, 17)).decide(at(26, 17))
    assert _queries(client, page(breach_way)) == QUERIES


def test_dialogs_of_the_page_carry_their_step_out(city, breach_way):
    way = breach_way
    assert as_user(city.clerk).post(verb(way, "accept"), {"reason": ""}).status_code == 403
    officer = as_user(city.officer)
    assert officer.get(verb(way, "accept")).status_code == 302
    assert way.fresh().case.state == "received"
    assert "已受理" not in text_of(officer.get(page(way)))
    for name, answers, state in (
        ("accept", {"reason": ""}, "accepted"),
        ("ask_departments", {"asks": "请核实。"}, "verifying"),
        ("urge", {"reason": ""}, "verifying"),
        ("end_verification", {"reason": "材料已够。"}, "drafting"),
        ("withdraw", {"reason": "查无此事。"}, "withdrawn"),
    ):
        assert officer.post(verb(way, name), answers).status_code == 302
        assert way.fresh().case.state == state
    assert as_user(city.approver).post(verb(way, "reopen"), {"reason": "有新的事实。"}).status_code == 302
    assert way.fresh().case.state == "received"
    assert officer.post(verb(way, "refuse"), {"reason": "不成立。"}).status_code == 302
    assert way.fresh().case.state == "refused"
    # Everywhere it is called as this kind of case calls it.
    number = way.case.number
    export = as_user(city.officer).post(reverse("admin:breaches_breach_export"), {"format": "csv"})
    for text in (
        text_of(officer.get(page(way))),
        text_of(officer.get(reverse("admin:credit_records_subject_change", args=[way.case.subject_id]))),
        text_of(officer.get(reverse("admin:breaches_breach_changelist"))).partition('id="result_list"')[2],
        text_of(officer.get(reverse("admin:casework_case_changelist") + f"?ended=1&q={number}")).partition(
            "result_list"
        )[2],
        text_of(officer.get(reverse("admin:casework_case_history", args=[way.case.pk]))),
        export.content.decode("utf-8-sig"),
    ):
        assert "不予立案" in text
        assert "不予受理" not in text
        assert "终止办理" not in text


def test_the_list_shows_what_one_may_see_and_leads_on(city, counter, breach_way, report_breach, on_day):
    other = breach_way
    commitment = counter.register(counter.other, cause="特种设备使用登记", made_on=at(2).date(), now=at(2))
    shortfall = report_shortfall(city, commitment)
    way = BreachWay(city, report_breach(commitment=commitment, performance=shortfall))
    other.accept().told().propose().decide()
    on_day(26)
    url = reverse("admin:breaches_breach_changelist")
    officer = as_user(city.officer)
    for query, shown in (
        ("", [way, other]),
        ("?degree__exact=general", [other]),
        ("?outcome=broken", [other]),
        ("?outcome=pending", [way]),
        ("?month=2026-11", [other]),
        ("?kind__exact=false", []),
        (f"?commitment__department__id__exact={city.scjg.pk}", [way, other]),
        (f"?q={other.breach.commitment.code}", [other]),
        (f"?commitment={commitment.pk}", [way]),
    ):
        listed = text_of(officer.get(url + query)).partition('id="result_list"')[2]
        for one in (way, other):
            assert (one.breach.case.number in listed) == (one in shown), query
    for who in STRANGERS:
        response = as_user(getattr(city, who)).get(url)
        assert response.status_code == 403 or way.breach.case.number not in text_of(response)
    number = _queries(officer, url)
    third = counter.register(cause="食品小作坊登记", made_on=at(2).date(), now=at(2))
    report_breach(commitment=third, performance=report_shortfall(city, third))
    assert _queries(officer, url) == number
    assert number == OF_THE_LIST

    address = reverse("admin:breaches_breach_export")
    export = as_user(city.clerk).post(f"{address}?outcome=broken", {"format": "csv"})
    rows = export.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 4
    assert "共1行" in rows[3]
    assert "一般" in rows[1]
    nothing = as_user(city.stranger).post(address, {"format": "csv"})
    assert "共0行" in nothing.content.decode("utf-8-sig").splitlines()[2]

    # The work list knows the kind, and the way in.
    work = text_of(officer.get(reverse("admin:casework_case_changelist") + "?kind=breach"))
    assert way.breach.case.number in work
    assert reverse("admin:breaches_breach_add") in work
