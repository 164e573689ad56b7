"""Where the accepted rows of a batch go, by the kind of its item: records, unless an app has said otherwise.

Reading, checking, staging, the steps of a batch and its four eyes are the same for every item. What a row is compared
with, and what becomes of it at each step, is the sink's; the apps above this one bring theirs (`register`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from accounts.models import User
from credit_records.intake.judging import JudgedRows
from credit_records.intake.matching import Counts
from credit_records.models import CatalogueItem, IntakeBatch

COUNTED = ["rows", "created", "updated", "unchanged", "held", "rejected"]
"""The figures of a batch that a sink gives (`Counts`)."""
RowCheck = Callable[[JudgedRows], None]
"""A check beyond the catalogue's: says faults (`rows.say`) of a judged chunk; reads no database."""


@dataclass(frozen=True)
class Place:
    """Column of the sheet at which remarks on a row as a whole are shown: its index (None: not in the sheet) and title."""

    index: int | None
    title: str


class Sink(Protocol):
    """What becomes of staged rows. Every step runs inside the batch's own act, with the batch locked."""

    checks: Sequence[RowCheck]

    def reject_repeats(self, batch: IntakeBatch, place: Place) -> None:
        """Reject staged rows that say again what an earlier row of the file says: once, after staging."""

    def match(self, batch: IntakeBatch, place: Place) -> Counts:
        """Judge staged rows by what the database holds now; safe to repeat."""

    def submit(self, batch: IntakeBatch, *, actor: User, state: str, now: datetime) -> None: ...

    def take_back(self, batch: IntakeBatch, *, reason: str) -> None: ...

    def send_back(self, batch: IntakeBatch, *, reviewer: User, reason: str) -> None: ...

    def publish(
        self, batch: IntakeBatch, *, reviewer: User, submitter_id: int, reason: str, now: datetime
    ) -> None:
        """Put in force what was submitted; sets the batch's counts where they have changed since (the caller saves)."""


RECORDS = ""
_SINKS: dict[str, Sink] = {}


def register(kind: str, sink: Sink) -> None:
    """Let the items of a kind go into this sink; `RECORDS` is the sink of all kinds that have none of their own."""
    _SINKS[kind] = sink


def sink_of(item: CatalogueItem) -> Sink:
    return _SINKS.get(item.kind) or _SINKS[RECORDS]


def take_counts(batch: IntakeBatch, counts: Counts) -> None:
    for name in COUNTED:
        setattr(batch, name, getattr(counts, name))


def columns_of(batch: IntakeBatch) -> dict[str, tuple[int, str]]:
    """Field code → index and title of the column in the batch's sheet."""
    columns = batch.layout.get("columns", ())
    return {code: (index, title.strip().strip("*＊")) for index, title, code in columns if code is not None}


def place_of(batch: IntakeBatch) -> Place:
    """Where remarks on its rows as a whole are shown: at the document number."""
    return Place(*batch.layout.get("document_column", (None, "")))
