"""The check asks the publicity rules once for all kinds of one class; every row must get what its own kinds would give."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from credit_records.intake.pipeline import ground_for
from credit_records.intake.versions import Version
from credit_records.rules.publicity import AmountRule, PublicityRules, SeverityClass

pytestmark = pytest.mark.django_db
KINDS = [
    "警告",
    "通报批评",
    "罚款",
    "没收违法所得",
    "暂扣许可证件",
    "吊销许可证件",
    "责令停产停业",
    "其他-示例",
    "没有的类别",
]


def test_the_answer_for_kinds_of_the_same_class_is_the_answer_for_the_kinds_themselves(city, penalties):
    ground = ground_for(city.scjg, penalties, today=date(2026, 11, 16))
    version = Version(*ground.versions[0], ground)
    several = [(), *itertools.combinations(KINDS, 1), *itertools.combinations(KINDS, 2)]
    days = [date(2022, 3, 1), date(2025, 12, 31), date(2026, 3, 31), date(2026, 4, 1), date(2026, 11, 1)]
    bases = [None, "《中华人民共和国食品安全法》第一百二十四条", "《中华人民共和国广告法》第五十五条"]
    asked = set()
    for kinds, day, end, basis in itertools.product(several, days, (None, date(2026, 12, 1)), bases):
        alike = version.same_severity[kinds]
        asked.add(alike)
        assert version.periods[day, alike, end, None, basis] == version.periods[day, kinds, end, None, basis]
    assert 1 < len(asked) < len(several) / 2


def test_the_answer_for_alike_kinds_bases_and_fines_is_the_answer_for_themselves(city, penalties):
    """Under rules with amounts the three are brought down to a few questions each; none may change the answer."""
    amounts = (
        AmountRule("罚款", Decimal(50), SeverityClass.SERIOUS),
        AmountRule("罚款", Decimal(5), SeverityClass.SERIOUS, ("食品安全法",)),
        AmountRule("警告", Decimal(1), SeverityClass.GENERAL),
    )
    ground = ground_for(city.scjg, penalties, today=date(2026, 11, 16))
    rules = PublicityRules(replace(one, amounts=amounts) for one in ground.publicity.rule_sets)
    version = Version(*ground.versions[0], replace(ground, publicity=rules))
    assert version.ask_amounts
    several = [(), *itertools.combinations(KINDS, 1), *itertools.combinations(KINDS, 2)]
    bases = [None, "《中华人民共和国食品安全法》第一百二十四条", "《中华人民共和国广告法》第五十五条"]
    fines = [None, *map(Decimal, ("0", "0.5", "1", "4.99", "5", "6", "49.9", "50", "51"))]
    answers = set()
    for kinds, basis, fine in itertools.product(several, bases, fines):
        day = date(2026, 5, 20)
        alike = version.same_severity[kinds], None, None, version.same_sectors[basis], version.same_fine[fine]
        found = version.periods[(day, *alike)]
        assert found == version.periods[day, kinds, None, None, basis, fine]
        answers.add(found[0])
    assert answers == {"minor", "general", "serious"}


def test_without_amounts_the_fine_is_no_part_of_the_question(city, penalties):
    ground = ground_for(city.scjg, penalties, today=date(2026, 11, 16))
    assert not Version(*ground.versions[0], ground).ask_amounts
