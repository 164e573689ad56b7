"""报送看板: the hand-counted world, every number with exactly its rows, and nobody's figures for others."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.acts import act
from credit_records.models import CatalogueItem
from supervision.selectors.reported import Line
from supervision.selectors.reporting import Told
from supervision.selectors.reporting_board import quiet

from ..credit_records.builders import penalty
from .conftest import tell

DAY = {"on": "2026-06-03"}
PAGES = ("board", "reconcile", "quiet", "faults", "codes")


def address(name: str) -> str:
    return reverse(f"admin:supervision_monthlyproduction_{name}")


def linked(page) -> dict[str, int]:
    found = re.findall(r'href="([^"]+)"[^>]* data-number="(\d+)"', page.content.decode())
    return {url.replace("&amp;", "&"): int(number) for url, number in found}


def told(line: dict) -> list[str]:
    return [cell.words if hasattr(cell, "words") else cell.text for cell in line["cells"]]


def test_the_board_says_what_was_counted_by_hand(counted, signed_in):
    client = signed_in("officer")
    page = client.get(address("board"), DAY)
    by_hand = {
        # due, missing, reported, beyond, 上报率; rows, failed, 合规率; first, late, 及时率
        "市场监管": ["3", "1", "2", "0", "66.66%", "4", "1", "75%", "2", "0", "100%"],
        "生态环境": ["0", "0", "2", "1", "无数据", "2", "0", "100%", "2", "1", "50%"],
    }
    assert {line["title"]: told(line) for line in page.context["table"]} == by_hand
    whole = ["3", "1", "4", "1", "66.66%", "6", "1", "83.33%", "4", "1", "75%"]
    assert told(page.context["total"]) == whole
    months = client.get(address("board"), {**DAY, "by": "month", "department": counted.scjg.pk})
    assert {line["title"]: told(line) for line in months.context["table"]} == {
        "2026-04": ["1", "0", "1", "0", "100%", "1", "0", "100%", "1", "0", "100%"],
        "2026-03": ["2", "1", "1", "0", "50%", "3", "1", "66.66%", "1", "0", "100%"],
    }
    then = client.get(address("board"), {"on": "2026-05-05", "from": "2026-04"})
    assert told(then.context["total"])[:5] == ["1", "0", "1", "0", "100%"]
    lights = [cell.tone for cell in page.context["total"]["cells"] if hasattr(cell, "tone")]
    assert lights == ["bad", "bad", "bad"]  # the plan wants 100% of each


@pytest.mark.parametrize("username", ["officer", "clerk", "stranger"])
def test_every_number_opens_exactly_its_rows(counted, signed_in, username):
    client = signed_in(username)
    found: dict[str, int] = {}
    for name, query in [
        ("board", {"by": "department"}), ("board", {"by": "month"}), ("reconcile", {"all": "1"}), ("faults", {}),
        ("quiet", {"on": "2026-11-01"}), ("codes", {}), ("changelist", {"month": "2026-04"}),
    ]:  # fmt: skip
        page = client.get(address(name), DAY | query)
        assert page.status_code == 200, name
        found |= linked(page)
    assert len(found) > 12
    for url, number in found.items():
        rows = client.get(url)
        assert rows.status_code == 200, url
        assert f'data-total="{number}"' in rows.content.decode(), url


def test_the_reconciliation_names_what_is_missing_and_what_goes_beyond(counted, signed_in):
    client = signed_in("clerk")
    page = client.get(address("reconcile"), DAY)
    [line] = page.context["table"]
    cells = line["cells"]
    assert (line["told"].due, cells["reported"].text, cells["missing"].text) == (2, "1", "1")
    assert line["explains"]
    assert client.get(cells["missing"].url.partition("#")[0]).context["month"] == date(2026, 3, 1)
    every = client.get(address("reconcile"), {**DAY, "all": "1"}).context["table"]
    assert [(line["month"].month, line["reason"]) for line in every] == [
        (4, "涉及国家秘密，依法不予公开。"),
        (3, ""),
    ]
    beyond = signed_in("officer").get(address("reconcile"), DAY).context["table"]
    # June is not over, its ledger is not due yet.
    assert [(one["month"].month, one["cells"]["untold"].text, one["explains"]) for one in beyond] == [
        (4, "1", False),
        (3, "0", False),
    ]
    later = signed_in("officer").get(address("reconcile"), {"on": "2026-06-30"}).context["table"]
    assert [one["month"].month for one in later] == [4, 3]
    assert [
        one["month"].month
        for one in signed_in("officer").get(address("reconcile"), {"on": "2026-07-01"}).context["table"]
    ] == [6, 4, 3]


def test_a_department_sees_its_own_figures_and_its_place(counted, signed_in):
    client = signed_in("stranger")
    page = client.get(address("board"), DAY)
    assert told(page.context["total"])[2] == "2"
    assert page.context["ranked"] == "在2个同级同地单位中：合规率第1(共2)，及时率第2(共2)"
    assert "市场监管" not in page.content.decode()
    for name in (*PAGES, "board_rows", "changelist"):
        asked = {**DAY, "department": counted.scjg.pk, "what": "decisions"}
        assert client.get(address(name), asked).status_code == 404, name
    assert client.post(address("board_export") + f"?department={counted.scjg.pk}").status_code == 404
    for query in (
        {"what": "x"},
        {"what": "beyond"},
        {"what": "week", "of": "x"},
        {"what": "week", "of": "9999-12-27"},
        {"what": "week", "of": "2026-06-02"},  # a Tuesday
        {"what": "first", "item": "0"},
        {"what": "beyond", "item": CatalogueItem.objects.get(code="penalty-org").pk},  # of no month
        {"what": "zeros"},
    ):
        assert client.get(address("board_rows"), query).status_code == 404


def test_no_date_breaks_a_page(counted, signed_in):
    client = signed_in("stranger")
    odd = ("0001-01", "9999-12", "2026-13", "x", "2000-01")
    for name in PAGES:
        for query in (*({"from": one} for one in odd), {"from": "2026-01", "month": "0001-01"}):
            assert client.get(address(name), DAY | query).status_code == 200, (name, query)
        assert client.get(address(name), {"on": "0001-01-01"}).status_code == 404, name
        assert client.get(address(name), {"on": "9999-12-31"}).status_code == 200, name


def test_the_three_administrators_have_no_board(counted, signed_in):
    client = signed_in("auditor")
    assert {client.get(address(name)).status_code for name in (*PAGES, "board_rows", "changelist")} == {403}


def test_the_tables_leave_as_sheets_with_their_watermark(counted, signed_in):
    for what, username, line in [
        ("board", "officer", "市场监管,3,2,1,2,0,0,66.66%,4,3,75%,2,2,100%"),
        ("reconcile", "stranger", "2026-04,生态环境,法人行政处罚,未填报,,,,1,0,1"),
    ]:
        client = signed_in(username)
        url = f"{address('board_export')}?on=2026-06-03&what={what}"
        assert client.get(url).status_code == 405
        sheet = client.post(url, {"format": "csv"}).content.decode("utf-8-sig").splitlines()
        assert line in sheet
        assert sheet[-1].startswith("导出人：")
        assert ("市场监管" in "".join(sheet)) == (username == "officer")
    page = signed_in("officer").get(address("board"), {**DAY, "by": "month"})
    months = (
        signed_in("officer").post(page.context["export_url"], {"format": "csv"}).content.decode("utf-8-sig")
    )
    assert [line[:10] for line in months.splitlines()[:3]] == [
        "月份,应报数,台账内",
        "2026-03,2,",
        "2026-04,1,",
    ]


def test_a_past_day_gives_the_reasons_of_that_day(counted, signed_in, on, item):
    with on(6, 10):
        tell(
            counted, item, date(2026, 4, 1), 2, exempt=1, exempt_reason="涉及未成年人。", reason="更正依据。"
        )
    client = signed_in("clerk")
    for day, reason in (("2026-06-09", "涉及国家秘密，依法不予公开。"), ("2026-06-10", "涉及未成年人。")):
        lines = client.get(address("reconcile"), {"on": day, "all": "1"}).context["table"]
        assert {one["reason"] for one in lines if one["month"].month == 4} == {reason}


def test_errors_are_counted_in_rows_and_told_in_the_manuals_words(counted, signed_in):
    page = signed_in("officer").get(address("faults"), DAY)
    for kind, cell, bodies in page.context["kinds"]:  # of the row without a document number
        assert (kind.rows, cell.number, [name for name, _ in bodies]) == (1, 1, ["市场监管"]), kind.code
        assert kind.meaning
        assert kind.mending
    assert "field.required" in {kind.code for kind, *_ in page.context["kinds"]}
    weeks = {one.monday: (one.files, one.rows, one.accepted) for one, *_ in page.context["weeks"]}
    assert weeks[date(2026, 3, 23)] == (1, 2, 1)
    assert len(weeks) == 13
    assert (page.context["total"], page.context["accepted"]) == (6, 5)


def test_who_sent_nothing_for_longer_than_usual_is_named(counted, reported, signed_in):
    reported(4, 20, penalty(7, 处罚决定日期="2026/04/17"))
    client = signed_in("supervisor")
    # Sent on 3-06, 3-25, 4-10 and 4-20: usually every 16 days, so 32 are allowed, and the three weekdays of 劳动节.
    assert not client.get(address("quiet"), {"on": "2026-05-25"}).context["silent"]
    [(name, one, cell)] = client.get(address("quiet"), {"on": "2026-05-26"}).context["silent"]
    assert (name, one.silence.days, one.silence.usual, cell.number) == ("市场监管", 36, 16, 4)
    rows = client.get(cell.url).content.decode()
    assert 'data-total="4"' in rows
    assert not signed_in("stranger").get(address("quiet"), {"on": "2026-05-26"}).context["silent"]
    assert quiet.silent(date(2026, 5, 26), None)
    with act("department.close", actor=counted.officer):
        counted.scjg.active = False
        counted.scjg.save()
    assert not quiet.silent(date(2026, 5, 26), None)


def test_a_month_far_below_its_own_is_suspected(monkeypatch, counted, item, on):
    months = [date(2025, month, 1) for month in range(6, 13)] + [
        date(2026, month, 1) for month in range(1, 6)
    ]
    body, other = counted.scjg.pk, counted.sthj.pk
    came = [Line(body, item.pk, month, 20, 20) for month in months]
    came += [Line(body, item.pk, date(2026, 6, 1), 3, 3), Line(other, item.pk, date(2026, 6, 1), 1, 1)]
    monkeypatch.setattr(
        quiet, "first_reports", lambda asked: [one for one in came if one.item in asked.items]
    )
    [found] = quiet.few(date(2026, 7, 20), None)
    assert (found.department, found.month, found.shortfall.now, found.shortfall.usual, found.told) == (
        body,
        date(2026, 6, 1),
        3,
        20,
        None,
    )
    with on(7, 15):
        tell(counted, item, date(2026, 6, 1), 4)
    assert quiet.few(date(2026, 7, 14), None) == [found]
    assert quiet.few(date(2026, 7, 20), None) == [replace(found, told=Told(4))]
    monkeypatch.setattr(quiet, "record_items_in_force", lambda day: CatalogueItem.objects.none())
    assert quiet.few(date(2026, 7, 20), None) == []
    assert quiet.judged_month(date(2026, 6, 30)) == date(2026, 6, 1)
    assert quiet.judged_month(date(2026, 6, 29)) == date(2026, 5, 1)


PINNED = {"board": 14, "reconcile": 12, "quiet": 16, "faults": 9, "codes": 7}


def test_queries_of_the_board_are_pinned(counted, signed_in):
    client = signed_in("officer")
    client.get(address("board"), DAY)
    needed = {}
    for name in PAGES:
        with CaptureQueriesContext(connection) as queries:
            client.get(address(name), DAY)
        needed[name] = len(queries)
    assert needed == PINNED
