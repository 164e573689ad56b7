"""The calendar: days by the notices, layers, and what is not announced yet."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worktime.rules.calendars import Calendar, SpecialDay, days_after, layers_of, overlaid
from worktime.rules.months import explained_months, year_months
from worktime.rules.notices import NoticeError, differences, from_stored, read_notice, to_stored
from worktime.services.shipped import DATA, shipped_days

from . import official


def national() -> Calendar:
    days, known_from, known_until = shipped_days()
    return Calendar("", "2026-1", known_until, days, known_from)


CALENDAR = national()
ALL_DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))


@pytest.mark.parametrize("year", official.YEARS)
def test_every_day_of_three_years_is_as_the_notices_say(year):
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    assert [day for day in days if CALENDAR.is_working(day) != official.works(day)] == []
    assert sum(map(CALENDAR.is_working, days)) == official.YEARS[year]
    assert not any(CALENDAR.judge(day).provisional for day in days)


def test_the_shipped_table_reaches_from_2004_to_the_last_notice():
    days, known_from, known_until = shipped_days()
    assert (known_from, known_until) == (date(2004, 1, 1), date(2026, 12, 31))
    assert {day.year for day in days} == set(range(2004, 2027))


def test_the_notice_of_2026_gives_all_its_days_and_their_source():
    path = DATA / "notices" / "2026.csv"
    lines = {line.day: line.special for line in read_notice(path.read_text(encoding="utf-8"))}
    off = official._days(2026, official.OFF[2026])
    make_up = official._days(2026, official.MAKE_UP[2026])
    assert {day for day, one in lines.items() if one.off} == off
    assert {day for day, one in lines.items() if not one.off} == make_up
    assert {day: one for day, one in CALENDAR.days.items() if day.year == 2026} == lines
    assert CALENDAR.judge(date(2026, 10, 1)).source == "国办关于2026年部分节假日安排的通知"


def test_a_notice_prevails_over_the_table():
    assert CALENDAR.days[date(2020, 2, 1)].source == "国办关于延长2020年春节假期的通知"
    assert CALENDAR.days[date(2020, 1, 30)].source == "国办关于2020年部分节假日安排的通知"


def test_days_before_new_year_belong_to_the_next_years_notice():
    assert CALENDAR.days[date(2018, 12, 31)].source == "国办关于2019年部分节假日安排的通知"


def test_every_name_and_source_is_chinese():
    for day, one in CALENDAR.days.items():
        assert not any(sign.isascii() and sign.isalpha() for sign in one.name + one.source), day


@pytest.mark.parametrize(
    ("day", "reason", "working"),
    [
        (date(2026, 10, 1), "国庆节放假", False),
        (date(2026, 10, 10), "国庆节调休上班", True),
        (date(2026, 10, 17), "周六", False),
        (date(2026, 10, 18), "周日", False),
        (date(2026, 10, 16), "工作日", True),
        (date(2015, 9, 3), "抗战胜利70周年纪念日放假", False),
    ],
)
def test_a_judgement_says_why(day, reason, working):
    judgement = CALENDAR.judge(day)
    assert (judgement.reason, judgement.working, judgement.provisional) == (reason, working, False)


def test_beyond_the_last_notice_days_are_provisional_and_weekdays_work():
    assert CALENDAR.judge(date(2027, 1, 1))[:3] == (True, "工作日", True)
    assert CALENDAR.judge(date(2027, 1, 2))[:3] == (False, "周六", True)
    assert CALENDAR.caveat(date(2027, 1, 1)) == "2027年节假日尚未公布，暂按周末推算"
    assert CALENDAR.judge(date(2003, 12, 31)).provisional
    assert "未收录" in CALENDAR.caveat(date(2003, 12, 31))
    assert CALENDAR.caveat(date(2026, 12, 31)) == ""


@given(ALL_DAYS, st.integers(0, 400))
def test_no_day_whatsoever_raises(day, n):
    CALENDAR.judge(day)
    assert CALENDAR.add_working_days(day, n) >= day
    assert CALENDAR.next_working_day(day) >= day


def test_the_end_of_time_is_reached_and_not_passed():
    assert CALENDAR.add_working_days(date(9999, 12, 30), 10) == date.max
    assert CALENDAR.next_working_day(date.max) == date.max
    assert CALENDAR.working_days_between(date(9999, 12, 30), date.max) == 1
    with pytest.raises(ValueError, match="forwards"):
        CALENDAR.add_working_days(date(2026, 1, 1), -1)


@given(st.dates(date(2004, 1, 1), date(2027, 12, 31)), st.integers(1, 60))
def test_adding_and_counting_are_each_others_inverse(day, n):
    end = CALENDAR.add_working_days(day, n)
    assert CALENDAR.is_working(end)
    assert CALENDAR.working_days_between(day, end) == n
    assert CALENDAR.working_days_between(end, day) == 0


# --- layers -------------------------------------------------------------------------------------------------


def test_a_region_lies_over_its_province_and_the_country():
    assert layers_of("") == [""]
    assert layers_of("640104") == ["", "640000", "640100", "640104"]
    assert layers_of("640100") == ["", "640000", "640100"]
    assert layers_of("640000") == ["", "640000"]


def test_an_overlay_prevails_and_what_it_has_not_announced_is_provisional_there():
    eid = SpecialDay(True, "开斋节", "示例通知")
    work = SpecialDay(False, "国庆节调休上班", "示例通知")
    layer = Calendar(
        "640000", "2025-2", date(2025, 12, 31), {date(2026, 3, 20): eid, date(2026, 10, 2): work}
    )
    both = overlaid(CALENDAR, layer)
    assert not both.is_working(date(2026, 3, 20))
    assert CALENDAR.is_working(date(2026, 3, 20))
    assert both.is_working(date(2026, 10, 2))
    assert not both.is_working(date(2026, 10, 1))
    assert both.region == "640000"
    assert both.version == "2026-1；640000：2025-2"
    assert both.judge(date(2026, 10, 1)).provisional
    assert not both.judge(date(2025, 10, 1)).provisional


# --- notices ------------------------------------------------------------------------------------------------


def test_lines_are_read_as_offices_write_them():
    text = "\ufeff日期,放假/上班,名称\n2027-01-01,放假,元旦\n2027/1/2\t休\t元旦\n2027年1月9日，上班，元旦调休上班\n# 说明\n2027.2.6 放假 春节 另一通知\n"
    lines = read_notice(text, source="示例通知")
    assert [(str(line.day), line.special.off, line.special.name, line.special.source) for line in lines] == [
        ("2027-01-01", True, "元旦", "示例通知"),
        ("2027-01-02", True, "元旦", "示例通知"),
        ("2027-01-09", False, "元旦调休上班", "示例通知"),
        ("2027-02-06", True, "春节", "另一通知"),
    ]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "没有读到任何一天"),
        ("2027-02-30,放假,春节", "日历上没有这一天"),
        ("明天,放假,春节", "2026-10-01 的样式"),
        ("2027-02-06,可能,春节", "“放假”或者“上班”"),
        ("2027-02-06,放假", "节日名称"),
        ("2027-02-06,放假," + "长" * 41, "不超过40字"),
        ("2027-02-06,放假,春节\n2027-02-06,上班,春节调休上班", "另一种安排"),
    ],
)
def test_a_faulty_line_is_named(text, part):
    with pytest.raises(NoticeError) as caught:
        read_notice(text, source="示例")
    assert part in str(caught.value)


def test_all_faulty_lines_are_told_at_once_and_a_source_is_needed():
    with pytest.raises(NoticeError) as caught:
        read_notice("x\ny\n")
    assert len(caught.value.problems) == 2
    with pytest.raises(NoticeError, match="没有写来源"):
        read_notice("2027-02-06,放假,春节")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_but_nothing_else_happens(text):
    with suppress(NoticeError):
        assert read_notice(text, source="示例")


def test_days_survive_storing():
    stored = json.loads(json.dumps(to_stored(CALENDAR.days)))
    assert from_stored(stored) == CALENDAR.days


def test_differences_are_told_in_words():
    days = {**CALENDAR.days, date(2026, 11, 23): SpecialDay(True, "示例节", "示例")}
    del days[date(2026, 10, 10)]
    found = differences(CALENDAR, Calendar("", "x", CALENDAR.known_until, days))
    assert [(str(one.day), one.before, one.after) for one in found] == [
        ("2026-10-10", "国庆节调休上班", "周六"),
        ("2026-11-23", "工作日", "示例节放假"),
    ]


# --- months -------------------------------------------------------------------------------------------------


def test_twelve_months_show_every_day_once_and_count_the_working_ones():
    months = year_months(CALENDAR, 2026)
    days = [square.day for month in months for week in month.weeks for square in week if square]
    assert days == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(month.working for month in months) == 248
    october = months[9]
    assert october.notes == ("1-7日国庆节放假", "10日国庆节调休上班")
    assert [square.kind for square in october.weeks[0] if square] == ["off"] * 4
    assert all(len(week) == 7 for month in months for week in month.weeks)
    assert year_months(CALENDAR, 9999)[11].weeks


def test_no_months_without_an_explanation():
    assert explained_months([], None) == []


@given(ALL_DAYS, st.integers(0, 60), st.integers(0, 20))
def test_due_days_of_many_days_are_those_of_each(first, many, n):
    last = min(first, date.max - timedelta(days=many)) + timedelta(days=many)
    days = [first, *days_after(first, last)]
    assert list(CALENDAR.due_days(first, last, n)) == [CALENDAR.add_working_days(day, n) for day in days]
