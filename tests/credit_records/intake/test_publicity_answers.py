"""The check asks the publicity rules once for all kinds of one class; every row must get what its own kinds would give."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from credit_records.intake.pipeline import ground_for
from credit_records.intake.versions import Version

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
