"""The same rows through django-import-export with simple-history as they come: what a project gets without our intake.

A plain `ModelResource` on the record: every column of the model, a record found again by its business key. It is given
an easy task: rows that are ready (codes, dates and keys cleaned, subjects registered, foreign keys resolved), so it
checks, matches and registers nothing.
"""

from __future__ import annotations

import io
import time
from typing import Any

from django.db import connection
from import_export import resources, widgets
from tablib import Dataset

from audit.acts import act
from bench.scene import Scene
from credit_records.models import Record

_FIELDS = [field for field in Record._meta.concrete_fields if field.name != "id"]
# Where PostgreSQL writes a value in another way than the package's widgets read it.
_WRITTEN = {"kinds": "array_to_string(kinds, ',')", "entered_at": "entered_at::timestamp(0)"}


class RecordResource(resources.ModelResource):
    class Meta:
        model = Record
        exclude = ("id",)
        import_id_fields = ("department", "item", "business_key")


class TunedResource(RecordResource):
    """The kindest setting: foreign keys are taken as numbers, without the query for each that the package makes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name, field in self.fields.items():
            if isinstance(field.widget, widgets.ForeignKeyWidget):
                field.attribute, field.widget = f"{name}_id", widgets.IntegerWidget()


def ready_rows(count: int) -> str:
    """The first rows that a run of the intake has made, as the CSV file of an export."""
    connection.ensure_connection()
    columns = ", ".join(_WRITTEN.get(field.name, field.column) for field in _FIELDS)
    text = io.StringIO()
    text.write(",".join(field.name for field in _FIELDS) + "\n")
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(
            f"COPY (SELECT {columns} FROM credit_records_record ORDER BY id LIMIT {count}) TO STDOUT CSV"
        ) as copy,
    ):
        for data in copy:
            text.write(bytes(data).decode())
    return text.getvalue()


def run(rows: str, scene: Scene, resource: type[RecordResource] = RecordResource) -> float:
    """Import into the emptied table; rows a second."""
    start = time.perf_counter()
    with act("bench.stock", actor=scene.clerk):
        result = resource().import_data(Dataset().load(rows, format="csv"), use_transactions=True)
    taken = time.perf_counter() - start
    if result.has_errors() or result.has_validation_errors():
        raise RuntimeError([*result.base_errors, *result.row_errors(), *result.invalid_rows][:1])
    return float(result.totals["new"] / taken)
