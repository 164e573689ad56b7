"""The board: every number opens as many rows as it says, each sees the own figures, and nothing is changed by looking."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Department
from audit.acts import act
from credit_records.models import Record
from credit_records.rules.identifiers import make_uscc
from supervision.admin import rows
from supervision.services.standing import refresh_standing

from ..credit_records.builders import penalty

QUERIES = 29
"""Of the board, the page that asks most often."""
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


PAGES = [(BOARD, {}), (BOARD, {"on": "2026-06-03"})] + [
    ("admin:supervision_indicator_rows", {"code": code, "part": part, "on": "2026-06-03"})
    for code in ("y22-22-timely", "y22-21-objection-share", "y22-22-compliant", "y22-20", "y22-28-performed")
    for part in ("numerator", "denominator")
]


def test_pages_ask_as_often_however_many_bodies_and_records_there_are(counted, signed_in, reported):
    client = signed_in("supervisor")

    def asked() -> list[int]:
        found = []
        for name, query in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(name), query).status_code == 200
            found.append(len(queries))
        return found

    asked()  # what is kept between requests is kept from here on
    before = asked()
    with act("test.bodies", actor=counted.system):
        for number in range(3):
            code = make_uscc("11", "640100", f"DEM0P00{number}")
            Department.objects.create(code=code, name=f"示例局{number}", level="city", division="640100")
    reported(6, 2, *(penalty(number, 处罚决定日期="2026/06/01") for number in range(20, 24)))
    refresh_standing()
    assert asked() == before
    assert before[0] == max(before) == QUERIES


def test_rows_out_of_the_table_are_those_that_each_is_asked_about(counted, signed_in, monkeypatch):
    """The short way and the long way, of all bodies, one body and a past day; and what the policy hides is never shown."""
    refresh_standing()
    short = _listed(signed_in)
    with monkeypatch.context() as patched:
        patched.setattr(rows, "known_page", lambda *args, **kwargs: None)
        long = _listed(signed_in)
    assert short == long
    assert any(len(one) > 1 for one in short.values())
    moved = Record.objects.filter(department=counted.sthj).first()
    with connection.cursor() as cursor:  # no verb moves a record to another body
        cursor.execute(
            "UPDATE credit_records_record SET department_id = %s WHERE id = %s", [counted.scjg.pk, moved.pk]
        )
    for day in ({}, {"on": "2026-06-03"}):
        told = {"code": "y22-22-timely", "part": "denominator", **day}
        page = signed_in("stranger").get(reverse("admin:supervision_indicator_rows"), told).context["page"]
        assert moved.pk not in [one.pk for one in page.object_list]
        assert page.paginator.count == len(page.object_list) == 1


def _listed(signed_in) -> dict[tuple[str, ...], list[int]]:
    found = {}
    for username in ("supervisor", "stranger"):
        for day in ("2026-06-03", "2026-05-05"):
            for code in ("y22-22-timely", "y22-21-objection-share"):
                for part in ("numerator", "denominator"):
                    told = {"code": code, "part": part, "on": day}
                    page = signed_in(username).get(reverse("admin:supervision_indicator_rows"), told)
                    if page.status_code == 200:
                        keys = [one.pk for one in page.context["page"].object_list]
                        assert page.context["page"].paginator.count == len(keys)
                        found[username, day, code, part] = keys
    return found
