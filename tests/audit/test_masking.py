"""Identity numbers and mobile phones are masked in any text, and nothing else is."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.masking import mask_in_text, masked

ID = "110101199003070011"
WORDS = st.text(alphabet="示例人电话身份证号，。：()〔〕 ", max_size=12)
PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@st.composite
def identity_numbers(draw) -> str:
    day = draw(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31)))
    first = f"{draw(st.integers(110000, 659999))}{day:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    if len(first) != 17:
        first = first[:6] + f"{day.year:04d}{day.month:02d}{day.day:02d}" + first[-3:]
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, _WEIGHTS, strict=True)) % 11]


@given(before=WORDS, number=identity_numbers(), after=WORDS)
def test_every_identity_number_in_a_text_is_masked(before, number, after):
    shown = mask_in_text(before + number + after)
    assert number not in shown
    assert number[6:14] not in shown
    assert shown.endswith(f"{number[:3]}{'*' * 11}{number[-4:]}{after}")


@given(before=WORDS, number=PHONES, after=WORDS)
def test_every_mobile_number_in_a_text_is_masked(before, number, after):
    assert mask_in_text(before + number + after) == f"{before}{number[:3]}****{number[-4:]}{after}"


@pytest.mark.parametrize("first", ["91640100011201001", "64010022001201001"])
def test_a_number_that_names_no_possible_birth_is_none(first):
    """The beginning of a credit code of digits alone; a year to come."""
    check = "10X98765432"[sum(int(d) * w for d, w in zip(first, _WEIGHTS, strict=True)) % 11]
    assert mask_in_text(first + check) == first + check


@given(st.text())
def test_masking_twice_changes_nothing_more(text):
    once = mask_in_text(text)
    assert mask_in_text(once) == once


@given(st.text(alphabet=st.characters(exclude_categories=("Nd",))))
def test_a_text_without_digits_stays_as_it_is(text):
    assert mask_in_text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话139 1234 5678。", "电话139****5678。"),
        ("电话139-1234-5678。", "电话139****5678。"),
        ("+86 13912345678", "139****5678"),
        ("008613912345678", "139****5678"),
        ("１３９１２３４５６７８", "１３９****５６７８"),
        (f"甲{ID}乙{ID}", "甲110***********0011乙110***********0011"),
        ("11010119900307001x", "11010119900307001x"),
        ("(电话)13912345678号", "(电话)139****5678号"),
        ("〔2026〕13912345678", "〔2026〕139****5678"),
    ],
)
def test_forms_in_which_people_write_them(text, shown):
    assert mask_in_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "0951-5012345",
        "12345678901",
        "银市监罚〔2026〕13号",
        "石市监罚〔2026〕13010200123号",
        "石市监罚（2026）第13010200123号",
        "石市监罚(2026)13010200123号",
        "冀石罚字第13010200123号",
        "91640100MA75XXXXXX",
        "640100000013912",
        "00000000000000000X",
        "110101199013070011",
        "2139123456789",
        "A13912345678",
        "64010020260305000001",
    ],
)
def test_other_numbers_are_left_as_they_are(text):
    assert mask_in_text(text) == text


def test_values_inside_values_are_masked_too():
    assert masked({"a": [f"号{ID}", {"b": "13912345678"}], "n": 13912345678}) == {
        "a": ["号110***********0011", {"b": "139****5678"}],
        "n": 13912345678,
    }


def test_no_digit_of_the_birth_is_ever_left():
    assert re.search("19900307", mask_in_text(f"（{ID}）")) is None
