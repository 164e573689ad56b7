"""The fields of a record that an objection can be about, as pages name and show them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from credit_records.models import Record
from credit_records.rules.field_specs import FieldSpec, FieldType, ItemSpec
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.selectors.record_pages import shown_value, spec_of_record


def fields_of(record: Record) -> list[FieldSpec]:
    """The columns of the catalogue version under which the record was made (`record.item` loaded)."""
    return list(spec_of_record(record).fields)


def specs_of(records: Iterable[Record]) -> dict[int, ItemSpec]:
    """For each record its version of the catalogue: one query for every item among them."""
    versions: dict[int, dict[int, ItemSpec]] = {}
    found = {}
    for record in records:
        if record.item_id not in versions:
            versions[record.item_id] = dict(versions_ever_in_force(record.item))
        found[record.pk] = versions[record.item_id][record.version_id]
    return found


def field_titled(record: Record, code: str) -> FieldSpec | None:
    return next((field for field in fields_of(record) if field.code == code), None)


def shown(record: Record, field: FieldSpec) -> str:
    """The value as the record's page shows it; empty when the column is not filled."""
    value = record.details.get(field.code)
    return "" if value is None or value in ("", []) else shown_value(field, value)


_FIGURE = re.compile(r"[0-9]+(\.[0-9]+)?").fullmatch


def as_shown(spec: ItemSpec, code: str, text: str) -> str:
    """What somebody wrote as the value of a column, in the words of the record's page where it can be read."""
    column = spec.field_by_code(code) if code else None
    if column is None or column.type is not FieldType.DECIMAL or not text:
        return text
    return shown_value(column, text) if _FIGURE(text) else text
