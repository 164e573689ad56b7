"""A report as plain data: sections of texts, tables, charts and remarks, from which page and PDF are made alike.

What is stored here is what was known when the report was drawn up; nothing is worked out anew when it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casework.letters.sheet import plain
from casework.letters.typesetting import font_choice, typeset, typeset_pictures
from supervision.charts import Chart

LAYOUT = 1
"""The number of the layout under which new reports are drawn; an old one keeps its own."""
_LAYOUTS = Path(__file__).resolve().parent / "layouts"

Block = dict[str, Any]


class PaperUnreadable(ValueError):
    """Stored content that is no report of a known layout."""


def text(words: str) -> Block:
    return {"kind": "text", "text": plain(words)}


def remark(words: str) -> Block:
    """What the reader has to know of the figures above it."""
    return {"kind": "remark", "text": plain(words)}


def table(
    caption: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: Sequence[int] = (0,),
    empty: str = "无",
) -> Block:
    """`words`: the columns that hold words and stand left; the others are numbers. `empty`: said where there is no row."""
    return {
        "kind": "table",
        "caption": caption,
        "headers": list(headers),
        "rows": [[plain(str(cell)).replace("\n", "；") for cell in row] for row in rows],
        "words": list(words),
        "empty": empty,
    }


def chart(one: Chart) -> Block:
    return {"kind": "chart", "chart": one.as_data()}


def section(heading: str, *blocks: Block) -> dict[str, Any]:
    return {"heading": heading, "blocks": list(blocks)}


@dataclass(frozen=True)
class Paper:
    """All that stands on the paper."""

    title: str
    office: str
    period: str
    as_of: str
    """The day of the figures, ISO."""
    made: str
    """When they were worked out, in words."""
    drafted_by: str
    sections: Sequence[Mapping[str, Any]]
    told: str = ""
    """What the office itself says (情况说明)."""
    number: str = ""
    dated: str = ""
    """The day on which it was signed, ISO; empty on a draft."""
    signed_by: str = ""
    replaces: str = ""
    """The number of the report of the same period whose place it takes."""
    layout: int = LAYOUT

    def as_data(self) -> dict[str, Any]:
        return {**vars(self), "sections": list(self.sections)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Paper:
        try:
            if data["layout"] != LAYOUT:
                raise PaperUnreadable(f"layout {data['layout']!r}")
            return cls(**data)
        except (KeyError, TypeError) as error:
            raise PaperUnreadable(str(error)) from error

    @property
    def is_draft(self) -> bool:
        return not self.number

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The sections for a page, charts ready to be drawn."""
        return [{**one, "blocks": [_shown(block) for block in one["blocks"]]} for one in self.sections]

    @property
    def told_lines(self) -> list[str]:
        return self.told.split("\n") if self.told else []


def pdf_of(paper: Paper) -> bytes:
    """Raises what `casework.letters.typesetting.render` does."""
    dated = date.fromisoformat(paper.dated or paper.as_of)
    values, charts = _printed(paper)
    return typeset(_layout(paper), values, dated=dated, charts=charts)


def pages_of(paper: Paper, *, ppi: int = 100) -> list[bytes]:
    """The pages as PNG, to look at."""
    values, charts = _printed(paper)
    return typeset_pictures(_layout(paper), values, charts=charts, ppi=ppi)


def _layout(paper: Paper) -> Path:
    return _LAYOUTS / f"report_{paper.layout}.typ"


def _shown(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["kind"] == "chart":
        return {"kind": "chart", "chart": Chart.from_data(block["chart"])}
    return dict(block)


def _behind(chart: Chart) -> dict[str, Any]:
    """The table behind a line, months beside each other; bars of bodies are told in the table of their section."""
    if chart.kind != "lines":
        return {"headers": [], "rows": []}
    told = [[one.name, *(chart.told(value) for value in one.values)] for one in chart.series]
    rows = [["—" if cell == "无数据" else cell for cell in row] for row in told]
    return {"headers": [chart.head, *chart.labels], "rows": rows}


def _printed(paper: Paper) -> tuple[dict[str, Any], list[str]]:
    """The data for the layout; pictures apart, named by their place."""
    font = font_choice().heading
    charts: list[str] = []
    sections = []
    for one in paper.sections:
        blocks = []
        for block in one["blocks"]:
            if block["kind"] == "chart":
                drawn = Chart.from_data(block["chart"])
                blocks.append({"kind": "chart", "title": drawn.title, "place": len(charts), **_behind(drawn)})
                charts.append(drawn.printed(font))
            else:
                blocks.append(dict(block))
        sections.append({**one, "blocks": blocks})
    day = date.fromisoformat(paper.dated or paper.as_of)
    return {
        **vars(paper), "sections": sections, "told": paper.told_lines,
        "year": day.year, "month": day.month, "day": day.day,
    }, charts  # fmt: skip
