"""The board: every number opens as many rows as it says, each sees the own figures, and nothing is changed by looking."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

BOARD = "admin:supervision_indicator_changelist"


def numbers(page) -> list[tuple[str, int]]:
    found = re.findall(r'href="([^"]+)" data-number>(\d+)</a>', page.content.decode())
    return [(url.replace("&amp;", "&"), int(number)) for url, number in found]


@pytest.mark.parametrize(
    ("username", "day"),
    [(name, "2026-06-03") for name in ("officer", "supervisor", "clerk", "stranger")]
    + [(name, "2026-05-05") for name in ("officer", "clerk")],
)
def test_every_number_opens_as_many_rows(counted, signed_in, username, day):
    client = signed_in(username)
    page = client.get(reverse(BOARD), {"on": day})
    told = numbers(page)
    assert len(told) >= 4
    for url, number in told:
        rows = client.get(url)
        assert rows.status_code == 200, url
        if rows.context["told"].counts_rows:
            assert rows.context["page"].paginator.count == number, url


def test_a_department_sees_its_own_and_no_other(counted, signed_in):
    client = signed_in("stranger")
    page = client.get(reverse(BOARD), {"on": "2026-06-03"})
    timely = next(
        one["figure"] for one in page.context["lines"] if one["figure"].indicator.code == "y22-22-timely"
    )
    assert (timely.computed.numerator.number, timely.computed.denominator.number) == (1, 2)
    assert client.get(reverse(BOARD), {"department": counted.scjg.pk}).status_code == 404


@pytest.mark.parametrize("username", ["auditor", "sysadmin", "secadmin"])
def test_the_three_administrators_have_no_board(counted, signed_in, username):
    client = signed_in(username)
    assert client.get(reverse(BOARD)).status_code == 403
    rows = {"code": "y22-22-timely", "part": "numerator"}
    assert client.get(reverse("admin:supervision_indicator_rows"), rows).status_code == 403


@pytest.mark.parametrize(
    "query", [{"code": "x", "part": "numerator"}, {"code": "y22-22-timely", "part": "x"}, {}]
)
def test_a_number_that_is_none_is_not_found(counted, signed_in, query):
    assert signed_in("officer").get(reverse("admin:supervision_indicator_rows"), query).status_code == 404


def test_the_table_leaves_as_a_sheet_with_its_watermark(counted, signed_in):
    client = signed_in("supervisor")
    url = reverse("admin:supervision_indicator_board_export") + "?on=2026-06-03"
    assert client.get(url).status_code == 405
    sheet = client.post(url, {"format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert "22,双公示及时率," in next(line for line in sheet if "双公示及时率" in line)
    assert sheet[-1].startswith("导出人：")


def test_nothing_can_be_posted_to_the_board(counted, signed_in):
    assert signed_in("officer").post(reverse(BOARD)).status_code == 405
