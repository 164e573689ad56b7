"""What a batch page shows: rows by tab, page by page along the row number, with remarks and changes.

Batches come in already scoped by their policy; everything here hangs on a batch. Nothing loads all rows of a
file: a page is at most `PAGE` rows, found by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from credit_records.models import Correction, IntakeBatch, IntakeFinding, IntakeRow, Record
from credit_records.rules.amounts import format_wan
from credit_records.rules.faults import Severity
from credit_records.rules.field_specs import FieldSpec, FieldType, ItemSpec
from credit_records.rules.identifiers import mask_numbers_in

from .catalogue import versions_ever_in_force
from .row_views import view_of

PAGE = 50
COUNTED_AT_MOST = 1000
"""Figures that are not stored with the batch are counted up to here and then shown as 1000+."""
SILENT_AFTER = timedelta(seconds=60)
"""A check that has not moved for so long has lost its worker, or never found one."""


class Tab(StrEnum):
    """The views of a batch's rows, in the order in which a clerk works through them."""

    REJECT = "reject"
    HOLD = "hold"
    EXPLAINED = "explained"
    UPDATE = "update"
    CREATE = "create"
    UNCHANGED = "unchanged"
    HINT = "hint"


_FINDINGS_OF = {
    Tab.REJECT: Severity.REJECT,
    Tab.HOLD: Severity.HOLD,
    Tab.EXPLAINED: Severity.HOLD,
    Tab.HINT: Severity.HINT,
}
_ROWS_OF = {
    Tab.REJECT: Q(verdict=IntakeRow.Verdict.REJECT),
    Tab.HOLD: Q(verdict=IntakeRow.Verdict.HOLD),
    Tab.EXPLAINED: Q(verdict=IntakeRow.Verdict.ACCEPT) & ~Q(explanation=""),
    Tab.UPDATE: Q(verdict=IntakeRow.Verdict.ACCEPT, action=IntakeRow.Action.UPDATE),
    Tab.CREATE: Q(verdict=IntakeRow.Verdict.ACCEPT, action=IntakeRow.Action.CREATE),
    Tab.UNCHANGED: Q(verdict=IntakeRow.Verdict.ACCEPT, action=IntakeRow.Action.UNCHANGED),
    Tab.HINT: Q(),
}
_SHOWN = [
    "row",
    "verdict",
    "action",
    "explanation",
    "subject_name",
    "subject_code",
    "id_masked",
    "document_number",
    "business_key",
    "decision_date",
    "kinds",
    "fine",
    "publicity_start",
    "publicity_earliest_end",
    "publicity_latest_end",
    "severity",
    "record_id",
    "version_id",
]


@dataclass(frozen=True)
class Change:
    """One column of a record as it is and as the file would make it."""

    title: str
    old: str
    new: str


@dataclass
class ShownRow:
    """One row of the file on a page: what it says, what was remarked, what it would change."""

    row: IntakeRow
    findings: list[IntakeFinding] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    record_id: int | None = None
    disputed: bool = False
    """An objection runs against the record."""
    url: str = ""
    """The page of what the row is about, where that is no record."""

    @property
    def held(self) -> bool:
        return self.row.verdict == IntakeRow.Verdict.HOLD

    @property
    def fine(self) -> str:
        return "" if self.row.fine is None else format_wan(self.row.fine)


@dataclass(frozen=True)
class RowsPage:
    """One page of rows; `earlier` and `later` are the keys of the neighbouring pages, None where none is."""

    rows: list[ShownRow]
    earlier: int | None
    later: int | None


def _rows_of(batch: IntakeBatch, tab: Tab) -> QuerySet[IntakeRow]:
    rows = IntakeRow.objects.filter(_ROWS_OF[tab], batch=batch)
    severity = _FINDINGS_OF.get(tab)
    if severity is not None:
        # Found by the narrow table of remarks: a row of the file carries the whole record.
        remarked = IntakeFinding.objects.filter(batch=batch, severity=severity).values("row")
        rows = rows.filter(row__in=remarked)
    return rows


def count_up_to(rows: QuerySet[Any], most: int = COUNTED_AT_MOST) -> int:
    """How many there are, without counting on when there are many (one query)."""
    return rows.order_by()[: most + 1].count()


def tab_counts(batch: IntakeBatch) -> dict[Tab, int]:
    """The figure on each tab (two queries; the others are stored with the batch)."""
    hints = IntakeFinding.objects.filter(batch=batch, severity=Severity.HINT).values("row").distinct()
    return {
        Tab.REJECT: batch.rejected,
        Tab.HOLD: batch.held,
        Tab.EXPLAINED: count_up_to(_rows_of(batch, Tab.EXPLAINED)),
        Tab.UPDATE: batch.updated,
        Tab.CREATE: batch.created,
        Tab.UNCHANGED: batch.unchanged,
        Tab.HINT: count_up_to(hints),
    }


def rows_page(batch: IntakeBatch, tab: Tab, *, after: int = 0, before: int | None = None) -> RowsPage:
    """The rows of a tab after (or before) a row number, with their remarks (two to five queries).

    Remarks on rejected and held rows are the ones that keep the row out; hints have their own tab.
    """
    found = _rows_of(batch, tab).only(*_SHOWN, *(["details"] if tab is Tab.UPDATE else []))
    if before is None:
        rows = list(found.filter(row__gt=after).order_by("row")[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE]
        earlier = rows[0].row if rows and after > 0 else None
        later = rows[-1].row if more else None
    else:
        rows = list(found.filter(row__lt=before).order_by("-row")[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        earlier = rows[0].row if more else None
        later = rows[-1].row if rows else None
    shown = [ShownRow(row, record_id=row.record_id) for row in rows]
    view = view_of(batch.item)
    if view is not None:
        urls = view.urls(batch, rows)
        for one in shown:
            one.url = urls.get(one.row.row, "")
    if tab in _FINDINGS_OF:
        _add_findings(batch, shown, _FINDINGS_OF[tab])
    elif view is not None:
        if tab is Tab.UPDATE:
            before = view.contents_before(batch, rows)
            _compare(batch, {one.row.row: before.get(one.row.row, {}) for one in shown}, shown)
    elif tab is Tab.UPDATE:
        _add_changes(batch, shown)
    elif tab is Tab.CREATE:
        _add_records(batch, shown)
    _mark_disputed(shown)
    return RowsPage(shown, earlier, later)


def _add_findings(batch: IntakeBatch, shown: Sequence[ShownRow], severity: Severity) -> None:
    by_row: dict[int, list[IntakeFinding]] = defaultdict(list)
    findings = IntakeFinding.objects.filter(
        batch=batch, severity=severity, row__in=[one.row.row for one in shown]
    ).order_by("row", "column_index", "id")
    for finding in findings:
        by_row[finding.row].append(finding)
    for one in shown:
        one.findings = by_row[one.row.row]


def _add_records(batch: IntakeBatch, shown: Sequence[ShownRow]) -> None:
    """The records that new rows have become, once the batch is submitted."""
    if batch.submitted_at is None:
        return
    made = dict(
        Record.objects.filter(
            department=batch.department_id,
            item=batch.item_id,
            business_key__in=[one.row.business_key for one in shown],
        ).values_list("business_key", "pk")
    )
    for one in shown:
        one.record_id = made.get(one.row.business_key)


def _mark_disputed(shown: Sequence[ShownRow]) -> None:
    ids = [one.record_id for one in shown if one.record_id is not None]
    if not ids:
        return
    disputed = set(Record.objects.filter(pk__in=ids, disputed=True).order_by().values_list("pk", flat=True))
    for one in shown:
        one.disputed = one.record_id in disputed


def _add_changes(batch: IntakeBatch, shown: Sequence[ShownRow]) -> None:
    old = _content_before(batch, [one.row.record_id for one in shown if one.row.record_id is not None])
    _compare(batch, {one.row.row: old.get(one.row.record_id, {}) for one in shown}, shown)
    decided = _decided_changes(batch)
    for one in shown:
        one.changes = decided or one.changes


def _compare(batch: IntakeBatch, old: dict[int, dict[str, Any]], shown: Sequence[ShownRow]) -> None:
    specs = dict(versions_ever_in_force(batch.item))
    newest = next(iter(specs.values()))
    for one in shown:
        one.changes = changes(specs.get(one.row.version_id, newest), old[one.row.row], one.row.details)


def _decided_changes(batch: IntakeBatch) -> list[Change]:
    """What a correction by decision changed: its batch has no file and one row, and is no batch of the record."""
    if batch.file or batch.submitted_at is not None:
        return []
    made = Correction.objects.filter(batch=batch).order_by("pk")
    return [Change(one.field_title, one.wrong_text, one.right_text) for one in made]


_BEFORE = """
SELECT DISTINCT ON (h.id) h.history_id, h.id, h.details
FROM credit_records_historicalrecord h
JOIN (
    SELECT id, min(history_id) AS first FROM credit_records_historicalrecord
    WHERE id = ANY(%(ids)s) AND batch_id = %(batch)s GROUP BY id
) merged ON merged.id = h.id AND h.history_id < merged.first
WHERE h.id = ANY(%(ids)s)
ORDER BY h.id, h.history_id DESC
"""


def _content_before(batch: IntakeBatch, ids: Sequence[int]) -> dict[int | None, dict[str, Any]]:
    """What records hold, or held before this batch changed them."""
    old: dict[int | None, dict[str, Any]] = {}
    old.update(Record.objects.filter(pk__in=ids).values_list("pk", "details"))
    if batch.submitted_at is not None:
        rows = Record.history.model.objects.raw(  # type: ignore[attr-defined]
            _BEFORE, {"ids": list(ids), "batch": batch.pk}
        )
        old.update({row.id: row.details for row in rows})
    return old


def changes(spec: ItemSpec, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The columns in which two contents differ, in the order of the template."""
    found = []
    for column in spec.fields:
        before, after = old.get(column.code), new.get(column.code)
        if _comparable(before) != _comparable(after):
            found.append(Change(column.title, shown_value(column, before), shown_value(column, after)))
    return found


def _comparable(value: Any) -> Any:
    """Sealing gives another text each time; the index tells whether a personal number is the same."""
    return value.get("index") if isinstance(value, dict) else value


def shown_value(column: FieldSpec, value: Any) -> str:
    """A stored value as pages show it: amounts with unit, kinds in one line, identity numbers masked."""
    if value is None or value == "" or value == []:
        return "(空)"
    if isinstance(value, dict):
        return str(value.get("masked", "****"))
    if isinstance(value, list):
        return "；".join(str(part) for part in value)
    if column.type is FieldType.DECIMAL and "万元" in column.title:
        return format_wan(Decimal(str(value)))
    if column.type is FieldType.TEXT and column.role is None:
        # What somebody wrote freely: a phone that stands in it is nobody's to read in passing.
        return mask_numbers_in(str(value))
    return str(value)


@dataclass(frozen=True)
class Progress:
    """How far the check of an uploaded file is."""

    done: int
    total: int | None
    step: str
    silent: bool
    """Nothing has moved for a minute: the worker is dead, or there is none."""

    @property
    def rows(self) -> str:
        return f"{self.done:,}" + (f" / {self.total:,}" if self.total else "")

    @property
    def percent(self) -> int | None:
        return min(100, self.done * 100 // self.total) if self.total else None


def progress(batch: IntakeBatch, *, now: datetime) -> Progress | None:
    """The progress of a batch that is being checked; None when there is nothing to wait for (one query)."""
    if batch.state != IntakeBatch.State.UPLOADED:
        return None
    run = getattr(batch, "run", None)
    if run is None:
        return Progress(0, None, "尚未开始", now - batch.uploaded_at > SILENT_AFTER)
    beat = run.beat_at or batch.uploaded_at
    return Progress(run.rows_done, run.rows_total, run.step, now - beat > SILENT_AFTER)


def same_file_before(batch: IntakeBatch) -> IntakeBatch | None:
    """The latest earlier batch of the department that carried exactly this file for the same item."""
    return (
        IntakeBatch.objects.filter(
            department=batch.department_id, item=batch.item_id, file_sha256=batch.file_sha256, pk__lt=batch.pk
        )
        .exclude(file_sha256="")
        .order_by("-pk")
        .first()
    )


_NO_CORRECTION = (IntakeBatch.State.TAKEN_BACK, IntakeBatch.State.REFUSED)


def latest_correction(batch: IntakeBatch) -> IntakeBatch | None:
    """The mended file that took this one's place, if there is one."""
    return batch.corrections.exclude(state__in=_NO_CORRECTION).order_by("-pk").first()


def not_replaced(batches: QuerySet[IntakeBatch]) -> QuerySet[IntakeBatch]:
    """Batches whose place no mended file has taken: the ones that still ask for work."""
    replaced = IntakeBatch.objects.filter(corrects=OuterRef("pk")).exclude(state__in=_NO_CORRECTION)
    return batches.filter(~Exists(replaced))


def uploaded_files(batches: QuerySet[IntakeBatch]) -> QuerySet[IntakeBatch]:
    """Batches that came as a file; single records typed into the form are batches of one row without one."""
    return batches.exclude(file="")


_WITH_SOMEBODY = (IntakeBatch.State.SUBMITTED, IntakeBatch.State.RETURNED)


def handled_as_batches(batches: QuerySet[IntakeBatch]) -> QuerySet[IntakeBatch]:
    """Files, and of the forms those that change a record in force: the change itself is no record yet, so
    that it is reviewed, returned and mended as a batch. New records typed into the form are reviewed singly."""
    changes = _changes_to_confirm().filter(batch=OuterRef("pk"))
    return batches.filter(~Q(file="") | Q(Exists(changes), state__in=_WITH_SOMEBODY))


def findings_by_code(
    batches: Iterable[int], *, code: str, column: str, before: int | None = None
) -> list[IntakeFinding]:
    """The remarks of one kind in some batches, newest first, by key: what stands behind “错误最多”."""
    found = IntakeFinding.objects.filter(
        batch__in=batches, code=code, column=column, severity=Severity.REJECT
    ).select_related("batch", "batch__item")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[: PAGE + 1])


def _changes_to_confirm() -> QuerySet[IntakeRow]:
    """Rows whose change to a record in force waits for the reviewer; one that is withdrawn, ended or suspended only with a
    reason."""
    in_force = Q(record__state=Record.State.PUBLISHED)
    outside = (Record.State.WITHDRAWN, Record.State.ENDED, Record.State.SUSPENDED)
    closed = Q(record__state__in=outside, record__withdrawn_by="", record__repaired_by="") & ~Q(
        explanation=""
    )
    rows = IntakeRow.objects.filter(
        in_force | closed, action=IntakeRow.Action.UPDATE, verdict=IntakeRow.Verdict.ACCEPT
    )
    return rows.exclude(record__batch=F("batch"))


def has_pending_changes(batch: IntakeBatch) -> bool:
    """Whether changes to records in force wait in the batch for its review."""
    return _changes_to_confirm().filter(batch=batch).exists()
