"""The basis of counting that is in force on a day."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from commitments.models import FigureBasis
from commitments.rules.figures import Basis

_SHIPPED = Path(__file__).resolve().parent.parent / "data" / "figure-bases.json"


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """What the product brings along, as values of `FigureBasis`, the oldest first."""
    read = [
        {
            "in_force_from": date.fromisoformat(one["in_force_from"]),
            "in_force_to": date.fromisoformat(one["in_force_to"]) if one.get("in_force_to") else None,
            "enterprise_pairs": one["enterprise_pairs"],
            "coverage_target": Decimal(one["coverage_target"]),
            "performance_target": Decimal(one["performance_target"]),
            "source": one["source"],
            "own_definition": one["own_definition"],
            "note": one["note"],
        }
        for one in json.loads(_SHIPPED.read_text(encoding="utf-8"))
    ]
    return tuple(sorted(read, key=lambda one: one["in_force_from"]))


def as_basis(row: FigureBasis) -> Basis:
    return Basis(
        in_force_from=row.in_force_from,
        enterprise_pairs=tuple(row.enterprise_pairs),
        coverage_target=Fraction(row.coverage_target),
        performance_target=Fraction(row.performance_target),
        source=row.source,
        note=row.note,
        own_definition=row.own_definition,
    )


def basis_on(day: date) -> Basis:
    """The one in force on a day (one query); before the first, the first.

    The rows come with the migrations; a database that was emptied since is counted by what is shipped.
    """
    known = FigureBasis.objects.filter(state=FigureBasis.State.IN_FORCE).order_by("in_force_from")
    rows = list(known)
    past = [row for row in rows if row.in_force_from <= day]
    if past:
        return as_basis(past[-1])
    return as_basis(rows[0] if rows else FigureBasis(**shipped()[0]))


def versions() -> list[FigureBasis]:
    """All of them, proposals and rejected ones too, the newest first."""
    return list(FigureBasis.objects.select_related("proposed_by", "decided_by"))
