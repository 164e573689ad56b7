"""Cells that are no plain values: formulas and error results."""

from __future__ import annotations

from dataclasses import dataclass

from credit_records.rules.text import is_blank


@dataclass(frozen=True, slots=True)
class FormulaCell:
    """A cell that holds a formula instead of a value.

    The result that the office program left in the file may be old or missing, so it is never taken for what
    the department reports; the row is to be refused with a word at this cell. `text` is without the leading
    "=", and empty where the format (xls) does not give it or it is overlong. `cached_value` is "" where the formula shows
    nothing, and None where no office program has computed it yet.
    """

    text: str
    cached_value: object = None

    @property
    def shows_nothing(self) -> bool:
        """Whether the cell looks empty, like the formulas that a form brings along for rows not filled in."""
        return self.cached_value is not None and is_blank(self.cached_value)

    def __str__(self) -> str:
        return f"={self.text}"


@dataclass(frozen=True, slots=True)
class ErrorCell:
    """A cell that shows an error of the office program, such as #N/A."""

    text: str

    def __str__(self) -> str:
        return self.text


def column_letter(index: int) -> str:
    """The letters above a column in the sheet; `index` counts from 0."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """Reverse of `column_letter`."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
