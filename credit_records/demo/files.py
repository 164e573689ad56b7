"""The demo's files as offices write them: CSV in two encodings, and a workbook with title rows and marks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random

import xlsxwriter

from credit_records.rules.field_specs import FieldSpec, ItemSpec, Requirement

from .rows import Row


def csv_file(spec: ItemSpec, rows: Sequence[Row], *, key: str) -> bytes:
    """Two thirds in UTF-8 with the mark that office programs set, one third in GB18030."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([field.title for field in spec.fields])
    writer.writerows([[row.get(field.code, "") for field in spec.fields] for row in rows])
    encoding = "gb18030" if Random(f"encoding {key}").random() < 1 / 3 else "utf-8-sig"  # noqa: S311
    return stream.getvalue().encode(encoding)


def workbook(spec: ItemSpec, rows: Sequence[Row], *, title: str) -> bytes:
    """As the departments' own forms look: title and note above a header with * and full-width brackets."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet(spec.name[:31])
        bold = book.add_format({"bold": True})
        sheet.write_string(0, 0, title, bold)
        sheet.write_string(1, 0, "填表说明：带*号为必填项；日期格式为YYYY/MM/DD；金额单位为万元")
        for place, field in enumerate(spec.fields):
            sheet.write_string(2, place, _heading(field), bold)
            sheet.set_column(place, place, 22)
        for number, row in enumerate(rows, 3):
            for place, field in enumerate(spec.fields):
                if row.get(field.code):
                    sheet.write_string(number, place, row[field.code])
    return stream.getvalue()


def _heading(field: FieldSpec) -> str:
    marked = f"*{field.title}" if field.required is Requirement.YES else field.title
    return marked.replace("(", "（").replace(")", "）")
