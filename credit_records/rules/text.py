"""Cells as they arrive, made comparable: blanks, widths, brackets and line ends.

Only what a person cannot see, or would call the same writing, is changed. Unicode's NFKC is not used: it
would replace rare characters of names and Chinese punctuation.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal

# Signs without ink: zero-width, direction marks, soft hyphen, byte order mark.
_INVISIBLE = (
    0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF,
)  # fmt: skip
_LINE_ENDS = (0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029)
# PostgreSQL refuses NUL, UTF-8 refuses half surrogates.
_CONTROLS = (*range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), *range(0xD800, 0xE000))
_SPACES = tuple(n for n in range(0x3000) if chr(n).isspace() and n != 0x0A and n not in _LINE_ENDS)
_EVERY_BLANK = (*_SPACES, 0x0A, *_LINE_ENDS, 0x3000, *_INVISIBLE, *_CONTROLS)

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TO_ASCII = 0xFEE0

_WIDE_LETTERS = {n: n - _TO_ASCII for n in _FULL_WIDTH if chr(n - _TO_ASCII).isalnum()}
_WIDE_LETTER = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_TIDY: dict[int, int | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_SPACES, 0x20),
    **dict.fromkeys(_LINE_ENDS, 0x0A),
    **dict.fromkeys(_INVISIBLE),
    **_WIDE_LETTERS,
}
_EDGES = " \n\u3000"


def _one_of(numbers: Iterable[int]) -> str:
    return "[" + re.escape("".join(map(chr, numbers))) + "]"


_UNTIDY = re.compile(_one_of(_TIDY))
_ALL_BLANK = re.compile(_one_of(_EVERY_BLANK) + "*").fullmatch

_HALF_WIDTH: dict[int, int] = {n: n - _TO_ASCII for n in _FULL_WIDTH}
_COMPACT: dict[int, int | None] = {**_HALF_WIDTH, **dict.fromkeys(_EVERY_BLANK)}
_CODE: dict[int, int | None] = {
    **_COMPACT,
    **{n: n - 0x20 for n in range(ord("a"), ord("z") + 1)},
    **{n: n - 0x20 - _TO_ASCII for n in range(ord("ａ"), ord("ｚ") + 1)},
}

_OPENING = "([{（［｛〔【〖「『〈《﹝﹙﹛｢<＜❲"
_CLOSING = ")]}）］｝〕】〗」』〉》﹞﹚﹜｣>＞❳"
_MIDDLE_DOTS = "·•‧・･．.∙⋅"

# Only letters of ASCII are put in capitals: ß would become two letters, and the key longer than its column.
_HEADER: dict[int, int | str | None] = {
    **_CODE,
    **dict.fromkeys(map(ord, _OPENING), "("),
    **dict.fromkeys(map(ord, _CLOSING), ")"),
}
_NAME: dict[int, int | str | None] = {
    **_HEADER,
    **dict.fromkeys(map(ord, _MIDDLE_DOTS), "·"),
}
_DOCUMENT: dict[int, int | str | None] = {
    **_CODE,
    **dict.fromkeys(map(ord, _OPENING), "〔"),
    **dict.fromkeys(map(ord, _CLOSING), "〕"),
}
# What is its own key already: by far most names and document numbers.
_PLAIN_NAME = re.compile("[一-鿿0-9A-Z()]+").fullmatch
_PLAIN_DOCUMENT = re.compile("[一-鿿0-9A-Z〔〕-]+").fullmatch

# What offices put around a title: a required mark, a number in the list, a colon.
_BEFORE_TITLE = re.compile(r"(?:\*|\(\*+\)|[0-9]{1,3}(?:\.(?![0-9])|、))+").match
_AFTER_TITLE = re.compile(r"(?:\*|\(\*+\)|:)+$").search

_EXCEL_DIGITS = 10**15
_SCIENTIFIC = re.compile(r"\s*[0-9](\.[0-9]+)?[Ee]\+[0-9]{2,3}\s*").fullmatch
_FORMULA = re.compile("[\\s\ufeff]*[=+\\-@＝＋－＠]").match


def _written(raw: object) -> str:
    """A cell that is no text, in the digits that a person sees in the sheet."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        if raw.is_integer():
            return str(int(raw))
        plain = repr(raw)
        return f"{Decimal(plain):f}" if "e" in plain else plain
    if isinstance(raw, datetime.datetime):
        return str(raw).removesuffix(" 00:00:00")
    return str(raw)


def is_blank(raw: object) -> bool:
    """Whether a person would call the cell empty: nothing, or only blanks and signs without ink."""
    if raw is None or raw == "":
        return True
    return type(raw) is str and _ALL_BLANK(raw) is not None


def _tidied(found: re.Match[str]) -> str:
    return found[0].translate(_TIDY)


def clean_text(raw: object) -> str:
    """The text of a cell as it is stored and shown.

    Trimmed; letters and digits half-width; control and invisible signs gone; line ends are "\\n". Chinese
    punctuation, blanks of Chinese width inside a text (indents) and rare characters stay as written.
    """
    text = raw if type(raw) is str else _written(raw)
    if text.isprintable():  # so the only blank it can hold is U+0020
        if text.isascii() or _WIDE_LETTER.search(text) is None:
            return text.strip(" ")
        return text.translate(_WIDE_LETTERS).strip(" ")
    return _UNTIDY.sub(_tidied, text.replace("\r\n", "\n")).strip(_EDGES)


def shortened(text: str) -> str:
    """What was written, short enough to be quoted in a message."""
    return text if len(text) <= 24 else f"{text[:24]}…"


def half_width(raw: object) -> str:
    """Cleaned text with its punctuation half-width too: for dates and amounts."""
    return clean_text(raw).translate(_HALF_WIDTH)


def clean_code(raw: object) -> str:
    """An identifier: half-width, without any blank, in capitals. What is not ASCII stays, to be refused."""
    text = raw if type(raw) is str else _written(raw)
    if text.isascii() and text.isalnum():
        return text.upper()
    return text.translate(_CODE)


def name_key(name: str) -> str:
    """Key under which spellings of one name meet: brackets, width, blanks, case, middle dots do not count."""
    if _PLAIN_NAME(name) is not None:
        return name
    return name.translate(_NAME)


def document_key(number: str) -> str:
    """Key of a document number, part of the duplicate key: 〔2026〕, [2026] and （2026） are one number."""
    if _PLAIN_DOCUMENT(number) is not None:
        return number
    return number.translate(_DOCUMENT)


def header_key(title: str) -> str:
    """Key of a column title, under which the ways offices write it meet.

    Blanks and line breaks, required marks, the number in front and the colon behind do not count; brackets of
    every kind are one, letters are capitals.
    """
    key = title.translate(_HEADER)
    if (before := _BEFORE_TITLE(key)) is not None:
        key = key[before.end() :]
    if (after := _AFTER_TITLE(key)) is not None:
        key = key[: after.start()]
    return key


def long_number_lost(raw: object) -> bool:
    """Whether the cell held a long number of which the office program has already lost digits.

    Excel keeps 15 digits of a number. A number cell with more, or the text 9.164E+17 that a saved CSV then
    holds, cannot be restored; the column must be text.
    """
    if isinstance(raw, str):
        return "+" in raw and _SCIENTIFIC(raw) is not None
    return isinstance(raw, int | float) and abs(raw) >= _EXCEL_DIGITS


def starts_formula(text: str) -> bool:
    """Whether an office program could take this text for a formula when it is written back."""
    return _FORMULA(text) is not None
