"""Periods and rows of a workbook, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from oversight.rules.grades import next_grade
from oversight.rules.periods import MOST, due_days, months_later
from oversight.rules.task_rows import judged, parse_day, repeated

BODIES = {"市场监管": 1, "银川市生态环境局": 2, "11640100DEP00001XK": 1}
GOOD = {
    "number": "2026-01", "title": "按月报送", "content": "每月报送。", "lead": "市场监管", "responsible": "市场监管、银川市生态环境局",
    "period": "按月", "due": "2026-01-31", "until": "2026-12-31", "material": "台账", "source": "示例", "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("first", "period", "until", "days"),
    [
        ("2026-03-31", "once", None, ["2026-03-31"]),
        ("2026-01-31", "month", "2026-04-30", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2026-01-30", "month", "2026-03-30", ["2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2026-03-31", "quarter", None, ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]),
        ("2026-06-05", "half_year", "2027-06-05", ["2026-06-05", "2026-12-05", "2027-06-05"]),
        ("2024-02-29", "year", "2025-02-28", ["2024-02-29", "2025-02-28"]),
        ("2026-11-15", "month", "2026-11-20", ["2026-11-15"]),
    ],
)
def test_a_task_falls_due_on_corresponding_days(first, period, until, days):
    last = date.fromisoformat(until) if until else None
    assert [str(one) for one in due_days(date.fromisoformat(first), period, last)] == days


def test_months_run_over_the_end_of_a_year_and_a_month_ends_where_it_ends():
    assert months_later(date(2026, 12, 1), 1) == date(2027, 1, 1)
    assert months_later(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert len(due_days(date(2026, 1, 31), "month", date(2099, 1, 1))) == MOST + 1


def test_the_chain_of_letters_ends_with_the_circular():
    assert [next_grade(one) for one in ("prompt", "supervise", "circular")] == ["supervise", "circular", ""]


def test_a_good_row_is_a_task_and_without_responsible_bodies_the_lead_reports():
    task = judged(4, GOOD, BODIES).task
    assert (task.lead, task.bodies, task.period, task.until) == (1, (1, 2), "month", date(2026, 12, 31))
    assert judged(4, {**GOOD, "responsible": ""}, BODIES).task.bodies == (1,)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("number", "", "task_row.missing"),
        ("number", "2026 01", "task_row.number"),
        ("number", "=1+1", "task_row.number"),
        ("title", "长" * 101, "task_row.too_long"),
        ("content", "", "task_row.missing"),
        ("lead", "没有的局", "task_row.body"),
        ("responsible", "市场监管；没有的局", "task_row.body"),
        ("period", "每周", "task_row.period"),
        ("due", "三月底", "task_row.day"),
        ("due", "2026-02-30", "task_row.day"),
        ("due", "1999-01-01", "task_row.day_range"),
        ("until", "2026-01-01", "task_row.until"),
        ("until", "2099-12-31", "task_row.too_many"),
    ],
)
def test_each_fault_of_a_row_has_its_code_and_column(column, value, code):
    found = judged(4, {**GOOD, column: value}, BODIES)
    assert found.task is None
    assert [(one.code, one.column) for one in found.faults] == [(code, column)]


def test_all_faults_of_a_row_are_told_at_once():
    found = judged(4, {"number": "1", "period": "每周", "due": "x", "lead": "y"}, BODIES)
    assert {one.column for one in found.faults} == {"title", "content", "period", "due", "lead"}


def test_a_task_that_is_done_once_has_no_last_day_of_its_own():
    found = judged(4, {**GOOD, "period": "一次"}, BODIES)
    assert [one.code for one in found.faults] == ["task_row.until_once"]


def test_a_number_that_stands_twice_is_refused_in_the_later_row():
    rows = [judged(4, GOOD, BODIES), judged(5, GOOD, BODIES)]
    repeated(rows)
    assert [[one.code for one in row.faults] for row in rows] == [[], ["task_row.repeated"]]
    assert "第4行" in rows[1].faults[0].message


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026/1/31", date(2026, 1, 31)), ("2026年1月31日", date(2026, 1, 31)), ("20260131", date(2026, 1, 31)),
        ("46053", date(2026, 1, 31)), ("31.1.2026", None), ("", None),
    ],
)  # fmt: skip
def test_days_are_read_as_offices_write_them(text, day):
    assert parse_day(text) == day
