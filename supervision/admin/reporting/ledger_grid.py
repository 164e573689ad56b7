"""What a clerk has typed into the grid of a month: numbers read, and given back as typed where they cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from audit.faults import Refused
from credit_records.rules.lists import Fault
from supervision.rules.ledger_rows import mark_of, numbers_of
from supervision.selectors.reporting_board.ledgers import GridLine
from supervision.services.production import Said

_WIDE = str.maketrans("０１２３４５６７８９", "0123456789")


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
        return mark_of(self.produced, self.exempt, self.exempt_reason)

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
        numbers = numbers_of(one.produced, one.exempt, one.exempt_reason, told=one.line.told)
        if isinstance(numbers, Fault):
            one.wrong = numbers.message
        else:
            found.append(Said(one.line.item, numbers.produced, numbers.exempt, one.exempt_reason, one.seen))
    return found
