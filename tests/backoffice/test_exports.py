"""Exports: scoped, filtered, harmless, journaled; and nothing is ever imported this way."""

from __future__ import annotations

import csv
import io

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import localtime
from import_export.admin import ImportMixin
from openpyxl import load_workbook

from audit.models import Event
from backoffice.exports import as_csv, harmless, masked_rows

from . import stage
from .conftest import page, text_of
from .test_verbs import everything

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://示例")']


def cells(response) -> list[list[str]]:
    if "csv" in response["Content-Type"]:
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(response.content)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_an_export_holds_scope_and_filter_and_is_journaled(signed_in, city, desk, kind):
    mine = desk.record(state="published")
    desk.record()
    desk.record(state="published", department=city.sthj)
    client = signed_in("clerk")
    response = client.post(page("export") + "?state__exact=published", {"format": kind})
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    event = Event.objects.order_by("-pk").first()
    header, row, *end = cells(response)
    assert header == ["文号", "决定机关", "主体"]
    assert row == [mine.document_number, row[1], mine.subject.name]
    assert not any(end[0])
    mark = end[1][0]
    for part in (
        f"导出人：{city.clerk}",
        city.scjg.name,
        "共1行",
        f"编号：{event.pk}",
        f"{localtime(event.at):%Y-%m-%d %H:%M}",
    ):
        assert part in mark
    if kind == "xlsx":
        book = load_workbook(io.BytesIO(response.content))
        assert mark in book.properties.description
        assert book.properties.creator == str(city.clerk)
        assert mark in book.active.oddFooter.left.text
        assert mark in book.active.oddHeader.right.text
    assert (event.verb, event.actor) == ("record.export", city.clerk)
    assert event.data == {"rows": 1, "format": kind, "filters": "state__exact=published"}


@pytest.mark.parametrize("text", DANGEROUS)
def test_trap_9_no_cell_of_a_csv_begins_like_a_formula(text):
    assert harmless(text) == f"'{text}"
    written = as_csv(["列"], [[text]]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(written, newline="")))[1] == [f"'{text}"]


@pytest.mark.parametrize("text", [text for text in DANGEROUS if text.isprintable()])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_trap_9_an_exported_cell_that_begins_like_a_formula_is_text(signed_in, desk, text, kind):
    desk.record(authority_name=text)
    response = signed_in("clerk").post(page("export"), {"format": kind})
    if kind == "csv":
        assert cells(response)[1][1] == f"'{text}"
        return
    cell = load_workbook(io.BytesIO(response.content)).active["B2"]
    assert (cell.data_type, cell.value) == ("s", text)


def test_long_numbers_stay_what_they_are(signed_in, desk):
    desk.record(authority_name="911101000000000000")
    sheet = load_workbook(io.BytesIO(signed_in("clerk").post(page("export")).content)).active
    assert (sheet["B2"].data_type, sheet["B2"].value) == ("s", "911101000000000000")


def test_trap_3_opening_the_address_exports_nothing(signed_in, record):
    client = signed_in("clerk")
    before = everything()
    assert client.get(page("export")).status_code == 302
    assert client.put(page("export")).status_code == 405
    assert everything() == before


def test_those_who_do_not_see_the_list_do_not_export_it(signed_in, record):
    assert signed_in("sysadmin").post(page("export")).status_code == 403
    empty = signed_in("stranger").post(page("export"), {"format": "csv"})
    header, _, mark = cells(empty)
    assert header == ["文号", "决定机关", "主体"]
    assert "共0行" in mark[0]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_number_typed_into_a_text_leaves_masked(signed_in, desk, kind):
    desk.record(authority_name="联系13912345678")
    response = signed_in("clerk").post(page("export"), {"format": kind})
    assert cells(response)[1][1] == "联系139****5678"
    assert list(masked_rows([["身份证110101199003070011", 5, None]])) == [
        ["身份证110***********0011", 5, None]
    ]


def test_too_many_rows_are_refused_with_a_sentence(signed_in, desk, monkeypatch):
    monkeypatch.setattr("backoffice.exports.LIMIT", 2)
    for _ in range(3):
        desk.record()
    response = signed_in("clerk").post(page("export") + "?q=2026", {"format": "csv"})
    assert response.status_code == 302
    assert response.url == page("changelist") + "?q=2026"
    assert "一次最多导出2条" in str(next(iter(get_messages(response.wsgi_request))))
    assert not Event.objects.filter(verb="record.export").exists()


def test_the_list_offers_the_export_as_a_form(signed_in, record):
    shown = text_of(signed_in("clerk").get(page("changelist") + "?q=2026"))
    assert f'<form method="post" action="{page("export")}?q=2026"' in shown


def _addresses(resolver, prefix: str = ""):
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern, path)
        elif isinstance(pattern, URLPattern):
            yield path, str(pattern.name)


@pytest.mark.parametrize("urls", ["config.urls", "tests.backoffice.stage"])
def test_traps_2_and_12_nothing_is_imported_through_the_admin(urls):
    for site in (admin.site, stage.site):
        assert not [a for a in site._registry.values() if isinstance(a, ImportMixin)]
    found = list(_addresses(get_resolver(urls)))
    assert len(found) > 30
    assert not [one for one in found if "import" in one[0] or "import" in one[1]]
