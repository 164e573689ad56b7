"""What a clerk has typed into the grid of a month: numbers read, and given back as typed where they cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.http import QueryDict

from audit.faults import Refused
from supervision.selectors.reporting_board.ledgers import GridLine
from supervision.services.production import Said

_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_REASON_LENGTH = 300
_DIGITS = 9
"""Longer numbers are none that anybody counts; the service says how many there can be."""


@dataclass
class Typed:
    """One line of the grid as the form shows it."""

    line: GridLine
    produced: str = ""
    exempt: str = ""
    exempt_reason: str = ""
    seen: str = ""
    was: str = ""
    """The mark (`mark`) of what the form was opened with."""
    wrong: str = ""

    @property
    def name(self) -> str:
        return f"item-{self.line.item.pk}"

    @property
    def mark(self) -> str:
        told = "\n".join((self.produced, self.exempt or "0", self.exempt_reason))
        return sha256(told.encode()).hexdigest()[:16]

    @property
    def touched(self) -> bool:
        return self.mark != standing(self.line).mark


def standing(line: GridLine) -> Typed:
    """The line as it is told already."""
    told = line.line
    if told is None:
        found = Typed(line, "0" if line.zero else "", "", "", line.seen)
    else:
        exempt = str(told.exempt) if told.exempt else ""
        found = Typed(line, str(told.produced), exempt, told.exempt_reason, line.seen)
    found.was = found.mark
    return found


def typed_in(lines: Sequence[GridLine], posted: QueryDict) -> list[Typed]:
    """The lines as they were posted; what the form did not carry, or carries as it was opened, stands as it is.

    The latter matters where somebody else has changed the line since: who has not touched it does not take it back.
    """
    found = []
    for line in lines:
        name = f"item-{line.item.pk}"
        if f"{name}-produced" not in posted:
            found.append(standing(line))
            continue

        def text(part: str, name: str = name) -> str:
            return posted.get(f"{name}-{part}", "").strip()

        typed = Typed(
            line,
            text("produced").translate(_WIDE),
            text("exempt").translate(_WIDE),
            text("reason"),
            text("seen"),
            text("was"),
        )
        found.append(standing(line) if typed.was == typed.mark else typed)
    return found


def say_what_is_wrong(typed: Sequence[Typed], lines: Mapping[int, Refused]) -> None:
    """Put the refusals at their lines; whoever was overtaken is shown what stands now, and decides by saving once more."""
    for one in typed:
        refusal = lines.get(one.line.item.pk)
        if refusal is None:
            continue
        one.wrong = refusal.message
        if refusal.code == "production.twice":
            now = standing(one.line)
            told = f"产生数{now.produced}、不予报送数{now.exempt or 0}" if one.line.told else "未填报"
            one.wrong = f"同事刚刚改过这一行，现在是：{told}。请核对，再保存就以您填的为准。"
            one.seen = one.line.seen


def said(typed: Sequence[Typed]) -> list[Said]:
    """What the touched lines say; lines that say nothing that can be read are marked (`wrong`) and left out."""
    found = []
    for one in typed:
        if not one.touched:
            continue
        produced, exempt = _number(one.produced), _number(one.exempt or "0")
        if one.produced == "":
            one.wrong = (
                "已填报的不能清空；没有产生决定的填0。"
                if one.line.told
                else "请填产生数；没有产生决定的填0。"
            )
        elif produced is None:
            one.wrong = _no_number("产生数", one.produced)
        elif exempt is None:
            one.wrong = _no_number("不予报送数", one.exempt)
        elif one.exempt_reason and not exempt:
            one.wrong = "写了依据和理由，没有填不予报送数。请填数，或者删去理由。"
        elif len(one.exempt_reason) > _REASON_LENGTH:
            one.wrong = f"依据和理由超过{_REASON_LENGTH}字，请精简。"
        else:
            found.append(Said(one.line.item, produced, exempt, one.exempt_reason, one.seen))
    return found


def _number(text: str) -> int | None:
    return int(text) if _digits(text) and len(text) <= _DIGITS else None


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _no_number(what: str, text: str) -> str:
    if _digits(text):
        return f"{what}“{text[:20]}”太大，请核对。"
    return f"{what}“{text[:20]}”不是整数，请填阿拉伯数字。"
