"""A sheet: everything that stands on the paper, frozen as plain data when a letter is issued.

The sheet knows no template and no case: PDF, print view and later copies are made from it alone, so that they say
for ever what was issued.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Style = Literal["body", "heading", "plain"]
Form = Literal["letter", "receipt", "cover"]

LAYOUT = 1
"""The number of the layout under which new sheets are drawn; an old sheet keeps its own."""
STYLES = ("body", "heading", "plain")
FORMS = ("letter", "receipt", "cover")


class SheetUnreadable(ValueError):
    """Stored content that is no sheet of a known layout."""


@dataclass(frozen=True)
class Paragraph:
    text: str
    style: Style = "body"


@dataclass(frozen=True)
class Line:
    """One line of a form: what is asked, and what is filled in (empty: to be written by hand)."""

    label: str
    value: str = ""
    height: int = 1
    """In lines of the form: room for a signature or a longer entry."""


@dataclass(frozen=True)
class Sheet:
    """A letter (`paragraphs`), a receipt of delivery, or a cover of material (`lines`)."""

    form: Form
    head: str
    """The issuing body, as the red head names it (发文机关标志)."""
    title: str
    number: str
    """The document number (发文字号)."""
    dated: str
    """The day on the paper, ISO; empty on a form that is dated by hand."""
    addressee: str = ""
    paragraphs: tuple[Paragraph, ...] = ()
    lines: tuple[Line, ...] = ()
    attachments: tuple[str, ...] = ()
    signatory: str = ""
    note: str = ""
    """附注, printed in brackets under the date."""
    layout: int = LAYOUT

    @property
    def dated_words(self) -> str:
        return date_words(date.fromisoformat(self.dated)) if self.dated else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {
            "paragraphs": [asdict(one) for one in self.paragraphs],
            "lines": [asdict(one) for one in self.lines],
            "attachments": list(self.attachments),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sheet:
        """The sheet as it was stored; nothing is filled in or mended."""
        try:
            if data["layout"] != LAYOUT or data["form"] not in FORMS:
                raise SheetUnreadable(f"layout {data['layout']!r}, form {data['form']!r}")
            return cls(
                **{
                    **data,
                    "paragraphs": tuple(Paragraph(**one) for one in data["paragraphs"]),
                    "lines": tuple(Line(**one) for one in data["lines"]),
                    "attachments": tuple(data["attachments"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise SheetUnreadable(str(error)) from error


def date_words(day: date) -> str:
    """2026年11月2日: Arabic numerals, the full year, no leading zeros (GB/T 9704-2012, 7.3.5.5)."""
    return f"{day.year}年{day.month}月{day.day}日"


_NO_PLACE_ON_PAPER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str) -> str:
    """Text as it may stand on paper: line breaks kept, invisible and direction-turning characters gone.

    A character that turns the direction of reading (U+202E) could make a letter show another amount than it holds.
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    kept = "".join(
        mark for mark in text if mark == "\n" or unicodedata.category(mark) not in _NO_PLACE_ON_PAPER
    )
    return "\n".join(line.strip() for line in kept.split("\n") if line.strip())
