"""How series are told apart: by colour for those who see it, by dash, mark and hatching for everybody and on black-and-white paper.

The colours are those of Okabe and Ito (2008), which stay apart under the usual forms of colour blindness.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Look:
    """One series: its colour, the dash of its line, the mark on its points, the hatching of its bars."""

    colour: str
    dash: str
    mark: str
    """Path of the mark around 0, 0."""
    hatch: str
    """Path of white strokes on a tile of 6 × 6; empty: plain."""
    turned: int = 0


_CIRCLE = "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0Z"
LOOKS = (
    Look("#0072b2", "", _CIRCLE, ""),
    Look("#d55e00", "7 4", "M-3.3 -3.3H3.3V3.3H-3.3Z", "M0 3H6", 45),
    Look("#009e73", "2 3", "M0 -4.4L4.2 3.2H-4.2Z", "M1 3H4"),
    Look("#cc79a7", "10 3 2 3", "M0 -4.8L4.8 0L0 4.8L-4.8 0Z", "M0 3H6M3 0V6"),
    Look("#e69f00", "4 4", "M-4 -1.4H-1.4V-4H1.4V-1.4H4V1.4H1.4V4H-1.4V1.4H-4Z", "M0 3H6"),
    Look("#56b4e9", "1 4", "M0 4.4L4.2 -3.2H-4.2Z", "M0 3H6", 135),
)
INK, SOFT, RULE, GOAL = "#1f2937", "#4b5563", "#d1d5db", "#000000"
TEXT = 12
"""Height of all texts in a picture of `WIDTH` units: some 9 point on paper of 156 mm."""
WIDTH = 640


def fill(number: int, family: str) -> str:
    return f"url(#{family}-{number})" if LOOKS[number].hatch else LOOKS[number].colour


def hatching(family: str, count: int) -> list[ET.Element]:
    """The tiles that bars of these series are filled with; `family` keeps their names apart on a page."""
    found = []
    for number, look in enumerate(LOOKS[:count]):
        if not look.hatch:
            continue
        tile = ET.Element(
            "pattern", id=f"{family}-{number}", width="6", height="6", patternUnits="userSpaceOnUse",
            patternTransform=f"rotate({look.turned})",
        )  # fmt: skip
        ET.SubElement(tile, "rect", width="6", height="6", fill=look.colour)
        ET.SubElement(tile, "path", {"d": look.hatch, "stroke": "#ffffff", "stroke-width": "1.6"})
        found.append(tile)
    return found


def width_of(text: str, size: float = TEXT) -> float:
    """About how wide a text is: a Chinese character is as wide as high."""
    wide = sum(1 if unicodedata.east_asian_width(one) in "WFA" else 0.58 for one in text)
    return wide * size


def shortened(text: str, room: float) -> str:
    """As much of a text as there is room for."""
    if width_of(text) <= room:
        return text
    kept = text
    while kept and width_of(kept + "…") > room:
        kept = kept[:-1]
    return kept + "…"
