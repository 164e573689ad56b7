"""What happened to records, told to the rooms above once it is true: they keep measures, evaluations and shares of their own.

Receivers get `record_id`, `subject_id`, `reference` (the decision; empty where a shielding ends) and `on` (its day). A job of
the same transaction tells them, standing or falling with it: whoever is killed after the commit loses nothing. They are
told at least once, of one record in the order in which things happened. So they must bear being told twice, and being told of what has
changed since: they look at the record themselves. A receiver that fails hinders neither the decision nor the others;
Django writes the failure into the log (`django.dispatch`), and the job tells everybody again later.
"""

from __future__ import annotations

from datetime import date

from django.db import connection
from django.dispatch import Signal
from procrastinate.contrib.django import app

from .models import Record

TASK = "credit_records.tell_event"

record_repaired = Signal()
"""A record was repaired: publicity, sharing and use have ended; measures and evaluation follow."""
repair_revoked = Signal()
"""The repair of a record was revoked: it counts again as far as its period runs."""
record_shielded = Signal()
"""A court's order hides a record while it holds: nothing is repaired, but publicity, sharing and use rest."""
shielding_ended = Signal()
"""The court's order hides a record no more: it counts again as far as its period runs."""
SIGNALS = {
    "record_repaired": record_repaired,
    "repair_revoked": repair_revoked,
    "record_shielded": record_shielded,
    "shielding_ended": shielding_ended,
}
"""By the name that the job carries."""


def announce(signal: Signal, record: Record, *, reference: str, on: date) -> None:
    """Have it told when the transaction has been committed, and never if it is rolled back: a job of that transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is announced inside the transaction that makes it true")
    (name,) = (name for name, one in SIGNALS.items() if one is signal)
    app.configure_task(TASK, lock=f"record-event-{record.pk}").defer(
        event=name,
        record_id=record.pk,
        subject_id=record.subject_id,
        reference=reference,
        on=on.isoformat(),
    )


def tell(event: str, *, record_id: int, subject_id: int | None, reference: str, on: date) -> None:
    """Tell every receiver; raises the first failure when all have been told."""
    answers = SIGNALS[event].send_robust(
        Record, record_id=record_id, subject_id=subject_id, reference=reference, on=on
    )
    for _, answer in answers:
        if isinstance(answer, Exception):
            raise answer
