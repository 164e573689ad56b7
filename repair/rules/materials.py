"""Which material an application needs (材料清单): by its kind, by who applies, and by the way on which it came.

Pure; the rows stand in `repair/data/material-list.json`, each with its source. What no order settles is the office's own agreement and
marked as such there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

DATA = Path(__file__).resolve().parent.parent / "data" / "material-list.json"
Certainty = Literal["law", "secondary", "own"]
_CERTAINTIES = ("law", "secondary", "own")
_KEYS = frozenset(
    (
        "material", "kinds", "roles", "channels", "subjects", "required", "per_record", "source", "certainty", "note",
    )
)  # fmt: skip
ORGANISATION, PERSON = "organisation", "person"


class MaterialRulesError(ValueError):
    """The list cannot be used; `problems` says why, one Chinese sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Requirement:
    """One line of the list as the rule gives it."""

    material: str
    required: bool
    """False: may be handed in, nothing waits for it."""
    per_record: bool
    """One for each record of the application."""
    source: str
    certainty: Certainty
    note: str


def requirements(
    kind: str,
    role: str,
    channel: str,
    *,
    natural_person: bool = False,
    rows: Sequence[Mapping[str, Any]] | None = None,
) -> tuple[Requirement, ...]:
    """The list for one application, in the order of the data; `rows` other than the shipped ones are for rehearsal."""
    given = {
        "kinds": kind,
        "roles": role,
        "channels": channel,
        "subjects": PERSON if natural_person else ORGANISATION,
    }
    found: dict[str, Requirement] = {}
    for row in _shipped() if rows is None else rows:
        if all(name not in row or value in row[name] for name, value in given.items()):
            found.setdefault(row["material"], _requirement(row))
    return tuple(found.values())


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(
        material=row["material"],
        required=row.get("required", True),
        per_record=row.get("per_record", False),
        source=row["source"],
        certainty=row["certainty"],
        note=row.get("note", ""),
    )


@cache
def _shipped() -> tuple[Mapping[str, Any], ...]:
    rows = json.loads(DATA.read_text(encoding="utf-8"))["rows"]
    problems = list(problems_of(rows))
    if problems:
        raise MaterialRulesError(problems)
    return tuple(rows)


def problems_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with a list; empty when it can be used."""
    for number, row in enumerate(rows, start=1):
        for key in ("material", "source"):
            if not str(row.get(key) or "").strip():
                yield f"第{number}行缺少“{key}”"
        yield from (f"第{number}行的“{key}”无法识别" for key in sorted(set(row) - _KEYS))
        if row.get("certainty") not in _CERTAINTIES:
            yield f"第{number}行的“certainty”应为{'、'.join(_CERTAINTIES)}之一"
