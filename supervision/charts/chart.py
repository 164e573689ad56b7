"""A chart: what it shows as plain numbers, the picture made of them, and the table behind it.

Nothing here knows the database. A missing value is a gap, never a nought. Texts are cleaned and escaped; links lead
nowhere but to this product. The same numbers give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from django.utils.safestring import SafeString, mark_safe

from casework.letters.sheet import plain
from supervision.rules.rates import Unit, in_unit_words

from .drawing import drawn, drawn_spark
from .look import LOOKS

Number = int | float | Decimal | Fraction
Kind = Literal["bars", "lines"]


@dataclass(frozen=True)
class Series:
    """One row of bars or one line. `links`: for each value the page with the rows behind it, or empty."""

    name: str
    values: Sequence[Number | None]
    links: Sequence[str] = ()


@dataclass(frozen=True)
class Cell:
    """A value in the table behind the picture."""

    words: str
    link: str = ""
    number: int | None = None
    """Of how many rows the link tells; None: a rate or a sum."""


@dataclass(frozen=True)
class Chart:
    """Made by `bars` and `lines`."""

    kind: Kind
    title: str
    unit: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    stacked: bool = False
    goal: Number | None = None
    goal_name: str = "目标"
    head: str = "项目"

    @cached_property
    def svg(self) -> SafeString:
        """For a page: no script, no style, texts escaped."""
        return mark_safe(drawn(self))  # noqa: S308  built as a tree, every text escaped

    def printed(self, font: str = "Noto Sans CJK SC") -> str:
        """For a PDF: no links, and the font named, because there is no page to take it from."""
        return drawn(self, font=font)

    @property
    def empty(self) -> bool:
        return all(value is None for one in self.series for value in one.values)

    @property
    def headers(self) -> list[str]:
        return [self.head, *(f"{one.name}({self.unit})" if self.unit else one.name for one in self.series)]

    @property
    def rows(self) -> list[list[str]]:
        """The table behind the picture, a row a label."""
        return [[label, *(cell.words for cell in cells)] for label, cells in self.cells]

    @property
    def cells(self) -> list[tuple[str, list[Cell]]]:
        """The same with the links."""
        return [(label, [_cell(one, n) for one in self.series]) for n, label in enumerate(self.labels)]

    @property
    def described(self) -> str:
        """For those who do not see the picture, in a sentence; the numbers stand in the table."""
        kind = "折线图" if self.kind == "lines" else "柱状图"
        unit = f"，单位{self.unit}" if self.unit else ""
        goal = f"，{self.goal_name}{words(self.goal)}" if self.goal is not None else ""
        return f"{kind}：{'、'.join(one.name for one in self.series)}，共{len(self.labels)}项{unit}{goal}。数值见图后的表。"

    def told(self, value: Number | None) -> str:
        return words(value)

    def sum_told(self, values: Sequence[Number]) -> str:
        return words(sum((_exact(value) for value in values), Fraction(0)))

    def as_data(self) -> dict[str, Any]:
        """What a frozen report keeps of it; links are not kept."""
        return {
            "kind": self.kind, "title": self.title, "unit": self.unit, "labels": list(self.labels),
            "series": [{"name": one.name, "values": [_kept(value) for value in one.values]} for one in self.series],
            "stacked": self.stacked, "goal": _kept(self.goal), "goal_name": self.goal_name, "head": self.head,
        }  # fmt: skip

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Chart:
        series = [
            Series(one["name"], tuple(_read(value) for value in one["values"])) for one in data["series"]
        ]
        return _made(**{**data, "series": series, "goal": _read(data["goal"])})


def bars(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    unit: str = "",
    stacked: bool = False,
    head: str = "项目",
) -> Chart:
    """Bars beside or upon each other; they lie where the labels are long or many."""
    return _made("bars", title, unit, labels, series, stacked=stacked, head=head)


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    title: str,
    unit: str = "",
    goal: Number | None = None,
    goal_name: str = "目标",
    head: str = "月份",
) -> Chart:
    """Values in the order of time; `goal` is drawn as a line of its own."""
    return _made("lines", title, unit, labels, series, goal=goal, goal_name=goal_name, head=head)


def spark(values: Sequence[Number | None], *, title: str = "", labels: Sequence[str] = ()) -> SafeString:
    """The trend of a row in the height of a line of text; read out as its values."""
    names = [*labels, *("" for _ in range(len(values) - len(labels)))]
    told = "，".join(f"{_text(name)}{words(value)}" for name, value in zip(names, values, strict=True))
    return mark_safe(drawn_spark([_float(value) for value in values], f"{_text(title)} {told}".strip()))  # noqa: S308


def words(value: Number | None) -> str:
    """A number as picture and table show it: two places, cut off and not rounded."""
    if value is None:
        return "无数据"
    if value < 0:
        raise ValueError(f"charts show no negative numbers: {value}")
    return in_unit_words(_exact(value), Unit.RATIO)


def _made(
    kind: Kind, title: str, unit: str, labels: Sequence[str], series: Sequence[Series], **more: Any
) -> Chart:
    if not 1 <= len(series) <= len(LOOKS):
        raise ValueError(f"{len(series)} series: from 1 to {len(LOOKS)} can be told apart")
    for one in series:
        if len(one.values) != len(labels) or (one.links and len(one.links) != len(labels)):
            raise ValueError(
                f"{one.name}: {len(one.values)} values and {len(one.links)} links for {len(labels)} labels"
            )
        for value in one.values:
            words(value)
        for link in one.links:
            _require_own(link)
    kept = tuple(Series(_text(one.name), tuple(one.values), tuple(one.links)) for one in series)
    more = {name: _text(value) if isinstance(value, str) else value for name, value in more.items()}
    return Chart(kind, _text(title), _text(unit), tuple(_text(one) for one in labels), kept, **more)


def _require_own(link: str) -> None:
    """Links lead to pages of this product."""
    if link and (link[0] not in "/?" or link[:2] in ("//", "/\\") or any(ord(one) < 33 for one in link)):
        raise ValueError(f"not an address of this product: {link!r}")


def _text(text: str) -> str:
    return plain(str(text)).replace("\n", " ")


def _cell(one: Series, n: int) -> Cell:
    value = one.values[n]
    link = one.links[n] if one.links else ""
    return Cell(words(value), link if value else "", value if isinstance(value, int) else None)


def _exact(value: Number) -> Fraction:
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def _float(value: Number | None) -> float | None:
    return None if value is None else float(value)


def _kept(value: Number | None) -> int | str | None:
    if value is None or isinstance(value, int):
        return value
    return str(_exact(value))


def _read(kept: int | str | None) -> int | Fraction | None:
    return Fraction(kept) if isinstance(kept, str) else kept
