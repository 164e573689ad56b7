"""Lists and rates of a past day say what was known then, whatever has been corrected, explained or checked anew since."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from audit.acts import act
from credit_records.models import CatalogueItem, IntakeBatch
from supervision.selectors.reported import Asked
from supervision.selectors.reporting import failed_uploads, first_uploads, passed_at_first
from supervision.selectors.reporting_board.faults import kinds, weeks

from ..kept import build_once

ROWS = "admin:supervision_monthlyproduction_board_rows"


@pytest.fixture
def world(city, request):
    build_once("counted for the workbook of the ledger", lambda: request.getfixturevalue("counted"))
    return city


def asked(day: date, *departments) -> Asked:
    items = frozenset(CatalogueItem.objects.filter(code="penalty-org").values_list("pk", flat=True))
    return Asked(date(2026, 3, 1), day, day, frozenset(one.pk for one in departments), items)


def listed(client, department, day: str, what: str) -> list[list[str]]:
    query = {"on": day, "from": "2026-03", "department": department.pk, "what": what}
    page = client.get(reverse(ROWS), query)
    return [[str(value) for value in values] for _, values in page.context["rows"]]


def test_the_ledger_of_a_past_day_is_listed_as_it_stood(world, signed_in):
    client = signed_in("officer")
    then = listed(client, world.scjg, "2026-05-10", "ledger")
    assert [(row[0], row[3], row[4]) for row in then] == [("2026-04", "2", "1"), ("2026-03", "3", "0")]
    assert {row[6] for row in then} == {str(world.clerk)}
    after = listed(client, world.scjg, "2026-05-21", "ledger")
    assert [row[3] for row in after] == ["2", "2"]
    assert listed(client, world.scjg, "2026-03-31", "ledger") == []


def test_files_of_a_past_day_are_counted_as_they_were(world, signed_in, on, django_assert_num_queries):
    of_two = IntakeBatch.objects.get(rows=2)
    assert (of_two.created, of_two.rejected) == (1, 1)
    with on(5, 8), act("test", actor=world.system):
        of_two.created, of_two.rejected = 2, 0
        of_two.save(update_fields=["created", "rejected"])
    then, after = asked(date(2026, 5, 1), world.scjg), asked(date(2026, 5, 9), world.scjg)
    with django_assert_num_queries(2):
        assert [(one.rows, one.accepted) for one in (*passed_at_first(then), *passed_at_first(after))] == [
            (4, 3),
            (4, 4),
        ]
    assert list(failed_uploads(then)) == [of_two]
    assert list(failed_uploads(after)) == []
    assert first_uploads(then).count() == first_uploads(after).count() == 3
    assert sum(one.accepted for one in weeks(then)) == 3
    client = signed_in("officer")
    rows = listed(client, world.scjg, "2026-05-01", "uploads")
    assert sorted(row[3:7] for row in rows) == [
        ["1", "1", "0", "0"],
        ["1", "1", "0", "0"],
        ["2", "1", "0", "1"],
    ]
    assert ["2", "2", "0", "0"] in [row[3:7] for row in listed(client, world.scjg, "2026-05-09", "uploads")]


@pytest.mark.parametrize("day", [date(2026, 5, 1), date(2099, 1, 1)], ids=["gone by", "not over"])
def test_without_an_item_or_a_body_there_are_no_faults_and_no_error(db, day):
    assert kinds(Asked(date(2026, 3, 1), day, day, None, frozenset())) == []
    assert kinds(Asked(date(2026, 3, 1), day, day, frozenset(), None)) == []
