"""Every number on every board is clicked, and the list that opens has exactly that many rows."""

from __future__ import annotations

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
    # What the lists look like is no matter here: without style and script they open in half the time.
    desk.page.context.route("**/static/**", lambda asked: asked.abort())
    wrong = []
    for link, number in zip(numbers.all(), told, strict=True):
        # In a tab of its own, as whoever compares lists does; the board stays.
        with desk.page.context.expect_page() as opened:
            link.click(modifiers=["Control"])
        rows = opened.value
        total = rows.locator("[data-total]").get_attribute("data-total")
        if total != number:
            wrong.append((rows.url, number, total))
        rows.close()
    assert wrong == []
