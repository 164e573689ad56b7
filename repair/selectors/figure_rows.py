"""The rows behind every figure of 修复时效, by the name that the page's links carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from casework.models import Request

from .figure_facts import Group
from .figures import GROUPS, Figures

Rows = list[Any]
_ROUNDS: dict[str, tuple[str, Callable[[Figures], Rows]]] = {
    "closed": ("已办结的修复", lambda f: f.decided),
    "within": ("时限内办结", lambda f: [one for one in f.decided if one.within]),
    "over": ("超过时限", lambda f: [one for one in f.decided if not one.within]),
    "longest": ("用时最长", lambda f: [one for one in f.decided if one.net == f.whole.longest]),
    "longest_gross": ("用时最长(含停时)", lambda f: [one for one in f.decided if one.gross == f.gross.longest]),
    "paused": ("有停时", lambda f: [one for one in f.decided if one.gross > one.net]),
    "extended": ("经延期", lambda f: [one for one in f.decided if one.extended]),
    "city_within": ("本级时限内", lambda f: [one for one in f.decided if one.city_within]),
    "city_over": ("本级超过时限", lambda f: [one for one in f.decided if one.city_within is False]),
    "city": ("本级审核", lambda f: [one for one in f.decided if one.city_within is not None]),
    "city_longest": (
        "本级用时最长",
        lambda f: [one for one in f.decided if one.city_within is not None and one.city == f.city.longest],
    ),
}  # fmt: skip


def _of_group(group: Group, within: bool | None = None) -> Callable[[Figures], Rows]:
    return lambda f: [one for one in f.of(group) if within is None or one.within == within]


for _group, _title in GROUPS.items():
    if _group != "repair":
        _ROUNDS[_group] = (_title, _of_group(_group))
        _ROUNDS[f"{_group}-within"] = (f"{_title}，时限内", _of_group(_group, within=True))
        _ROUNDS[f"{_group}-over"] = (f"{_title}，超过时限", _of_group(_group, within=False))
_REQUESTS: dict[str, tuple[str, Callable[[Figures], Rows]]] = {
    "upper": ("上级审核", lambda f: f.reviews),
    "upper_within": ("上级审核时限内", lambda f: [one for one in f.reviews if one.within]),
    "upper_over": ("上级审核超过时限", lambda f: [one for one in f.reviews if not one.within]),
    "upper_longest": (
        "上级审核用时最长",
        lambda f: [one for one in f.reviews if one.days == f.upper.longest],
    ),
}
_OPEN: dict[str, tuple[str, Callable[[Figures], Rows]]] = {
    "open": ("在办", lambda f: f.open),
    "open_late": ("在办已逾期", lambda f: [one for one in f.open if one.late]),
}
_OF_MONTH: dict[str, tuple[str, Callable[[Rows], Rows]]] = {
    "": ("", lambda rows: rows),
    "within": ("，时限内", lambda rows: [one for one in rows if one.within]),
    "over": ("，超过时限", lambda rows: [one for one in rows if not one.within]),
    "longest": ("，用时最长", lambda rows: [one for one in rows if one.net == max(each.net for each in rows)]),
}  # fmt: skip


def _told(rows: Rows) -> Rows:
    return [one for one in rows if one.state == Request.State.ANSWERED]


_OF_BODY: dict[str, tuple[str, Callable[[Rows], Rows]]] = {
    "answered": ("已答复", _told),
    "within": ("时限内答复", lambda rows: [one for one in _told(rows) if one.within]),
    "over": ("超过时限", lambda rows: [one for one in _told(rows) if not one.within]),
    "longest": ("用时最长", lambda rows: [one for one in _told(rows) if one.days == max(each.days for each in _told(rows))]),
    "unanswered": (
        "未答复收回", lambda rows: [one for one in rows if one.state not in (Request.State.ANSWERED, Request.State.OPEN)]
    ),
    "waiting": ("待答复", lambda rows: [one for one in rows if one.state == Request.State.OPEN]),
}  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """The rows behind one figure; `kind` says which columns they have."""

    title: str
    kind: Literal["rounds", "requests", "open"]
    rows: Rows


def rows_of(found: Figures, show: str) -> Listed | None:
    """The rows behind a figure by its name: `over`, `upper`, `month-2026-11`, `month-2026-11-over`, `body-7-answered`."""
    tables: tuple[tuple[Literal["rounds", "requests", "open"], Any], ...] = (
        ("rounds", _ROUNDS), ("requests", _REQUESTS), ("open", _OPEN),
    )  # fmt: skip
    for kind, table in tables:
        if show in table:
            title, choose = table[show]
            return Listed(title, kind, choose(found))
    name, _, rest = show.partition("-")
    if name == "month":
        month, what = rest[:7], rest[8:]
        if what not in _OF_MONTH:
            return None
        label, choose = _OF_MONTH[what]
        return Listed(f"{month}办结{label}", "rounds", choose(found.months.get(month, [])))
    if name == "body":
        pk, _, what = rest.partition("-")
        for body, requests in found.bodies.items():
            if str(body.pk) == pk and what in _OF_BODY:
                label, choose = _OF_BODY[what]
                return Listed(f"{body}：{label}", "requests", choose(requests))
    return None
