"""What a clerk has typed into the grid of a month: numbers read, and given back as typed where they cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from supervision.selectors.reporting_board.ledgers import GridLine
from supervision.services.production import Said

_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
_REASON_LENGTH = 300


@dataclass
class Typed:
    """One line of the grid as the form shows it."""

    line: GridLine
    produced: str = ""
    exempt: str = ""
    exempt_reason: str = ""
    seen: str = ""
    wrong: str = ""

    @property
    def name(self) -> str:
        return f"item-{self.line.item.pk}"

    @property
    def touched(self) -> bool:
        stands = standing(self.line)
        return (self.produced, self.exempt or "0", self.exempt_reason) != (
            stands.produced, stands.exempt or "0", stands.exempt_reason
        )  # fmt: skip


def standing(line: GridLine) -> Typed:
    """The line as it is told already."""
    told = line.line
    if told is None:
        return Typed(line, "0" if line.zero else "", "", "", line.seen)
    exempt = str(told.exempt) if told.exempt else ""
    return Typed(line, str(told.produced), exempt, told.exempt_reason, line.seen)


def typed_in(lines: Sequence[GridLine], posted: QueryDict) -> list[Typed]:
    """The lines as they were posted; what the form did not carry stands as it is."""
    found = []
    for line in lines:
        name = f"item-{line.item.pk}"
        if f"{name}-produced" not in posted:
            found.append(standing(line))
            continue

        def text(part: str, name: str = name) -> str:
            return posted.get(f"{name}-{part}", "").strip()

        found.append(
            Typed(
                line,
                text("produced").translate(_WIDE),
                text("exempt").translate(_WIDE),
                text("reason"),
                text("seen"),
            )
        )
    return found


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
            one.wrong = f"产生数“{one.produced[:20]}”不是整数，请填阿拉伯数字。"
        elif exempt is None:
            one.wrong = f"不予报送数“{one.exempt[:20]}”不是整数，请填阿拉伯数字。"
        elif len(one.exempt_reason) > _REASON_LENGTH:
            one.wrong = f"依据和理由超过{_REASON_LENGTH}字，请精简。"
        else:
            found.append(Said(one.line.item, produced, exempt, one.exempt_reason, one.seen))
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
