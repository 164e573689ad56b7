"""The figures of a rehearsal as the page shows them: every one of them is a link to its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from credit_records.models import Record, Rehearsal, RehearsedRecord

_CLASSES = ("minor", "general", "serious")
_QUERIES: dict[str, dict[str, Any]] = {
    "records": {"kept__exact": "no"},
    "changed": {"changed__exact": 1},
    "graver": {"severity_moves__exact": 1},
    "lighter": {"severity_moves__exact": -1},
    "earliest_earlier": {"earliest__exact": "earlier"},
    "earliest_later": {"earliest__exact": "later"},
    "latest_earlier": {"latest__exact": "earlier"},
    "latest_later": {"latest__exact": "later"},
    "shown": {"publicity__exact": "shown"},
    "hidden": {"publicity__exact": "hidden"},
    "ends_at_once": {"ends_at_once__exact": 1},
}
_LABELS = {
    "graver": "失信程度变重",
    "lighter": "失信程度变轻",
    "earliest_earlier": "可以更早修复",
    "earliest_later": "更晚才可修复",
    "latest_earlier": "公示提前届满",
    "latest_later": "公示推后届满",
    "shown": "新公示",
    "hidden": "不再公示",
    "ends_at_once": "施行即到期",
}
_WARN = frozenset({"graver", "earliest_later", "latest_later", "shown"})


@dataclass(frozen=True)
class Figure:
    label: str
    count: int
    url: str
    warn: bool = False


def rows_url(rehearsal: Rehearsal, **query: Any) -> str:
    stem = reverse("admin:credit_records_rehearsedrecord_changelist")
    return f"{stem}?{urlencode({'rehearsal__exact': rehearsal.pk, **query})}"


def rehearsal_context(rehearsal: Rehearsal) -> dict[str, Any]:
    """What the page of a rehearsal needs, from its stored figures alone."""
    figures = rehearsal.figures
    whole, matrix = figures["whole"], figures["matrix"]

    def figure(name: str, count: int, **query: Any) -> Figure:
        url = rows_url(rehearsal, **_QUERIES[name], **query)
        return Figure(_LABELS.get(name, ""), count, url, name in _WARN and count > 0)

    names = dict(Record.Severity.choices)
    return {
        "records": figure("records", whole["records"]),
        "changed": figure("changed", whole["changed"]),
        "unchanged": Figure(
            "", whole["records"] - whole["changed"], rows_url(rehearsal, changed__exact=0, kept__exact="no")
        ),
        "figures": [figure(name, whole[name]) for name in _LABELS],
        "classes": [names[one] for one in _CLASSES],
        "matrix": [
            (
                names[old],
                [
                    Figure(
                        "",
                        matrix.get(f"{old}>{new}", 0),
                        rows_url(
                            rehearsal, old_severity__exact=old, new_severity__exact=new, kept__exact="no"
                        ),
                        old != new and matrix.get(f"{old}>{new}", 0) > 0,
                    )
                    for new in _CLASSES
                ],
            )
            for old in _CLASSES
        ],
        "columns": list(_LABELS.values()),
        "departments": [
            (
                one["name"],
                [
                    figure(name, one[name], department__exact=one["id"])
                    for name in ("records", "changed", *_LABELS)
                ],
            )
            for one in figures["departments"]
        ],
        "kept": [
            Figure(
                str(RehearsedRecord.Kept(name).label),
                count,
                rows_url(rehearsal, kept__exact=name),
            )
            for name, count in sorted(figures["kept"].items())
        ],
    }
