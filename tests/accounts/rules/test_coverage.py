"""Whether a role is held on every day to come."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from accounts.rules.compatibility import Term
from accounts.rules.coverage import first_gap

FIRST = date(2026, 1, 1)
FAR = 60


def _day(number: int) -> date:
    return FIRST + timedelta(days=number)


def terms():
    number = st.integers(0, 30)
    return st.builds(
        lambda since, length: Term(_day(since), None if length is None else _day(since + length)),
        number,
        st.none() | number,
    )


@given(whole=terms(), held=st.lists(terms(), max_size=5))
def test_the_first_gap_is_the_first_day_on_which_nobody_holds(whole, held):
    gaps = [
        day
        for day in map(_day, range(FAR * 2))
        if whole.common(Term(day, day)) and not any(one.common(Term(day, day)) for one in held)
    ]
    assert first_gap(whole, held) == min(gaps, default=None)
