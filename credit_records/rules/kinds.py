"""Choices of a list as clerks write them: one value, or several kinds in one cell.

`options` maps every accepted spelling to the list's own value. An entry `其他-` allows values of the clerk's own words,
which must be spelled out (其他-责令改正). Source: 双公示 templates (发改办财金〔2018〕1171号).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from credit_records.rules.faults import Fault, reject
from credit_records.rules.text import clean_text, half_width, shortened

OTHER = "其他-"
_SEPARATORS = re.compile(r"[；;&＆\n]").split
_OTHER_SPELLED_OUT = re.compile(r"其[他它]\s*[-—－–―:：]+\s*(.+)", re.DOTALL).fullmatch
_LISTED = 8


def split_kinds(raw: object) -> tuple[str, ...]:
    """The kinds that stand in one cell, in order and once each; 、 belongs to joint names and does not separate."""
    text = clean_text(raw)
    return tuple(dict.fromkeys(piece.strip() for piece in _SEPARATORS(text) if piece.strip()))


def check_choice(value: object, options: Mapping[str, str]) -> str | Fault:
    """The list's own value for what the clerk wrote, or the fault. An empty value is none of the list."""
    text = clean_text(value)
    known = options.get(text)
    if known is not None and known != OTHER:
        return known
    narrow = "".join(half_width(text).split())
    for accepted, own in options.items():
        if own != OTHER and "".join(half_width(accepted).split()) == narrow:
            return own
    if OTHER in options:
        spelled_out = _OTHER_SPELLED_OUT(text)
        if spelled_out:
            return OTHER + spelled_out[1].strip()
        if text.startswith(("其他", "其它")):
            return reject(
                "choice.other_not_spelled_out", f"“{shortened(text)}”没有写明具体内容，应写作“其他-具体内容”"
            )
    return reject("choice.unknown", f"“{shortened(text)}”不在选项内，可填：{_allowed(options)}")


def check_kinds(raw: object, options: Mapping[str, str]) -> tuple[str, ...] | Fault:
    """All kinds of a cell, in order and once each; one unknown kind makes the cell unusable."""
    pieces = split_kinds(raw)
    whole = check_choice(raw, options) if len(pieces) == 1 else None
    if isinstance(whole, str):
        return (whole,)
    found: dict[str, None] = {}
    for piece in pieces:
        value = check_choice(piece, options)
        if isinstance(value, Fault):
            return value
        found[value] = None
    if not found:
        return reject("choice.unknown", f"没有填写选项，可填：{_allowed(options)}")
    return tuple(found)


def _allowed(options: Mapping[str, str]) -> str:
    values = list(dict.fromkeys(options.values()))
    return "、".join(values[:_LISTED]) + ("等" if len(values) > _LISTED else "")
