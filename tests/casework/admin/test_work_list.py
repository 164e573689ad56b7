"""The work list: filters are the model's own predicates, figures are rows, the place is kept."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.policy import policy_for
from casework.models import Case, Extension, Kind, Letter, Request, SavedView
from casework.selectors.lists import CHIPS, Selection, figures, neighbours, rows
from casework.services import correcting
from casework.services.views import MOST

from ...undrawn import laid_out
from .work import TODAY

LIST = "admin:casework_case_changelist"
S = Case.State
OPEN, ALL = Case.objects.open, Case.objects.all


def listed(client, **query) -> set[int]:
    response = client.get(reverse(LIST), query)
    assert response.status_code == 200
    return {case.pk for case in response.context["cl"].result_list}


def shown(response) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def asked_of_scjg(**conditions) -> Q:
    found = Request.objects.open().filter(department__code="11640100DEP00001XK", **conditions)
    return Q(pk__in=found.values("case"))


def expected(user) -> dict[tuple[str, str], object]:
    """What each filter finds among open cases, in the words of the models."""
    return {
        ("whose", "mine"): OPEN().taken(user),
        ("whose", "unassigned"): OPEN().filter(assignee=None),
        ("whose", "standin"): OPEN().filter(assignee__username="officer2"),
        ("clock", "today"): Case.objects.due_on_day(TODAY),
        ("clock", "late"): Case.objects.late_now(TODAY),
        ("clock", "soon"): OPEN().filter(due_on__in=[date(2026, 11, 23), date(2026, 11, 24)]),
        ("clock", "paused"): Case.objects.paused(),
        ("clock", "long"): Case.objects.paused().filter(paused_since__lt=TODAY - timedelta(days=10)),
        ("clock", "met"): Case.objects.none(),
        ("wait", "acceptance"): OPEN().filter(state=S.RECEIVED),
        ("wait", "approval"): OPEN().filter(state=S.APPROVING),
        ("wait", "closing"): OPEN().filter(state=S.DECIDED),
        ("wait", "extension"): OPEN().filter(extensions__state=Extension.State.ASKED),
    }


def expected_of_department() -> dict[tuple[str, str], object]:
    return {
        ("whose", "window"): OPEN().filter(window__code="11640100DEP00001XK"),
        ("whose", "body"): policy_for(Case).scope,
        ("wait", "answer"): OPEN().filter(asked_of_scjg()),
        ("wait", "answer_today"): OPEN().filter(asked_of_scjg(due_on=TODAY)),
        ("wait", "answer_late"): OPEN().filter(asked_of_scjg(due_on__lt=TODAY)),
    }


OF_THE_OFFICE_ABOVE = {("wait", "review"), ("wait", "review_today"), ("wait", "review_late")}
"""Compared where something lies before it: tests/repair/test_laid_before.py."""
OF_A_HEARING = {("wait", "heard")}
"""Compared where a subject is heard: tests/breaches/test_hearing.py."""
OF_A_LEAVER = {("whose", "left")}
"""Compared where somebody leaves: tests/accounts/test_leaving.py."""


def test_every_filter_is_compared(city):
    elsewhere = OF_THE_OFFICE_ABOVE | OF_A_HEARING | OF_A_LEAVER
    compared = {*expected(city.officer), *expected_of_department(), *elsewhere}
    assert compared == set(CHIPS)


def test_every_filter_of_the_office_finds_exactly_the_rows_of_the_models_predicates(cases, city, signed_in):
    client = signed_in("officer")
    for (group, key), found in expected(city.officer).items():
        pks = set(found.values_list("pk", flat=True))
        assert pks or key == "met", f"no case to tell {key} by"
        assert listed(client, **{group: key}) == pks, key
    assert listed(client) == set(OPEN().values_list("pk", flat=True))


def test_every_filter_of_a_department_finds_what_it_was_asked_and_what_it_took_in(cases, city, signed_in):
    client, seen = signed_in("clerk"), policy_for(Case).scope(city.clerk)
    for (group, key), found in expected_of_department().items():
        want = seen.open() if key == "body" else found
        pks = set(want.values_list("pk", flat=True))
        assert pks, key
        assert listed(client, **{group: key}) == pks, key


def test_ended_cases_stand_apart_and_late_ones_stay_late(cases, signed_in):
    client = signed_in("officer")
    assert listed(client, ended="1") == {cases["met"].pk, cases["breached"].pk}
    assert listed(client, ended="2026", clock="late") == {cases["breached"].pk}
    assert listed(client, ended="2026", clock="met") == {cases["met"].pk}
    assert listed(client, ended="2025") == set()
    overdue = set(Case.objects.ever_overdue(TODAY).values_list("pk", flat=True))
    assert overdue == listed(client, clock="late") | listed(client, ended="1", clock="late")


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor", "clerk", "reviewer"])
def test_the_figure_on_a_chip_is_the_number_of_its_rows(cases, signed_in, who):
    client = signed_in(who)
    for query in ("", "?whose=body", "?stage=verifying&clock=late", "?q=示例"):
        for chip in laid_out(client, reverse(LIST) + query)["chips"]:
            if chip.count is None or chip.on:
                continue
            there = laid_out(client, reverse(LIST) + chip.url)
            assert there["cl"].result_count == chip.count, (query, chip.label)


def test_a_stranger_sees_no_case_and_learns_of_none(cases, city, signed_in):
    client = signed_in("stranger")
    response = client.get(reverse(LIST))
    assert list(response.context["cl"].result_list) == []
    assert {chip.count for chip in response.context["chips"]} <= {0, None}
    for query in ({"q": "YY-2026"}, {"q": cases["late"].number}, {"ended": "1"}, {"body": str(city.scjg.pk)}):
        assert listed(client, **query) == set()
    assert client.get(reverse("admin:casework_case_change", args=[cases["late"].pk])).status_code == 404


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "secadmin"])
def test_the_three_administrators_have_no_work_list(cases, signed_in, who):
    assert signed_in(who).get(reverse(LIST)).status_code == 403


def test_who_else_was_asked_is_not_for_departments_to_filter_by(cases, city, signed_in):
    seen = listed(signed_in("clerk"))
    assert listed(signed_in("clerk"), body=city.sthj.pk) == seen
    assert listed(signed_in("officer"), body=city.sthj.pk) == set()
    assert listed(signed_in("officer"), body=city.scjg.pk) == seen


def test_kind_stage_and_officer_narrow_the_list(cases, work, signed_in):
    client = signed_in("officer")
    assert listed(client, kind="objection") == listed(client)
    assert listed(client, kind="repair") == set()
    assert listed(client, stage="approving", assignee=work.second.pk) == {cases["approving"].pk}
    assert listed(client, stage="approving", assignee=work.city.officer.pk) == set()


NONSENSE = (
    "whose=nobody", "clock=x%27", "body=x", f"assignee={2**70}", "stage=gone", "ended=abcd", "kind=", "q=+", "o=3.-1",
)  # fmt: skip


def test_an_address_with_nonsense_shows_the_list(cases, signed_in):
    client = signed_in("officer")
    for query in NONSENSE:
        response = client.get(f"{reverse(LIST)}?{query}")
        assert response.status_code == 200, query
        assert response.context["cl"].result_count == OPEN().count(), query


def test_an_address_cannot_probe_columns(cases, signed_in):
    assert signed_in("officer").get(f"{reverse(LIST)}?phone_sealed__startswith=a").status_code == 400


def test_the_order_is_the_due_day_and_paused_cases_come_last(cases, signed_in):
    found = list(signed_in("officer").get(reverse(LIST)).context["cl"].result_list)
    days = [case.due_on for case in found if case.due_on is not None]
    assert days == sorted(days)
    assert [case.due_on for case in found[len(days) :]] == [None] * 2


def test_pages_of_ended_cases_go_on_by_key(cases, signed_in, monkeypatch):
    monkeypatch.setattr("casework.admin.cases.CaseAdmin.list_per_page", 1)
    client = signed_in("officer")
    first = client.get(f"{reverse(LIST)}?ended=1").context["cl"]
    assert [case.pk for case in first.result_list] == [cases["met"].pk]
    second = client.get(reverse(LIST) + first.next_page_url).context["cl"]
    assert [case.pk for case in second.result_list] == [cases["breached"].pk]
    assert not second.has_next_page


# --- what a row says --------------------------------------------------------------------------------------


def test_a_row_says_light_day_and_pause_in_words(cases, signed_in):
    page = shown(signed_in("officer").get(reverse(LIST)))
    for words in (
        "▲ 逾期", "2026-11-19逾期1个工作日", "◆ 今日到期", "○ 停时", "停时中还剩", "补正自11-03，已17天", "未指派", "● 正常",
        "◆ 临近", "银川示例第1商贸有限公司",
    ):  # fmt: skip
        assert words in page, words


def test_a_department_sees_until_when_it_must_answer(cases, signed_in):
    response = signed_in("clerk").get(reverse(LIST))
    page = shown(response)
    assert "协查应答复" in page
    due = Request.objects.open().get(case=cases["asked"]).due_on
    rows_ = {case.pk: case.answer_due for case in response.context["cl"].result_list}
    assert rows_[cases["asked"].pk] == due
    assert rows_[cases["window"].pk] is None


def test_ended_rows_say_when_and_how(cases, signed_in):
    page = shown(signed_in("officer").get(f"{reverse(LIST)}?ended=1"))
    assert "逾期办结" in page
    assert "按时办结" in page
    assert "不予支持" in page


@pytest.mark.parametrize(("who", "most"), [("officer", 16), ("clerk", 14)])
def test_twenty_rows_cost_as_many_queries_as_one(work, signed_in, who, most):
    client = signed_in(who)
    actor = work.city.clerk

    def cost() -> int:
        client.get(reverse(LIST))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse(LIST)).status_code == 200
        return len(seen)

    work.received("11-18", actor=actor, officer=work.city.officer)
    one = cost()
    for _ in range(19):
        work.received("11-18", actor=actor, officer=work.city.officer)
    assert cost() == one <= most


def test_figures_of_all_chips_are_one_query(cases, city):
    wanted = {chip.key: Selection(**{chip.group: chip.key}) for chip in CHIPS.values() if chip.key != "soon"}
    assert city.officer.holdings.titles
    with CaptureQueriesContext(connection) as seen:
        figures(city.officer, wanted)
    assert len(seen) == 1


# --- search -----------------------------------------------------------------------------------------------


def test_a_case_is_found_by_all_it_is_known_by(cases, work, signed_in):
    other = work.received("11-19", name="示例人丁", number="宁平转〔2026〕DEM7", record=1)
    client = signed_in("officer")
    for text in (other.number, other.number.lower(), "示例人丁", "DEM7"):
        assert listed(client, q=text) == {other.pk}, text
    subject = other.subject
    assert other.pk in listed(client, q=subject.code)
    assert listed(client, q=subject.name) == set(OPEN().filter(subject=subject).values_list("pk", flat=True))
    letter = Letter.objects.filter(case=cases["late"]).first()
    assert listed(client, q=letter.number) == {cases["late"].pk}
    assert listed(client, q=letter.number.replace("〔", "[").replace("〕", "]")) == {cases["late"].pk}
    assert listed(client, q="没有这样的") == set()


def test_a_search_among_open_cases_offers_the_ended_ones(cases, signed_in):
    client = signed_in("officer")
    response = client.get(reverse(LIST), {"q": cases["met"].number})
    assert list(response.context["cl"].result_list) == []
    assert "在已办结的案件中查找" in shown(response)
    there = client.get(reverse(LIST) + response.context["search_ended_url"])
    assert [case.pk for case in there.context["cl"].result_list] == [cases["met"].pk]


def test_a_department_finds_no_case_by_a_letter_it_does_not_see(cases, signed_in):
    """The applicant's letter is not the department's: its number leads nowhere."""
    letter = Letter.objects.get(case=cases["soon"], kind="acceptance")
    own = Letter.objects.get(case=cases["soon"], kind="verification")
    client = signed_in("clerk")
    assert listed(client, q=letter.number) == set()
    assert listed(client, q=own.number) == {cases["soon"].pk}


# --- one case ---------------------------------------------------------------------------------------------


def test_a_case_opens_on_the_page_of_its_kind_and_keeps_the_place(cases, signed_in):
    client = signed_in("officer")
    page = reverse("admin:objections_objection_change", args=[cases["late"].pk])
    address = reverse("admin:casework_case_change", args=[cases["late"].pk])
    assert client.get(address).url == page
    assert (
        client.get(f"{address}?_changelist_filters=clock%3Dlate").url
        == f"{page}?_changelist_filters=clock%3Dlate"
    )
    assert client.post(address).status_code == 405
    assert (
        f'href="{page}?_changelist_filters=clock%3Dlate"'
        in client.get(f"{reverse(LIST)}?clock=late").content.decode()
    )


def test_a_kind_without_a_page_is_not_found(cases, signed_in, monkeypatch):
    monkeypatch.setattr("casework.selectors.pages._pages", {})
    address = reverse("admin:casework_case_change", args=[cases["late"].pk])
    assert signed_in("officer").get(address).status_code == 404


def test_before_and_after_follow_the_list(cases, city):
    for params in ("", "clock=paused", "whose=mine", "ended=1", "q=YY"):
        found = list(rows(city.officer, Selection.of(params)))
        assert found, params
        for at, case in enumerate(found):
            before = found[at - 1] if at else None
            after = found[at + 1] if at + 1 < len(found) else None
            assert neighbours(city.officer, case, params) == (before, after), (params, at)


def test_before_and_after_go_on_where_one_was_when_a_step_has_taken_the_case_out(cases, work, city):
    params = {"clock": "paused"}
    first, second = rows(city.officer, Selection.of(params))
    assert neighbours(city.officer, cases["late"], params) == (None, first)
    assert neighbours(city.officer, first, {"whose": "standin", **params}) == (None, second)
    assert neighbours(city.officer, cases["late"], "ended=1") == (None, None)


def test_before_and_after_cost_two_queries(cases, city):
    assert city.officer.holdings.titles
    with CaptureQueriesContext(connection) as seen:
        neighbours(city.officer, cases["today"], "clock=late")
    assert len(seen) == 2


def test_a_stranger_has_no_neighbours(cases, city):
    assert neighbours(city.stranger, cases["today"], "") == (None, None)


# --- saved views ------------------------------------------------------------------------------------------

SAVE = "admin:casework_case_save_view"


def test_a_view_is_saved_shown_and_taken_away(cases, signed_in):
    client = signed_in("officer")
    done = client.post(
        reverse(SAVE), {"name": " 我的逾期 ", "query": "clock=late&whose=mine&p=2&phone_sealed=x"}
    )
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("我的逾期", "whose=mine&clock=late")
    assert done.url == f"{reverse(LIST)}?whose=mine&clock=late"
    page = client.get(done.url)
    assert "我的逾期" in shown(page)
    assert [one.on for one in page.context["bookmarks"]] == [True]
    client.post(reverse(SAVE), {"name": "我的逾期", "query": "clock=today"})
    assert [one.query for one in SavedView.objects.all()] == ["clock=today"]
    gone = client.post(reverse("admin:casework_case_remove_view", args=[view.pk]), {"query": "whose=mine"})
    assert gone.url == f"{reverse(LIST)}?whose=mine"
    assert not SavedView.objects.exists()


def test_saved_views_are_their_owners_alone(cases, work, signed_in):
    signed_in("officer").post(reverse(SAVE), {"name": "逾期", "query": "clock=late"})
    view = SavedView.objects.get()
    other = signed_in(work.second)
    assert other.get(reverse(LIST)).context["bookmarks"] == []
    assert other.post(reverse("admin:casework_case_remove_view", args=[view.pk])).status_code == 404
    other.post(reverse(SAVE), {"name": "逾期", "query": "clock=today"})
    view.refresh_from_db()
    assert view.query == "clock=late"


@pytest.mark.parametrize(
    ("name", "query", "why"),
    [
        ("", "clock=late", "起个名称"),
        ("逾期", "", "没有可以保存的内容"),
        ("长" * 21, "clock=late", "最多20个字"),
    ],
)
def test_what_cannot_be_saved_is_said(cases, signed_in, name, query, why):
    client = signed_in("officer")
    assert why in shown(client.post(reverse(SAVE), {"name": name, "query": query}, follow=True))
    assert not SavedView.objects.exists()


def test_views_are_saved_up_to_a_dozen_and_by_post_alone(cases, signed_in):
    client = signed_in("officer")
    assert client.get(reverse(SAVE)).status_code == 405
    for number in range(MOST + 1):
        client.post(reverse(SAVE), {"name": f"筛选{number}", "query": "clock=late"})
    assert SavedView.objects.count() == MOST
    assert (
        client.get(
            reverse("admin:casework_case_remove_view", args=[SavedView.objects.first().pk])
        ).status_code
        == 405
    )


def test_whoever_has_no_list_saves_nothing(cases, signed_in):
    assert (
        signed_in("auditor").post(reverse(SAVE), {"name": "逾期", "query": "clock=late"}).status_code == 403
    )


def test_a_case_that_goes_on_leaves_the_paused_ones(cases, work, signed_in):
    correcting.record_correction(cases["pausing"].objection.case, actor=work.second, answer="已补齐。")
    assert listed(signed_in("officer"), clock="paused") == {cases["paused"].pk}


def test_every_kind_of_case_can_be_asked_for():
    assert {Selection.of({"kind": kind}).kind for kind in Kind.values} == set(Kind.values)
