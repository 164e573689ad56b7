"""Sealing: committed events get their place in the chain, by one worker at a time, never in the transaction of a verb.

How nothing is lost (ADR 10). Numbers are given before a transaction commits, so a lower number may appear after a higher one was
sealed. The order of the chain is therefore the order of sealing, and a run looks again at every number above `settled`.
That mark moves only past a ceiling which no open transaction can undercut: each that writes events holds a lock on the table
from before it is given a number until its end, so those seen in `pg_locks` after reading the ceiling are all there are to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from . import canonical, keys, rows
from .clock import now
from .models import Checkpoint, Seal

BATCH = 2000
LOCK = 0x5849_4155_4449_54  # "XIAUDIT": one sealer at a time in the whole database


class Busy(RuntimeError):
    """Another run is sealing at this moment; it does what this one would have done."""


@dataclass(frozen=True)
class Tail:
    """Committed events that stand outside the chain so far."""

    count: int
    oldest: datetime | None

    @property
    def age(self) -> timedelta:
        return now() - self.oldest if self.oldest is not None else timedelta(0)


@dataclass(frozen=True)
class Run:
    sealed: int
    position: int
    settled: int


def take_the_lock() -> None:
    """Until the end of the transaction. Nobody waits for it, least of all a verb."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise Busy


def ceiling(table: str) -> int:
    """The highest number the table's sequence has given away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, a.attname)::regclass)"
                       " FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
                       " WHERE i.indrelid = %s::regclass AND i.indisprimary", [table, table])  # fmt: skip
        return cursor.fetchone()[0] or 0


def writers(tables: Sequence[str]) -> set[str]:
    """Open transactions of others that have written, or are about to write, to any of the tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT virtualtransaction FROM pg_locks"
            " WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND relation = ANY(%s::regclass[]) AND pid IS DISTINCT FROM pg_backend_pid()",
            [list(tables)],
        )
        return {row[0] for row in cursor.fetchall()}


def latest(kind: Checkpoint.Kind) -> Checkpoint:
    found = Checkpoint.objects.filter(kind=kind).order_by("-id").first()
    return found or Checkpoint(kind=kind, at=now())


def seal_events(batch: int = BATCH) -> Run:
    """Seal whatever is committed, in short transactions; raises `Busy` when another run is at it."""
    done, after = 0, None
    while True:
        run, reached, more = _seal_batch(after, batch)
        done += run.sealed
        if not more and after is None:
            return Run(done, run.position, run.settled)
        # After a backlog once more from the settled mark: lower numbers may have been committed meanwhile.
        after = reached if more else None


def _seal_batch(after: int | None, batch: int) -> tuple[Run, int, bool]:
    with transaction.atomic():
        take_the_lock()
        before = latest(Checkpoint.Kind.EVENTS)
        # In this order: whoever is given a number up to the ceiling afterwards is none, whoever was is seen or committed.
        top = ceiling("audit_event")
        open_now = writers(["audit_event"])
        found = rows.unsealed(before.settled if after is None else after, batch)
        more = len(found) == batch
        last = Seal.objects.order_by("-position").only("position", "hash").first()
        position, previous = (last.position, bytes(last.hash)) if last else (0, canonical.GENESIS)
        position = _append(found, position, previous)
        settled, ceilings, waiting = before.settled, before.ceilings, before.waiting
        if not more and after is None:
            settled, ceilings, waiting = _settle(before, top, open_now)
        if found or settled != before.settled:
            Checkpoint.objects.create(
                kind=Checkpoint.Kind.EVENTS, at=now(), position=position, settled=settled, ceilings=ceilings,
                waiting=sorted(waiting),
            )  # fmt: skip
        reached = found[-1]["id"] if found else (after or before.settled)
        return Run(len(found), position, settled), reached, more


def _settle(before: Checkpoint, top: int, open_now: set[str]) -> tuple[int, dict[str, int], set[str]]:
    """Where the settled mark stands after a run that has sealed everything visible."""
    still = open_now & set(before.waiting)
    if still:
        return before.settled, before.ceilings, still
    settled = max(before.settled, before.ceilings.get("audit_event", 0))
    if not open_now:
        settled = max(settled, top)
    return settled, {"audit_event": top}, open_now


def _append(found: Sequence[dict[str, Any]], position: int, previous: bytes) -> int:
    algorithm = keys.algorithm()
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY audit_seal (position, event_id, algorithm, form, digest, hash) FROM STDIN") as copy,
    ):
        for event in found:
            position += 1
            digest = canonical.digest(algorithm, canonical.event_form(event))
            previous = canonical.link(algorithm, position, event["id"], previous, digest)
            copy.write_row((position, event["id"], algorithm, canonical.FORM, digest, previous))
    return position


def tail() -> Tail:
    """What is committed and not yet sealed, and since when."""
    settled = latest(Checkpoint.Kind.EVENTS).settled
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(e.at) FROM audit_event e LEFT JOIN audit_seal s ON s.event_id = e.id AND s.event_id > %s"
            " WHERE e.id > %s AND s.event_id IS NULL",
            [settled, settled],
        )
        return Tail(*cursor.fetchone())
