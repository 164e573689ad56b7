"""Many records of service at once from a table: document number, subject, date, method; all of it, or nothing."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction

from accounts.models import User
from accounts.policy import policy_for
from audit.faults import Refused
from backoffice.exports import Watermark
from credit_records.intake.reading import FieldTitle, FileRefused, Limits, open_sheet
from credit_records.rules.dates import parse_date
from credit_records.rules.faults import Fault
from credit_records.rules.text import clean_code, clean_text, document_key, name_key
from repair.models import PenaltyToServe, ServedNotice
from repair.selectors.served import due

from .served import record_served

MOST_ROWS = 2000
FIELDS = (
    FieldTitle("document", "行政处罚决定书文号", True, ("文号", "决定书文号", "处罚决定书文号")),
    FieldTitle("subject", "行政相对人名称", True, ("主体", "当事人", "主体名称", "统一社会信用代码")),
    FieldTitle("served_on", "送达日期", True, ("告知书送达日期",)),
    FieldTitle("method", "送达方式", True, ()),
    FieldTitle("reference", "送达回证编号", False, ("回证编号",)),
    FieldTitle("note", "备注", False, ()),
)
_METHODS = {str(label): value for value, label in ServedNotice.Method.choices}
_LIMITS = Limits(max_file_bytes=5 * 1024 * 1024, max_rows=MOST_ROWS, max_columns=50)


@dataclass(frozen=True)
class Wrong:
    """A row that cannot be recorded, and why."""

    row: int
    document: str
    problem: str


@dataclass(frozen=True)
class _Line:
    row: int
    document: str
    subject: str
    served_on: date
    method: str
    reference: str
    note: str


@contextmanager
def on_disk(file: File) -> Iterator[Path]:
    """A path under which an upload can be read while the block runs; the content never gets a name."""
    with tempfile.TemporaryFile() as plain:
        for piece in file.chunks():
            plain.write(piece)
        plain.flush()
        yield Path(f"/dev/fd/{plain.fileno()}")


def record_file(
    path: Path, *, file_name: str, actor: User, now: datetime | None = None
) -> tuple[int, list[Wrong]]:
    """Record every row of the table in one transaction; when any is wrong none is, and each wrong one is told.

    Refused `served.file` when it is no such table. Rows about the same record twice are wrong, and so is what is
    recorded already.
    """
    try:
        lines, wrong = _read(path, file_name)
    except FileRefused as refused:
        raise Refused("served.file", refused.message) from refused
    if not lines and not wrong:
        raise Refused("served.file", f"“{file_name}”表头下面没有数据行。请填写后重新上传。")
    if wrong:
        return 0, wrong
    found = _found(lines, actor)
    wrong = [
        Wrong(line.row, line.document, _several(len(found[line.row]))) for line in lines if len(found[line.row]) != 1
    ]  # fmt: skip
    seen: dict[int, int] = {}
    for line in lines:
        for pk in found[line.row]:
            if pk in seen:
                wrong.append(Wrong(line.row, line.document, f"与第{seen[pk]}行是同一条记录，请只保留一行。"))
            seen.setdefault(pk, line.row)
    if wrong:
        return 0, sorted(wrong, key=lambda one: one.row)
    return _record(lines, found, actor, now)


def _several(count: int) -> str:
    if not count:
        return "没有找到应当登记的处罚记录，请核对文号和主体；只能登记本单位已发布的处罚。"
    return "该文号和主体有几条记录，请在记录页逐条登记。"


def _read(path: Path, file_name: str) -> tuple[list[_Line], list[Wrong]]:
    lines: list[_Line] = []
    wrong: list[Wrong] = []
    with open_sheet(path, file_name=file_name, fields=FIELDS, limits=_LIMITS, require_rows=False) as sheet:
        for numbers, rows in sheet.chunks():
            for row, cells in zip(numbers, rows, strict=True):
                if not any(cells) or any(map(Watermark.is_one, cells)):
                    continue  # the last line of the exported list, uploaded with it
                read = _line(row, dict(zip(sheet.field_codes, cells, strict=True)))
                (wrong if isinstance(read, Wrong) else lines).append(read)  # type: ignore[arg-type]
    return lines, wrong


def _line(row: int, cells: dict[str, Any]) -> _Line | Wrong:
    document, subject = clean_text(cells["document"]), clean_text(cells["subject"])
    if not document or not subject:
        return Wrong(row, document, "文号和行政相对人名称都要填。")
    served_on = parse_date(cells["served_on"])
    if isinstance(served_on, Fault):
        return Wrong(row, document, f"{served_on.message}。")
    if served_on is None:
        return Wrong(row, document, "没有填送达日期。")
    said = clean_text(cells["method"])
    method = _METHODS.get(said) or _METHODS.get(f"{said}送达")
    if method is None:
        return Wrong(row, document, f"送达方式“{said[:20]}”不在允许的范围内：{'、'.join(_METHODS)}。")
    reference, note = (clean_text(cells.get(name, "")) for name in ("reference", "note"))
    if len(reference) > 100 or len(note) > 300:
        return Wrong(row, document, "送达回证编号最多100字，备注最多300字。")
    return _Line(row, document, subject, served_on, method, reference, note)


def _found(lines: list[_Line], actor: User) -> dict[int, list[int]]:
    """The actor's own penalties of that number about that subject (name or code), row by row (two queries)."""
    numbers = {document_key(line.document) for line in lines}
    rows = due(policy_for(PenaltyToServe).scope(actor, "record_served")).filter(document_key__in=numbers)
    known: dict[tuple[str, str], set[int]] = defaultdict(set)
    for pk, key, code, name in rows.order_by().values_list(
        "pk", "document_key", "subject__code", "subject__name_key"
    ):
        for word in filter(None, (code, name)):
            known[key, word].add(pk)
    return {line.row: sorted(_named(known, line)) for line in lines}


def _named(known: dict[tuple[str, str], set[int]], line: _Line) -> Iterator[int]:
    key = document_key(line.document)
    yield from known.get((key, clean_code(line.subject)), set()) | known.get(
        (key, name_key(line.subject)), set()
    )


def _record(
    lines: list[_Line], found: dict[int, list[int]], actor: User, now: datetime | None
) -> tuple[int, list[Wrong]]:
    records = {
        one.pk: one
        for one in PenaltyToServe.objects.filter(pk__in=[pk for pks in found.values() for pk in pks])
    }
    groups: dict[tuple[date, str, str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        groups[line.served_on, line.method, line.reference, line.note].append(line)
    wrong: list[Wrong] = []
    done = 0
    with transaction.atomic():
        for (served_on, method, reference, note), group in groups.items():
            try:
                with transaction.atomic():
                    record_served(
                        [records[found[line.row][0]] for line in group], actor=actor, served_on=served_on,
                        method=method, reference=reference, note=note, now=now,
                    )  # fmt: skip
                done += len(group)
            except Refused:
                wrong += _each(group, records, found, actor, now)
        if wrong:
            transaction.set_rollback(True)
    return (0, sorted(wrong, key=lambda one: one.row)) if wrong else (done, [])


def _each(
    group: list[_Line],
    records: dict[int, Any],
    found: dict[int, list[int]],
    actor: User,
    now: datetime | None,
) -> Iterator[Wrong]:
    """Which rows of a group were refused, and why; whatever goes through here is rolled back with the rest."""
    for line in group:
        try:
            with transaction.atomic():
                record_served(
                    [records[found[line.row][0]]], actor=actor, served_on=line.served_on, method=line.method,
                    reference=line.reference, note=line.note, now=now,
                )  # fmt: skip
        except Refused as refusal:
            yield Wrong(line.row, line.document, refusal.message)


__all__ = ["FIELDS", "MOST_ROWS", "Wrong", "on_disk", "record_file"]
