"""The panels of cases: what each role finds on the workbench, every figure with exactly its rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from casework.workbench import case_panels

from .admin.conftest import cases, signed_in, work  # noqa: F401  fixtures of the same office


def panels_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return case_panels(request) or []


def figures(user) -> dict[str, dict[str, object]]:
    return {panel.title: {line.label: line.value for line in panel.lines} for panel in panels_of(user)}


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor", "clerk", "reviewer", "stranger"])
def test_every_figure_leads_to_exactly_its_rows(cases, city, signed_in, who):  # noqa: F811
    client = signed_in(who)
    for panel in panels_of(getattr(city, who)):
        for line in panel.lines:
            found = client.get(line.url).context["cl"]
            rows = found.result_count if not found.selection.ended else len(found.result_list)
            assert rows == (line.value if isinstance(line.value, int) else 1), (panel.title, line.label)


def test_each_role_finds_its_own(cases, city):  # noqa: F811
    mine = figures(city.officer)
    assert set(mine) == {"我的案件", "未指派和代办"}
    assert mine["我的案件"]["逾期"] == 1
    assert mine["我的案件"]["停时过久"] == 1
    assert mine["我的案件"]["待办结"] == 1
    assert mine["未指派和代办"]["未指派"] == 2
    assert figures(city.approver)["待我审批"] == {
        "待审批": 1, "待审批今日到期": 1, "延期待批准": 1, "全部逾期案件": 1,
    }  # fmt: skip
    asked = figures(city.clerk)["协查和收件"]
    assert asked == {"协查逾期": 1, "协查今日到期": 1, "待答复协查": 3, "本窗口收件": 1}
    assert figures(city.reviewer)["协查和收件"] == asked
    assert figures(city.supervisor)["案件办理"] == {
        "在办": 11, "逾期": 1, "今日到期": 2, "本年办结": 2, "本年逾期办结": 1, "按时办结率": "50.0%",
    }  # fmt: skip


def test_notes_say_which_is_first(cases, city):  # noqa: F811
    notes = {line.label: line.note for panel in panels_of(city.clerk) for line in panel.lines}
    assert notes["待答复协查"] == "最早2026-11-18到期"


def test_nothing_to_do_says_what_comes_next(work, city):  # noqa: F811
    for who in ("officer", "approver", "clerk", "supervisor"):
        for panel in panels_of(getattr(city, who)):
            assert panel.lines or panel.empty, (who, panel.title)
    for who in ("officer", "approver", "clerk"):
        assert not any(panel.lines for panel in panels_of(getattr(city, who)))


@pytest.mark.parametrize("who", ["auditor", "sysadmin", "secadmin"])
def test_the_three_administrators_have_no_panel_of_cases(city, who):
    assert panels_of(getattr(city, who)) == []


@pytest.mark.parametrize(("who", "most"), [("officer", 5), ("approver", 1), ("clerk", 2), ("supervisor", 2)])
def test_the_panels_cost_few_queries(cases, city, who, most):  # noqa: F811
    user = getattr(city, who)
    assert user.roles
    panels_of(user)
    with CaptureQueriesContext(connection) as seen:
        panels_of(user)
    assert len(seen) <= most
