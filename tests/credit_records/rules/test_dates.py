import calendar
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.rules.dates import LONG_TERM, add_months, parse_date
from credit_records.rules.faults import Fault, Severity

D = datetime.date
days = st.dates(D(1900, 1, 1), D(2099, 12, 31))

WRITINGS = {
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "slashes, two digits": lambda d: f"{d:%Y/%m/%d}",
    "ISO": lambda d: d.isoformat(),
    "hyphens": lambda d: f"{d.year}-{d.month}-{d.day}",
    "points": lambda d: f"{d.year}.{d.month}.{d.day}",
    "eight digits": lambda d: f"{d:%Y%m%d}",
    "eight digits as a number": lambda d: float(f"{d:%Y%m%d}"),
    "in Chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "in Chinese with blanks": lambda d: f" {d.year} 年 {d.month} 月 {d.day} 日\u3000",
    "with midnight": lambda d: f"{d.year}-{d.month}-{d.day} 00:00:00",
    "with a time": lambda d: f"{d.year}/{d.month}/{d.day} 9:05",
    "ISO with T": lambda d: f"{d.isoformat()}T23:59:59.5",
    "full-width": lambda d: f"{d:%Y/%m/%d}".translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)}),
    "date": lambda d: d,
    "datetime": lambda d: datetime.datetime(d.year, d.month, d.day, 23, 59),
    "with the offset of China": lambda d: f"{d.isoformat()}T00:00:00+08:00",
}


@pytest.mark.parametrize("written", WRITINGS.values(), ids=WRITINGS.keys())
@given(day=days)
def test_a_date_is_read_in_every_form_offices_use(written, day):
    assert parse_date(written(day)) == day


@given(st.integers(20000, 73050), st.floats(0, 0.999))
def test_serials_of_excel_are_read_as_number_and_as_five_digits(serial, part_of_day):
    day = D(1899, 12, 30) + datetime.timedelta(days=serial)
    assert parse_date(serial) == day
    assert parse_date(serial + part_of_day) == day
    assert parse_date(str(serial)) == day


@pytest.mark.parametrize(
    ("raw", "day"), [(45921, D(2025, 9, 21)), ("20260305", D(2026, 3, 5)), (20000, D(1954, 10, 3))]
)
def test_known_serials_and_digits(raw, day):
    assert parse_date(raw) == day


@pytest.mark.parametrize("raw", [None, "", "\u3000", "\ufeff"])
def test_an_empty_cell_is_no_date_and_no_fault(raw):
    assert parse_date(raw) is None


def test_a_moment_counts_by_the_day_in_china():
    assert parse_date("2026-03-04T16:00:00Z") == D(2026, 3, 5)
    assert parse_date(datetime.datetime(2026, 3, 4, 16, tzinfo=datetime.UTC)) == D(2026, 3, 5)
    assert parse_date("2026-03-05T01:00:00+09:00") == D(2026, 3, 5)


def test_long_term_is_the_last_day_that_is_accepted():
    assert parse_date("2099/12/31") == LONG_TERM


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("2026-02-30", "date.impossible"),
        ("2026/13/5", "date.impossible"),
        ("20260230", "date.impossible"),
        ("2026年2月29日", "date.impossible"),
        ("2026.0.5", "date.impossible"),
        ("2026-03-05T25:00:00Z", "date.impossible"),
        ("26/3/5", "date.unreadable"),
        ("26年3月5日", "date.unreadable"),
        ("3/5/2026", "date.unreadable"),
        ("2026-W10-4", "date.unreadable"),
        ("2026年3月", "date.unreadable"),
        ("2026/3-5", "date.unreadable"),
        ("2026-3", "date.unreadable"),
        ("长期", "date.unreadable"),
        ("260305", "date.unreadable"),
        ("12345", "date.unreadable"),
        ("٢٠٢٦/٠٣/٠٥", "date.unreadable"),
        (2026.3, "date.unreadable"),
        (0, "date.unreadable"),
        (float("nan"), "date.unreadable"),
        (float("inf"), "date.unreadable"),
        (True, "date.unreadable"),
        (datetime.time(9), "date.unreadable"),
        ("1899/12/31", "date.out_of_range"),
        ("2100-01-01", "date.out_of_range"),
        ("9999年12月31日", "date.out_of_range"),
        ("0000-00-00", "date.out_of_range"),
        (D(1899, 12, 31), "date.out_of_range"),
        (datetime.datetime(9999, 12, 31, 23, tzinfo=datetime.UTC), "date.out_of_range"),
        ("2099-12-31T23:00:00Z", "date.out_of_range"),
        (80000, "date.out_of_range"),
    ],
)
def test_each_kind_of_wrong_date_is_refused_by_its_name(raw, fault):
    found = parse_date(raw)
    assert isinstance(found, Fault)
    assert (found.code, found.severity) == (fault, Severity.REJECT)


def test_a_refusal_quotes_the_cell_shortened_and_says_what_to_write():
    message = parse_date("自发布之日起" * 20).message
    assert "自发布之日起" in message
    assert "2026/03/05" in message
    assert len(message) < 90


@given(st.one_of(st.text(), st.text("0123456789/-.年月日T: "), st.floats(), st.integers(), st.datetimes()))
def test_no_cell_breaks_the_reading(raw):
    found = parse_date(raw)
    assert found is None or isinstance(found, Fault) or 1900 <= found.year <= 2099


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (D(2026, 11, 30), 3, D(2027, 2, 28)),
        (D(2024, 2, 29), 12, D(2025, 2, 28)),
        (D(2023, 11, 30), 3, D(2024, 2, 29)),
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2026, 3, 31), 1, D(2026, 4, 30)),
        (D(2026, 12, 15), 1, D(2027, 1, 15)),
        (D(2026, 3, 31), -1, D(2026, 2, 28)),
        (D(2026, 3, 5), 0, D(2026, 3, 5)),
        (D(2024, 2, 29), 48, D(2028, 2, 29)),
        (D(2026, 4, 1), 36, D(2029, 4, 1)),
    ],
)
def test_periods_of_months_end_on_the_corresponding_day(day, months, end):
    assert add_months(day, months) == end


@given(days, st.integers(-120, 120))
def test_adding_months_never_leaves_the_target_month(day, months):
    end = add_months(day, months)
    assert end.year * 12 + end.month == day.year * 12 + day.month + months
    assert end.day == min(day.day, calendar.monthrange(end.year, end.month)[1])
