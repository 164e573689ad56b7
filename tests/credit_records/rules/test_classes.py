"""The class of a penalty by kinds, field and amount, and the department's finding: a table, and what always holds."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.rules.dates import add_months
from credit_records.rules.publicity import (
    PublicityRuleError,
    PublicityRules,
    found_publicity,
    rule_set_from_dict,
)

_FOLDER = Path(__file__).parents[3] / "credit_records/data/rulesets"
DATA = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(_FOLDER.glob("*.json"))}
FOOD, OTHER = "《中华人民共和国食品安全法》第一百二十二条", "《中华人民共和国城乡规划法》第六十四条"
AMOUNTS = [
    {"kind": "罚款", "at_least": 50, "severity": "serious", "note": "示例标准"},
    {"kind": "罚款", "at_least": 5, "severity": "serious", "basis_keywords": ["食品安全法"]},
]


def rules(base: str = "order-36", **changes: Any) -> PublicityRules:
    return PublicityRules([rule_set_from_dict({**deepcopy(DATA[base]), **changes})])


WITH_AMOUNTS = rules(amounts=AMOUNTS)
WITHOUT = rules()
MINOR_FINES = rules(
    kinds=[{**one, "severity": "minor"} if one["value"] == "罚款" else one for one in DATA["order-36"]["kinds"]],
    amounts=[
        {"kind": "罚款", "at_least": 1, "severity": "general"},
        {"kind": "罚款", "at_least": "50.5", "severity": "serious"},
    ],
)  # fmt: skip
OLD = rules("order-58", amounts=[{"kind": "罚款", "at_least": 100, "severity": "serious"}])


@pytest.mark.parametrize(
    ("by", "kinds", "fine", "basis", "simple", "found"),
    [
        (WITHOUT, ("罚款",), "5000", OTHER, False, "general"),  # without rules on amounts none counts
        (WITH_AMOUNTS, ("罚款",), "49.999999", OTHER, False, "general"),
        (WITH_AMOUNTS, ("罚款",), "50", OTHER, False, "serious"),
        (WITH_AMOUNTS, ("罚款",), "50.000001", OTHER, False, "serious"),
        (
            WITH_AMOUNTS,
            ("罚款",),
            None,
            OTHER,
            False,
            "general",
        ),  # no amount known: never against the subject
        (WITH_AMOUNTS, ("罚款",), "0", OTHER, False, "general"),
        (WITH_AMOUNTS, ("罚款",), "4.99", FOOD, False, "general"),
        (WITH_AMOUNTS, ("罚款",), "5", FOOD, False, "serious"),
        (WITH_AMOUNTS, ("罚款",), "5", OTHER, False, "general"),
        (WITH_AMOUNTS, ("警告",), "80", OTHER, False, "minor"),  # the amount belongs to a fine
        (WITH_AMOUNTS, ("没收违法所得",), "80", OTHER, False, "general"),
        (WITH_AMOUNTS, ("警告", "罚款"), "80", OTHER, False, "serious"),
        (WITH_AMOUNTS, ("罚款", "吊销许可证件"), "0.1", OTHER, False, "serious"),
        (
            WITH_AMOUNTS,
            ("罚款",),
            "80",
            OTHER,
            True,
            "serious",
        ),  # simple procedure does not lighten what is serious
        (WITH_AMOUNTS, ("罚款",), "0.1", OTHER, True, "minor"),
        (WITH_AMOUNTS, ("其他-责令改正",), "80", OTHER, False, "general"),
        (WITH_AMOUNTS, (), "80", OTHER, False, "general"),
        (MINOR_FINES, ("罚款",), "0.99", OTHER, False, "minor"),
        (MINOR_FINES, ("罚款",), "1", OTHER, False, "general"),
        (MINOR_FINES, ("罚款",), "50.4", OTHER, False, "general"),
        (MINOR_FINES, ("罚款",), "50.5", OTHER, False, "serious"),
        (OLD, ("罚款",), "99", FOOD, False, "general"),
        (OLD, ("罚款",), "100", FOOD, False, "serious"),
    ],
)
def test_kinds_field_and_amount_give_the_class(by, kinds, fine, basis, simple, found):
    decided = date(2026, 3, 1) if by is OLD else date(2026, 5, 20)
    answer = by.penalty(
        decided, kinds, legal_basis=basis, fine=Decimal(fine) if fine else None, simple_procedure=simple
    )
    assert answer.verdict.severity == found


def test_the_reason_names_amount_and_note_and_the_sector_still_sets_its_minimum():
    answer = WITH_AMOUNTS.penalty(date(2026, 5, 20), ("罚款",), legal_basis=OTHER, fine=Decimal(80))
    assert "罚款达到50万元，按严重失信信息处理（示例标准）" in answer.verdict.reasons
    assert answer.publicity.latest_end == date(2029, 5, 20)
    old = OLD.penalty(date(2026, 3, 1), ("罚款",), legal_basis=FOOD, fine=Decimal(100))
    assert old.publicity.earliest_end == date(2027, 3, 1)


def test_amounts_are_remembered_by_the_rule_they_meet_not_by_the_figure():
    by = rules(amounts=AMOUNTS)
    for fine in range(1, 50):
        by.penalty(date(2026, 5, 20), ("罚款",), legal_basis=OTHER, fine=Decimal(fine))
    assert len(by._answers) == 1


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"kind": "罚款", "at_least": 0, "severity": "serious"}, "“at_least”应为大于0"),
        ({"kind": "罚款", "at_least": -5, "severity": "serious"}, "“at_least”应为大于0"),
        ({"kind": "罚款", "at_least": True, "severity": "serious"}, "“at_least”应为大于0"),
        ({"kind": "罚款", "at_least": "NaN", "severity": "serious"}, "“at_least”应为大于0"),
        ({"kind": "罚款", "at_least": 50, "severity": "general"}, "没有重于该类别本身"),
        ({"kind": "罚款", "at_least": 50, "severity": "minor"}, "没有重于该类别本身"),
        ({"kind": "罚金", "at_least": 50, "severity": "serious"}, "“罚金”没有列出"),
        ({"kind": "罚款", "at_least": 50}, "“severity”的值"),
        (
            {"kind": "罚款", "at_least": 50, "severity": "serious", "basis_keywords": "食品"},
            "“basis_keywords”应为",
        ),
        (
            {"kind": "罚款", "at_least": 50, "severity": "serious", "basis_keywords": [""]},
            "“basis_keywords”应为",
        ),
    ],
)
def test_a_mistake_in_an_amount_is_named(row, words):
    with pytest.raises(PublicityRuleError) as caught:
        rules(amounts=[row])
    assert words in str(caught.value)


DAYS = st.dates(date(1997, 1, 1), date(2040, 1, 1))
SEVERITIES = st.sampled_from(["minor", "general", "serious"])


@st.composite
def rule_sets(draw):
    """Any rule set that the reader accepts, with amounts and sectors."""
    classes = []
    for severity in ("minor", "general", "serious"):
        most = draw(st.integers(1, 60))
        classes.append(
            {
                "severity": severity, "title": severity, "maximum_months": most,
                "publication": draw(st.sampled_from(["always", "on_need", "never"])),
                "minimum_months": draw(st.integers(0, most)),
            }
        )  # fmt: skip
    longest = classes[1]["maximum_months"]
    sectors = [
        {
            "code": "f",
            "title": "食品",
            "minimum_months": draw(st.integers(0, longest)),
            "basis_keywords": ["食品"],
        }
    ]
    data = {
        **deepcopy(DATA["order-36"]), "in_force_from": "1990-01-01", "in_force_to": None, "classes": classes,
        "sectors": sectors, "simple_procedure": draw(SEVERITIES), "other_kinds": draw(SEVERITIES),
        "kinds": [{"value": "警告", "severity": "minor"}, {"value": "罚款", "severity": "minor"}],
        "amounts": [{"kind": "罚款", "at_least": draw(st.integers(1, 99)), "severity": draw(st.sampled_from(["general", "serious"]))}],
    }  # fmt: skip
    return rule_set_from_dict(data)


@given(
    one=rule_sets(), decided=DAYS, severity=SEVERITIES, stated=st.none() | DAYS, until=st.none() | DAYS,
    publish_minor=st.booleans(), field=st.sampled_from([None, "f"]),
)  # fmt: skip
def test_publicity_under_a_finding_never_outlasts_the_maximum(
    one, decided, severity, stated, until, publish_minor, field
):
    shown = found_publicity(
        decision_date=decided, severity=severity, rule_set=one, stated_end=stated, until=until, field=field,
        publish_minor=publish_minor,
    )  # fmt: skip
    if not shown.published:
        assert (shown.start, shown.earliest_end, shown.latest_end) == (None, None, None)
        return
    most = add_months(decided, one.classes[severity].maximum_months)
    assert decided == shown.start <= shown.earliest_end <= shown.latest_end <= most


@given(
    one=rule_sets(), decided=DAYS, kinds=st.lists(st.sampled_from(["警告", "罚款", "其他-示例"]), max_size=3),
    fine=st.none() | st.decimals(0, 200, places=2), stated=st.none() | DAYS, basis=st.sampled_from(["", "食品法"]),
    simple=st.booleans(),
)  # fmt: skip
def test_publicity_under_any_rule_set_never_outlasts_the_maximum(
    one, decided, kinds, fine, stated, basis, simple
):
    answer = PublicityRules([one]).penalty(
        decided, tuple(kinds), stated, legal_basis=basis, fine=fine, simple_procedure=simple
    )
    shown = answer.publicity
    if shown.published:
        most = add_months(decided, one.classes[answer.verdict.severity].maximum_months)
        assert decided <= shown.earliest_end <= shown.latest_end <= most


@given(one=rule_sets(), fine=st.decimals(0, 200, places=2), more=st.decimals(0, 200, places=2))
def test_a_higher_fine_never_makes_the_class_lighter(one, fine, more):
    by = PublicityRules([one])
    low, high = (
        by.penalty(date(2026, 5, 20), ("罚款",), fine=amount).verdict.severity
        for amount in (fine, fine + more)
    )
    assert high.weight >= low.weight
