"""Repairs that have come as far as their decision, or beyond it."""

from __future__ import annotations

from datetime import date

import pytest

from credit_records.models import Record
from repair.services.registering import Claim

from ..credit_records.builders import penalty
from .applying import FULFILLED, RepairWay


@pytest.fixture
def ready(repair_way) -> RepairWay:
    """Confirmed by the source, to be proposed."""
    return repair_way.accept().ask().answer()


@pytest.fixture
def both(city, apply_for_repair, records) -> RepairWay:
    """Two records in one application, confirmed."""
    way = RepairWay(city, apply_for_repair(Claim(records[0], FULFILLED), Claim(records[1], FULFILLED)))
    return way.accept().ask().answer()


@pytest.fixture
def grave(city, report, apply_for_repair) -> RepairWay:
    """A penalty of 2025 in a field with a minimum of a year, whose repair the office one level up has to agree to."""
    report(
        penalty(
            7,
            处罚依据="《中华人民共和国食品安全法》第一百二十四条",
            处罚决定日期="2025/06/20",
            公示截止期=None,
        ),
        publish=True,
    )
    record = Record.objects.select_related("subject", "item", "department").get(decision_date="2025-06-20")
    assert (record.rule_set, record.publicity_earliest_end) == ("order-58", date(2026, 6, 20))
    claim = Claim(record, FULFILLED)
    return RepairWay(city, apply_for_repair(claim, subject=record.subject)).accept().ask().answer()


@pytest.fixture
def closed(ready) -> RepairWay:
    """Repaired, delivered, closed."""
    return ready.propose().decide().close()
