"""Severity and publicity of penalties and other acts by the dated rule sets (domain.md section 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import credit_records
from credit_records.rules.dates import add_months
from credit_records.rules.publicity import (
    PublicityRuleError,
    PublicityRules,
    RuleSet,
    SeverityClass,
    fixed_publicity,
    publicity_of,
    rule_set_for,
    rule_set_from_dict,
    sector_of,
    severity_of,
)

RULESETS = Path(credit_records.__file__).parent / "data" / "rulesets"
OLD_JOINT = "暂扣或者吊销许可证、暂扣或者吊销执照"


def data_of(key: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RULESETS / f"{key}.json").read_text(encoding="utf-8"))
    return loaded


ORDER_36 = rule_set_from_dict(data_of("order-36"))
ORDER_58 = rule_set_from_dict(data_of("order-58"))
BOTH = (ORDER_36, ORDER_58)
RULES = PublicityRules(BOTH)
KINDS = sorted({*ORDER_36.kinds, "其他-责令改正"})

days = st.dates(date(1996, 10, 1), date(2060, 12, 31))
ends = st.none() | st.dates(date(1990, 1, 1), date(2099, 12, 31))
kind_lists = st.lists(st.sampled_from(KINDS), max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("decided", "key"),
    [
        (date(2026, 3, 31), "order-58"),
        (date(2026, 4, 1), "order-36"),
        (date(2020, 1, 1), "order-58"),
        (date(1996, 10, 1), "order-58"),
        (date(2031, 1, 1), "order-36"),
    ],
)
def test_the_day_of_the_decision_chooses_the_rule_set(decided: date, key: str) -> None:
    assert rule_set_for(decided, BOTH).key == key


def test_a_decision_without_a_rule_set_is_an_error_that_names_the_day() -> None:
    with pytest.raises(PublicityRuleError, match="没有适用于 1996-09-30"):
        rule_set_for(date(1996, 9, 30), BOTH)


def test_a_decision_under_two_rule_sets_is_an_error_that_names_both() -> None:
    open_end = rule_set_from_dict({**data_of("order-58"), "in_force_to": None})
    with pytest.raises(PublicityRuleError, match=r"同时适用多个公示规则：.*第36号令.*第58号令"):
        rule_set_for(date(2026, 4, 1), (ORDER_36, open_end))


@pytest.mark.parametrize(
    ("kinds", "under_36", "under_58"),
    [
        (("警告",), "minor", "minor"),
        (("通报批评",), "minor", "minor"),
        (("警告", "通报批评"), "minor", "minor"),
        (("罚款",), "general", "general"),
        (("警告", "罚款"), "general", "general"),
        (("没收违法所得、没收非法财物",), "general", "general"),
        (("暂扣许可证件",), "general", "general"),
        (("降低资质等级",), "general", "general"),
        (("吊销许可证件",), "serious", "general"),
        (("限制开展生产经营活动",), "serious", "general"),
        (("责令停产停业",), "serious", "general"),
        (("责令关闭",), "serious", "general"),
        (("限制从业",), "serious", "general"),
        (("罚款", "吊销许可证件", "警告"), "serious", "general"),
        (("其他-责令改正",), "general", "general"),
        (("警告", "其他-责令改正"), "general", "general"),
        ((OLD_JOINT,), "general", "general"),
        ((), "general", "general"),
        (("从来没有的类别",), "general", "general"),
    ],
)
def test_the_gravest_kind_of_a_decision_gives_its_class(
    kinds: tuple[str, ...], under_36: str, under_58: str
) -> None:
    assert severity_of(kinds, rule_set=ORDER_36).severity == under_36
    assert severity_of(kinds, rule_set=ORDER_58).severity == under_58


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (("罚款",), "“罚款”属于一般失信信息"),
        (("罚款", "责令关闭"), "从重按严重失信信息确定"),
        (("其他-责令改正",), "不在规则所列的处罚类别内"),
        (("从来没有的类别",), "请核对类别"),
        ((OLD_JOINT,), "请改填“吊销许可证件”"),
        ((), "未填处罚类别"),
    ],
)
def test_the_class_is_explained(kinds: tuple[str, ...], words: str) -> None:
    assert words in "；".join(severity_of(kinds, rule_set=ORDER_36).reasons)


def test_the_simple_procedure_makes_a_fine_minor_but_never_a_revocation() -> None:
    def by_simple_procedure(kind: str) -> str:
        return severity_of((kind,), rule_set=ORDER_36, simple_procedure=True).severity

    assert by_simple_procedure("罚款") == "minor"
    assert by_simple_procedure("吊销许可证件") == "serious"


@pytest.mark.parametrize(
    ("decided", "kinds", "stated", "earliest", "latest"),
    [
        (date(2026, 4, 1), ("罚款",), None, date(2026, 7, 1), date(2027, 4, 1)),
        (date(2026, 3, 31), ("罚款",), None, date(2026, 6, 30), date(2029, 3, 31)),
        (date(2026, 11, 30), ("罚款",), None, date(2027, 2, 28), date(2027, 11, 30)),
        (date(2024, 2, 29), ("罚款",), date(2025, 2, 28), date(2024, 5, 29), date(2025, 2, 28)),
        (date(2028, 2, 29), ("罚款",), None, date(2028, 5, 29), date(2029, 2, 28)),
        (date(2026, 5, 6), ("吊销许可证件",), None, date(2027, 5, 6), date(2029, 5, 6)),
        (date(2026, 5, 6), ("罚款", "责令关闭"), None, date(2027, 5, 6), date(2029, 5, 6)),
        # the department's end: earlier prevails, later is capped, earlier than the minimum pulls that along
        (date(2026, 5, 6), ("罚款",), date(2026, 12, 31), date(2026, 8, 6), date(2026, 12, 31)),
        (date(2026, 5, 6), ("罚款",), date(2027, 5, 6), date(2026, 8, 6), date(2027, 5, 6)),
        (date(2026, 5, 6), ("罚款",), date(2027, 5, 7), date(2026, 8, 6), date(2027, 5, 6)),
        (date(2026, 5, 6), ("罚款",), date(2099, 12, 31), date(2026, 8, 6), date(2027, 5, 6)),
        (date(2026, 5, 6), ("罚款",), date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 1)),
        (date(2026, 5, 6), ("罚款",), date(2026, 5, 6), date(2026, 5, 6), date(2026, 5, 6)),
        (date(2026, 5, 6), ("罚款",), date(2020, 1, 1), date(2026, 8, 6), date(2027, 5, 6)),
    ],
)
def test_publicity_runs_from_the_decision(
    decided: date, kinds: tuple[str, ...], stated: date | None, earliest: date, latest: date
) -> None:
    publicity = RULES.penalty(decided, kinds, stated).publicity
    assert publicity[:3] == (decided, earliest, latest)
    assert publicity.published


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (None, "最迟 2027-05-06 期满，自动停止公示"),
        (date(2026, 12, 31), "早于最长公示期届满日 2027-05-06，按填报日期停止公示"),
        (date(2028, 1, 1), "晚于最长公示期届满日 2027-05-06，按届满日停止公示"),
        (date(2026, 6, 1), "也早于最短公示期届满日 2026-08-06"),
        (date(2026, 5, 5), "早于决定日期，未采用"),
    ],
)
def test_the_end_is_explained_beside_rule_and_source(stated: date | None, words: str) -> None:
    explanation = RULES.penalty(date(2026, 5, 6), ("罚款",), stated).publicity.explanation
    assert explanation[0] == (
        "一般失信信息，最短公示3个月、最长1年（《信用修复管理办法》国家发展改革委令第36号），"
        "自处罚决定书日期 2026-05-06 起算"
    )
    assert words in "；".join(explanation)


@pytest.mark.parametrize("decided", [date(2026, 3, 31), date(2026, 4, 1)])
def test_a_warning_alone_is_not_published_even_with_a_stated_end(decided: date) -> None:
    publicity = RULES.penalty(decided, ("警告",), date(2027, 1, 1)).publicity
    assert publicity[:3] == (None, None, None)
    assert not publicity.published


def test_a_warning_is_published_for_three_months_where_the_department_finds_a_need() -> None:
    publicity = RULES.penalty(date(2026, 5, 31), ("警告",), publish_minor=True).publicity
    assert publicity[:3] == (date(2026, 5, 31), date(2026, 5, 31), date(2026, 8, 31))
    assert "履行完毕义务即可申请修复" in publicity.explanation[0]


def test_under_the_earlier_order_a_warning_is_never_published() -> None:
    publicity = RULES.penalty(date(2026, 3, 31), ("警告",), publish_minor=True).publicity
    assert not publicity.published
    assert "不予公示" in publicity.explanation[0]
    assert "第58号" in publicity.explanation[0]


@pytest.mark.parametrize(
    ("basis", "sector", "earliest"),
    [
        ("《中华人民共和国食品安全法》第一百二十四条", "food", date(2026, 1, 31)),
        ("《中华人民共和国药品管理法》第一百一十五条", "drugs", date(2026, 1, 31)),
        ("《中华人民共和国特种设备安全法》第八十四条", "special_equipment", date(2026, 1, 31)),
        ("《中华人民共和国安全生产法》第九十七条", "work_safety", date(2026, 1, 31)),
        ("《中华人民共和国消防法》第六十条", "fire", date(2026, 1, 31)),
        ("《中华人民共和国广告法》第五十五条", None, date(2025, 4, 30)),
    ],
)
def test_the_earlier_order_asks_a_year_for_food_drugs_equipment_safety_and_fire(
    basis: str, sector: str | None, earliest: date
) -> None:
    assert sector_of(basis, rule_set=ORDER_58) == sector
    publicity = RULES.penalty(date(2025, 1, 31), ("罚款",), legal_basis=basis).publicity
    assert (publicity.earliest_end, publicity.latest_end) == (earliest, date(2028, 1, 31))


def test_the_order_in_force_knows_no_longer_minimum_for_food() -> None:
    basis = "《中华人民共和国食品安全法》第一百二十四条"
    publicity = RULES.penalty(date(2026, 4, 1), ("罚款",), legal_basis=basis).publicity
    assert publicity.earliest_end == date(2026, 7, 1)


def test_a_period_set_by_law_prevails_over_the_class_and_over_the_stated_end() -> None:
    publicity = RULES.penalty(
        date(2026, 5, 6), ("罚款",), date(2026, 12, 31), until=date(2031, 5, 6)
    ).publicity
    assert (publicity.earliest_end, publicity.latest_end) == (date(2026, 8, 6), date(2031, 5, 6))
    assert "另有规定，公示至 2031-05-06" in "；".join(publicity.explanation)
    assert "按另行规定执行" in "；".join(publicity.explanation)


@given(days, kind_lists, ends)
def test_the_end_never_exceeds_the_maximum_nor_precedes_the_decision(
    decided: date, kinds: tuple[str, ...], stated: date | None
) -> None:
    rule_set, verdict, publicity = RULES.penalty(decided, kinds, stated)
    one = rule_set.classes[verdict.severity]
    assert publicity.explanation
    if not publicity.published:
        assert verdict.severity is SeverityClass.MINOR
        return
    assert publicity.start == decided
    assert publicity.earliest_end is not None
    assert publicity.latest_end is not None
    assert decided <= publicity.earliest_end <= publicity.latest_end
    assert publicity.latest_end <= add_months(decided, one.maximum_months)
    assert publicity.earliest_end <= add_months(decided, one.minimum_months)


@given(days, kind_lists, ends, st.sampled_from(KINDS))
def test_another_kind_never_shortens_the_publicity(
    decided: date, kinds: tuple[str, ...], stated: date | None, more: str
) -> None:
    before = RULES.penalty(decided, (*kinds, "警告"), stated).publicity
    after = RULES.penalty(decided, (*kinds, "警告", more), stated).publicity
    assert after.published >= before.published
    if before.latest_end and before.earliest_end and after.latest_end and after.earliest_end:
        assert after.latest_end >= before.latest_end
        assert after.earliest_end >= before.earliest_end


@given(st.integers(-400, 400), st.booleans())
def test_exactly_one_rule_set_governs_every_day_around_the_change(offset: int, reverse: bool) -> None:
    decided = date(2026, 4, 1) + timedelta(days=offset)
    rule_sets = BOTH[::-1] if reverse else BOTH
    assert rule_set_for(decided, rule_sets) is (ORDER_36 if offset >= 0 else ORDER_58)


@given(days, kind_lists, ends)
def test_a_remembered_answer_is_the_answer_of_a_fresh_calculation(
    decided: date, kinds: tuple[str, ...], stated: date | None
) -> None:
    rule_set: RuleSet = rule_set_for(decided, BOTH)
    severity = severity_of(kinds, rule_set=rule_set).severity
    fresh = publicity_of(decision_date=decided, severity=severity, rule_set=rule_set, stated_end=stated)
    assert RULES.penalty(decided, kinds, stated).publicity == fresh
    assert RULES.penalty(decided, kinds, stated) is RULES.penalty(decided, kinds, stated)


def test_a_full_memory_is_emptied_and_answers_stay_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_records.rules.publicity.CACHE_LIMIT", 2)
    rules = PublicityRules(BOTH)
    answers = [rules.penalty(date(2026, 5, day), ("罚款",)).publicity.latest_end for day in (1, 2, 3, 1)]
    assert answers == [date(2027, 5, 1), date(2027, 5, 2), date(2027, 5, 3), date(2027, 5, 1)]
    assert len(rules._answers) <= 2


@pytest.mark.parametrize(
    ("months", "until", "latest", "words"),
    [
        (None, date(2031, 3, 5), date(2031, 3, 5), "公示至有效期届满日 2031-03-05"),
        (None, date(2099, 12, 31), None, "有效期为长期"),
        (None, None, None, "未填有效期"),
        (None, date(2026, 3, 4), date(2026, 3, 5), "早于决定日期"),
        (12, None, date(2027, 3, 5), "公示1年（示例规定），自决定日期 2026-03-05 起算，至 2027-03-05 期满"),
        (12, date(2028, 1, 1), date(2028, 1, 1), "公示至有效期届满日 2028-01-01"),
        (12, date(2026, 4, 4), date(2027, 3, 5), "公示1年"),
        (12, date(2099, 12, 31), None, "有效期为长期"),
    ],
)
def test_licences_and_other_acts_are_public_while_valid_or_for_fixed_months(
    months: int | None, until: date | None, latest: date | None, words: str
) -> None:
    publicity = fixed_publicity(decision_date=date(2026, 3, 5), source="示例规定", months=months, until=until)
    assert publicity[:3] == (date(2026, 3, 5), None, latest)
    assert words in publicity.explanation[0]
    assert publicity.published


def drop_serious(data: dict[str, Any]) -> None:
    data["classes"] = data["classes"][:2]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda data: data.pop("source"), "缺少“source”"),
        (lambda data: data.update(in_force_from="2026/4/1"), "“in_force_from”应为"),
        (lambda data: data.update(in_force_to="2026-03-31"), "适用止日早于适用起日"),
        (lambda data: data.update(kinds=[]), "没有列出处罚类别"),
        (lambda data: data["kinds"].append({"value": "罚款", "severity": "minor"}), "处罚类别“罚款”重复"),
        (lambda data: data["kinds"][0].update(severity="huge"), "“severity”的值“huge”"),
        (lambda data: data["classes"][1].update(minimum_months=13), "最短公示期长于最长公示期"),
        (lambda data: data["classes"][1].update(maximum_months="12"), "“maximum_months”应为"),
        (lambda data: data["classes"][0].update(maximum_months=0), "没有最长公示期"),
        (lambda data: data["classes"][0].update(publication="maybe"), "“publication”的值“maybe”"),
        (drop_serious, "缺少分类“serious”"),
        (
            lambda data: data.update(sectors=[{"code": "food", "title": "食品", "minimum_months": 24}]),
            "领域“食品”的最短公示期长于最长公示期",
        ),
    ],
)
def test_a_mistake_in_a_rule_set_is_named_in_chinese(
    mistake: Callable[[dict[str, Any]], Any], words: str
) -> None:
    data = data_of("order-36")
    mistake(data)
    with pytest.raises(PublicityRuleError) as caught:
        rule_set_from_dict(data)
    assert words in str(caught.value)
