"""Charts: nothing in a picture but numbers and escaped words, the table says what the picture says, gaps stay gaps."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from supervision.charts import Series, bars, lines, spark
from supervision.charts.chart import Chart

MONTHS = [f"{month}月" for month in range(1, 13)]
HOSTILE = "</title><script>alert(1)</script>\"'&<style>*{}</style>\x00\u202e局"
SVG = "{http://www.w3.org/2000/svg}"


def every_kind(name: str = "甲", label: str = "一月", title: str = "图") -> list[Chart]:
    labels = [label, "二月", "三月"]
    some = [Series(name, [3, None, 0], ["/a/?x=1&y=2", "", ""]), Series("乙", [Fraction(7, 2), 2.25, 1])]
    return [
        lines(labels, some, title=title, unit="件", goal=2),
        bars(labels, some, title=title, unit="件"),
        bars(labels, some, title=title, unit="件", stacked=True),
        bars([f"{label}示例单位的一个很长的名称", "二", "三"], some, title=title),
    ]


def tree(chart: Chart, *, printed: bool = False) -> ET.Element:
    return ET.fromstring(chart.printed() if printed else chart.svg)


def texts(chart: Chart) -> list[str]:
    return [one.text or "" for one in tree(chart).iter(f"{SVG}text")]


@pytest.mark.parametrize("printed", [False, True])
def test_nothing_foreign_stands_in_a_picture(printed):
    for chart in every_kind(HOSTILE, HOSTILE, HOSTILE):
        picture = tree(chart, printed=printed)
        tags = {one.tag.removeprefix(SVG) for one in picture.iter()}
        assert tags <= {"svg", "title", "desc", "defs", "pattern", "g", "path", "rect", "text", "a"}
        names = {name for one in picture.iter() for name in one.attrib}
        assert not {name for name in names if name.startswith("on")}
        assert "style" not in names
        source = chart.printed() if printed else chart.svg
        assert re.findall(r"https?:[^\"'<> ]*|//[a-z][^\"'<> ]*", source) == ["http://www.w3.org/2000/svg"]
        assert "<script" not in source
        assert "\x00" not in source
        assert "\u202e" not in source
        assert "&lt;script&gt;" in source
        links = [one.get("href") for one in picture.iter(f"{SVG}a")]
        assert links == ([] if printed else ["/a/?x=1&y=2"])


@pytest.mark.parametrize(
    "link", ["http://example.com/", "//example.com/", "/\\example.com", "javascript:alert(1)", "/a\n", " /a"]
)
def test_a_link_leads_nowhere_but_into_this_product(link):
    with pytest.raises(ValueError, match="address"):
        bars(["一"], [Series("甲", [1], [link])], title="图")


def test_the_same_numbers_give_the_same_bytes():
    assert [one.svg for one in every_kind()] == [one.svg for one in every_kind()]
    names = [re.findall(r' id="([^"]+)"', one.svg) for one in every_kind()]
    assert len({name for one in names for name in one}) == sum(map(len, names))


def test_the_table_says_what_the_picture_says():
    for chart in every_kind():
        assert chart.headers[1:] == (["甲(件)", "乙(件)"] if chart.unit else ["甲", "乙"])
        assert [row[1:] for row in chart.rows] == [["3", "3.5"], ["无数据", "2.25"], ["0", "1"]]
        told = [one.text or "" for one in tree(chart).iter(f"{SVG}title")][1:]
        values = sorted(one.split(" ")[-1].removesuffix("件") for one in told if " " in one)
        assert values == sorted(["3", "0", "3.5", "2.25", "1"])
    stands = texts(every_kind()[1])
    assert {"3", "0", "3.5", "2.25", "1"} <= set(stands)


def test_a_link_tells_of_how_many_rows():
    [leading] = tree(every_kind()[1]).iter(f"{SVG}a")
    assert leading.get("data-number") == "3"
    cells = dict(every_kind()[1].cells)["一月"]
    assert [(one.link, one.number) for one in cells] == [("/a/?x=1&y=2", 3), ("", None)]
    nought = bars(["一"], [Series("甲", [0], ["/a/"])], title="图")
    assert not list(tree(nought).iter(f"{SVG}a"))


def test_a_gap_breaks_the_line_and_is_no_nought():
    chart = lines(MONTHS[:5], [Series("甲", [1, 2, None, 4, 5])], title="图")
    drawn = [one for one in tree(chart).iter(f"{SVG}path") if one.get("stroke") == "#0072b2"]
    assert len(drawn) == 2
    assert chart.rows[2] == ["3月", "无数据"]


@pytest.mark.parametrize(
    "values", [[], [None], [0], [0, 0], [5], [None, 3], [10**9], [Fraction(1, 10**6)], [0.1, 0.2]]
)
@pytest.mark.parametrize("make", [bars, lines])
def test_whatever_the_numbers_there_is_a_picture(make, values):
    chart = make(MONTHS[: len(values)], [Series("甲", values)], title="图", unit="件")
    assert tree(chart).get("viewBox")
    assert ("无数据" in texts(chart)) == all(value is None for value in values)
    assert tree(chart, printed=True).get("font-family")


def test_forty_departments_stand_below_each_other_with_their_values():
    names = [f"示例单位{number}" for number in range(40)]
    chart = bars(names, [Series("件", list(range(40)))], title="图")
    labels = [one for one in texts(chart) if one.startswith("示例")]
    assert labels == names[::-1]
    assert float(tree(chart).get("viewBox", "").split()[3]) > 40 * 18
    places = {one.text: float(one.get("y", 0)) for one in tree(chart).iter(f"{SVG}text") if one.text in names}
    assert places["示例单位0"] < places["示例单位39"]


def test_series_are_told_apart_without_colours():
    every = [Series(name, [1, 2]) for name in "甲乙丙丁戊己"]
    drawn = [
        one
        for one in tree(lines(["一", "二"], every, title="图")).iter(f"{SVG}path")
        if one.get("stroke-width") == "2"
    ]
    assert len({one.get("stroke-dasharray") for one in drawn}) == 6
    tiles = tree(bars(["一", "二"], every, title="图")).iter(f"{SVG}pattern")
    shapes = {(one.get("patternTransform"), one.find(f"{SVG}path").get("d")) for one in tiles}
    assert len(shapes) == 5
    with pytest.raises(ValueError, match="told apart"):
        bars(["一"], [Series(str(n), [1]) for n in range(7)], title="图")


@pytest.mark.parametrize(
    "series", [[], [Series("甲", [1, 2])], [Series("甲", [-1])], [Series("甲", [1], ["/a/", "/b/"])]]
)
def test_what_does_not_fit_is_an_error(series):
    with pytest.raises(ValueError, match=r"series|values|negative"):
        bars(["一"], series, title="图")


def test_shares_are_cut_off_and_never_rounded_up():
    chart = bars(["一"], [Series("甲", [Fraction(99_9999, 10_000)])], title="图", unit="%")
    assert chart.rows == [["一", "99.99"]]
    assert "99.99" in texts(chart)


def test_a_chart_comes_back_from_stored_data():
    for chart in every_kind():
        back = Chart.from_data(json.loads(json.dumps(chart.as_data())))
        assert back.rows == chart.rows
        assert back.printed() == Chart.from_data(chart.as_data()).printed()


def test_a_spark_is_read_out_and_survives_gaps():
    drawn = ET.fromstring(spark([3, None, 5], title=HOSTILE, labels=["1月", "2月", "3月"]))
    told = drawn.find(f"{SVG}title").text
    assert told.endswith("1月3，2月无数据，3月5")
    assert not list(drawn.iter("script"))
    for values in ([], [None], [0], [7, 7, 7]):
        assert ET.fromstring(spark(values)).get("role") == "img"
