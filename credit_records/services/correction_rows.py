"""The rows that guard a correction: what was wrong and what is right, as later uploads are compared with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from accounts.models import User
from credit_records.models import Correction, IntakeBatch, Record
from credit_records.rules.field_specs import FieldSpec, Role
from credit_records.selectors.record_pages import shown_value

_COMPARED = {
    Role.DOCUMENT_NUMBER: Correction.Compared.DOCUMENT_KEY,
    Role.SUBJECT_NAME: Correction.Compared.NAME_KEY,
}


def comparable(value: Any) -> Any:
    """Sealing gives another text each time; the index tells whether a personal number is the same."""
    return value.get("index") if isinstance(value, dict) else value


def correction_rows(
    corrected: Record,
    before: Any,
    differing: Iterable[tuple[FieldSpec, Any, Any]],
    *,
    batch: IntakeBatch,
    actor: User,
    reference: str,
    reason: str,
    at: datetime,
) -> Iterator[Correction]:
    """One row per column; `before` is the record as it was, an object of its own or a row of its history."""
    moved = before.business_key != corrected.business_key or before.subject_id != corrected.subject_id
    for field, old, new in differing:
        compared = _COMPARED.get(field.role, Correction.Compared.VALUE)
        yield Correction(
            record=corrected,
            department_id=corrected.department_id,
            item_id=corrected.item_id,
            batch=batch,
            field_code=field.code,
            field_title=field.title,
            compared=compared,
            wrong=_as_compared(compared, before, old),
            right=_as_compared(compared, corrected, new),
            wrong_text=shown_value(field, old),
            right_text=shown_value(field, new),
            reference=reference,
            reason=reason,
            at=at,
            by=actor,
            former_business_key=before.business_key if moved else "",
            former_document_key=before.document_key if moved else "",
            former_subject_id=before.subject_id if moved else None,
        )


def _as_compared(compared: str, record: Any, value: Any) -> Any:
    if compared == Correction.Compared.DOCUMENT_KEY:
        return record.document_key
    if compared == Correction.Compared.NAME_KEY:
        return record.business_key[len(record.document_key) + 1 :]
    return comparable(value)
