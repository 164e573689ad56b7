"""The records behind a number of the standing table, page by page without asking about each of a million.

A list of them goes by the day of the decision as it was known then, the newest first: the order of an index of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from audit.clock import today
from credit_records.models import Record

from .standing import BODIES, LATE, STOOD, STOOD_IN_TABLE, of_bodies, positional, published_by

_ROWS = f"""
    SELECT record_id FROM (
        (SELECT record_id, decision_date FROM ({STOOD_IN_TABLE}) AS stood WHERE {{meant}}
         ORDER BY decision_date {{way}}, record_id {{way}} LIMIT %(page_end)s)
        UNION ALL
        SELECT record_id, decision_date FROM ({LATE}) AS late WHERE {{meant}}
    ) AS found ORDER BY decision_date {{way}}, record_id {{way}} OFFSET %(page_begin)s LIMIT %(page_end)s - %(page_begin)s
"""
# Only a stretch that has ended can differ from what holds now; of a day that is not over none has.
_MOVED = f"""
    SELECT EXISTS (
        SELECT FROM (
            SELECT record_id, department_id FROM ({STOOD_IN_TABLE} AND known_until < %(open)s) AS ended WHERE {{meant}}
            UNION ALL
            SELECT record_id, department_id FROM ({LATE}) AS late WHERE {{meant}}
        ) AS known JOIN credit_records_record r ON r.id = known.record_id AND r.department_id <> known.department_id
    )
"""


@dataclass(frozen=True)
class Pages:
    """How many there are, and which are some of them in their order, out of the table and its sums."""

    bodies: frozenset[int] | None
    """Whose records they were on the day; None: all that the product holds."""
    number: Callable[[], int]
    keys: Callable[[int, int, int], list[int]]
    """From one place in the order to the one before another, of so many."""
    moved: Callable[[], bool]
    """Whether one of them has another body today than it had then."""


class KnownRecords(QuerySet[Record]):
    """Records out of the standing table. What is asked beside makes them other rows, which have no `pages`."""

    pages: Pages | None = None


def known_records(
    meant: str, given: Mapping[str, Any], *, bodies: frozenset[int] | None, number: Callable[[], int]
) -> KnownRecords:
    """Records whose facts on a day (`given`, as `standing.as_of`) fulfil a condition on the columns of `standing.STOOD`."""
    statement, places = positional(f"SELECT record_id FROM ({STOOD}) AS stood WHERE {meant}", given)
    found = KnownRecords(Record).filter(pk__in=RawSQL(statement, places))  # noqa: S611  made of constants, values bound
    found.pages = Pages(
        bodies,
        number,
        lambda first, until, of: _keys(meant, given, first, until, of),
        # At the end of today what was known is what holds.
        lambda: given["as_of"] < today() and _column(_MOVED.format(meant=meant), given)[0],
    )
    return found


def _keys(meant: str, given: Mapping[str, Any], first: int, until: int, of: int) -> list[int]:
    """From the nearer end: what lies before a page is read."""
    if first <= of // 2:
        places = {"page_begin": first, "page_end": until}
        return _column(_ROWS.format(meant=meant, way="DESC"), {**given, **places})
    places = {"page_begin": max(of - until, 0), "page_end": of - first}
    return _column(_ROWS.format(meant=meant, way="ASC"), {**given, **places})[::-1]


def rows_published_by(day: date, departments: Collection[int] | None) -> KnownRecords:
    """The records behind `standing.published_by`."""
    bodies = None if departments is None else frozenset(departments)
    return known_records(
        f"published_on <= %(as_of)s AND {BODIES}",
        of_bodies(day, bodies),
        bodies=bodies,
        number=lambda: published_by(day, bodies),
    )


def _column(statement: str, given: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [value for (value,) in cursor.fetchall()]
