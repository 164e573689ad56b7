"""Every number on every board is clicked, and the list that opens has exactly that many rows."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.urls import reverse

from audit import clock
from audit.clock import CHINA

from ..supervision.conftest import clocks, counted, item, on, reported  # noqa: F401  fixtures
from ..supervision.sla_world import TODAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBERS = "#main a[data-number]"


@pytest.fixture
def that_evening(monkeypatch, request):
    """The day of the boards, for the server's threads as well."""
    moment = datetime(2026, *TODAY, tzinfo=CHINA)
    request.getfixturevalue("counted")
    request.getfixturevalue("clocks")
    monkeypatch.setattr(clock.timezone, "now", lambda: moment)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("supervision_sla", 60),
        ("supervision_monthlyproduction_board", 8),
        ("supervision_monthlyproduction_reconcile", 1),
        ("supervision_monthlyproduction_faults", 1),
        ("supervision_indicator_changelist", 10),
    ],
)
def test_each_number_opens_its_rows(desk, that_evening, name, least):
    desk.sign_in("supervisor")
    desk.open(reverse(f"admin:{name}"))
    desk.picture(f"numbers-{name}")
    numbers = desk.page.locator(NUMBERS)
    numbers.evaluate_all("links => links.forEach(link => link.closest('details')?.setAttribute('open', ''))")
    told = numbers.evaluate_all("links => links.map(link => link.dataset.number || link.textContent.trim())")
    assert len(told) >= least
    opened = _lists_opened(desk.page)
    for link in numbers.all():
        with desk.page.expect_response("**/*"):
            link.click()
    assert [total for _, total in opened] == told, [
        (*one, number) for one, number in zip(opened, told, strict=False) if one[1] != number
    ]


def _lists_opened(page) -> list[tuple[str, str]]:
    """Address and number of rows of each list that a click opens, in order.

    The server answers in full; the browser is told that there is nothing to show, and the board stays: drawing the lists as
    well would take as long as all other browser tests together.
    """
    opened: list[tuple[str, str]] = []

    def answer(asked) -> None:
        given = asked.fetch()
        total = re.search(r'data-total="(\d+)"', given.text())
        opened.append((asked.request.url, total.group(1) if given.ok and total else f"{given.status}"))
        asked.fulfill(status=204)

    page.route(lambda address: "/admin/" in address, answer)
    return opened
