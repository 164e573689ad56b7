"""The clerk's own workbook back, with every remark at its cell."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from accounts.sealed_files import readable_path
from credit_records.intake.annotated import RowFinding, write_annotated
from credit_records.intake.reading import SheetLayout
from credit_records.models import IntakeBatch, IntakeFinding
from credit_records.rules.faults import Severity


def annotate(batch: IntakeBatch, out: Path) -> None:
    """Write the uploaded workbook of a checked batch to `out` with the remarks of its check.

    The file holds what the department wrote, identity numbers in full: it goes back to that department only.
    """
    with readable_path(batch.file) as source:
        write_annotated(
            source,
            file_name=batch.file_name,
            layout=SheetLayout(**batch.layout["sheet"]),
            findings=_findings(batch),
            out=out,
        )


def _findings(batch: IntakeBatch) -> dict[int, list[RowFinding]]:
    found: dict[int, list[RowFinding]] = defaultdict(list)
    rows = (
        IntakeFinding.objects.filter(batch=batch)
        .order_by("row", "column_index", "id")
        .values_list("row", "column_index", "severity", "message")
    )
    for row, column_index, severity, message in rows.iterator(chunk_size=5000):
        found[row].append(RowFinding(column_index, Severity(severity), message))
    return dict(found)
