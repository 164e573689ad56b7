"""The rules of signing in, as tables."""

from __future__ import annotations

from datetime import date

import pytest

from signin.rules import End, Stamps, browser_family, days_left, is_mixed, name_within, why_over


@pytest.mark.parametrize(
    ("password", "mixed"),
    [
        ("abcdefghijk", False),
        ("abcdefgh123", False),
        ("ABCDEFGH123", False),
        ("abcdefgh-123", True),
        ("Abcdefgh123", True),
        ("信用信用信用abc", False),
        ("信用信用信用abc1", True),
        ("只有自己知道-2027-示例", True),
        ("----------", False),
    ],
)
def test_a_password_needs_three_kinds_of_characters(password, mixed):
    assert is_mixed(password) is mixed


@pytest.mark.parametrize(
    ("password", "names", "found"),
    [
        ("my-clerk.scjg-2026", ["clerk.scjg"], "clerk.scjg"),
        ("my-SCJG-2026", ["clerk.scjg"], "scjg"),
        ("银川市场监管-2026", ["clerk", "市场监管"], "市场监管"),
        ("张示例张示例1", ["x", "张示例"], "张示例"),
        ("ab-Xinheng-2026", ["ab"], ""),
        ("Xinheng-test-2026", ["clerk", "张示例", "银川市市场监督管理局", ""], ""),
    ],
)
def test_names_are_found_in_a_password_whole_and_in_parts(password, names, found):
    assert name_within(password, names) == found


@pytest.mark.parametrize(
    ("day", "left"),
    [(date(2026, 3, 2), 91), (date(2026, 3, 3), 90), (date(2026, 5, 31), 1), (date(2026, 6, 1), 0)],
)
def test_a_password_of_90_days_can_be_used_on_the_ninetieth_day_after_it_was_set(day, left):
    assert days_left(date(2026, 3, 2), day, allowed=90) == left


@pytest.mark.parametrize(
    ("now", "mark", "over"),
    [
        (1000, "m", None),
        (1599, "m", None),
        (1600, "m", End.IDLE),
        (400, "m", None),
        (1001, "other", End.ELSEWHERE),
    ],
)
def test_a_session_is_over_when_nothing_is_asked_or_another_begins(now, mark, over):
    assert why_over(Stamps(500, 1000, "m"), now=now, mark=mark, idle=600, longest=7200) == over


def test_a_session_is_over_after_its_longest_time_though_somebody_works():
    assert why_over(Stamps(0, 7199, "m"), now=7200, mark="m", idle=600, longest=7200) == End.TOO_LONG
    assert why_over(Stamps(0, 7199, "m"), now=7199, mark="m", idle=600, longest=7200) is None


def test_an_update_of_the_browser_is_no_new_device():
    assert browser_family("Mozilla/5.0 Chrome/141.0.1") == browser_family("Mozilla/5.0 Chrome/142.1.0")
    assert browser_family("Mozilla/5.0 Chrome/141") != browser_family("Mozilla/5.0 Firefox/141")
