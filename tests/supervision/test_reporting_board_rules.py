"""Silence and shortfall are judged by a body's own history alone, and nobody without one is accused."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.demo import plan
from credit_records.selectors.reporting import month_start
from supervision.rules.ranks import ranks
from supervision.rules.shortfall import shortfall
from supervision.rules.silence import silence

START = date(2026, 1, 5)
DAYS = st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=30)
COUNTS = st.lists(st.integers(0, 500), max_size=15)


def every(gap: int, times: int) -> list[date]:
    return [START + timedelta(days=gap * n) for n in range(times)]


@pytest.mark.parametrize(
    ("sent", "days_since", "silent"),
    [
        (every(7, 10), 31, False),  # a full month at least
        (every(7, 10), 32, True),
        (every(40, 5), 80, False),  # twice its own gap
        (every(40, 5), 81, True),
        (every(7, 3), 400, False),  # two gaps are no habit
        (every(7, 4), 400, True),
        ([*every(7, 6), START + timedelta(days=300)], 40, True),  # one odd gap changes nothing
    ],
)
def test_a_silence_is_longer_than_twice_the_usual_gap_and_a_month(sent, days_since, silent):
    found = silence(sent, max(sent) + timedelta(days=days_since))
    assert (found is not None) == silent
    if found:
        assert (found.last, found.days) == (max(sent), days_since)
        assert f"已{days_since}天" in found.words


def test_public_holidays_since_the_last_sending_are_allowed_on_top():
    sent = every(7, 10)  # the last on 2026-03-09: a month is 31 days
    holidays = [date(2026, 3, 9), *(date(2026, 4, day) for day in (6, 7, 8)), date(2026, 5, 1)]
    assert silence(sent, date(2026, 4, 12), holidays) is None
    found = silence(sent, date(2026, 4, 13), holidays)
    assert (found.days, found.allowed, found.holidays) == (35, 34, 3)
    assert "超过34天(含节假日3天)提示" in found.words


@given(DAYS, st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(1, 200), DAYS)
def test_who_is_silent_stays_so_until_something_is_sent(sent, on, later, holidays):
    before = silence(sent, on, holidays)
    if before and not any(on < one <= on + timedelta(days=later) for one in sent):
        after = silence(sent, on + timedelta(days=later), holidays)
        assert after is not None
        assert after.days == before.days + later
    assert silence([*sent, on], on) is None


@given(st.lists(st.dates(date(2024, 1, 1), date(2026, 12, 31)), max_size=3), st.dates())
def test_nobody_without_a_history_is_called_silent(sent, on):
    assert silence(sent * 5, on) is None


@given(DAYS, st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_what_was_sent_later_says_nothing_of_the_day(sent, on):
    assert silence(sent, on) == silence([one for one in sent if one <= on], on)


@pytest.mark.parametrize(
    ("before", "now", "few"),
    [
        ([20] * 12, 10, False),  # half is not below half
        ([20] * 12, 9, True),
        ([20] * 5, 0, False),  # too short a history
        ([4] * 12, 0, False),  # too small a volume
        ([5] * 12, 2, True),
        ([10, 30] * 6, 0, False),  # months that differ widely
        ([20] * 11 + [500], 9, True),  # one odd month
        ([500] * 4 + [20] * 12, 10, False),  # only the last twelve
        ([0] * 5 + [20] * 7, 0, False),  # a season: as quiet a year ago
        ([0] + [20] * 11, 9, False),
        ([20] + [0] * 4 + [20] * 7, 0, True),  # quiet in other months, not in this one
        ([0] * 3 + [20] * 7, 0, True),  # no year to look back to
    ],
)
def test_a_shortfall_is_far_below_the_median(before, now, few):
    assert (shortfall(before, now) is not None) == few


@given(COUNTS, st.integers(0, 500), st.integers(0, 500))
def test_with_less_the_suspicion_stays(before, now, less):
    if shortfall(before, now):
        assert shortfall(before, min(now, less)) is not None


@given(COUNTS, st.integers(0, 500))
def test_a_shortfall_has_a_history_and_lies_below_half_of_its_median(before, now):
    found = shortfall(before, now)
    if len(before) < 6:
        assert found is None
    if found:
        assert now < found.usual / 2
        assert found.usual >= 5
        assert found.missing > 0


def test_equal_figures_share_a_place_and_who_has_none_has_no_place():
    figures = {"a": Fraction(1), "b": Fraction(1, 2), "c": None, "d": Fraction(1), "e": Fraction(0)}
    assert ranks(figures) == {"a": (1, 4), "d": (1, 4), "b": (3, 4), "e": (4, 4)}


def test_in_the_demo_one_body_is_silent_and_one_item_far_below_its_months():
    day, month = date(2026, 11, 22), date(2026, 10, 1)
    batches = plan.make_plan(day)
    assert silence([one.day for one in batches if one.body.slug == plan.SILENT], day)
    came = Counter()
    for one in batches:
        if (one.body.slug, one.item) == plan.FEWER:
            came[one.day.replace(day=1)] += len(one.days)
    assert shortfall([came[month_start(month, back)] for back in range(12, 0, -1)], came[month])
