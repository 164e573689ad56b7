"""Events as they lie in the database, read for the chain: exact, in order, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection

from . import canonical

COLUMNS = (
    "id", "at", "actor_id", "actor_label", "verb", "target_type", "target_id", "target_label", "reason", "batch_id",
    "request_id", "address", "result", "data", "mark",
)  # fmt: skip
# As text: the driver would make binary fractions of the numbers in it.
SELECTED = ", ".join("e.data::text" if name == "data" else f"e.{name}" for name in COLUMNS)


def as_event(row: Any) -> dict[str, Any]:
    event = dict(zip(COLUMNS, row, strict=True))
    event["data"] = canonical.parsed(event["data"])
    return event


def unsealed(after: int, limit: int) -> list[dict[str, Any]]:
    """Committed events that stand on no position yet, those with a number above `after`, by number."""
    with connection.cursor() as cursor:
        cursor.execute(
            # Said of both sides: a merge of the two indexes would otherwise begin with the first seal there is.
            f"SELECT {SELECTED} FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id AND s.event_id > %s"
            " WHERE e.id > %s AND s.event_id IS NULL ORDER BY e.id LIMIT %s",
            [after, after, limit],
        )
        return [as_event(row) for row in cursor.fetchall()]


def sealed(after: int, until: int, step: int) -> Iterator[tuple[int, int, str, int, bytes, bytes, Any]]:
    """Positions above `after` up to `until` in order, each with its event (None when it is gone); `step` rows in memory."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT s.position, s.event_id, s.algorithm, s.form, s.digest, s.hash,"
                f" {SELECTED} FROM audit_seal s LEFT JOIN audit_event e ON e.id = s.event_id"
                " WHERE s.position > %s AND s.position <= %s ORDER BY s.position LIMIT %s",
                [after, until, step],
            )
            rows = cursor.fetchall()
        for position, event_id, algorithm, form, digest, value, *row in rows:
            event = as_event(row) if row[0] is not None else None
            yield position, event_id, algorithm, form, bytes(digest), bytes(value), event
        if len(rows) < step:
            return
        after = rows[-1][0]


def verbs() -> list[str]:
    """Every verb that stands in the journal: one step in the index for each, however many events there are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE found AS ((SELECT verb FROM audit_event ORDER BY verb LIMIT 1) UNION ALL"
            " SELECT (SELECT e.verb FROM audit_event e WHERE e.verb > found.verb ORDER BY e.verb LIMIT 1) FROM found"
            " WHERE found.verb IS NOT NULL) SELECT verb FROM found WHERE verb IS NOT NULL"
        )
        return [row[0] for row in cursor.fetchall()]
