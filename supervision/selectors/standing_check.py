"""The standing table held against the history from which it was made, and its sums against the table."""

from __future__ import annotations

from typing import Any

from django.db import connection

from .standing import (
    FACT_COLUMNS,
    FACTS,
    HISTORY,
    NEEDED,
    PUBLICATIONS,
    REPORTS,
    TABLE,
    parameters,
    settled,
)

MOST = 20
"""Differences of one kind that are named."""

# Whatever was added since the last run is none of the table's business yet.
_WORKED_IN = f"id NOT IN (SELECT id FROM {HISTORY} WHERE history_id > %(settled)s)"
_RIGHT = f"SELECT {FACT_COLUMNS} FROM ({FACTS.format(of=_WORKED_IN)}) AS facts WHERE {NEEDED}"
_STORED = f"SELECT {FACT_COLUMNS} FROM {TABLE} WHERE record_{_WORKED_IN}"
_REPORT_SUMS = f"""
    SELECT department_id, item_id, decision_date, reported_on, day, sum(number)::int AS change FROM (
        SELECT department_id, item_id, decision_date, reported_on, known_from AS day, 1 AS number FROM {TABLE} WHERE counted
        UNION ALL
        SELECT department_id, item_id, decision_date, reported_on, known_until, -1 FROM {TABLE}
        WHERE counted AND known_until < %(open)s
    ) AS told GROUP BY 1, 2, 3, 4, 5 HAVING sum(number) <> 0
"""
_PUBLICATION_SUMS = f"""
    SELECT department_id, day, sum(number)::int AS change FROM (
        SELECT department_id, greatest(known_from, published_on) AS day, 1 AS number FROM {TABLE}
        WHERE published_on < known_until
        UNION ALL
        SELECT department_id, known_until, -1 FROM {TABLE} WHERE published_on < known_until AND known_until < %(open)s
    ) AS told GROUP BY 1, 2 HAVING sum(number) <> 0
"""
_HELD = (
    ("记录报送情况", _RIGHT, _STORED),
    (
        "报送计数",
        _REPORT_SUMS,
        f"SELECT department_id, item_id, decision_date, reported_on, day, change FROM {REPORTS}",
    ),
    ("公示计数", _PUBLICATION_SUMS, f"SELECT department_id, day, change FROM {PUBLICATIONS}"),
)


def differences() -> list[str]:
    """What is missing and what is too much, in words; at most twenty of each kind (one query each)."""
    given = {**parameters(), "settled": settled(), "most": MOST}
    found = []
    for title, right, stored in _HELD:
        for words, one, other in (("缺", right, stored), ("多", stored, right)):
            found += [f"{title}{words}：{_spelled(row)}" for row in _rows(one, other, given)]
    return found


def _rows(one: str, other: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"({one}) EXCEPT ALL ({other}) LIMIT %(most)s", given)
        return cursor.fetchall()


def _spelled(row: tuple[Any, ...]) -> str:
    return " ".join("—" if one is None else str(one) for one in row)
