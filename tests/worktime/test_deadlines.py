"""From facts to a deadline: the check dates, a day walk that shares no line with the product, and the states."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from worktime.rules.calendars import Calendar, SpecialDay
from worktime.rules.deadlines import ClockState, Extension, Facts, Pause, deadline, local_day
from worktime.rules.months import explained_months

from . import official
from .test_calendars import CALENDAR

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)


def due(received, n, **more) -> date | None:
    today = more.pop("today", TODAY)
    return deadline(Facts(date.fromisoformat(received), n, **more), CALENDAR, today=today).due


@pytest.mark.parametrize(("received", "n", "expected"), [*official.CHECKS, *official.TABLE])
def test_the_due_day_is_as_counted_on_the_wall(received, n, expected):
    assert due(received, n) == date.fromisoformat(expected)


def test_a_period_that_reaches_into_a_year_not_announced_is_provisional():
    found = deadline(Facts(date(2026, 12, 25), 5), CALENDAR, today=TODAY)
    assert found.provisional
    assert found.due == date(2027, 1, 1)
    assert found.days[-1].reason == "第5日(2027年节假日尚未公布，暂按周末推算)"
    assert not deadline(Facts(date(2026, 12, 24), 5), CALENDAR, today=TODAY).provisional


def test_every_day_is_explained():
    facts = Facts(date(2026, 9, 30), 5, pauses=(Pause(date(2026, 10, 12), date(2026, 10, 13), "补正"),))
    found = deadline(facts, CALENDAR, today=TODAY)
    source = "国办关于2026年部分节假日安排的通知"
    assert [(str(line.day)[5:], line.counted, line.number, line.reason) for line in found.days] == [
        ("09-30", False, None, "收到当日不计"),
        *((f"10-0{n}", False, None, f"国庆节放假不计({source})") for n in range(1, 8)),
        ("10-08", True, 1, "第1日"),
        ("10-09", True, 2, "第2日"),
        ("10-10", True, 3, f"国庆节调休上班，计第3日({source})"),
        ("10-11", False, None, "周日不计"),
        ("10-12", False, None, "停时(补正)不计"),
        ("10-13", False, None, "停时(补正)不计"),
        ("10-14", True, 4, "第4日"),
        ("10-15", True, 5, "第5日"),
    ]
    assert found.due == date(2026, 10, 15)


# --- a day walk that shares no line with the product --------------------------------------------------------


def walked(facts: Facts, calendar: Calendar, today: date):
    """Due day, days used and the days that count, found by looking at every day of three years."""
    received, closed = facts.received, facts.closed
    stop_watch = min(today, closed) if closed and closed <= today else today
    year = [received + DAY * n for n in range(1, 1100)]
    ends = {id(pause): pause.end or date(2999, 1, 1) for pause in facts.pauses}
    real = [pause for pause in facts.pauses if pause.end or pause.begin <= stop_watch]
    stands = {day for day in year for pause in real if pause.begin <= day <= ends[id(pause)]}
    forever = min((pause.begin for pause in real if pause.end is None), default=date(2999, 1, 1))

    def works(day):
        special = calendar.days.get(day)
        return not special.off if special else day.isoweekday() <= 5

    countable = [day for day in year if works(day) and day not in stands and day < forever]
    limit = facts.limit
    for extension in sorted(facts.extensions, key=lambda one: one.decided_on):
        if len(countable) < limit or extension.decided_on <= countable[limit - 1]:
            limit += extension.days
    reached = countable[limit - 1] if len(countable) >= limit else None
    counted = countable[:limit]
    used = len([day for day in counted if day <= stop_watch])
    if reached and stop_watch > reached:
        used += len([day for day in year if reached < day <= stop_watch and works(day)])
    return reached, used, counted


FIRST, LAST = date(2025, 11, 1), date(2026, 6, 30)
DATES = st.dates(FIRST, LAST)
SPECIAL = st.builds(SpecialDay, st.booleans(), st.just("示例节"), st.just("示例通知"))
CALENDARS = st.builds(
    Calendar, st.just(""), st.just("1"), st.dates(FIRST, LAST), st.dictionaries(DATES, SPECIAL, max_size=40)
)


@st.composite
def pauses(draw, open_ones=True):
    found = []
    for begin in draw(st.lists(DATES, max_size=4)):
        end = begin + DAY * draw(st.integers(0, 25))
        found.append(Pause(begin, end, draw(st.sampled_from(["补正", "听证", ""]))))
    if open_ones and draw(st.booleans()):
        found.append(Pause(draw(DATES), None, "补正"))
    return tuple(found)


@st.composite
def facts_of(draw, open_ones=True):
    extensions = draw(st.lists(st.builds(Extension, st.integers(1, 9), DATES, st.just("")), max_size=2))
    received = draw(DATES)
    closed = draw(st.none() | st.integers(0, 60).map(lambda n: received + DAY * n))
    return Facts(received, draw(st.integers(1, 15)), draw(pauses(open_ones)), tuple(extensions), closed)


@given(facts_of(), CALENDARS, st.integers(0, 90))
@settings(max_examples=600, deadline=None)
def test_the_function_agrees_with_a_walk_over_all_days(facts, calendar, later):
    today = facts.received + DAY * later
    found = deadline(facts, calendar, today=today)
    expected, used, counted = walked(facts, calendar, today)
    assert found.due == expected
    assert found.used == used
    told = [line.day for line in found.days if line.counted]
    assert told == counted[: len(told)]
    assert [line.number for line in found.days if line.counted] == list(range(1, len(told) + 1))
    days = [line.day for line in found.days]
    assert days == [facts.received + DAY * n for n in range(len(days))]
    if found.due:
        assert days[-1] == found.due
        assert told == counted
    stop_watch = min(today, facts.closed or today)
    begun = [pause for pause in facts.pauses if pause.end or pause.begin <= stop_watch]
    assert found.provisional == any(
        line.day > calendar.known_until
        for line in found.days[1:]
        if not any(pause.begin <= line.day <= (pause.end or date.max) for pause in begun)
    )
    _the_state_is_right(facts, found, today)


def _the_state_is_right(facts, found, today):
    closed = facts.closed if facts.closed and facts.closed <= today else None
    late = found.due is not None and (closed or today) > found.due
    assert (found.state is ClockState.BREACHED) == late
    assert (found.state is ClockState.MET) == (closed is not None and not late)
    assert (found.remaining < 0) == late
    if found.due is None and closed is None:
        assert found.state is ClockState.PAUSED
    if found.state is ClockState.DUE_SOON:
        assert 0 <= found.remaining <= facts.warn_days


@given(facts_of(open_ones=False), CALENDARS, st.integers(0, 30))
@settings(max_examples=300, deadline=None)
def test_a_later_receipt_never_gives_an_earlier_date(facts, calendar, later):
    # Decisions on extensions do not move with the receipt: whether they count is another question.
    first = Facts(facts.received, facts.limit, facts.pauses)
    second = Facts(facts.received + DAY * later, facts.limit, facts.pauses)
    assert deadline(second, calendar, today=TODAY).due >= deadline(first, calendar, today=TODAY).due


@given(facts_of(open_ones=False), CALENDARS, pauses(open_ones=False))
@settings(max_examples=300, deadline=None)
def test_a_pause_never_makes_it_earlier(facts, calendar, more):
    paused = Facts(facts.received, facts.limit, (*facts.pauses, *more), facts.extensions)
    plain = Facts(facts.received, facts.limit, facts.pauses, facts.extensions)
    assert deadline(paused, calendar, today=TODAY).due >= deadline(plain, calendar, today=TODAY).due


@given(facts_of(open_ones=False), CALENDARS, pauses())
@settings(max_examples=300, deadline=None)
def test_what_happens_after_the_due_day_changes_nothing(facts, calendar, more):
    before = deadline(facts, calendar, today=LAST + DAY * 400)
    assume(facts.closed is None)
    after = tuple(pause for pause in more if pause.begin > before.due)
    late = (Extension(5, before.due + DAY, "迟到的延期"),)
    again = Facts(facts.received, facts.limit, (*facts.pauses, *after), (*facts.extensions, *late))
    found = deadline(again, calendar, today=LAST + DAY * 400)
    assert (found.due, found.state) == (before.due, ClockState.BREACHED)


@given(st.dates(date(2027, 1, 1), date.max), st.integers(1, 60))
def test_a_year_not_announced_never_raises(received, n):
    found = deadline(Facts(received, n), CALENDAR, today=received)
    assert found.provisional
    assert found.due >= received


@given(st.dates(), st.integers(1, 30), pauses(), st.dates())
@settings(max_examples=200, deadline=None)
def test_no_facts_whatsoever_raise(received, n, some, today):
    deadline(
        Facts(received, n, some),
        CALENDAR,
        today=min(today, received + DAY * 300 if received.year < 9999 else today),
    )


# --- moments ------------------------------------------------------------------------------------------------

OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
CHINA = timezone(timedelta(hours=8))


@given(DATES, st.sampled_from([(0, 30), (7, 59), (8, 0), (23, 59)]), OFFSETS)
def test_a_moment_counts_as_its_day_in_china_whatever_zone_it_is_written_in(day, clock, zone):
    moment = datetime(day.year, day.month, day.day, *clock, tzinfo=CHINA).astimezone(zone)
    assert local_day(moment) == day
    by_moment = deadline(Facts(moment, 5), CALENDAR, today=TODAY)
    assert by_moment == deadline(Facts(day, 5), CALENDAR, today=TODAY)


def test_a_moment_without_a_zone_is_refused():
    naive = datetime(2026, 3, 5, 0, 30)
    for facts in (Facts(naive, 5), Facts(date(2026, 3, 5), 5, closed=naive)):
        with pytest.raises(ValueError, match="time zone"):
            deadline(facts, CALENDAR, today=TODAY)


def test_the_ends_of_time_are_days_too():
    assert local_day(datetime(9999, 12, 31, 23, tzinfo=UTC)) == date.max
    assert local_day(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))) == date.min
    found = deadline(Facts(date.max, 5), CALENDAR, today=TODAY)
    assert (found.due, found.provisional) == (date.max, True)


# --- states -------------------------------------------------------------------------------------------------

RECEIVED = date(2026, 11, 16)  # a Monday: three days run to Thursday the 19th


def at(day, **more):
    return deadline(Facts(RECEIVED, 3, **more), CALENDAR, today=date(2026, 11, day))


@pytest.mark.parametrize(
    ("day", "state", "remaining", "used"),
    [
        (16, ClockState.RUNNING, 3, 0),
        (17, ClockState.RUNNING, 2, 1),
        (18, ClockState.DUE_SOON, 1, 2),
        (19, ClockState.DUE_SOON, 0, 3),
        (20, ClockState.BREACHED, -1, 4),
        (21, ClockState.BREACHED, -1, 4),
        (23, ClockState.BREACHED, -2, 5),
    ],
)
def test_an_open_matter_runs_warns_and_breaches(day, state, remaining, used):
    found = at(day)
    assert (found.state, found.remaining, found.used) == (state, remaining, used)


def test_on_the_weekend_after_a_friday_it_is_late_already():
    found = deadline(Facts(date(2026, 11, 17), 3), CALENDAR, today=date(2026, 11, 21))
    assert (found.due, found.state, found.remaining) == (date(2026, 11, 20), ClockState.BREACHED, -1)


@pytest.mark.parametrize(
    ("closed", "state", "remaining"),
    [
        (RECEIVED, ClockState.MET, 3),
        (date(2026, 11, 19), ClockState.MET, 0),
        (datetime(2026, 11, 19, 15, 59, tzinfo=UTC), ClockState.MET, 0),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), ClockState.BREACHED, -1),
        (date(2026, 11, 24), ClockState.BREACHED, -3),
    ],
)
def test_closing_on_the_due_day_is_in_time_and_the_next_local_day_is_late(closed, state, remaining):
    found = at(30, closed=closed)
    assert (found.state, found.remaining, found.due) == (state, remaining, date(2026, 11, 19))


def test_a_closing_that_lies_ahead_is_not_known_yet():
    assert at(17, closed=date(2026, 11, 18)).state is ClockState.RUNNING


def test_before_receipt_nothing_runs():
    found = deadline(Facts(None, 3), CALENDAR, today=TODAY)
    assert (found.state, found.due, found.remaining, found.days) == (ClockState.NOT_STARTED, None, None, ())


def test_an_open_pause_leaves_the_due_day_open_and_keeps_what_remains():
    pause = Pause(date(2026, 11, 18), None, "补正")
    found = at(24, pauses=(pause,))
    assert (found.state, found.due, found.remaining, found.used) == (ClockState.PAUSED, None, 2, 1)
    assert found.days[-1].day == date(2026, 11, 24)
    assert found.days[-1].reason == "停时(补正)不计"
    assert at(17, pauses=(pause,)).due == date(2026, 11, 19)


def test_closing_during_an_open_pause_is_in_time():
    found = at(30, pauses=(Pause(date(2026, 11, 18), None, "补正"),), closed=date(2026, 11, 27))
    assert (found.state, found.due, found.remaining) == (ClockState.MET, None, 2)
    assert found.days[-1].day == date(2026, 11, 27)


def test_the_day_a_pause_begins_and_the_day_it_ends_do_not_count():
    one_day = (Pause(date(2026, 11, 18), date(2026, 11, 18), "听证"),)
    assert at(18, pauses=one_day).due == date(2026, 11, 20)
    overlapping = (
        Pause(date(2026, 11, 17), date(2026, 11, 18), "补正"),
        Pause(date(2026, 11, 18), date(2026, 11, 20), "听证"),
    )
    found = at(18, pauses=overlapping)
    assert found.due == date(2026, 11, 25)
    assert [line.reason for line in found.days if line.day == date(2026, 11, 18)] == ["停时(补正、听证)不计"]


def test_a_pause_is_over_for_the_reader_on_the_day_it_ends():
    pause = (Pause(date(2026, 11, 17), date(2026, 11, 19), "补正"),)
    assert [at(day, pauses=pause).state for day in (17, 18, 19)] == [
        ClockState.PAUSED, ClockState.PAUSED, ClockState.RUNNING,
    ]  # fmt: skip


def test_a_pause_on_the_due_day_moves_it_and_one_after_it_does_not():
    assert at(20, pauses=(Pause(date(2026, 11, 19), date(2026, 11, 20), "补正"),)).due == date(2026, 11, 23)
    late = at(24, pauses=(Pause(date(2026, 11, 20), None, "补正"),))
    assert (late.due, late.state) == (date(2026, 11, 19), ClockState.BREACHED)


def test_an_extension_counts_only_when_decided_in_time():
    in_time = (Extension(2, date(2026, 11, 19), "案情复杂"),)
    assert at(20, extensions=in_time).due == date(2026, 11, 23)
    assert at(20, extensions=(Extension(2, date(2026, 11, 20), "案情复杂"),)).due == date(2026, 11, 19)
    chain = (*in_time, Extension(1, date(2026, 11, 23), "再次延期"))
    assert at(20, extensions=chain).due == date(2026, 11, 24)
    assert at(20, extensions=chain[::-1]).due == date(2026, 11, 24)


def test_a_pause_made_possible_by_an_extension_moves_the_day_too():
    found = at(
        20,
        extensions=(Extension(2, date(2026, 11, 18), "案情复杂"),),
        pauses=(Pause(date(2026, 11, 20), date(2026, 11, 23), "听证"),),
    )
    assert found.due == date(2026, 11, 25)


@pytest.mark.parametrize(
    "facts",
    [
        Facts(RECEIVED, 0),
        Facts(RECEIVED, 3, extensions=(Extension(0, RECEIVED, ""),)),
        Facts(RECEIVED, 3, pauses=(Pause(date(2026, 11, 18), date(2026, 11, 17), "补正"),)),
    ],
)
def test_facts_that_cannot_be_are_refused(facts):
    with pytest.raises(ValueError, match=r"limit|extension|pause"):
        deadline(facts, CALENDAR, today=TODAY)


def test_states_read_in_chinese():
    assert [state.label for state in ClockState] == [
        "未开始",
        "进行中",
        "即将到期",
        "停时",
        "按时办结",
        "逾期",
    ]
    assert ClockState("met") is ClockState.MET
    assert ClockState.choices()[0] == ("not_started", "未开始")


def test_an_explanation_as_small_months():
    found = deadline(Facts(date(2026, 9, 30), 5), CALENDAR, today=TODAY)
    months = explained_months(found.days, found.due)
    assert [(month.year, month.number) for month in months] == [(2026, 9), (2026, 10)]
    squares = {square.day: square for month in months for week in month.weeks for square in week if square}
    assert squares[date(2026, 9, 30)].kind == "receipt"
    assert squares[date(2026, 9, 29)].kind == "outside"
    assert squares[date(2026, 10, 1)].kind == "skipped"
    assert squares[date(2026, 10, 8)].mark == "1"
    assert squares[found.due].kind == "due"
