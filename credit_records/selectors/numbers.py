"""The sealed numbers of subjects and records, as `accounts.reveals` asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.reveals import KeptNumber
from credit_records.models import Record, Subject

ID = "id"


def numbers_of_subject(subject: Subject) -> Sequence[KeptNumber]:
    if not subject.id_sealed:
        return ()
    return (KeptNumber(ID, f"{subject.id_type or '证件'}号码", subject.id_masked, subject.id_sealed),)


def numbers_of_record(record: Record) -> Sequence[KeptNumber]:
    """Those in its content, by the code of their column."""
    return tuple(
        KeptNumber(code, "证件号码", str(value.get("masked", "****")), str(value.get("sealed", "")))
        for code, value in record.details.items()
        if isinstance(value, dict)
    )
