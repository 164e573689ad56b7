"""A page that goes to the printer is told of by the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event

ROOT = Path(__file__).resolve().parent.parent.parent
TOLD = "/admin/audit/event/printed/"


@pytest.fixture
def browser(city):
    """As a browser does it: the token is the one that stands on the page."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.clerk)
    return client


def prints() -> list[tuple]:
    return list(
        Event.objects.filter(verb="page.print").values_list(
            "actor__username", "target_type", "target_id", "data__view"
        )
    )


def test_the_page_tells_what_was_printed_with_what_stands_on_it(browser, city):
    page = reverse("admin:credit_records_record_changelist")
    shown = browser.get(page).content.decode()
    assert "backoffice/printed.js" in shown
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)[1]
    answer = browser.post(TOLD, {"path": page}, headers={"X-CSRFToken": token})
    assert answer.status_code == 204
    assert prints() == [("clerk", "credit_records.record", "", "admin:credit_records_record_changelist")]


def test_the_address_is_the_one_the_script_knows():
    assert reverse("admin:audit_event_printed") == TOLD
    script = (ROOT / "backoffice/static/backoffice/printed.js").read_text("utf-8")
    assert f'"{TOLD}"' in script
    assert "beforeprint" in script


@pytest.mark.parametrize("path", sorted(ROOT.glob("templates/*/letter_print.html")), ids=str)
def test_papers_that_stand_alone_tell_as_well(path):
    text = path.read_text("utf-8")
    assert "backoffice/printed.js" in text
    assert "{% csrf_token %}" in text


def test_of_an_object_its_kind_and_number_are_told(client, city):
    client.force_login(city.clerk)
    client.post(TOLD, {"path": reverse("admin:credit_records_record_history", args=[4711])})
    assert prints() == [("clerk", "credit_records.record", "4711", "admin:credit_records_record_history")]


@pytest.mark.parametrize(
    "path", ["", "nowhere", "/nowhere/", "//evil.example/", "/admin/nowhere/", "/" * 400, "/favicon.ico"]
)
def test_addresses_that_are_no_page_of_ours_are_not_told(client, city, path):
    client.force_login(city.clerk)
    assert client.post(TOLD, {"path": path}).status_code == 204
    assert prints() == []


def test_nobody_who_is_not_signed_in_tells_anything(client, city):
    assert client.post(TOLD, {"path": "/admin/"}).status_code == 302
    assert prints() == []


def test_reading_the_address_does_nothing(client, city):
    client.force_login(city.clerk)
    assert client.get(TOLD, {"path": "/admin/"}).status_code == 405
    assert prints() == []
