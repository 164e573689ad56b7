"""Column by column: from what stands in the cells to values of the catalogue's types.

A column of thousands of cells repeats itself (bodies, dates, kinds), so every judgement is remembered by the cell's
content. The rules themselves are in `credit_records.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from credit_records.intake.reading import ErrorCell, FormulaCell
from credit_records.rules.amounts import parse_amount
from credit_records.rules.dates import parse_date
from credit_records.rules.faults import Fault, reject
from credit_records.rules.field_specs import FieldSpec, FieldType, Role
from credit_records.rules.identifiers import (
    NO_CODE,
    born_on,
    check_other_document,
    check_resident_id,
    check_uscc,
    mask_id,
    resident_number_in,
)
from credit_records.rules.kinds import check_choice, check_kinds
from credit_records.rules.text import clean_text, long_number_lost

# What is kept of a column: all codes and dates of a large file, but few long texts, so that memory stays bounded.
_MOST_REMEMBERED = 50_000
_MOST_TEXTS_REMEMBERED = 2_000
RESIDENT_ID = "身份证"


class Flawed(NamedTuple):
    """A cell that can be used, with remarks; or that cannot (`value` None and a reject among the faults)."""

    value: Any
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """An identity number: sealed for keeping, indexed for finding, masked for showing."""

    masked: str
    index: str
    sealed: str
    born: date | None = None
    """Told by a resident identity number; for the check of age alone, kept nowhere."""

    def kept(self) -> dict[str, str]:
        return {"masked": self.masked, "index": self.index, "sealed": self.sealed}


@dataclass(frozen=True, slots=True)
class Sealing:
    """How personal numbers are sealed and indexed; given from outside so that checking knows no keys."""

    seal: Callable[[str], str]
    index: Callable[[str], str]


class Memory(dict[Any, Any]):
    """Remembers what a function said of a cell's content; forgets everything when it has grown too large."""

    __slots__ = ("flawed", "function", "most")

    def __init__(self, function: Callable[[Any], Any], *, most: int = _MOST_REMEMBERED) -> None:
        super().__init__()
        self.function = function
        self.most = most
        self.flawed = False

    def __missing__(self, raw: Any) -> Any:
        if len(self) >= self.most:
            self.clear()
        value = self.function(raw)
        if type(value) is Flawed:
            self.flawed = True
        self[raw] = value
        return value


def _unusable(raw: object) -> Flawed | None:
    if isinstance(raw, FormulaCell):
        return _refused("cell.formula", "单元格是公式,请选择性粘贴为数值后再报送。")
    if isinstance(raw, ErrorCell):
        return _refused("cell.error", f"单元格是错误值{raw.text},请填写正确内容。")
    return None


def _refused(code: str, message: str) -> Flawed:
    return Flawed(None, (reject(code, message),))


def _loses_digits(field: FieldSpec) -> bool:
    """Whether the column holds numbers so long that an office program cuts them when they are no text."""
    return field.role in (Role.DOCUMENT_NUMBER, Role.REGISTRATION_NUMBER) or "CODE" in field.type.upper()


def _text(field: FieldSpec) -> Callable[[object], Any]:
    limit = field.max_length
    title = field.title
    digits = _loses_digits(field)

    def check(raw: object) -> Any:
        if digits and long_number_lost(raw):
            return _refused("cell.lost_digits", f"{title}是数字格式,末位已丢失,请将该列设为文本后重新填写。")
        text = clean_text(raw)
        if not text:
            return None
        if limit is not None and len(text) > limit:
            return _too_long(field, len(text))
        if resident_number_in(text) is not None:
            return _refused(
                "personal.number_in_text",
                f"{title}里写有公民身份号码，不加密保存、会随记录公开，请删去，需要报送的填入证件号码列。",
            )
        return text

    return check


def _too_long(field: FieldSpec, length: int) -> Flawed:
    return _refused("text.too_long", f"{field.title}最多{field.max_length}个字，现有{length}个字，请精简。")


def _date(field: FieldSpec) -> Callable[[object], Any]:
    return lambda raw: _or_flawed(parse_date(raw))


def _decimal(field: FieldSpec) -> Callable[[object], Any]:
    digits, places = field.max_digits or 18, field.decimal_places or 6
    return lambda raw: _or_flawed(parse_amount(raw, max_digits=digits, decimal_places=places))


def _choice(field: FieldSpec) -> Callable[[object], Any]:
    def check(raw: object) -> Any:
        text = clean_text(raw)
        if not text:
            return None
        elsewhere = field.refusal(text)
        if elsewhere:
            return _refused("choice.elsewhere", elsewhere)
        value = check_choice(text, field.option_map)
        return _spelled_out(field, value, value if isinstance(value, str) else "")

    return check


def _multi_choice(field: FieldSpec) -> Callable[[object], Any]:
    def check(raw: object) -> Any:
        text = clean_text(raw)
        if not text:
            return None
        value = check_kinds(text, field.option_map)
        return _spelled_out(field, value, "" if isinstance(value, Fault) else "；".join(value))

    return check


def _spelled_out(field: FieldSpec, value: Any, text: str) -> Any:
    """A choice in the clerk's own words (其他-…) is text like any other: not longer than the column, no numbers."""
    if field.max_length is not None and len(text) > field.max_length:
        return _too_long(field, len(text))
    if resident_number_in(text) is not None:
        return _refused("personal.number_in_text", f"{field.title}里写有公民身份号码，请删去。")
    return _or_flawed(value)


def _or_flawed(value: Any) -> Any:
    return Flawed(None, (value,)) if isinstance(value, Fault) else value


def _uscc(field: FieldSpec) -> Callable[[object], Any]:
    def check(raw: object) -> Any:
        verdict = check_uscc(raw)
        if verdict.fault is not None:
            return Flawed(None, (verdict.fault, *verdict.hints))
        # "No code" is an answer: the cell is filled, and the record's subject goes without a code.
        code = NO_CODE if verdict.declared_none else verdict.code
        return Flawed(code, verdict.hints) if verdict.hints else code

    return check


_CHECKS: dict[FieldType, Callable[[FieldSpec], Callable[[object], Any]]] = {
    FieldType.TEXT: _text,
    FieldType.DATE: _date,
    FieldType.DECIMAL: _decimal,
    FieldType.CHOICE: _choice,
    FieldType.MULTI_CHOICE: _multi_choice,
    FieldType.USCC: _uscc,
    FieldType.ORGANISATION_CODE: _uscc,
}


class Column:
    """One column of the template with its memory. `read` gives the values and, apart, the cells with remarks."""

    most_remembered = _MOST_REMEMBERED

    def __init__(self, field: FieldSpec) -> None:
        self.field = field
        check = _CHECKS[field.type](field)

        def guarded(raw: object) -> Any:
            return _unusable(raw) or check(raw)

        self.memory = Memory(guarded, most=self.most_remembered)

    def read(self, cells: Sequence[object]) -> tuple[list[Any], list[tuple[int, tuple[Fault, ...]]]]:
        memory = self.memory
        values = [memory[cell] for cell in cells]
        if not memory.flawed:
            return values, []
        remarks: list[tuple[int, tuple[Fault, ...]]] = []
        for position, value in enumerate(values):
            if type(value) is Flawed:
                values[position] = value.value
                remarks.append((position, value.faults))
        return values, remarks


class TextColumn(Column):
    """A column of free text: facts and document numbers differ in every row, so that a memory would only cost."""

    most_remembered = _MOST_TEXTS_REMEMBERED

    def __init__(self, field: FieldSpec) -> None:
        super().__init__(field)
        self.digits = _loses_digits(field)

    def read(self, cells: Sequence[object]) -> tuple[list[Any], list[tuple[int, tuple[Fault, ...]]]]:
        different = set(cells)
        if len(different) * 2 > len(cells) and self._in_order(different):
            return [cell or None for cell in cells], []
        return super().read(cells)

    def _in_order(self, cells: set[Any]) -> bool:
        """Whether the check would leave each of these cells as it is, asked of all of them at once."""
        if set(map(type, cells)) != {str} or (self.digits and any(map(long_number_lost, cells))):
            return False
        limit = self.field.max_length
        if limit is not None and max(map(len, cells)) > limit:
            return False
        whole = "|".join(cells)
        # U+0020 is the only blank that is printable; at the edge of a cell it would be cut.
        clean = whole.isprintable() and " |" not in whole and "| " not in whole and clean_text(whole) == whole
        return clean and resident_number_in(whole) is None


def column_for(field: FieldSpec) -> Column:
    return TextColumn(field) if field.type is FieldType.TEXT else Column(field)


class PersonalColumn:
    """A column of identity numbers; which check applies depends on the kind of document beside it."""

    def __init__(self, field: FieldSpec, sealing: Sealing, today: date) -> None:
        self.field = field
        self.sealing = sealing
        self.today = today

    def read(
        self, cells: Sequence[object], document_types: Sequence[str | None]
    ) -> tuple[list[Any], list[tuple[int, tuple[Fault, ...]]]]:
        values: list[Any] = []
        remarks: list[tuple[int, tuple[Fault, ...]]] = []
        for position, (raw, document_type) in enumerate(zip(cells, document_types, strict=True)):
            value, faults = self._check(raw, document_type)
            values.append(value)
            if faults:
                remarks.append((position, faults))
        return values, remarks

    def _check(
        self, raw: object, document_type: str | None
    ) -> tuple[PersonalNumber | None, tuple[Fault, ...]]:
        if raw is None or raw == "":
            return None, ()
        unusable = _unusable(raw)
        if unusable:
            return None, unusable.faults
        resident = document_type == RESIDENT_ID or document_type is None
        if resident:
            number, fault = check_resident_id(raw, today=self.today)
        else:
            number, fault = check_other_document(raw)
        if fault is not None:
            return None, (fault,)
        if number is None:
            return None, ()
        born = born_on(number) if resident else None
        return PersonalNumber(
            mask_id(number), self.sealing.index(number), self.sealing.seal(number), born
        ), ()


def as_stored(value: Any) -> Any:
    """The JSON form of a value that orjson does not know by itself."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, PersonalNumber):
        return value.kept()
    raise TypeError(type(value))


def as_compared(value: Any) -> Any:
    """The JSON form for the fingerprint: a personal number by its index, because sealing differs each time."""
    return value.index if isinstance(value, PersonalNumber) else as_stored(value)


def plain(amount: Decimal) -> str:
    """An amount without trailing zeros and without an exponent, so that 5 and 5.00 are the same content."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


__all__ = [
    "Column",
    "Flawed",
    "Memory",
    "PersonalColumn",
    "PersonalNumber",
    "Sealing",
    "as_compared",
    "as_stored",
    "column_for",
    "plain",
]
