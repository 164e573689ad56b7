import datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from credit_records.rules.faults import Severity
from credit_records.rules.identifiers import (
    ALPHABET,
    NO_CODE,
    PAIRS,
    check_other_document,
    check_resident_id,
    check_uscc,
    division_state,
    make_uscc,
    mask_id,
    mask_name,
    organisation_check_digit,
    uscc_check_digit,
)

GOOD = "91640104DEM07200XC"
DIVISIONS = ("640104", "640122", "640181", "630102", "110000", "330621", "640100", "100000")

organisations = st.text(ALPHABET, min_size=5, max_size=5).map("DEM".__add__)
codes = st.builds(make_uscc, st.sampled_from(sorted(PAIRS)), st.sampled_from(DIVISIONS), organisations)


def resident_number(division: str, born: str, serial: str) -> str:
    """By the weights of GB 11643 as printed. Division 999999 does not exist, so the numbers are nobody's."""
    first17 = division + born + serial
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first17 + "10X98765432"[sum(int(c) * w for c, w in zip(first17, weights, strict=True)) % 11]


@pytest.mark.parametrize(
    "code",
    [
        "91640104DEM07200XC",
        "92640104DEM000049T",
        "12640100DEM0000574",
        "11640100DEP00001XK",
        "11100000DEM00009X8",
        "A1640100DEM000014G",
        "N1640122DEM000022T",
        "Y1110000DEM000030E",
    ],
)
def test_well_formed_codes_of_every_authority_pass_without_a_remark(code):
    assert check_uscc(code) == (code, None, (), False)


@pytest.mark.parametrize(
    "raw",
    [
        "91640104dem07200xc",
        " 9164 0104 DEM0 7200XC ",
        "９１６４０１０４ＤＥＭ０７２００ＸＣ",
        "91640104\u200bDEM07200XC\n",
    ],
)
def test_small_letters_blanks_and_width_are_put_right(raw):
    assert check_uscc(raw).code == GOOD


@pytest.mark.parametrize("raw", [None, "", "\u3000", "\ufeff "])
def test_an_empty_cell_is_no_code_and_no_fault(raw):
    assert check_uscc(raw) == (None, None, (), False)


@pytest.mark.parametrize("raw", [NO_CODE, "00000000000000000x", " ０００００００００００００００００Ｘ"])
def test_the_declared_absence_of_a_code_is_accepted_with_a_remark(raw):
    verdict = check_uscc(raw)
    assert (verdict.code, verdict.fault, verdict.declared_none) == (None, None, True)
    assert [(h.code, h.severity) for h in verdict.hints] == [("uscc.no_code", Severity.HINT)]


@pytest.mark.parametrize(
    ("raw", "fault", "said"),
    [
        ("91640104DEM07200X", "uscc.length", "17位"),
        ("91640104DEM07200XC1", "uscc.length", "19位"),
        ("无", "uscc.length", "1位"),
        ("91640104DEM07200X乙", "uscc.alphabet", "第18位“乙”"),
        ("91640104DEM0V200XC", "uscc.alphabet", "第13位“V”"),
        ("916401A4DEM07200XC", "uscc.alphabet", "第3至8位只能是数字"),
        ("91640104DEM07200X1", "uscc.check_digit", "第18位校验码不对，应核对营业执照后改正"),
        ("91640104DEM072001M", "uscc.inner_digit", "第17位"),
        ("96640104DEM000081R", "uscc.pair", "“96”"),
        ("000000000000000000", "uscc.pair", "“00”"),
        ("640100200012345", "uscc.registration_number", "15位工商注册号"),
        ("6401002000123", "uscc.registration_number", "13位工商注册号"),
        (640100200012345.0, "uscc.registration_number", "15位工商注册号"),
        ("DEM07200X", "uscc.organisation_code", "9位组织机构代码"),
        ("DEM07200-X", "uscc.organisation_code", "9位组织机构代码"),
        ("DEM072001", "uscc.length", "9位"),
        (9.16401040000123e17, "uscc.lost_digits", "设为文本格式"),
        ("9.1640104E+17", "uscc.lost_digits", "设为文本格式"),
        (resident_number("999999", "19900307", "001"), "uscc.resident_id", "公民身份号码"),
    ],
)
def test_each_kind_of_wrong_code_is_refused_by_its_name(raw, fault, said):
    verdict = check_uscc(raw)
    assert verdict.code is None
    assert verdict.fault is not None
    assert (verdict.fault.code, verdict.fault.severity) == (fault, Severity.REJECT)
    assert said in verdict.fault.message


def test_of_several_faults_the_first_in_the_order_is_told():
    wrong_pair = make_uscc("96", "640104", "DEM00001")
    wrong_inner_too = wrong_pair[:16] + "7"
    wrong_inner_too += uscc_check_digit(wrong_inner_too)
    assert check_uscc(wrong_inner_too).fault.code == "uscc.inner_digit"
    assert check_uscc(wrong_inner_too[:17] + "I").fault.code == "uscc.alphabet"
    other = ALPHABET[(ALPHABET.index(wrong_inner_too[17]) + 1) % 31]
    assert check_uscc(wrong_inner_too[:17] + other).fault.code == "uscc.check_digit"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9164O104DEM07200XC", "91640104DEM07200XC"),
        ("916401O4DEM072OOXC", "91640104DEM07200XC"),
        ("9I640104DEM07200XC", "91640104DEM07200XC"),
        ("91640104DEM07Z00XC", "91640104DEM07200XC"),
        ("91640104DEM0002SX8", "91640104DEM00025X8"),
        ("9164010４DEMl100109", "91640104DEM1100109"),
    ],
)
def test_look_alike_letters_are_suggested_and_never_changed(typed, meant):
    verdict = check_uscc(typed)
    assert verdict.code is None
    assert f"是否应为“{meant}”" in verdict.fault.message


def test_no_suggestion_is_made_that_would_not_pass():
    assert "是否应为" not in check_uscc("9164O104DEM07200X1").fault.message
    assert "是否应为" not in check_uscc(make_uscc("96", "640104", "DEM00001").replace("0", "O")).fault.message


def test_an_unknown_division_is_a_remark_and_an_abolished_one_is_not():
    unknown = check_uscc("91230199DEM0000733")
    assert unknown.code == "91230199DEM0000733"
    assert [(h.code, h.severity) for h in unknown.hints] == [("uscc.division_unknown", Severity.HINT)]
    assert check_uscc("91330621DEM000065Q").hints == ()


@pytest.mark.parametrize(
    ("division", "state"),
    [
        ("640104", "current"),
        ("640100", "current"),
        ("640000", "current"),
        ("100000", "current"),
        ("120110", "current"),
        ("330621", "historic"),
        ("110103", "historic"),
        ("230199", "unknown"),
        ("990000", "unknown"),
    ],
)
def test_divisions_are_current_historic_or_unknown(division, state):
    assert division_state(division) == state


@given(codes)
def test_a_made_code_always_passes(code):
    assert check_uscc(code) == (code, None, (), False)


@given(codes, st.integers(0, 17), st.one_of(st.sampled_from(ALPHABET), st.characters()))
def test_any_single_changed_character_is_refused(code, place, character):
    changed = code[:place] + character + code[place + 1 :]
    assume(check_uscc(changed).code != code)
    verdict = check_uscc(changed)
    assert verdict.code is None
    assert verdict.fault is not None


@given(codes, st.integers(0, 16))
def test_two_neighbours_exchanged_are_refused(code, place):
    assume(code[place] != code[place + 1])
    exchanged = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert check_uscc(exchanged).fault is not None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.dates(), st.binary()))
def test_no_cell_breaks_the_check_and_every_refusal_explains_itself(raw):
    verdict = check_uscc(raw)
    assert verdict.fault is None or (verdict.code is None and verdict.fault.message.strip())


@given(st.text("0123456789", min_size=8, max_size=8), st.text(ALPHABET, min_size=10, max_size=10))
def test_the_check_digit_agrees_with_stdnum_where_it_knows_the_code(head, tail):
    assert uscc_check_digit(head + tail[:9]) == uscc.calc_check_digit(head + tail[:9])


@given(st.text(ALPHABET, min_size=8, max_size=8))
def test_the_inner_digit_is_the_weighted_sum_of_the_standard(first8):
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(c, 36) * w for c, w in zip(first8, weights, strict=True))
    assert organisation_check_digit(first8) == {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


@pytest.mark.parametrize("raw", [None, " "])
def test_no_resident_number_is_no_fault(raw):
    assert check_resident_id(raw) == (None, None)


def test_a_resident_number_is_read_in_any_width_and_case():
    number = resident_number("999999", "19900307", "008")
    assert number.endswith("X"), "the case of the last character must matter"
    assert check_resident_id(f" {number.lower()}\u3000") == (number, None)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("999999900307001", "resident_id.length"),
        ("99999919900307001", "resident_id.length"),
        ("99999919900307A011", "resident_id.format"),
        ("X99999199003070010", "resident_id.format"),
        (resident_number("999999", "20150230", "001"), "resident_id.birth_date"),
        (resident_number("999999", "00000101", "001"), "resident_id.birth_date"),
        (resident_number("999999", "17991231", "001"), "resident_id.birth_date"),
        (9.99999199003e17, "resident_id.lost_digits"),
    ],
)
def test_each_kind_of_wrong_resident_number_is_refused_by_its_name(raw, fault):
    number, found = check_resident_id(raw)
    assert number is None
    assert found is not None
    assert found.code == fault


def test_nobody_is_born_after_today():
    number = resident_number("999999", "20260306", "001")
    assert check_resident_id(number, today=datetime.date(2026, 3, 6)) == (number, None)
    assert check_resident_id(number, today=datetime.date(2026, 3, 5))[1].code == "resident_id.birth_date"


@given(st.dates(datetime.date(1800, 1, 1)), st.text("0123456789", min_size=3, max_size=3))
def test_the_resident_check_digit_agrees_with_stdnum(born, serial):
    number = resident_number("640104", f"{born:%Y%m%d}".zfill(8), serial)
    assert ric.calc_check_digit(number) == number[17]
    assert check_resident_id(number) == (number, None)
    other = "0123456789X"[("0123456789X".index(number[17]) + 1) % 11]
    assert check_resident_id(number[:17] + other)[1].code == "resident_id.check_digit"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("E12345678", "E12345678"),
        (" ｈ１２３４５６７８ ", "H12345678"),
        ("01234567（B）", "01234567(B)"),
        ("军字第0012345号", "军字第0012345号"),
        (12345678.0, "12345678"),
        ("", None),
    ],
)
def test_other_documents_pass_as_letters_and_digits(raw, number):
    assert check_other_document(raw) == (number, None)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("E123", "document.length"),
        ("9" * 65, "document.length"),
        ("E1234*678", "document.format"),
        ("1.2345E+17", "document.lost_digits"),
    ],
)
def test_what_cannot_be_a_document_number_is_refused(raw, fault):
    assert check_other_document(raw)[1].code == fault


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("99999919900307001X", "999***********001X"),
        ("E12345678", "E******78"),
        ("E1234", "E***4"),
        ("E123", "****"),
        ("", ""),
    ],
)
def test_shown_numbers_keep_only_their_ends(number, shown):
    assert mask_id(number) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("张示例", "张**"),
        ("欧阳示例", "欧阳**"),
        ("欧阳", "欧*"),
        ("买买提·示例", "买*****"),
        ("𠮷示", "𠮷*"),
        ("张", "张"),
        ("", ""),
    ],
)
def test_shown_names_keep_only_the_surname(name, shown):
    assert mask_name(name) == shown
