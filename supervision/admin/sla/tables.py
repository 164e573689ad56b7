"""Tables of 时限看板: cells with the way to their rows, drawn on the page and written into a sheet alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from casework.models import Kind, state_word
from casework.selectors.clock import MARKS as SHAPES
from casework.selectors.clock import Tone
from supervision.admin.sla.asked import Pick, Watched
from supervision.rules.distribution import Spread
from supervision.rules.periods import Period
from supervision.rules.rates import Unit, in_unit_words, words

_LIGHTS: dict[Tone, str] = {"bad": "逾期", "warn": "临近", "good": "正常", "idle": "停时"}
MARKS = tuple((tone, SHAPES[tone], word) for tone, word in _LIGHTS.items())
"""The lights as the case list shows them."""


_SHORT = 14
"""Texts shorter than this are not broken."""


@dataclass(frozen=True)
class Cell:
    """What stands in a place of a table."""

    text: str
    url: str = ""
    number: int | None = None
    """How many rows the address has; None: it leads to the rows of a rate or a sum."""
    tone: str = ""
    note: str = ""
    right: bool = False
    head: bool = False
    parts: tuple[Cell, ...] = ()
    """Of the matrix: the lights of its cases."""
    mark: str = ""
    title: str = ""

    @property
    def html(self) -> SafeString:
        """The text, led to its rows. A board has a thousand cells: a template for each would cost more than its queries."""
        shown = escape(self.text)
        if self.url:
            rows = "" if self.head else " data-sum"
            if self.number is not None:
                title = escape(self.title)
                told = f' title="{title}" aria-label="{title} {shown}"' if title else ""
                rows = f' data-number="{int(self.number)}"{told}'
            shown = f'<a class="bo-link" href="{escape(self.url)}"{rows}>{shown}</a>'
        if self.mark:
            shown = f'<span class="su-sla-mark" aria-hidden="true">{escape(self.mark)}</span>{shown}'
        return mark_safe(shown)  # noqa: S308  every part is escaped above

    @property
    def place(self) -> SafeString:
        """The whole cell of a table."""
        name, scope = ("th", ' scope="row"') if self.head else ("td", "")
        short = "" if self.head or len(self.text) >= _SHORT else "su-short"
        looks = ("bo-number" if self.right else short, f"bo-tone-{escape(self.tone)}" if self.tone else "")
        shown = str(self.html)
        if self.parts:
            lights = "".join(
                f'<span class="su-sla-light su-sla-light-{escape(one.tone)}">{one.html}</span>'
                for one in self.parts
            )
            shown += f'<span class="su-sla-lights">{lights}</span>'
        if self.note:
            shown += f'<span class="su-second">{escape(self.note)}</span>'
        found = f'<{name}{scope} class="{" ".join(filter(None, looks))}">{shown}</{name}>'
        return mark_safe(found)  # noqa: S308  every part is escaped above

    @property
    def written(self) -> Any:
        """In a sheet."""
        if self.number is not None and not self.parts:
            return self.number
        lights = " ".join(f"{one.mark}{one.text}" for one in self.parts)
        return "；".join(part for part in (f"{self.text} {lights}".strip(), self.note) if part)


@dataclass(frozen=True)
class Column:
    title: str
    right: bool = False
    wide: bool = False


@dataclass(frozen=True)
class Table:
    """`empty` says what to do next where there are no rows."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    empty: str = "没有。"
    more: Cell | None = None
    """All of what the table shows the first of."""

    @property
    def headers(self) -> list[str]:
        return [one.title for one in self.columns]

    @property
    def written(self) -> list[list[Any]]:
        return [[cell.written for cell in row] for row in self.rows]


class Cells:
    """Makes cells that know the way to their rows."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched

    def number(self, count: int, pick: Pick | None, tone: str = "", title: str = "", mark: str = "") -> Cell:
        """A number above nought opens its rows."""
        url = self.watched.url(pick) if count and pick is not None else ""
        return Cell(str(count), url, count, tone if count else "", right=True, title=title, mark=mark)

    def sum(self, told: str, pick: Pick | None, tone: str = "") -> Cell:
        """A rate, a mean or a sum leads to the rows it is made of."""
        url = self.watched.url(pick) if pick is not None and told not in ("—", "0") else ""
        return Cell(told, url, tone=tone, right=True)

    def share(self, value: Fraction | None, pick: Pick | None) -> Cell:
        return self.sum("—" if value is None else words(value, Unit.PERCENT), pick)


def text(value: Any, *, head: bool = False, note: str = "", tone: str = "", right: bool = False) -> Cell:
    return Cell(str(value), head=head, note=note, tone=tone, right=right)


def days(value: Fraction | int | None) -> str:
    """Working days as the board tells them: cut off after two places, never rounded down to less than they are told."""
    return "—" if value is None else in_unit_words(Fraction(value), Unit.RATIO)


def spread_cells(cells: Cells, spread: Spread, pick: Pick | None) -> list[Cell]:
    """Mean, median, 90th percentile, longest."""
    told = (spread.mean, spread.percentile(50), spread.percentile(90), spread.longest)
    return [cells.sum(days(one), pick) for one in told]


def columns(*titles: str, right: Iterable[str] = (), wide: Iterable[str] = ()) -> list[Column]:
    """`right`: those under which figures stand."""
    right, wide = set(right), set(wide)
    return [Column(one, one in right, one in wide) for one in titles]


def day_word(day: date) -> str:
    return f"{day:%m-%d} 周{'一二三四五六日'[day.weekday()]}"


def month_end(month: date) -> date:
    return Period("month", month).last


def place_word(place: tuple[int, int] | None) -> str:
    return "—" if place is None else f"{place[0]}/{place[1]}"


def stage_word(stage: str) -> str:
    """In the words of all kinds, as the case list has it."""
    return "/".join(dict.fromkeys(state_word(kind, stage) for kind in Kind.values))
