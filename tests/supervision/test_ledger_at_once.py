"""Two clerks save the same month at the same moment, on real connections: one is kept whole, the other is told, nothing is mixed."""

from __future__ import annotations

from datetime import date

import pytest

from credit_records.models import CatalogueItem, ZeroReport
from supervision.models import MonthlyProduction
from supervision.selectors.reporting_board.ledgers import month_grid
from supervision.services import production_import
from supervision.services.production import Said, tell_month

from ..commitments.test_at_once import at_once
from .test_ledger_upload import filled

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = date(2026, 3, 1)
ITEMS = ("penalty-org", "licence-org", "payment", "award")


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def test_of_two_who_fill_in_the_same_month_one_is_kept_whole(city, catalogue):
    items = {one.code: one for one in CatalogueItem.objects.filter(code__in=ITEMS)}
    seen = {one.item.code: one.seen for one in month_grid(city.scjg, MARCH)}

    def month(actor, number):
        lines = [Said(items[code], number, seen=seen[code]) for code in ITEMS[:-1]]
        lines.append(Said(items["award"], 0 if number == 3 else number, seen=seen["award"]))
        return lambda: tell_month(department=city.scjg, month=MARCH, lines=lines, actor=actor)

    outcomes = at_once(
        *(month(actor, number) for actor in (city.clerk, city.second_clerk) for number in (3, 8))
    )
    # Of the other three one says what stands already.
    assert outcomes == ["done", "production.lines", "production.lines", "production.unchanged"]
    told = dict(MonthlyProduction.objects.values_list("item__code", "produced"))
    zeros = ZeroReport.objects.filter(withdrawn_at=None).count()
    three, eight = dict.fromkeys(ITEMS[:-1], 3), dict.fromkeys(ITEMS, 8)
    assert (told, zeros) in [(three, 1), (eight, 0)]
    assert MonthlyProduction.history.count() == len(told)


def test_of_two_who_bring_a_month_in_by_workbook_one_is_kept_whole(city, catalogue):
    def brought(actor, number):
        sheet = production_import.sheet(city.scjg, MARCH, actor=actor)
        file = filled(sheet, **{code.replace("-", "_"): {"produced": number} for code in ITEMS})
        kept = production_import.preview(file, department=city.scjg, month=MARCH, actor=actor)
        shown = production_import.stamp_of(production_import.verdicts(kept))
        return lambda: production_import.confirm(kept, actor=actor, shown=shown)

    three, eight = brought(city.clerk, 3), brought(city.second_clerk, 8)
    assert at_once(three, three, eight) in (
        ["done", "production_import.confirmed", "production_import.overtaken"],
        ["done", "production_import.overtaken", "production_import.overtaken"],
    )
    told = dict(MonthlyProduction.objects.values_list("item__code", "produced"))
    assert told in (dict.fromkeys(ITEMS, 3), dict.fromkeys(ITEMS, 8))
    assert MonthlyProduction.history.count() == len(ITEMS)
