"""A record as the texts of an entry form, and what the form never shows: personal numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from accounts.models import Department
from accounts.sealing import CannotOpen, unseal
from audit.faults import Refused
from credit_records.models import Record
from credit_records.rules.field_specs import ItemSpec, Role


def prefilled(spec: ItemSpec, department: Department) -> dict[str, str]:
    """What the form knows of a new record before anybody types: who reports, and usually who decided."""
    known = {
        Role.SOURCE_NAME: department.name,
        Role.SOURCE_CODE: department.code,
        Role.AUTHORITY_NAME: department.name,
        Role.AUTHORITY_CODE: department.code,
    }
    return {field.code: known[field.role] for field in spec.fields if field.role in known}


def texts_of(record: Record) -> dict[str, str]:
    """The content as a clerk would type it, without personal numbers (`kept_numbers`)."""
    return {code: _text(value) for code, value in record.details.items() if not isinstance(value, dict)}


def _text(value: Any) -> str:
    return "；".join(str(part) for part in value) if isinstance(value, list) else str(value)


def kept_numbers(record: Record) -> dict[str, str]:
    """The columns that hold a personal number, each with the masked number that the form may show."""
    return {
        code: str(value.get("masked", "****"))
        for code, value in record.details.items()
        if isinstance(value, dict)
    }


def with_kept_numbers(
    values: Mapping[str, str], record: Record, *, removed: Collection[str]
) -> dict[str, str]:
    """The typed values and, where a number's field was left empty, the number that the record has already.

    It is opened for the check alone, which seals it again. `removed` names the columns whose number shall go.
    """
    complete = dict(values)
    for code in kept_numbers(record):
        if code in removed or complete.get(code, "").strip():
            continue
        try:
            complete[code] = unseal(record.details[code]["sealed"])
        except (CannotOpen, KeyError) as error:
            raise Refused(
                "record.number_closed", "原有证件号码无法读取，请重新填写完整的证件号码。"
            ) from error
    return complete
