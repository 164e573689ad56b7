"""The case behind an entry is a link for those who may see the case, plain text for those who see the entry alone."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import escape

from casework.models import Letter
from casework.selectors.pages import page_of
from credit_records.models import Record
from exchange.models import Entry

from ..casework.evidence.conftest import new_case
from ..credit_records.builders import penalty

LIST = reverse("admin:exchange_entry_changelist")


@pytest.fixture
def case(way):
    """Of the market supervision's record, at its window, decided."""
    return way.accept().ask().answer().propose().decide().fresh().case


@pytest.fixture
def told(case) -> Entry:
    return Entry.objects.get(reference=case.number)


def linked(page: str, case, words: str) -> bool:
    return f'<a class="cr-link" href="{page_of(case)}">{escape(words)}</a>' in page


def pages(client, user, entry: Entry) -> list[str]:
    client.force_login(user)
    addresses = (LIST, reverse("admin:exchange_entry_change", args=[entry.pk]))
    return [client.get(address).content.decode() for address in addresses]


@pytest.mark.parametrize("who", ["officer", "supervisor", "clerk"])
def test_who_may_see_the_case_is_led_to_it(city, client, case, told, who):
    for page in pages(client, getattr(city, who), told):
        assert linked(page, case, case.number)


def test_the_number_of_a_letter_leads_to_its_case(city, client, case, put_entry):
    letter = Letter.objects.get(case=case, kind="decision").number
    listed, page = pages(client, city.officer, put_entry(reference=letter))
    assert linked(listed, case, letter)
    assert letter in page
    assert linked(page, case, case.number)


def test_a_stranger_to_the_case_reads_its_number_and_gets_no_link(city, client, put_entry, report):
    """The record is the market supervision's, the case at the other bureau's window."""
    report(penalty(1), publish=True)
    case = new_case(city, clerk=city.stranger)
    entry = put_entry(reference=case.number, record=Record.objects.get())
    for page in pages(client, city.clerk, entry):
        assert case.number in page
        assert page_of(case) not in page
    for page in pages(client, city.officer, entry):
        assert linked(page, case, case.number)
    client.force_login(city.stranger)
    assert client.get(reverse("admin:exchange_entry_change", args=[entry.pk])).status_code == 404


def test_what_no_case_stands_behind_is_text(city, client, put_entry):
    for page in pages(client, city.officer, put_entry(reference="示例<函>1号")):
        assert "示例&lt;函&gt;1号" in page
        assert "示例<函>" not in page
