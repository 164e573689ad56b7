"""Keeps the standing table of records: what was added to their history is worked in, or everything anew.

Nothing here changes a fact, so nothing is told in the journal. A run that is killed leaves the table as it was: table, sums and
mark move in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from audit.clock import now
from audit.sealing import ceiling, writers
from supervision.models import PublicationCount, RecordStanding, ReportCount, StandingMark
from supervision.selectors.standing import (
    FACT_COLUMNS,
    FACTS,
    HISTORY,
    NEEDED,
    PUBLICATIONS,
    REPORTS,
    TABLE,
    parameters,
)

AT_ONCE = 20_000
"""History rows of one transaction."""
_LOCK = 0x5849_5354_414E_44  # "XISTAND": one run at a time in the whole database


class Busy(RuntimeError):
    """Another run is at it at this moment; it does what this one would have done."""


@dataclass(frozen=True)
class Refreshed:
    """How far the table is: numbers of history rows worked in by this run, and the one up to which all are."""

    rows: int
    settled: int


_CHANGES = f"""
    reports AS (
        INSERT INTO {REPORTS} AS kept (department_id, item_id, decision_date, reported_on, day, change)
        SELECT department_id, item_id, decision_date, reported_on, day, sum(number) FROM (
            SELECT department_id, item_id, decision_date, reported_on, known_from AS day, number FROM changed WHERE counted
            UNION ALL
            SELECT department_id, item_id, decision_date, reported_on, known_until, -number FROM changed
            WHERE counted AND known_until < %(open)s
        ) AS told GROUP BY 1, 2, 3, 4, 5 HAVING sum(number) <> 0 ORDER BY 5, 1, 2, 3
        ON CONFLICT (department_id, item_id, decision_date, reported_on, day) DO UPDATE SET change = kept.change + excluded.change
    )
    INSERT INTO {PUBLICATIONS} AS kept (department_id, day, change)
    SELECT department_id, day, sum(number) FROM (
        SELECT department_id, greatest(known_from, published_on) AS day, number FROM changed WHERE published_on < known_until
        UNION ALL
        SELECT department_id, known_until, -number FROM changed WHERE published_on < known_until AND known_until < %(open)s
    ) AS told GROUP BY 1, 2 HAVING sum(number) <> 0
    ON CONFLICT (department_id, day) DO UPDATE SET change = kept.change + excluded.change
"""
_OF_TOUCHED = (
    f"id IN (SELECT DISTINCT id FROM {HISTORY} WHERE history_id > %(after)s AND history_id <= %(until)s)"
)
_WORK_IN = f"""
    WITH gone AS (
        DELETE FROM {TABLE} WHERE record_{_OF_TOUCHED} RETURNING {FACT_COLUMNS}
    ), made AS (
        INSERT INTO {TABLE} ({FACT_COLUMNS})
        SELECT {FACT_COLUMNS} FROM ({FACTS.format(of=_OF_TOUCHED)}) AS facts WHERE {NEEDED} RETURNING {FACT_COLUMNS}
    ), changed AS (
        SELECT {FACT_COLUMNS}, -1 AS number FROM gone UNION ALL SELECT {FACT_COLUMNS}, 1 FROM made
    ), {_CHANGES}
"""
_ALL = f"""
    WITH changed AS (
        INSERT INTO {TABLE} ({FACT_COLUMNS})
        SELECT {FACT_COLUMNS} FROM ({FACTS.format(of="true")}) AS facts WHERE {NEEDED} ORDER BY known_from
        RETURNING {FACT_COLUMNS}, 1 AS number
    ), {_CHANGES}
"""


def refresh_standing(at_once: int = AT_ONCE) -> Refreshed:
    """Work in what is committed and can have no lower neighbour any more, in short transactions; raises `Busy`."""
    done = 0
    while True:
        rows, mark, more = _refresh_some(at_once)
        done += rows
        if not more:
            return Refreshed(done, mark)


def _refresh_some(at_once: int) -> tuple[int, int, bool]:
    with transaction.atomic():
        _take_the_lock()
        mark = _mark()
        safe = _safe(mark)
        until = _after(mark.settled, at_once, safe)
        if until > mark.settled:
            _run(_WORK_IN, after=mark.settled, until=until)
            _without_nothing()
        rows, mark.settled, mark.at = until - mark.settled, until, now()
        mark.save()
        return rows, until, until < safe


def rebuild_standing() -> Refreshed:
    """Everything anew out of the history, in one transaction; readers go on with the old until it ends. Raises `Busy`."""
    with transaction.atomic():
        _take_the_lock()
        mark = _mark()
        safe = _safe(mark)
        for model in (RecordStanding, ReportCount, PublicationCount):
            model.objects.all().delete()
        _run(_ALL)
        mark.settled, mark.at = safe, now()
        mark.save()
    return Refreshed(safe, safe)


def _mark() -> StandingMark:
    return StandingMark.objects.filter(pk=1).first() or StandingMark(pk=1, at=now())


def _safe(mark: StandingMark) -> int:
    """Up to where no row can appear any more (docs/adr/0010): the old ceiling once its writers are gone, the new one without any."""
    # In this order: whoever is given a number up to the ceiling afterwards is none, whoever was is seen or committed.
    top, open_now = ceiling(HISTORY), writers([HISTORY])
    if open_now & set(mark.waiting):
        return mark.settled
    safe = max(mark.settled, mark.ceiling if open_now else top)
    mark.ceiling, mark.waiting = top, sorted(open_now)
    return safe


def _after(settled: int, at_once: int, safe: int) -> int:
    """The number of the last of so many rows, at most `safe`: numbers that no row has cost no round."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT history_id FROM {HISTORY} WHERE history_id > %s AND history_id <= %s"
            " ORDER BY history_id OFFSET %s LIMIT 1",
            [settled, safe, at_once - 1],
        )
        found = cursor.fetchone()
    return safe if found is None else int(found[0])


def _take_the_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Busy


def _run(statement: str, **more: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**parameters(), **more})


def _without_nothing() -> None:
    ReportCount.objects.filter(change=0).delete()
    PublicationCount.objects.filter(change=0).delete()
