"""What became of entries, told to the rooms above once it is true; they know the case and whose it is.

Receivers get `entry_id` and `number` (of the try). A job of the same transaction tells them, standing or falling with it. They are
told at least once, so they must bear being told twice. A receiver that fails hinders neither the delivery nor the
others; Django writes the failure into the log (`django.dispatch`), and the job tells everybody again later.
"""

from __future__ import annotations

from django.db import connection
from django.dispatch import Signal
from procrastinate.contrib.django import app

from .models import Entry

TASK = "exchange.tell_refusal"

entry_refused = Signal()
"""The platform will not have an entry as it is, or it is no more what was decided: somebody has to act."""


def announce_refusal(entry: Entry) -> None:
    """Have the present refusal told when the transaction has been committed, and never if it is rolled back."""
    if not connection.in_atomic_block:
        raise RuntimeError("an event is announced inside the transaction that makes it true")
    app.configure_task(TASK, lock=f"entry-refused-{entry.pk}").defer(entry_id=entry.pk, number=entry.attempts)


def tell_refusal(entry_id: int, number: int) -> None:
    """Tell every receiver; raises the first failure when all have been told."""
    for _, answer in entry_refused.send_robust(Entry, entry_id=entry_id, number=number):
        if isinstance(answer, Exception):
            raise answer
