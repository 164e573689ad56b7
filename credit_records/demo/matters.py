"""What the bodies of each trade decide about: licences, offences and the other kinds, as listed in data/.

Laws are real, certificates and behaviours are the usual ones. Amounts are in 万元, empty where none is due.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).resolve().parent / "data"


class Licence(NamedTuple):
    certificate: str
    sign: str
    """Begins the number of the certificate."""
    category: str
    content: str
    months: int
    """0: long term, written as 2099/12/31."""


class Offence(NamedTuple):
    behaviour: str
    law: str
    kinds: str
    low: float
    high: float


class Matter(NamedTuple):
    what: str
    law: str
    about: str
    choice: str
    """What the template's option list asks for: 强制方式, 征收类别, 奖励类别 …"""
    low: float
    high: float


@cache
def _table(name: str) -> dict[tuple[str, str], list[dict[str, str]]]:
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault((row.pop("trade"), row.pop("item")), []).append(row)
    return found


@cache
def licences(trade: str, item: str) -> list[Licence]:
    return [
        Licence(**{**row, "months": int(row["months"])}) for row in _table("licences").get((trade, item), [])
    ]


@cache
def offences(trade: str, item: str) -> list[Offence]:
    return [Offence(**{**row, **_range(row)}) for row in _table("penalties").get((trade, item), [])]


@cache
def matters(trade: str, item: str) -> list[Matter]:
    return [Matter(**{**row, **_range(row)}) for row in _table("matters").get((trade, item), [])]


def _range(row: dict[str, str]) -> dict[str, float]:
    return {"low": float(row["low"] or 0), "high": float(row["high"] or 0)}


def decides(trade: str, item: str) -> bool:
    """Whether bodies of this trade make decisions of this kind at all."""
    return any((trade, item) in _table(name) for name in ("licences", "penalties", "matters"))
