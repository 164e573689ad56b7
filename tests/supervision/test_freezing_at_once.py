"""A month is frozen as of one moment: what others commit while it is worked out is in none of its figures."""

from __future__ import annotations

from datetime import date
from threading import Thread

import pytest
from django.db import connection

from credit_records.models import CatalogueItem
from supervision.models import FrozenFigure, MonthlyProduction
from supervision.services import freezing
from supervision.services.production import Said, tell_month
from supervision.services.shipped import load_shipped_indicators

pytestmark = pytest.mark.django_db(transaction=True)
MARCH = date(2026, 3, 1)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def test_what_is_committed_while_a_month_is_frozen_is_not_half_in_it(city, catalogue, monkeypatch):
    load_shipped_indicators(actor=city.system)
    item = CatalogueItem.objects.get(code="penalty-org")

    def tell(number, reason=""):
        said = [Said(item, number)]
        tell_month(department=city.scjg, month=MARCH, lines=said, actor=city.clerk, reason=reason)

    def elsewhere():
        try:
            tell(9, "同时更正。")
        finally:
            connection.close()

    tell(2)
    keep, done = freezing._keep_figures, []

    def keep_and_let_others_work(frozen, department, *rest):
        keep(frozen, department, *rest)
        if not done:  # the area is worked out, its bodies are not
            other = Thread(target=elsewhere)
            other.start()
            other.join(timeout=20)
            done.append(not other.is_alive())

    monkeypatch.setattr(freezing, "_keep_figures", keep_and_let_others_work)
    month = freezing.freeze_month(city.office, MARCH, actor=city.approver)
    assert done == [True]
    assert MonthlyProduction.objects.get().produced == 9
    figures = FrozenFigure.objects.filter(
        frozen=month, first=MARCH, indicator__code="y22-22-reported", department__in=[city.scjg.pk]
    ) | FrozenFigure.objects.filter(
        frozen=month, first=MARCH, indicator__code="y22-22-reported", department=None
    )
    assert {one.department_id: one.denominator for one in figures} == {None: 2, city.scjg.pk: 2}
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone()[0] == "read committed"  # nothing of it stays with the connection
