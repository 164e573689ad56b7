"""A draft rule set and the repairs under way: which of them it touches, and how; nothing of them is changed."""

from __future__ import annotations

from datetime import date

import pytest

from credit_records.models import RuleSet
from credit_records.services.rehearsing import rehearse, touched
from repair.models import Item
from repair.rule_set_impact import RepairsUnderWay

from ..credit_records.builders import penalty
from ..credit_records.reporting import NOW
from ..credit_records.services.lawmaking import drafted, with_class, with_kind

pytestmark = pytest.mark.django_db
DAY = NOW.date()


@pytest.fixture
def under_way(apply_for_repair):
    """One open application for a fine of 2026-05-20, which may be repaired since 2026-08-21."""
    application = apply_for_repair()
    assert Item.objects.get(application=application).pending
    return application


def found(city, **changes):
    draft = drafted(city, start=changes.pop("start", date(2026, 5, 1)), **changes)
    return touched(draft, rehearse(draft, actor=city.officer, now=NOW), today=DAY)


def order():
    return RuleSet.objects.get(key="order-36")


def test_a_longer_minimum_takes_the_repair_away_for_the_time_being(under_way, city):
    [one] = found(city, classes=with_class(order(), "general", minimum_months=9))
    assert one.number == under_way.case.number
    assert one.worse
    assert (one.before, one.after) == ("最短公示期已满，其他条件待核", "自2027-02-21起可以修复")


def test_what_stays_the_same_is_not_told(under_way, city):
    assert found(city, classes=with_class(order(), "general", maximum_months=11)) == []
    assert found(city) == []


def test_a_record_decided_before_the_drafts_first_day_is_not_touched(under_way, city, report):
    report(penalty(77, 处罚决定日期="2026/07/01", 公示截止期=None), publish=True)
    draft = drafted(city, start=date(2026, 6, 1), classes=with_class(order(), "general", minimum_months=9))
    rehearsal = rehearse(draft, actor=city.officer, now=NOW)
    assert (rehearsal.as_if, rehearsal.changed) == (False, 1)
    assert touched(draft, rehearsal, today=DAY) == []


def test_a_fault_that_is_no_longer_published_needs_no_repair(under_way, city):
    kinds = with_kind(order(), "罚款", "minor")
    [one] = found(city, kinds=kinds, classes=with_class(order(), "minor", publication="never"))
    assert one.after == "不需要修复或者不可修复"
    assert not one.worse


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (None, "缺少修复规则"),
        ({}, "修复规则缺少“source”"),
        ({"bar_months": -1}, "“bar_months”应为"),
        ({"served_notice": {"since": "x"}}, "两书同达的“since”"),
    ],
)
def test_the_repair_part_of_a_rule_set_is_checked_too(part, words):
    assert words in "；".join(RepairsUnderWay().problems({"repair": part}))
