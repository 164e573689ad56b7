from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_records.rules.amounts import format_wan, parse_amount
from credit_records.rules.faults import Fault, Severity

amounts = st.decimals(0, Decimal("999999999999.999999"), places=6)


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("54.00", "54"),
        ("5,000.00", "5000"),
        ("1,234,567.5", "1234567.5"),
        ("５，０００．００", "5000"),
        (" 0.5\u3000", "0.5"),
        (".5", "0.5"),
        ("5.", "5"),
        (5, "5"),
        (5.0, "5"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (0.000001, "0.000001"),
        (-0.0, "0"),
        ("-0", "0"),
        ("0.50000000", "0.5"),
        ("000000000000012", "12"),
        ("999999999999.999999", "999999999999.999999"),
        (Decimal("0.5"), "0.5"),
    ],
)
def test_numbers_are_read_without_binary_noise(raw, amount):
    found = parse_amount(raw)
    assert isinstance(found, Decimal)
    assert found == Decimal(amount)
    assert not found.is_signed()


@pytest.mark.parametrize("raw", [None, "", "\u3000", "\ufeff"])
def test_an_empty_cell_is_no_amount_and_no_fault(raw):
    assert parse_amount(raw) is None


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ("伍仟元整", "amount.in_words"),
        ("伍拾肆万元整", "amount.in_words"),
        ("五万", "amount.in_words"),
        ("十万", "amount.in_words"),
        ("人民币伍仟元整", "amount.in_words"),
        ("伍仟元（5000元）", "amount.in_words"),
        ("5万元", "amount.unit"),
        ("5万", "amount.unit"),
        ("0.5 万元", "amount.unit"),
        ("5000元", "amount.unit"),
        ("¥5000", "amount.unit"),
        ("￥5,000.00", "amount.unit"),
        ("５０００元整", "amount.unit"),
        ("5000人民币", "amount.unit"),
        ("-5", "amount.negative"),
        ("－0.5", "amount.negative"),
        ("−5", "amount.negative"),
        (-5.0, "amount.negative"),
        (-1, "amount.negative"),
        ("0.1234567", "amount.precision"),
        (1 / 3, "amount.precision"),
        (1e-7, "amount.precision"),
        ("1234567890123", "amount.too_large"),
        (1e15, "amount.too_large"),
        (10**12, "amount.too_large"),
        ("无", "amount.not_a_number"),
        ("-", "amount.not_a_number"),
        ("元", "amount.not_a_number"),
        ("1,00", "amount.not_a_number"),
        ("1.2.3", "amount.not_a_number"),
        ("NaN", "amount.not_a_number"),
        ("Infinity", "amount.not_a_number"),
        ("1e5", "amount.not_a_number"),
        ("٥", "amount.not_a_number"),
        (float("nan"), "amount.not_a_number"),
        (float("inf"), "amount.not_a_number"),
        (Decimal("NaN"), "amount.not_a_number"),
        (True, "amount.not_a_number"),
    ],
)
def test_each_kind_of_wrong_amount_is_refused_by_its_name(raw, fault):
    found = parse_amount(raw)
    assert isinstance(found, Fault)
    assert (found.code, found.severity) == (fault, Severity.REJECT)


@pytest.mark.parametrize("raw", ["伍仟元整", "五万", "5000元", "5万"])
def test_a_refused_amount_asks_for_万元_and_proposes_no_value(raw):
    message = parse_amount(raw).message
    assert "万元" in message
    assert raw in message
    assert not any(character.isdigit() for character in message.replace(raw, ""))


def test_the_column_says_how_many_digits_it_holds():
    assert parse_amount("1.23", max_digits=5, decimal_places=1).code == "amount.precision"
    assert parse_amount("12345", max_digits=5, decimal_places=1).code == "amount.too_large"
    assert parse_amount("1234.5", max_digits=5, decimal_places=1) == Decimal("1234.5")
    assert parse_amount(3, max_digits=5, decimal_places=0) == 3


@given(amounts)
def test_an_amount_is_read_as_text_with_and_without_groups(amount):
    assert parse_amount(f"{amount:f}") == amount
    assert parse_amount(f"{amount:,f}") == amount
    assert parse_amount(amount) == amount


@given(st.decimals(0, 999_999_999, places=6))
def test_an_amount_survives_the_number_cell_of_a_workbook(amount):
    assert parse_amount(float(amount)) == amount


@given(st.one_of(st.text(), st.text("0123456789.,-万元伍 ¥"), st.floats(), st.integers()))
def test_no_cell_breaks_the_reading(raw):
    found = parse_amount(raw)
    assert found is None or isinstance(found, Fault) or found >= 0


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.500000", "0.5万元"),
        ("10", "10万元"),
        ("0", "0万元"),
        ("1250.000000", "1,250万元"),
        ("1234.56", "1,234.56万元"),
        ("0.1234", "1,234.00元"),
        ("0.123456", "1,234.56元"),
        ("0.000001", "0.01元"),
        ("54.004", "540,040.00元"),
    ],
)
def test_amounts_are_shown_with_two_decimals_at_most(amount, shown):
    assert format_wan(Decimal(amount)) == shown


@given(amounts)
def test_what_is_shown_is_the_amount_itself(amount):
    shown = format_wan(amount)
    figure = Decimal(shown.rstrip("万元").replace(",", ""))
    assert figure == (amount if "万" in shown else amount * 10000)
