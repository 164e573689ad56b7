"""History rows, and those of other tables that only grow, under the chain: digests over ranges of rows, made by the database,
carried into the chain by an event.

One seal per row would double tables that hold every state of every record. A range is digested as a whole instead: the SHA-256
of the rows' own digests in order of their numbers, a row being the text of its columns. What is found wrong is a range.
A range keeps the names of the columns it was digested with: a column that a later migration adds belongs to later ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from psycopg import sql

from . import canonical
from .acts import note
from .clock import now
from .growing import columns_of, key_of, sealed_models
from .models import Checkpoint, HistorySeal
from .sealing import ceiling, latest, take_the_lock, writers

VERB = "audit.seal_history"
RANGE = 10_000
"""Rows under one digest: the precision with which a change is told."""
RANGES_AT_ONCE = 50

_STEADY = (
    "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'"
)
"""The text of a row must not depend on who asks."""


@dataclass(frozen=True)
class Range:
    count: int
    last: int
    digest: bytes


def digest_of(table: str, columns: Sequence[str], after: int, until: int, limit: int | None = None) -> Range:
    """The digest of the rows with numbers above `after` up to `until`, at most `limit` of them; inside a transaction."""
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    query = sql.SQL(
        "SELECT count(*), coalesce(max(n), 0), sha256(coalesce(string_agg(sha256(convert_to(row, 'UTF8')), ''::bytea ORDER BY n), ''))"
        " FROM (SELECT {key} AS n, ROW({listed})::text AS row FROM {table} WHERE {key} > %s AND {key} <= %s"
        " ORDER BY {key} LIMIT %s) rows"
    ).format(listed=listed, table=sql.Identifier(table), key=sql.Identifier(key_of(table)))
    with connection.cursor() as cursor:
        cursor.execute(_STEADY)
        cursor.execute(query, [after, until, limit])
        count, last, digest = cursor.fetchone()
    return Range(count, last, bytes(digest))


def told(seals: Iterable[HistorySeal]) -> dict[str, Any]:
    """What the event says of the ranges it stands for; the digest is over all they say."""
    listed = [
        [s.table, list(s.columns), s.first, s.last, s.count, s.algorithm, bytes(s.digest).hex()]
        for s in seals
    ]
    return {
        "tables": len({one[0] for one in listed}),
        "rows": sum(one[4] for one in listed),
        "algorithm": canonical.DEFAULT_ALGORITHM,
        "digest": canonical.digest(canonical.DEFAULT_ALGORITHM, canonical.written(listed).encode()).hex(),
    }


def seal_history(*, actor: Any) -> int:
    """Digest the history rows that nobody can add to any more; returns how many rows."""
    total = 0
    while True:
        done, more = _seal_some(actor)
        total += done
        if not more:
            return total


def _seal_some(actor: Any) -> tuple[int, bool]:
    kinds = sealed_models()
    tables = [model._meta.db_table for model in kinds]
    with transaction.atomic():
        take_the_lock()
        before = latest(Checkpoint.Kind.HISTORY)
        tops = {table: ceiling(table) for table in tables}
        open_now = writers(tables)
        still = open_now & set(before.waiting)
        # As with the events: up to the old ceilings once those writers are gone, up to the new ones when there is none.
        safe = {} if still else (tops if not open_now else before.ceilings)
        seals, more = _ranges(kinds, safe)
        if seals:
            event = note(VERB, actor=actor, data=told(seals))
            for one in seals:
                one.event_id = event.pk
            HistorySeal.objects.bulk_create(seals)
        if seals or (not still and (tops != before.ceilings or open_now != set(before.waiting))):
            Checkpoint.objects.create(
                kind=Checkpoint.Kind.HISTORY, at=now(), waiting=sorted(still or open_now),
                ceilings=before.ceilings if still or more else tops,
            )  # fmt: skip
        return sum(one.count for one in seals), more


def _ranges(kinds: Sequence[type[models.Model]], safe: dict[str, int]) -> tuple[list[HistorySeal], bool]:
    found: list[HistorySeal] = []
    for model in kinds:
        table = model._meta.db_table
        until = safe.get(table, 0)
        newest = HistorySeal.objects.filter(table=table).order_by("-last").first()
        after = newest.last if newest else 0
        columns = columns_of(model)
        while after < until:
            if len(found) >= RANGES_AT_ONCE:
                return found, True
            one = digest_of(table, columns, after, until, RANGE)
            if not one.count:
                break
            found.append(
                HistorySeal(
                    table=table, columns=columns, first=after + 1, last=one.last, count=one.count,
                    algorithm="sha256", digest=one.digest,
                )
            )  # fmt: skip
            after = one.last
    return found, False
