"""pygal's picture made anew from what is known and wanted of it: nothing else of it is handed on.

pygal writes rules, scripts, comments, tooltips and names of chance into its picture. Taken over is the geometry alone;
colours, dashes, marks and texts are set here as attributes, which page and PDF read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from .look import GOAL, INK, LOOKS, RULE, SOFT, TEXT, WIDTH, fill, hatching, width_of

if TYPE_CHECKING:
    from .chart import Chart

_GEOMETRY = {"g": ("transform",), "path": ("d",), "text": ("x", "y")}
_TAKEN = frozenset({"plot", "overlay", "series", "axis", "guides", "line", "bars", "dots"})
_LEFT_OUT = frozenset({"text-overlay", "tooltip-overlay", "titles", "legends"})
_DECIMALS = re.compile(r"-?\d+\.\d+")
LEGEND_LINE = 20
_SAMPLE, _BETWEEN = 28, 18
"""Of the legend: the width of a sample, and the room between two entries."""


@dataclass
class Mark:
    """A bar or a point of the picture, and the value it stands for."""

    series: int
    item: int
    x: float
    y: float
    width: float = 0
    height: float = 0


@dataclass
class Dressing:
    """What the tree is to become."""

    chart: Chart
    name: str
    lying: bool
    top: int
    height: int
    long_names: dict[str, str]
    font: str = ""
    marks: list[Mark] = field(default_factory=list)

    @property
    def linked(self) -> bool:
        return not self.font and any(any(one.links) for one in self.chart.series)


def dressed(tree: Any, dressing: Dressing) -> ET.Element:
    """The picture of a page, or with a font that of a PDF."""
    picture = _root(dressing)
    if dressing.chart.kind == "bars":
        tiles = hatching(dressing.name, len(dressing.chart.series))
        if tiles:
            ET.SubElement(picture, "defs").extend(tiles)
    picture.extend(_legend(dressing))
    graph = next(one for one in tree if _classes(one) & {"graph"})
    parts = [_taken(one, dressing) for one in graph if _wanted(one)]
    picture.extend(parts)
    # What is told stands above what is drawn.
    above = ET.SubElement(picture, "g", transform=parts[0].get("transform", ""))
    above.extend(_bar_values(dressing) if dressing.chart.kind == "bars" else _point_values(dressing))
    if dressing.chart.empty:
        picture.append(_words("无数据", WIDTH / 2, (dressing.top + dressing.height) / 2, anchor="middle"))
    return picture


def written(picture: ET.Element) -> str:
    for one in picture.iter():
        for name in ("d", "x", "y", "width", "height"):
            if name in one.attrib:
                one.set(name, _DECIMALS.sub(lambda found: f"{float(found[0]):.1f}", one.attrib[name]))
    return ET.tostring(picture, encoding="unicode")


def legend_places(chart: Chart) -> list[tuple[str, int, float]]:
    """The entries of the legend with line and place; none for a single row, which the title names."""
    names = [one.name for one in chart.series]
    if chart.goal is not None:
        names.append(f"{chart.goal_name} {chart.told(chart.goal)}")
    found, line, x = [], 0, 0.0
    for name in names if len(names) > 1 else []:
        wide = _SAMPLE + 6 + width_of(name) + _BETWEEN
        if x and x + wide > WIDTH - 90:
            line, x = line + 1, 0.0
        found.append((name, line, x))
        x += wide
    return found


def _root(dressing: Dressing) -> ET.Element:
    name = dressing.name
    picture = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {dressing.height}",
            "class": "su-chart-picture",
            # Nothing within an image can be followed: a picture with links is a group.
            "role": "group" if dressing.linked else "img",
            "aria-labelledby": f"{name}-title {name}-about",
            "font-size": str(TEXT),
        },
    )
    if dressing.font:
        picture.attrib |= {
            "font-family": dressing.font,
            "width": str(WIDTH),
            "height": str(dressing.height),
        }
    ET.SubElement(picture, "title", id=f"{name}-title").text = dressing.chart.title
    ET.SubElement(picture, "desc", id=f"{name}-about").text = dressing.chart.described
    return picture


def _classes(node: Any) -> set[str]:
    return set((node.get("class") or "").split())


def _wanted(node: Any) -> bool:
    """What is taken over: known elements with a known part in the picture."""
    if node.tag not in _GEOMETRY:
        return False
    classes = _classes(node)
    return node.tag == "text" or (bool(classes & _TAKEN) and not classes & _LEFT_OUT)


def _taken(node: Any, dressing: Dressing, series: int | None = None, axis: str = "") -> ET.Element:
    """An element with its children, dressed."""
    classes = _classes(node)
    series = next((int(one[6:]) for one in classes if one.startswith("serie-")), series)
    if node.tag == "g" and "axis" in classes:
        axis = "x" if "x" in classes else "y"
    taken = ET.Element(node.tag, {name: node.get(name) for name in _GEOMETRY[node.tag] if node.get(name)})
    if node.tag == "text":
        taken.text = node.text
        taken.attrib |= {"fill": INK, "text-anchor": "end" if axis == "y" else "middle"}
        if node.text in dressing.long_names:
            ET.SubElement(taken, "title").text = dressing.long_names[node.text]
            taken.text, taken[0].tail = None, node.text
    elif node.tag == "path":
        taken.attrib |= _axis_line(classes) if axis else _series_line(series or 0, dressing)
    for child in node:
        if "bar" in _classes(child) or "dots" in _classes(child):
            taken.extend(_value_mark(child, series or 0, dressing))
        elif _wanted(child) and not (child.tag == "path" and axis and _across_labels(child, axis, dressing)):
            taken.append(_taken(child, dressing, series, axis))
    return taken


def _across_labels(line: Any, axis: str, dressing: Dressing) -> bool:
    """Lines lead from the numbers across the picture; from the labels none, but that on which bars stand."""
    of_numbers = axis == ("x" if dressing.lying else "y")
    return not of_numbers and ("guide" in _classes(line) or dressing.chart.kind == "lines")


def _axis_line(classes: set[str]) -> dict[str, str]:
    return {"fill": "none", "stroke": RULE if "guide" in classes else SOFT}


def _series_line(series: int, dressing: Dressing) -> dict[str, str]:
    if series >= len(dressing.chart.series):
        return {"fill": "none", "stroke": GOAL, "stroke-width": "1.2", "stroke-dasharray": "8 3 2 3"}
    look = LOOKS[series]
    found = {"fill": "none", "stroke": look.colour, "stroke-width": "2"}
    return found | ({"stroke-dasharray": look.dash} if look.dash else {})


def _value_mark(node: Any, series: int, dressing: Dressing) -> Iterator[ET.Element]:
    """A bar or a point, with its words for those who point at it and a link where it has one; nothing for a gap in a stack."""
    chart = dressing.chart
    place = next(int(one.text.split(":")[1]) for one in node.iter() if "value" in _classes(one))
    item = len(chart.labels) - 1 - place if dressing.lying else place
    one = chart.series[series]
    if one.values[item] is None:
        return
    shape = next(child for child in node.iter() if child.tag in ("rect", "circle"))

    def read(name: str) -> float:
        return float(shape.get(name) or 0)  # a bar of nought has no width

    if shape.tag == "rect":
        dressing.marks.append(Mark(series, item, read("x"), read("y"), read("width"), read("height")))
        drawn = ET.Element("rect", {name: str(read(name)) for name in ("x", "y", "width", "height")})
        drawn.attrib |= {"fill": fill(series, dressing.name), "stroke": LOOKS[series].colour}
    else:
        dressing.marks.append(Mark(series, item, read("cx"), read("cy")))
        drawn = _point(series, read("cx"), read("cy"))
    ET.SubElement(
        drawn, "title"
    ).text = f"{chart.labels[item]} {one.name} {chart.told(one.values[item])}{chart.unit}"
    link = one.links[item] if one.links and one.values[item] else ""
    if not link or dressing.font:
        yield drawn
        return
    leading = ET.Element("a", href=link)
    value = one.values[item]
    if isinstance(value, int):
        leading.set("data-number", str(value))
    leading.append(drawn)
    yield leading


def _point(series: int, x: float, y: float) -> ET.Element:
    look = LOOKS[series]
    return ET.Element("path", d=look.mark, fill=look.colour, transform=f"translate({x:.1f} {y:.1f})")


def _words(text: str, x: float, y: float, *, anchor: str = "start") -> ET.Element:
    """Words over a drawing stand out by a white rim."""
    found = ET.Element("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": INK, "text-anchor": anchor})
    found.attrib |= {
        "stroke": "#ffffff",
        "stroke-width": "3",
        "stroke-linejoin": "round",
        "paint-order": "stroke",
    }
    found.text = text
    return found


def _bar_values(dressing: Dressing) -> Iterator[ET.Element]:
    """At the end of a bar its value; within a stack where there is room, and the sum at its end."""
    chart = dressing.chart
    for mark in dressing.marks:
        told = chart.told(chart.series[mark.series].values[mark.item])
        if chart.stacked:
            room = mark.width > width_of(told) + 4 if dressing.lying else mark.height > TEXT + 2
            if room:
                yield _words(told, mark.x + mark.width / 2, mark.y + mark.height / 2 + 4, anchor="middle")
        else:
            yield _at_end(told, mark, dressing)
    if chart.stacked:
        for item in range(len(chart.labels)):
            ends = [mark for mark in dressing.marks if mark.item == item]
            values = [value for one in chart.series if (value := one.values[item]) is not None]
            if ends and values:
                end = max(ends, key=lambda mark: mark.x + mark.width if dressing.lying else -mark.y)
                yield _at_end(chart.sum_told(values), end, dressing)


def _at_end(told: str, mark: Mark, dressing: Dressing) -> ET.Element:
    if dressing.lying:
        return _words(told, mark.x + mark.width + 4, mark.y + mark.height / 2 + 4)
    return _words(told, mark.x + mark.width / 2, mark.y - 4, anchor="middle")


def _point_values(dressing: Dressing) -> Iterator[ET.Element]:
    """Above the highest point of a month, below the lowest, beside those between; every so many where room is short."""
    chart = dressing.chart
    told = {id(mark): chart.told(chart.series[mark.series].values[mark.item]) for mark in dressing.marks}
    apart = WIDTH * 0.88 / max(len(chart.labels) - 1, 1)
    every = max(1, -int(-(max(map(width_of, told.values()), default=0) + 6) // apart))
    last = len(chart.labels) - 1
    for item in range(len(chart.labels)):
        if (last - item) % every:
            continue
        there = sorted((mark for mark in dressing.marks if mark.item == item), key=lambda mark: mark.y)
        for n, mark in enumerate(there):
            if n == 0:
                yield _words(told[id(mark)], mark.x, mark.y - 8, anchor="middle")
            elif n == len(there) - 1:
                yield _words(told[id(mark)], mark.x, mark.y + 17, anchor="middle")
            else:
                yield _words(told[id(mark)], mark.x + 7, mark.y + 4)


def _legend(dressing: Dressing) -> Iterator[ET.Element]:
    chart = dressing.chart
    if chart.unit:
        yield _words(f"单位：{chart.unit}", WIDTH - 6, 14, anchor="end")
    for n, (name, line, x) in enumerate(legend_places(chart)):
        entry = ET.Element("g", transform=f"translate({x + 6:.1f} {line * LEGEND_LINE + 10})")
        if chart.kind == "bars":
            ET.SubElement(
                entry, "rect", x="0", y="-6", width=str(_SAMPLE), height="12", fill=fill(n, dressing.name),
                stroke=LOOKS[n].colour,
            )  # fmt: skip
        else:
            ET.SubElement(entry, "path", {"d": f"M0 0H{_SAMPLE}", **_series_line(n, dressing)})
            if n < len(chart.series):
                entry.append(_point(n, _SAMPLE / 2, 0))
        entry.append(_words(name, _SAMPLE + 6, 4))
        yield entry
