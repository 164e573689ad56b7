"""Bulk actions: my cases and the legal state, a verdict for each first, a reason for each, the button's own function."""

from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from audit.models import Event
from casework.admin.kinds import bulk_verbs
from casework.models import Case, Kind, Notice
from casework.services.engine import locked

from .test_work_list import LIST, shown
from .work import TODAY

S = Case.State


def choose(client, verb, *cases, query=""):
    data = {"action": verb, "_selected_action": [case.pk for case in cases]}
    return client.post(reverse(LIST) + query, data)


def do(client, verb, *cases, query="", follow=False, **data):
    url = reverse("admin:casework_case_bulk", args=[verb]) + query
    return client.post(url, {"_selected_action": [case.pk for case in cases], **data}, follow=follow)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def fresh(case) -> Case:
    return locked(case.pk)


@pytest.fixture(autouse=True)
def _in_a_transaction(db):
    """`locked` reads under lock."""


def verdicts(response) -> dict[str, str]:
    return {str(verdict.obj): verdict.obstacle for verdict in response.context["verdicts"]}


def test_each_case_has_its_verdict_before_anything_is_done(cases, work, signed_in):
    unchecked = work.received("11-19", officer=work.city.officer, checked=False)
    client = signed_in("officer")
    events = Event.objects.count()
    page = choose(client, "accept", *cases.values(), unchecked)
    found = verdicts(page)
    assert found[cases["today"].number] == ""
    assert found[cases["window"].number] == ""
    assert found[unchecked.number].startswith("申请人身份尚未核验")
    assert "现为“协查中”" in found[cases["soon"].number]
    # Cases that have ended are not on the list of open ones, so they are not among the chosen.
    assert cases["met"].number not in found
    text = shown(page)
    assert "银川示例第1商贸有限公司 · 对法人行政处罚记录的异议" in text
    assert Event.objects.count() == events


def test_only_my_cases_and_those_i_stand_in_for(cases, work, signed_in):
    """The second officer goes on leave: the first may act for the second, not the other way round."""
    decided = work.decided("11-17", officer=work.second, decided="11-19")
    here, there = signed_in("officer"), signed_in(work.second)
    assert verdicts(choose(here, "close", decided, cases["decided"])) == {
        decided.number: "",
        cases["decided"].number: "",
    }
    foreign = verdicts(choose(there, "close", decided, cases["decided"]))
    assert foreign[decided.number] == ""
    assert "没有办理这一步的权限" in foreign[cases["decided"].number]
    response = do(there, "close", decided, cases["decided"], reason="已送达。")
    assert "已办理1条" in said(response)
    assert f"{cases['decided'].number}：您可以查看" in said(response)
    assert fresh(decided).closed_on == TODAY
    assert fresh(cases["decided"]).closed_on is None


def test_a_reason_of_its_own_goes_to_its_case_and_the_common_one_to_the_others(cases, work, signed_in):
    late = work.decided("11-10", officer=work.city.officer, decided="11-19")
    client = signed_in("officer")
    page = choose(client, "close", late, cases["decided"])
    assert "已逾期的案件，理由就是逾期原因，必须写。" in shown(page)
    assert len(re.findall(r'name="reason-of-\d+"', page.content.decode())) == 2
    # Without a reason the late case is refused by the service, the other one is closed.
    response = do(client, "close", late, cases["decided"])
    assert "请写明逾期原因" in said(response)
    assert (fresh(late).closed_on, fresh(cases["decided"]).closed_on) == (None, TODAY)
    response = do(
        client, "close", late, **{f"reason-of-{late.pk}": "来源单位迟延答复。", "reason": "共同理由"}
    )
    assert fresh(late).breach_reason == "来源单位迟延答复。"
    event = Event.objects.get(verb="case.close", target_id=late.pk, result="done")
    assert event.reason == "来源单位迟延答复。"


def test_bulk_steps_do_what_the_buttons_do(cases, work, signed_in):
    client = signed_in("officer")
    response = do(client, "accept", cases["today"], cases["window"], reason="材料齐全。")
    assert "受理：已办理2条" in said(response)
    for case in (cases["today"], cases["window"]):
        assert fresh(case).state == S.ACCEPTED
        assert fresh(case).assignee == work.city.officer
        assert case.letters.filter(kind="acceptance").count() == 1
        assert Event.objects.get(verb="case.accept", target_id=case.pk).reason == "材料齐全。"
    before = Notice.objects.filter(kind="urged").count()
    do(client, "urge", cases["soon"], cases["asked"], cases["late"])
    urged = Notice.objects.filter(kind="urged").count()
    assert urged > before
    assert Event.objects.filter(verb="case.urge").count() == 2


def test_cases_are_assigned_together_each_with_its_reason(cases, work, signed_in):
    client = signed_in("approver")
    page = choose(client, "assign", cases["today"], cases["window"])
    assert "沈示例" in shown(page)
    assert "张示例" not in re.search(r"<select.*?</select>", page.content.decode(), re.S)[0]
    data = {"officer": work.second.pk, f"reason-of-{cases['today'].pk}": "本周轮值", "reason": "调整分工"}
    do(client, "assign", cases["today"], cases["window"], **data)
    reasons = {
        event.target_id: event.reason
        for event in Event.objects.filter(verb="case.assign").order_by("-pk")[:2]
    }
    assert reasons == {str(cases["today"].pk): "本周轮值", str(cases["window"].pk): "调整分工"}
    assert {fresh(cases[name]).assignee for name in ("today", "window")} == {work.second}
    # Whoever does not say to whom learns so, and the reasons typed stand there still.
    again = do(client, "assign", cases["today"], **{f"reason-of-{cases['today'].pk}": "再调整"})
    assert "请选择经办人。" in shown(again)
    assert 'value="再调整"' in again.content.decode()


def test_the_list_keeps_its_place_after_a_bulk_action(cases, signed_in):
    client = signed_in("officer")
    page = choose(client, "urge", cases["soon"], query="?clock=soon&q=YY")
    url, back = page.context["url"], page.context["back"]
    assert back == f"{reverse(LIST)}?clock=soon&q=YY"
    done = client.post(url, {"_selected_action": [cases["soon"].pk]})
    assert done.url == back


@pytest.mark.parametrize("who", ["supervisor", "clerk", "stranger"])
def test_who_has_no_part_in_it_is_offered_nothing_and_can_do_nothing(cases, signed_in, who):
    client = signed_in(who)
    response = client.get(reverse(LIST))
    form = response.context["action_form"]
    assert form is None or [name for name, _ in form.fields["action"].choices if name] == []
    events = Event.objects.filter(result="done").count()
    for verb in ("assign", "accept", "urge", "close"):
        assert do(client, verb, cases["today"], reason="x").status_code == 403, verb
    assert Event.objects.filter(result="done").count() == events


def test_a_kind_that_has_not_registered_a_step_is_refused_with_words(cases):
    cases["today"].kind = Kind.BREACH
    accept = next(verb for verb in bulk_verbs() if verb.name == "accept")
    assert accept.obstacle(cases["today"], None) == "违诺认定案件没有这一步，或者不能批量办理。"
