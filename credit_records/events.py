"""What happened to records, told to the rooms above once it is true: they keep measures, evaluations and shares of their own.

Receivers get `record_id`, `subject_id`, `reference` (the decision) and `on` (its day), after the commit. They must bear
being told twice, and being told of what has changed since: they look at the record themselves. A receiver that fails
hinders neither the decision nor the others; Django writes the failure into the log (`django.dispatch`).
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.dispatch import Signal

from .models import Record

record_repaired = Signal()
"""A record was repaired: publicity, sharing and use have ended; measures and evaluation follow."""
repair_revoked = Signal()
"""The repair of a record was revoked: it counts again as far as its period runs."""


def announce(signal: Signal, record: Record, *, reference: str, on: date) -> None:
    """Tell it when the transaction has been committed, and never if it is rolled back."""
    facts = {"record_id": record.pk, "subject_id": record.subject_id, "reference": reference, "on": on}

    def tell() -> None:
        signal.send_robust(Record, **facts)

    transaction.on_commit(tell, robust=True)
