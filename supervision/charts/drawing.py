"""The geometry of a picture by pygal: scale, axes, bars, lines; how it looks is `dressing`'s."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pygal

from .dressing import LEGEND_LINE, Dressing, dressed, legend_places, written
from .look import TEXT, WIDTH, shortened, width_of

if TYPE_CHECKING:
    from .chart import Chart

_HEIGHT = 225
_BAR, _BETWEEN = 18, 10
"""Of lying bars: the height of one, and the room between two labels."""
_LONGEST = 200
_WIDEST = 64
"""Of a label, and of a standing bar."""
_PLAIN = {
    # No script from a foreign host, no rules but those of our own attributes, nothing of chance.
    "js": (), "css": (), "no_prefix": True, "show_legend": False, "margin": 4, "spacing": 8, "truncate_label": -1,
    "no_data_text": "", "style": pygal.style.Style(label_font_size=TEXT, value_font_size=TEXT, no_data_font_size=TEXT),
    "formatter": lambda value, serie, index: f"{serie.index}:{index}",
}  # fmt: skip


def drawn(chart: Chart, *, font: str = "") -> str:
    """The picture as one `<svg>` element."""
    lying = chart.kind == "bars" and not _stand(chart)
    labels, series = list(chart.labels), [[_float(v) for v in one.values] for one in chart.series]
    if lying:  # pygal begins at the bottom
        labels, series = labels[::-1], [values[::-1] for values in series]
    short = [shortened(label, _LONGEST) for label in labels]
    names = {one: label for one, label in zip(short, labels, strict=True) if one != label}
    labels = short
    top = (20 if chart.kind == "lines" else 8) + LEGEND_LINE * _legend_lines(chart)
    height = _HEIGHT + top
    if lying:
        rows = 1 if chart.stacked else len(series)
        height = top + 30 + len(labels) * (rows * _BAR + _BETWEEN)
    scale = _scale(chart, series)
    graph = _graph(chart.kind, lying, chart.stacked)(
        **_PLAIN,
        width=WIDTH,
        height=height,
        margin_top=top,
        margin_right=26,
        margin_left=_left(labels, scale, lying),
        x_labels=labels,
        y_labels=scale,
        range=(scale[0], scale[-1] * 1.08 if chart.kind == "bars" else scale[-1]),
        value_formatter=_number,
        allow_interruptions=True,
    )
    if chart.kind == "bars":
        graph._series_margin = _around(labels, 1 if chart.stacked else len(series), lying)
    for values in series:
        graph.add("", values)
    if chart.goal is not None:
        graph.add("", [float(chart.goal)] * len(labels), show_dots=False)
    dressing = Dressing(
        chart, _name_of(chart), lying=lying, top=top, height=height, long_names=names, font=font
    )
    return written(dressed(graph.render_tree(), dressing))


def drawn_spark(values: Sequence[float | None], told: str) -> str:
    """A line without axes, the last value marked."""
    width, height = 96, 22
    size = f"0 0 {width} {height}"
    look = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": size, "role": "img", "class": "su-spark"}
    picture = ET.Element("svg", look)
    ET.SubElement(picture, "title").text = told
    known = [value for value in values if value is not None]
    if not known:
        return written(picture)
    low, high = min(known), max(known)
    step = (width - 10) / max(len(values) - 1, 1)

    def at(n: int, value: float) -> tuple[float, float]:
        return 5 + n * step, 4 + (high - value) / ((high - low) or 1) * (height - 8)

    points = [None if value is None else at(n, value) for n, value in enumerate(values)]
    path, pen_down = [], False
    for point in points:
        if point is not None:
            path.append(f"{'L' if pen_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        pen_down = point is not None
    drawn = {"d": "".join(path), "fill": "none", "stroke": "#0072b2", "stroke-width": "1.5"}
    ET.SubElement(picture, "path", drawn)
    last = [point for point in points if point is not None][-1]
    ET.SubElement(picture, "circle", cx=f"{last[0]:.1f}", cy=f"{last[1]:.1f}", r="2.5", fill="#0072b2")
    return written(picture)


def _graph(kind: str, lying: bool, stacked: bool) -> Any:
    if kind == "lines":
        return pygal.Line
    if lying:
        return pygal.HorizontalStackedBar if stacked else pygal.HorizontalBar
    return pygal.StackedBar if stacked else pygal.Bar


def _stand(chart: Chart) -> bool:
    """Bars stand where every label and every value has room, else they lie."""
    room = (WIDTH - 70) / max(len(chart.labels), 1)
    beside = 1 if chart.stacked else len(chart.series)
    widest = max(
        (width_of(chart.told(v), TEXT) for one in chart.series for v in one.values if v is not None),
        default=0,
    )
    return (
        max((width_of(label) for label in chart.labels), default=0) + 6 <= room
        and widest * beside + 6 <= room
    )


def _around(labels: Sequence[str], beside: int, lying: bool) -> float:
    """Room on each side of a group of bars, as a share of its place: a few bars do not fill the width."""
    place = (WIDTH - 60) / max(len(labels), 1)
    return 0.06 if lying else max(0.06, (1 - _WIDEST * beside / place) / 2)


def _legend_lines(chart: Chart) -> int:
    return 1 + max((line for _, line, _ in legend_places(chart)), default=0)


def _left(labels: Sequence[str], scale: Sequence[float], lying: bool) -> int:
    """pygal holds every character for 0.6 wide; Chinese ones are 1."""
    shown = labels if lying else [_number(value) for value in scale]
    reckoned = max((len(label) for label in shown), default=0) * 0.6 * TEXT
    return max(round(max((width_of(label) for label in shown), default=0) - reckoned) + 6, 4)


def _scale(chart: Chart, series: Iterable[Sequence[float | None]]) -> list[float]:
    """Round figures from nought to beyond the highest value; shares of a hundred may begin higher."""
    if chart.stacked:
        known = [sum(value or 0 for value in values) for values in zip(*series, strict=True)]
    else:
        known = [value for values in series for value in values if value is not None]
    if chart.goal is not None:
        known.append(float(chart.goal))
    high, low = max(known, default=0), min(known, default=0)
    if chart.kind == "lines" and chart.unit == "%" and low >= 50 and high <= 100:
        first = 90 if low >= 90 else 50
        return [first + n * (100 - first) / 5 for n in range(6)]
    whole = all(float(value).is_integer() for value in known) and chart.unit != "%"
    step = _step(high, whole)
    count = max(math.ceil(high / step - 1e-9), 1)
    return [n * step for n in range(count + 1)]


def _step(high: float, whole: bool) -> float:
    """1, 2 or 5 times a power of ten, so that some five lines are drawn."""
    if high <= 0:
        return 1
    power: float = 10 ** math.floor(math.log10(high / 5))
    step = next(power * part for part in (1, 2, 5, 10) if power * part * 5 >= high * (1 - 1e-9))
    return max(step, 1) if whole else step


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _name_of(chart: Chart) -> str:
    """The same picture has the same name, so that the same numbers give the same bytes."""
    return (
        "c" + sha256(repr((chart.as_data(), [one.links for one in chart.series])).encode()).hexdigest()[:10]
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
