"""The duplicate-code ledger: its rate, two subjects side by side, and the officer's judgement."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from credit_records.models import DuplicateCodeEntry
from credit_records.selectors.duplicate_codes import Rate, duplicate_code_rate
from credit_records.services import ledger

from ..builders import company_code, penalty
from .pages import as_user, text_of, url

pytestmark = pytest.mark.django_db
LIST = "duplicatecodeentry", "changelist"
NAME = "银川示例同名商贸有限公司"


@pytest.fixture
def entry(report):
    report(penalty(1, 行政相对人名称=NAME), penalty(2, 行政相对人名称=NAME), penalty(3), submit=True)
    return DuplicateCodeEntry.objects.get()


def page_of(entry):
    return url("duplicatecodeentry", "change", entry.pk)


def verb_of(entry):
    return url("duplicatecodeentry", "verb", entry.pk, "resolve")


def test_the_office_reads_others_do_not(entry, city):
    for user in (city.officer, city.approver, city.supervisor):
        assert NAME in text_of(as_user(user).get(url(*LIST)))
        assert as_user(user).get(page_of(entry)).status_code == 200
        assert as_user(user).get(url("duplicatecodeentry", "history", entry.pk)).status_code == 200
    for user in (city.clerk, city.reviewer, city.stranger, city.auditor):
        assert as_user(user).get(url(*LIST)).status_code == 403
        assert as_user(user).get(page_of(entry)).status_code == 404
    assert Client().get(url(*LIST)).status_code == 302


def test_without_subjects_there_is_no_rate(city):
    assert duplicate_code_rate() == Rate(0, 0)
    shown = text_of(as_user(city.officer).get(url(*LIST)))
    assert "暂无数据" in shown
    assert "没有重错码" in shown


def test_the_list_says_how_many_entries_wait_and_opens_them(entry, report, city):
    report(penalty(4, 行政相对人名称=NAME), submit=True)
    settled = DuplicateCodeEntry.objects.order_by("pk").last()
    ledger.resolve(settled, actor=city.officer, outcome="different", conclusion="登记机关答复")
    shown = text_of(as_user(city.officer).get(url(*LIST)))
    assert '<a class="cr-link" href="?state__exact=open">2 条台账</a>(涉及 3 个主体)' in shown
    opened = as_user(city.officer).get(url(*LIST) + "?state__exact=open")
    assert len(opened.context["cl"].result_list) == 2
    assert [one.value for one in opened.context["active_filters"]] == ["待核"]


def test_the_rate_counts_subjects_in_open_entries_once(entry, report, city):
    assert duplicate_code_rate() == Rate(2, 3)
    report(penalty(4, 行政相对人名称=NAME), submit=True)
    assert DuplicateCodeEntry.objects.count() == 3
    assert duplicate_code_rate() == Rate(3, 4)
    for one in DuplicateCodeEntry.objects.all():
        ledger.resolve(one, actor=city.officer, outcome="different", conclusion="登记机关答复")
    assert duplicate_code_rate() == Rate(0, 4)


@pytest.mark.parametrize(
    ("rate", "text", "within"),
    [
        (Rate(0, 0), "暂无数据", None),
        (Rate(0, 5), "万分之0", True),
        (Rate(1, 10_001), "万分之1", True),
        (Rate(1, 10_000), "万分之1", False),
        (Rate(3, 20_000), "万分之1.5", False),
    ],
)
def test_the_rate_reads_in_ten_thousandths(rate, text, within):
    assert rate.text == text
    assert rate.within_target is within


def test_both_subjects_stand_side_by_side_with_differences_marked(entry, city):
    shown = text_of(as_user(city.officer).get(page_of(entry)))
    assert company_code(1) in shown
    assert company_code(2) in shown
    assert "法人行政处罚 1 条" in shown
    compared = as_user(city.officer).get(page_of(entry)).context["compared"]
    differs = {title: different for title, _, different in compared}
    assert differs["统一社会信用代码"]
    assert not differs["名称"]


def test_the_officer_settles_with_a_conclusion(entry, city):
    client = as_user(city.officer)
    refused = client.post(verb_of(entry), {"outcome": "same", "conclusion": ""})
    assert refused.status_code == 422
    client.post(verb_of(entry), {"outcome": "same", "conclusion": "登记机关答复:重复赋码"})
    entry.refresh_from_db()
    assert (entry.state, entry.resolution) == ("same", "登记机关答复:重复赋码")
    newest = entry.history.order_by("-history_id").first()
    assert newest.state == "same"
    assert Event.objects.get(pk=newest.event_id).reason == "登记机关答复:重复赋码"
    shown = text_of(client.get(page_of(entry)))
    assert "已核定为“确为重码”" in shown


def test_nobody_else_settles_and_nothing_is_settled_twice(entry, city):
    answers = {"outcome": "different", "conclusion": "x"}
    assert as_user(city.approver).post(verb_of(entry), answers).status_code == 403
    assert as_user(city.clerk).post(verb_of(entry), answers).status_code == 404
    assert as_user(city.officer).get(verb_of(entry)).status_code == 302
    with pytest.raises(NotAllowed):
        ledger.resolve(entry, actor=city.supervisor, **answers)
    with pytest.raises(NotVisible):
        ledger.resolve(entry, actor=city.stranger, **answers)
    with pytest.raises(Refused, match="确为重码"):
        ledger.resolve(entry, actor=city.officer, outcome="open", conclusion="x")
    ledger.resolve(entry, actor=city.officer, **answers)
    with pytest.raises(Refused, match="已核定"):
        ledger.resolve(entry, actor=city.officer, outcome="same", conclusion="x")


@pytest.mark.parametrize("count", [2, 5])
def test_list_and_page_cost_the_same_however_many(report, city, count, django_assert_num_queries):
    report(*(penalty(n, 行政相对人名称=NAME) for n in range(1, count + 1)), submit=True)
    client = as_user(city.officer)
    page = page_of(DuplicateCodeEntry.objects.first())
    client.get(url(*LIST))
    # Session, user, roles, unread notices, the two figures of the rate, the waiting entries, rows.
    with django_assert_num_queries(8):
        client.get(url(*LIST))
    # Session, user, roles, unread notices, entry with both subjects, rights, records of each.
    with django_assert_num_queries(8):
        client.get(page)
