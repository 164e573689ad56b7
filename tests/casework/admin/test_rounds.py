"""A breach sticks: what a round decided, and whether in time, outlasts that the case is taken up again."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.policy import policy_for
from audit.acts import act
from audit.guard import SilentWrite
from casework.models import Case, CaseRound, Decision
from casework.selectors.lists import Selection, late_before, neighbours, rows
from casework.workbench import case_panels
from objections.models import Point
from objections.services import deciding, handling
from objections.services.deciding import Ruling

from .work import TODAY, at

LIST = "admin:casework_case_changelist"


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def reopen(work, case, day) -> Case:
    handling.reopen(fresh(case).objection, actor=work.city.approver, reason="发现新证据。", now=at(day, 9))
    return fresh(case)


def end_again(work, case, *, closed, breach_reason="") -> Case:
    """Lead the present round of a case of the second officer to its end."""
    objection = fresh(case).objection
    rulings = {1: Ruling(Point.Outcome.NOT_UPHELD, "新证据也不能证明。")}
    deciding.propose(
        objection, actor=work.second, rulings=rulings, reason="与决定书一致。", now=at(closed, 10)
    )
    digest = Decision.objects.get(case=case, state="proposed").digest
    deciding.decide(fresh(case).objection, actor=work.city.approver, digest=digest, now=at(closed, 11))
    handling.close(
        fresh(case).objection,
        actor=work.second,
        breach_reason=breach_reason,
        reason="当面送达。",
        now=at(closed, 17),
    )
    return fresh(case)


@pytest.fixture
def breached(cases):
    """Closed on 10-28 though due on 10-19, with the reason."""
    return cases["breached"]


@pytest.fixture
def reopened(work, breached):
    return reopen(work, breached, "11-16")


@pytest.fixture
def in_time(work, reopened):
    """The second round, due on 11-23, ended on 11-18."""
    return end_again(work, reopened, closed="11-18")


def listed(client, **query) -> set[int]:
    return {case.pk for case in client.get(reverse(LIST), query).context["cl"].result_list}


def shown(response) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def lines(user, rf):
    request = rf.get("/")
    request.user = user
    return {line.label: line for panel in case_panels(request) or [] for line in panel.lines}


def test_every_round_is_kept_as_it_ended(in_time):
    first, second = CaseRound.objects.filter(case=in_time).order_by("round")
    assert (first.round, first.due_on, first.closed_on) == (1, date(2026, 10, 19), date(2026, 10, 28))
    assert (first.state, first.outcome, first.breach_reason) == ("closed", "not_upheld", "来源单位迟延答复。")
    assert (first.is_late, first.ending, first.history.count()) == (True, "逾期办结", 1)
    assert (second.round, second.due_on, second.closed_on) == (2, date(2026, 11, 23), date(2026, 11, 18))
    assert (second.is_late, second.ending, second.breach_reason) == (False, "按时办结", "")
    assert in_time.last_closed_on == in_time.closed_on == second.closed_on


def test_only_a_step_writes_rounds_and_none_is_taken_away(in_time):
    with pytest.raises(SilentWrite):
        CaseRound.objects.update(closed_on=date(2026, 10, 19))
    with pytest.raises(SilentWrite):
        CaseRound.of(in_time).save()


def test_the_predicates_of_rounds_are_each_others_complement(in_time):
    late, met = CaseRound.objects.overdue(), CaseRound.objects.in_time()
    assert {one.pk for one in late} == {one.pk for one in CaseRound.objects.all() if one.is_late}
    assert not set(late) & set(met)
    assert {*late, *met} == set(CaseRound.objects.all())


def test_a_case_that_ended_in_time_the_second_time_was_late_all_the_same(cases, in_time):
    assert in_time not in Case.objects.overdue(TODAY)
    assert set(Case.objects.ever_overdue(TODAY)) == {fresh(cases["late"]), in_time}


def test_the_list_finds_the_late_round_after_the_second_ended_in_time(cases, in_time, signed_in):
    client = signed_in("officer")
    for ended in ("1", "2026"):
        assert listed(client, ended=ended) == {cases["met"].pk, in_time.pk}
        assert listed(client, ended=ended, clock="late") == {in_time.pk}
        assert listed(client, ended=ended, clock="met") == {cases["met"].pk}
    assert "第1轮逾期" in shown(client.get(f"{reverse(LIST)}?ended=1&clock=late"))


def test_the_late_round_of_a_case_that_is_open_again_is_found_with_the_ended_and_its_clock_with_the_open(
    cases, reopened, signed_in
):
    client = signed_in("officer")
    assert reopened.closed_on is None
    assert reopened.pk in listed(client)
    assert listed(client, clock="late") == {cases["late"].pk}
    for ended in ("1", "2026"):
        assert listed(client, ended=ended, clock="late") == {reopened.pk}
        assert listed(client, ended=ended, clock="met") == {cases["met"].pk}
    row = shown(client.get(f"{reverse(LIST)}?ended=2026&clock=late"))
    assert "2026-10-28" in row
    assert "已受理第1轮逾期" in row


def test_a_year_has_the_rounds_that_ended_in_it(cases, in_time, signed_in, system):
    first = CaseRound.objects.get(case=in_time, round=1)
    with act("test.earlier", actor=system):
        first.closed_on, first.due_on = date(2025, 12, 31), date(2025, 12, 30)
        first.save(update_fields=["closed_on", "due_on"])
    client = signed_in("officer")
    assert listed(client, ended="2025") == listed(client, ended="2025", clock="late") == {in_time.pk}
    assert listed(client, ended="2026", clock="met") == {cases["met"].pk, in_time.pk}
    assert listed(client, ended="2026", clock="late") == set()
    assert listed(client, ended="1", clock="late") == {in_time.pk}


@pytest.mark.parametrize("state", ["reopened", "in_time"])
def test_the_figures_of_the_year_are_not_washed_and_each_is_its_rows(state, request, city, signed_in, rf):
    request.getfixturevalue(state)
    found, client = lines(city.supervisor, rf), signed_in("supervisor")
    values = [found[label].value for label in ("本年办结", "本年逾期办结", "按时办结率")]
    assert values == [2, 1, "50.0%"]
    for label, number in (("本年办结", 2), ("本年逾期办结", 1), ("按时办结率", 1)):
        assert len(client.get(found[label].url).context["cl"].result_list) == number
    notes = [found[label].note for label in ("本年办结", "按时办结率")]
    if state == "reopened":
        assert notes == ["", "按时1件，共2件"]
    else:
        assert notes == ["共办结3轮", "按时1件，共2件；按轮次，按时2轮，共3轮"]


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor"])
def test_the_page_shows_the_rounds_before(who, in_time, signed_in):
    page = reverse("admin:objections_objection_change", args=[in_time.pk])
    text = shown(signed_in(who).get(page))
    assert "第1轮 2026-10-12 至 2026-10-28 逾期办结(原因：来源单位迟延答复。) 不予支持" in text
    assert "第2轮 2026" not in text


def test_a_case_in_its_first_round_has_no_rounds_before(cases, signed_in):
    page = reverse("admin:objections_objection_change", args=[cases["breached"].pk])
    text = shown(signed_in("officer").get(page))
    assert "第1轮" not in text
    assert "逾期原因：来源单位迟延答复。" in text


def test_the_rounds_are_seen_by_those_who_see_the_case(city, in_time):
    seen = {
        who: policy_for(CaseRound).scope(getattr(city, who)).filter(case=in_time).count()
        for who in ("officer", "approver", "supervisor", "clerk", "stranger", "auditor", "sysadmin")
    }
    assert seen == {
        "officer": 2, "approver": 2, "supervisor": 2, "clerk": 0, "stranger": 0, "auditor": 0, "sysadmin": 0,
    }  # fmt: skip


@pytest.mark.parametrize("params", ["ended=1", "ended=2026", "ended=2026&clock=late"])
def test_before_and_after_follow_the_list_with_a_case_that_is_open_again(params, reopened, city):
    found = list(rows(city.officer, Selection.of(params)))
    assert reopened in found
    for at_, case in enumerate(found):
        before = found[at_ - 1] if at_ else None
        after = found[at_ + 1] if at_ + 1 < len(found) else None
        assert neighbours(city.officer, case, params) == (before, after)


def test_pages_of_ended_cases_go_on_past_a_case_that_is_open_again(cases, reopened, signed_in, monkeypatch):
    monkeypatch.setattr("casework.admin.cases.CaseAdmin.list_per_page", 1)
    client = signed_in("officer")
    first = client.get(f"{reverse(LIST)}?ended=1").context["cl"]
    second = client.get(reverse(LIST) + first.next_page_url).context["cl"]
    assert [one.pk for page in (first, second) for one in page.result_list] == [cases["met"].pk, reopened.pk]


def test_earlier_rounds_cost_the_list_one_query_and_the_page_one_and_nothing_where_there_are_none(
    work, breached, signed_in
):
    client = signed_in("officer")
    page = reverse("admin:objections_objection_change", args=[breached.pk])

    def cost(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    with CaptureQueriesContext(connection) as none:
        assert late_before([breached]) == {}
    assert len(none) == 0
    first = cost(f"{reverse(LIST)}?ended=1"), cost(page)
    end_again(work, reopen(work, breached, "11-16"), closed="11-18")
    assert (cost(f"{reverse(LIST)}?ended=1"), cost(page)) == (first[0] + 1, first[1] + 1)


def test_two_late_rounds_are_both_named(work, reopened):
    with_reason = end_again(work, reopened, closed="11-26", breach_reason="补充鉴定。")
    third = reopen(work, with_reason, "11-27")
    assert late_before([third]) == {third.pk: "第1、2轮逾期"}
    assert [one.breach_reason for one in third.earlier_rounds()] == ["来源单位迟延答复。", "补充鉴定。"]
