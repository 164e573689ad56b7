"""One row of the ledger's workbook: read, or told with column and how to mend it."""

from __future__ import annotations

from datetime import date

import pytest

from credit_records.rules.lists import FORMULA, PERSONAL, repeats
from supervision.rules.ledger_rows import Numbers, judged, mark_of, month_of

OWN = "11640100DEM0000001"
NAMES = {"penalty-org": "行政处罚(法人)", "award": "行政奖励"}
GOOD = {
    "code": "penalty-org", "name": "行政处罚(法人)", "produced": "12", "exempt": "2", "reason": "涉及国家秘密。",
    "body_code": OWN, "month": "2026-03",
}  # fmt: skip


def row(told=("award",), **values):
    given = {**GOOD, **values}
    return judged(7, given, body_code=OWN, month=date(2026, 3, 1), names=NAMES, told=frozenset(told))


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        ({}, Numbers(12, 2)),
        ({"exempt": "", "reason": ""}, Numbers(12, 0)),
        ({"produced": "0", "exempt": "", "reason": ""}, Numbers(0, 0)),
        ({"month": "2026-03-01"}, Numbers(12, 2)),
        ({"body_code": OWN.lower()}, Numbers(12, 2)),
        ({"name": ""}, Numbers(12, 2)),
        ({"produced": "", "exempt": "", "reason": ""}, None),
    ],
    ids=["full", "nothing exempt", "zero", "month as a day", "small letters", "no name", "left empty"],
)
def test_a_row_says_numbers_or_nothing(values, numbers):
    found = row(**values)
    assert (found.numbers, found.faults) == (numbers, [])


@pytest.mark.parametrize(
    ("values", "code", "column"),
    [
        ({"produced": "-1"}, "production_row.number", "produced"),
        ({"produced": "1.5"}, "production_row.number", "produced"),
        ({"produced": "9" * 12}, "production_row.number", "produced"),
        ({"produced": "十二"}, "production_row.number", "produced"),
        ({"produced": "TRUE"}, "production_row.number", "produced"),
        ({"produced": "２"}, "production_row.number", "produced"),  # the reading has made others of them
        ({"exempt": "两件"}, "production_row.number", "exempt"),
        ({"exempt": "", "reason": "秘密"}, "production_row.no_exempt", "exempt"),
        ({"reason": "长" * 301}, "production_row.too_long", "reason"),
        ({"produced": ""}, "production_row.empty", "produced"),
        (
            {"code": "award", "name": "", "produced": "", "exempt": "", "reason": ""},
            "production_row.empty",
            "produced",
        ),
        ({"code": "nothing"}, "production_row.code", "code"),
        ({"code": ""}, "production_row.code", "code"),
        ({"name": "行政奖励"}, "production_row.name", "name"),
        ({"body_code": "11640100DEM0000002"}, "production_row.body", "body_code"),
        ({"body_code": ""}, "production_row.body", "body_code"),
        ({"month": "2026-04"}, "production_row.month", "month"),
        ({"month": ""}, "production_row.month", "month"),
        ({FORMULA: "produced"}, "production_row.formula", "produced"),
        ({PERSONAL: "reason"}, "personal.number_in_text", "reason"),
    ],
    ids=lambda value: (
        "-".join(f"{name}={text[:12]}" for name, text in value.items()) if isinstance(value, dict) else ""
    ),
)
def test_what_cannot_be_is_told_at_its_column(values, code, column):
    found = row(**values)
    assert [(one.code, one.column) for one in found.faults] == [(code, column)]
    assert found.numbers is None
    assert found.faults[0].message.endswith("。")


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-03", date(2026, 3, 1)), ("2026/3", date(2026, 3, 1)), ("2026年3月", date(2026, 3, 1)),
        ("202603", date(2026, 3, 1)), ("2026-03-01", date(2026, 3, 1)), ("2026-03-02", None), ("2026-13", None),
        ("三月", None), ("", None),
    ],
)  # fmt: skip
def test_a_month_is_read_as_spreadsheets_leave_it(text, month):
    assert month_of(text) == month


def test_the_same_item_twice_is_told_of_the_later_row():
    assert repeats([(4, "a"), (5, "b"), (9, "a"), (10, "a")]) == {9: 4, 10: 4}


def test_a_row_is_known_again_by_what_it_said():
    assert mark_of("3", "", "") == mark_of("3", "0", "")
    assert len({mark_of("3", "", ""), mark_of("3", "1", ""), mark_of("3", "", "1"), mark_of("", "", "")}) == 4
