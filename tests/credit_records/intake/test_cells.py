"""Reading a whole column at once says of every cell what reading it alone says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credit_records.intake.cells import Column, Memory, TextColumn
from credit_records.intake.reading import ErrorCell, FormulaCell
from credit_records.rules.dates import parse_date
from credit_records.rules.field_specs import FieldSpec, FieldType, Requirement, Role
from credit_records.rules.identifiers import check_resident_id

UNTIDY = st.text("示例 \t\n\r\u3000\u200b\ufeffＡｂ９|\\\x00\x1f", max_size=8)
ODD = st.sampled_from(["", None, 0, 9.164e17, 20260305, "9.164E+17", "|", " |"])
CELLS = st.one_of(UNTIDY, ODD, st.builds(FormulaCell, st.just("A1")), st.builds(ErrorCell, st.just("#N/A")))


@pytest.mark.parametrize("role", [None, Role.DOCUMENT_NUMBER], ids=["text", "number"])
@given(
    tidy=st.lists(st.text("经查示例abX0189,（", min_size=1, max_size=9), unique=True, max_size=6),
    odd=CELLS,
    place=st.integers(0, 6),
)
@example(tidy=["经查", "示例"], odd="示例 ", place=2)
@example(tidy=["经查", "示例"], odd="查 ", place=1)
@example(tidy=["经查", "示例"], odd=" 示例", place=0)
@example(tidy=["经查", "示例"], odd="示例Ａ９", place=1)
@example(tidy=["经查", "示例"], odd="示\u200b例", place=1)
@example(tidy=["经查", "示例"], odd="示例示例示例示例示例", place=1)
@example(tidy=["经查", "示例"], odd="9.164E+17", place=1)
@example(tidy=["经查", "示例"], odd=9.164e17, place=1)
def test_a_column_of_text_is_read_as_its_cells_are(role, tidy, odd, place):
    check_alike(
        FieldSpec("X", "示例栏", FieldType.TEXT, Requirement.NO, max_length=9, role=role), tidy, odd, place
    )


def test_a_personal_number_is_seen_among_tidy_texts():
    field = FieldSpec("X", "示例栏", FieldType.TEXT, Requirement.NO)
    check_alike(field, ["经查", "示例"], f"号码{resident_number()}在内", 1)


def check_alike(field, tidy, odd, place):
    cells = [*tidy[:place], odd, *tidy[place:]]
    values, remarks = TextColumn(field).read(cells)
    for position, cell in enumerate(cells):
        alone, remarks_alone = Column(field).read([cell])
        assert values[position] == alone[0]
        assert [faults for at, faults in remarks if at == position] == [faults for _, faults in remarks_alone]


def resident_number():
    """An invented number with a right check digit, of a division that there is not."""
    first = "00000019900101001"
    first = "9" + first[1:]
    return next(first + digit for digit in "0123456789X" if check_resident_id(first + digit)[1] is None)


def test_a_column_of_different_tidy_texts_is_not_remembered():
    column = TextColumn(FieldSpec("X", "示例栏", FieldType.TEXT, Requirement.NO, max_length=20))
    column.read([f"经查示例第{number}号" for number in range(50)])
    assert not column.memory
    column.read(["同一示例"] * 50)
    assert list(column.memory) == ["同一示例"]


def test_what_is_remembered_has_a_limit_and_stays_right():
    memory = Memory(parse_date, most=3)
    days = [f"2026/03/0{day}" for day in (1, 2, 3, 4, 5, 1, 2)]
    assert [memory[day].day for day in days] == [1, 2, 3, 4, 5, 1, 2]
    assert len(memory) <= 3
