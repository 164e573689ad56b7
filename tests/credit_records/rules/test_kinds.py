"""Choices and several kinds in one cell."""

import pytest

from credit_records.rules.faults import Fault
from credit_records.rules.kinds import OTHER, check_choice, check_kinds, split_kinds

OPTIONS = {
    "警告": "警告",
    "罚款": "罚款",
    "没收违法所得、没收非法财物": "没收违法所得、没收非法财物",
    "1": "有效",
    "有效": "有效",
    OTHER: OTHER,
}


@pytest.mark.parametrize(
    ("cell", "kinds"),
    [
        ("罚款", ("罚款",)),
        ("罚款;没收违法所得、没收非法财物", ("罚款", "没收违法所得、没收非法财物")),
        ("罚款；警告", ("罚款", "警告")),
        ("罚款&警告＆罚款", ("罚款", "警告")),
        (" 罚款 ; ; 警告 ", ("罚款", "警告")),
        ("", ()),
    ],
)
def test_several_kinds_in_one_cell_are_split_once_each(cell, kinds):
    assert split_kinds(cell) == kinds


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("有效", "有效"),
        ("1", "有效"),
        (1, "有效"),
        ("其他-责令改正", "其他-责令改正"),
        ("其他—责令改正", "其他-责令改正"),
    ],
)
def test_a_choice_is_brought_to_the_lists_own_value(written, value):
    assert check_choice(written, OPTIONS) == value


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("口头劝导", "choice.unknown"),
        ("", "choice.unknown"),
        ("其他", "choice.other_not_spelled_out"),
        ("其他-", "choice.other_not_spelled_out"),
    ],
)
def test_what_is_not_in_the_list_is_refused_with_its_code(written, code):
    fault = check_choice(written, OPTIONS)
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_other_is_unknown_where_the_list_does_not_allow_it():
    fault = check_choice("其他-责令改正", {"警告": "警告"})
    assert isinstance(fault, Fault)
    assert fault.code == "choice.unknown"


def test_one_unknown_kind_makes_the_cell_unusable():
    assert isinstance(check_kinds("罚款;口头劝导", OPTIONS), Fault)
    assert check_kinds("罚款;没收违法所得、没收非法财物", OPTIONS) == ("罚款", "没收违法所得、没收非法财物")
