"""Questions about the outbox: of a case, of a day, for the pages and the commands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from audit.clock import local_day
from exchange.models import Attempt, Entry

State = Entry.State


def entries_of(reference: str) -> list[Entry]:
    """What the platform was or will be told of a case, oldest first; one query, with record and people.

    Whoever shows them shows the case: its own policy has answered for the reader.
    """
    rows = Entry.objects.filter(reference=reference).select_related("record", "by_hand_by")
    return list(rows.order_by("pk"))


def late(today: date) -> QuerySet[Entry]:
    """What should have been there by now: made before today and not with the platform yet."""
    return Entry.objects.late(today)


@dataclass(frozen=True)
class Figures:
    """How the outbox stands; one query."""

    waiting: int
    sending: int
    failed: int
    due_today: int
    late: int
    held_back: int
    oldest: datetime | None

    @property
    def pending(self) -> int:
        return self.waiting + self.sending + self.failed

    def as_json(self) -> dict[str, Any]:
        oldest = self.oldest.isoformat() if self.oldest else None
        return {**asdict(self), "pending": self.pending, "oldest": oldest}


def figures(today: date, rows: QuerySet[Entry] | None = None) -> Figures:
    """Counts of what is pending, among all entries or those given (a reader's scope)."""
    pending = (Entry.objects.all() if rows is None else rows).filter(state__in=Entry.PENDING)
    found = pending.aggregate(
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        sending=Count("pk", filter=Q(state=State.SENDING)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
        due_today=Count("pk", filter=Q(due_on=today)),
        late=Count("pk", filter=Q(due_on__lt=today)),
        held_back=Count("pk", filter=Entry.objects.earlier_pending()),
        oldest=Min("made_at"),
    )
    return Figures(**found)


def there_on(entry: Entry) -> date | None:
    """The day on which the platform had it, by whichever way."""
    if entry.delivered_at is not None:
        return local_day(entry.delivered_at)
    return entry.by_hand_on


def attempts_of(entry: Entry) -> list[Attempt]:
    return list(Attempt.objects.filter(entry=entry).order_by("number"))


def in_front_of(entry: Entry) -> Entry | None:
    """The earlier entry of the same record that keeps this one back."""
    if entry.record_id is None or entry.state not in Entry.PENDING:
        return None
    rows = Entry.objects.pending().filter(record=entry.record_id, pk__lt=entry.pk)
    return rows.order_by("pk").first()


def as_document(entries: Sequence[Entry], *, now: datetime) -> dict[str, Any]:
    """What is reported by hand, as one document: each message with the key and digest it would be sent under."""
    told = [_told(entry) for entry in entries]
    whole = hashlib.sha256("\n".join(f"{one['key']} {one['digest']}" for one in told).encode()).hexdigest()
    return {"exported_at": now.isoformat(), "count": len(told), "digest": whole, "entries": told}


def _told(entry: Entry) -> Mapping[str, Any]:
    return {
        "key": entry.key,
        "topic": entry.topic,
        "reference": entry.reference,
        "made_at": entry.made_at.isoformat(),
        "due_on": entry.due_on.isoformat(),
        "digest": entry.digest,
        "payload": entry.payload,
    }
