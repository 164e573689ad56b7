"""By what the two ratios are counted: dated data that says which codes are enterprises and what the plan wants."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

_DATA = Path(__file__).resolve().parent.parent / "data" / "figure-bases.json"


@dataclass(frozen=True)
class Basis:
    """One way of counting, from a day on."""

    in_force_from: date
    enterprise_pairs: tuple[str, ...]
    """First two characters of the credit codes that count as enterprises (GB 32100-2015: 91 企业)."""
    coverage_target: Fraction
    performance_target: Fraction
    source: str
    note: str


@cache
def bases() -> tuple[Basis, ...]:
    """All of them, the newest first."""
    read = [
        Basis(
            in_force_from=date.fromisoformat(one["in_force_from"]),
            enterprise_pairs=tuple(one["enterprise_pairs"]),
            coverage_target=Fraction(one["coverage_target"]),
            performance_target=Fraction(one["performance_target"]),
            source=one["source"],
            note=one["note"],
        )
        for one in json.loads(_DATA.read_text(encoding="utf-8"))
    ]
    return tuple(sorted(read, key=lambda one: one.in_force_from, reverse=True))


def basis_on(day: date) -> Basis:
    """The one in force on a day; before the first, the first."""
    return next((one for one in bases() if one.in_force_from <= day), bases()[-1])
