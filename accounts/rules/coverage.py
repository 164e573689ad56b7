"""Whether a role is held on every day to come: by one person after another, or by several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from .compatibility import Term


def first_gap(whole: Term, held: Iterable[Term]) -> date | None:
    """The first day of `whole` that lies in none of the terms; None where there is no such day."""
    day = whole.since
    for term in sorted(held, key=lambda one: one.since):
        if term.since > day:
            break
        if term.until is None:
            return None
        day = max(day, term.until + timedelta(days=1))
    return day if whole.until is None or day <= whole.until else None
