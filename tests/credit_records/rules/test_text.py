import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.rules.text import (
    clean_code,
    clean_text,
    document_key,
    half_width,
    header_key,
    is_blank,
    long_number_lost,
    name_key,
    starts_formula,
)

ODD_TEXT = st.text(
    st.one_of(
        st.characters(), st.sampled_from(" \t\r\n\x00\x0b\u00a0\u200b\u200d\u2028\u3000\ufeffＡｚ０（）〔〕·")
    )
)


def widened(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("银川示例有限公司", "银川示例有限公司"),
        ("\u3000银川示例有限公司\u00a0 \t", "银川示例有限公司"),
        ("\ufeff银川\u200b示例", "银川示例"),
        ("银市监罚２０２６Ａｂ号", "银市监罚2026Ab号"),
        ("（示例），。：；〔〕“”、", "（示例），。：；〔〕“”、"),
        ("𠮷野㐂示例﨑", "𠮷野㐂示例﨑"),
        ("第一行\r\n第二行\r第三行\x0b第四行\u2028第五行", "第一行\n第二行\n第三行\n第四行\n第五行"),
        ("一\n\u3000\u3000二", "一\n\u3000\u3000二"),
        ("甲\x00乙\x07丙\x7f丁\x9f", "甲乙丙丁"),
        ("甲\t乙\u00a0丙", "甲 乙 丙"),
        ("半\ud800个", "半个"),
        ("\n 甲 \n", "甲"),
        ("", ""),
        (None, ""),
        (5.0, "5"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (1.5e-7, "0.00000015"),
        (1e22, "10000000000000000000000"),
        (float("nan"), "nan"),
        (7, "7"),
        (True, "TRUE"),
        (datetime.date(2026, 3, 5), "2026-03-05"),
        (datetime.datetime(2026, 3, 5), "2026-03-05"),
        (datetime.datetime(2026, 3, 5, 9, 12), "2026-03-05 09:12:00"),
        (datetime.time(9, 12), "09:12:00"),
    ],
)
def test_clean_text_changes_only_what_nobody_would_miss(raw, expected):
    assert clean_text(raw) == expected


@given(ODD_TEXT)
def test_clean_text_twice_is_clean_text_once(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@given(ODD_TEXT)
def test_what_is_cleaned_can_be_stored_and_has_no_blank_edges(text):
    cleaned = clean_text(text)
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert cleaned == cleaned.strip()


@given(ODD_TEXT)
def test_a_cell_is_blank_exactly_when_nothing_remains_of_it(text):
    assert is_blank(text) == (clean_text(text) == "")


@pytest.mark.parametrize("raw", [None, "", " ", "\u3000\u00a0", "\ufeff\u200b", "\r\n\t", "\x00"])
def test_blank_cells_of_every_kind_are_blank(raw):
    assert is_blank(raw)


@pytest.mark.parametrize("raw", [0, 0.0, False, "0", "-", " 无 ", "\u3000x", datetime.time(0)])
def test_a_zero_or_a_dash_is_not_blank(raw):
    assert not is_blank(raw)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("91640104DEM07200XC", "91640104DEM07200XC"),
        (" 9164 0104 dem0\u30007200xc\n", "91640104DEM07200XC"),
        ("９１６４０１０４ｄｅｍ０７２００ｘｃ", "91640104DEM07200XC"),
        ("ＤＥＭ０００００－Ｘ（１）", "DEM00000-X(1)"),
        ("9164\u200b0104", "91640104"),
        (640104.0, "640104"),
        (None, ""),
        ("ſ1ı", "ſ1ı"),
        ("校验码乙", "校验码乙"),
    ],
)
def test_clean_code_is_half_width_without_blanks_in_capitals(raw, expected):
    assert clean_code(raw) == expected


@given(ODD_TEXT)
def test_clean_code_ignores_width_and_is_stable(text):
    assert clean_code(clean_code(text)) == clean_code(text)
    assert clean_code(widened(text)) == clean_code(text)


def test_half_width_turns_signs_too():
    assert half_width(" ２０２６／３／５　") == "2026/3/5"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("银川示例（集团）有限公司", "银川示例(集团)有限公司"),
        ("银川示例【集团】有限公司", "银川示例〔集团〕有限公司"),
        ("银川 示例\u3000有限公司", "银川示例有限公司"),
        ("示例ｄｅｍ公司", "示例DEM公司"),
        ("买买提·示例", "买买提•示例"),
        ("买买提．示例", "买买提・示例"),
    ],
)
def test_two_spellings_of_one_name_share_a_key(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("银川示例公司", "银川示列公司"), ("示例(集团)公司", "示例集团公司"), ("𠮷例", "吉例")]
)
def test_two_different_names_keep_two_keys(one, other):
    assert name_key(one) != name_key(other)


@given(ODD_TEXT)
def test_name_key_ignores_width_blanks_and_kind_of_bracket(text):
    assert name_key(widened(text)) == name_key(text)
    assert name_key(text.replace("(", "〔").replace(")", "】")) == name_key(text)
    assert name_key("\u3000" + " ".join(text)) == name_key(text)
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize(
    "spelling",
    [
        "银市监罚〔2026〕12号",
        "银市监罚[2026]12号",
        "银市监罚【2026】12号",
        "银市监罚（２０２６） 12号",
        "银市监罚(2026)12号",
        "银市监罚「2026」12号",
        "银市监罚﹝2026﹞12号\u200b",
    ],
)
def test_brackets_and_blanks_do_not_make_another_document_number(spelling):
    assert document_key(spelling) == "银市监罚〔2026〕12号"


def test_document_numbers_that_differ_keep_two_keys():
    assert document_key("银市监罚〔2026〕12号") != document_key("银市监罚〔2026〕1-2号")
    assert document_key("dem-1") == document_key("DEM-1")


@given(ODD_TEXT)
def test_document_key_is_stable(text):
    assert document_key(document_key(text)) == document_key(text)


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("*行政相对人名称", "行政相对人名称"),
        ("＊ 行政相对人名称＊", "行政相对人名称"),
        ("行政相对人代码_1\n（统一社会信用代码）", "行政相对人代码_1(统一社会信用代码)"),
        ("cf_wsh", "CF_WSH"),
        ("\ufeff罚款金额（万元）", "罚款金额(万元)"),
        ("甲*乙", "甲*乙"),
        ("标题[CODE]", "标题(CODE)"),
        ("标题【code】", "标题(CODE)"),
        ("标题〔CODE〕：", "标题(CODE)"),
        ("(*)标题", "标题"),
        ("（＊） 标题 :", "标题"),
        ("1.标题", "标题"),
        ("12、*标题*：", "标题"),
        ("3．标题", "标题"),
        ("1.5倍罚款", "1.5倍罚款"),
        ("2026年罚款", "2026年罚款"),
        ("行政相对人代码_6", "行政相对人代码_6"),
        ("标题_CODE", "标题_CODE"),
        ("straße", "STRAßE"),
    ],
)
def test_header_key_drops_marks_blanks_and_widths(title, key):
    assert header_key(title) == key


@given(ODD_TEXT)
def test_header_key_is_stable_and_ignores_width_and_kind_of_bracket(text):
    key = header_key(text)
    assert header_key(key) == key
    assert header_key(widened(text)) == key
    assert header_key(text.replace("(", "【").replace(")", "］")) == key


@given(ODD_TEXT | st.text("ßﬃŉΐİıǰ甲"))
def test_no_key_is_longer_than_what_it_is_the_key_of(text):
    assert len(name_key(text)) <= len(text)
    assert len(document_key(text)) <= len(text)


@pytest.mark.parametrize(
    ("raw", "lost"),
    [
        (9.16401e17, True),
        (1000000000000000, True),
        (640100200012345.0, False),
        ("9.164E+17", True),
        (" 9.16401040000123e+17", True),
        ("9E+17", True),
        ("91640104DEM07200XC", False),
        ("1+1", False),
        (5.0, False),
        (True, False),
        (None, False),
    ],
)
def test_numbers_beyond_fifteen_digits_are_lost(raw, lost):
    assert long_number_lost(raw) is lost


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "＝1", '=HYPERLINK("x")', "\ufeff=1"]
)
def test_what_an_office_program_would_compute_starts_a_formula(text):
    assert starts_formula(text)


@pytest.mark.parametrize("text", ["", "罚款", "a=b", "1-2", "'=1"])
def test_ordinary_text_starts_no_formula(text):
    assert not starts_formula(text)
