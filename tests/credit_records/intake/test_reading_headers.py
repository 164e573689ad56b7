"""The header is found wherever an office put it, and every column under whatever writing of its title."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.intake.reading import FieldTitle, FileRefused
from credit_records.intake.reading.headers import RESULT_TITLE, HeaderFinder, is_result_title
from tests.credit_records.intake.reading_samples import FIELDS, OTHER_ROW, ROW, TITLES

FINDER = HeaderFinder(FIELDS)
NOTES = [
    "",
    "银川市行政处罚信息报送表",
    "填表说明：带*号为必填项；日期格式为YYYY/MM/DD",
    "单位：银川示例局",
    "2026年3月",
]


def writings(field: FieldTitle) -> st.SearchStrategy[str]:
    """Every way in which the office may head the column."""
    brackets = st.sampled_from(["()", "（）", "[]", "【】", "〔〕", "［］"]).map(
        lambda pair: str.maketrans("()", pair)
    )
    base = st.sampled_from(
        [
            field.title,
            field.code,
            field.code.lower(),
            f"{field.title}({field.code})",
            f"{field.title}（{field.code}）",
            f"{field.title}\n{field.code}",
        ]
    )
    shaped = st.tuples(base, brackets).map(lambda pair: pair[0].translate(pair[1]))
    before = st.sampled_from(
        ["", "*", "＊", "* ", "\n", "(*)", "（*） ", "1.", "12、", "３．", "*4、", "5. *"]
    )
    behind = st.sampled_from(["", "*", "＊", "\n", "(*)", "：", ":", "：*", "* :"])
    blanks = st.sampled_from(["", " ", "\u3000", "\r\n", "\u200b"])

    def spoil(parts: tuple[str, str, str, str, int]) -> str:
        before, text, after, blank, at = parts
        cut = at % (len(text) + 1)
        return f"{before}{text[:cut]}{blank}{text[cut:]}{after}"

    return st.tuples(before, shaped, behind, blanks, st.integers(0, 40)).map(spoil)


@given(
    notes=st.lists(st.lists(st.sampled_from(NOTES), max_size=8), max_size=20),
    titles=st.tuples(*(writings(field) for field in FIELDS)),
    extra=st.lists(st.sampled_from(["序号", "经办人", RESULT_TITLE, ""]), max_size=4),
    seed=st.randoms(use_true_random=False),
)
def test_the_header_is_found_below_any_notes_in_any_order_of_columns(
    notes: list[list[str]], titles: tuple[str, ...], extra: list[str], seed: random.Random
) -> None:
    columns: list[tuple[str, str | None]] = [
        *zip(titles, (field.code for field in FIELDS), strict=True),
        *((title, None) for title in extra),
    ]
    seed.shuffle(columns)
    rows = [*notes, [title for title, _ in columns], ROW, OTHER_ROW]
    header = FINDER.find(rows)
    assert header is not None
    assert header.row == len(notes) + 1
    assert header.positions == {code: [index] for index, (_, code) in enumerate(columns) if code is not None}
    FINDER.check(header)


@given(st.lists(st.lists(st.sampled_from([*NOTES, *ROW, TITLES[0], TITLES[5]]), max_size=6), max_size=30))
def test_rows_without_three_known_titles_are_no_header(rows: list[list[str]]) -> None:
    assert FINDER.find(rows) is None


def test_of_two_rows_that_look_like_headers_the_fuller_one_is_taken() -> None:
    header = FINDER.find([[*TITLES[:3], "", "", ""], ROW, TITLES, OTHER_ROW])
    assert header is not None
    assert header.row == 3


def test_of_a_header_that_is_repeated_the_first_is_taken() -> None:
    header = FINDER.find([TITLES, ROW, TITLES, OTHER_ROW])
    assert header is not None
    assert header.row == 1


def test_a_line_of_codes_below_the_titles_belongs_to_the_header() -> None:
    header = FINDER.find([["报送表"], TITLES, [field.code for field in FIELDS], ROW])
    assert header is not None
    assert (header.row, header.columns[0].title) == (3, "行政相对人名称")


def test_a_short_form_counts_only_where_the_full_title_is_absent() -> None:
    short = FINDER.read(1, ["当事人名称", "统一社会信用代码", "行政处罚决定书文号", "处罚决定日期"])
    assert short.positions["CF_XDR_SHXYM"] == [1]
    both = FINDER.read(1, [*TITLES, "统一社会信用代码"])
    assert both.positions["CF_XDR_SHXYM"] == [1]
    assert both.columns[6].field_code is None


def test_a_remark_that_the_column_is_required_does_not_hide_it() -> None:
    header = FINDER.read(1, ["行政相对人名称（必填）", "罚款金额（万元）(选填)"])
    assert set(header.positions) == {"CF_XDR_MC", "CF_NR_FK"}


def test_only_our_own_column_of_results_is_taken_for_it() -> None:
    assert is_result_title(f" *{RESULT_TITLE}\n")
    assert not any(map(is_result_title, ["检查结果", "(检查结果)", "[检查结果]", "【检查结论】"]))


def test_missing_required_columns_are_named() -> None:
    header = FINDER.read(3, TITLES[:2] + TITLES[3:4])
    with pytest.raises(FileRefused) as caught:
        FINDER.check(header)
    assert caught.value.code == "file.header_missing_columns"
    assert "行政处罚决定书文号、处罚决定日期" in caught.value.message
    assert "第 3 行" in caught.value.message


def test_a_column_that_stands_twice_is_refused_with_its_letters() -> None:
    header = FINDER.read(1, [*TITLES, "*备注 "])
    with pytest.raises(FileRefused) as caught:
        FINDER.check(header)
    assert caught.value.code == "file.duplicate_columns"
    assert "“备注”（F、G 列）" in caught.value.message
