"""Exports of lists: what the user sees under the filters chosen; posted, journaled, harmless.

Imports do not exist here: files come in through the intake, which checks them (traps 2, 12).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import xlsxwriter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from import_export.fields import Field
from import_export.resources import Resource

from accounts.grants.policies import by_rule_alone
from audit.acts import note
from audit.clock import today
from audit.masking import mask_in_text
from audit.models import Event

from . import wording
from .permissions import may
from .reading import rows_about_persons

LIMIT = 50_000
SHEET_ROWS = 1_048_570
"""As many rows as a sheet of a workbook takes (2^20), with room for the header and the line of who took it."""
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Watermark:
    """Who took a file out, when, how much, and under which number the journal tells of it.

    The last line of the sheet, after a blank one: the first line stays the header, so that filters and programs find their
    columns. A workbook also carries it on every printed page and in its properties, where a deleted line leaves it standing.
    """

    person: str
    body: str
    at: datetime
    rows: int
    number: int

    @classmethod
    def of(cls, user: Any, *, rows: int, event: Event) -> Watermark:
        body = user.department.name if user.department_id else "—"
        return cls(user.get_full_name(), body, event.at, rows, event.pk)

    @staticmethod
    def is_one(text: Any) -> bool:
        """Whether a cell holds such a line: a list that is filled in and uploaded again brings it back."""
        return isinstance(text, str) and text.startswith("导出人：") and "，编号：" in text

    def __str__(self) -> str:
        who = f"导出人：{self.person}，机构：{self.body}"
        return f"{who}，导出时间：{wording.of_moment(self.at)}，共{self.rows}行，编号：{self.number}"


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: numbers as they are, texts marked as text (trap 9)."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def masked_rows(rows: Iterable[Iterable[Any]]) -> Iterator[list[Any]]:
    """The same rows; a number of a person that somebody has typed into a text is masked."""
    for row in rows:
        yield [mask_in_text(value) if isinstance(value, str) else value for value in row]


def as_csv(
    headers: Iterable[str], rows: Iterable[Iterable[Any]], watermark: Watermark | None = None
) -> bytes:
    # With the byte order mark, which the offices' spreadsheet programs need to read Chinese.
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([harmless(header) for header in headers])
    writer.writerows([harmless(value) for value in row] for row in rows)
    if watermark is not None:
        writer.writerows([[], [harmless(watermark)]])
    return text.getvalue().encode("utf-8-sig")


def as_workbook(
    headers: Iterable[str], rows: Iterable[Iterable[Any]], watermark: Watermark | None = None
) -> bytes:
    return as_sheets([("导出", headers, rows)], watermark)


def as_sheets(
    sheets: Iterable[tuple[str, Iterable[str], Iterable[Iterable[Any]]]], watermark: Watermark | None = None
) -> bytes:
    """Several tables in one workbook, each (title, headers, rows) a sheet of its own with the same mark of who took it."""
    out = io.BytesIO()
    write_sheets(out, sheets, watermark)
    return out.getvalue()


def write_sheets(
    out: Any,
    sheets: Iterable[tuple[str, Iterable[str], Iterable[Iterable[Any]]]],
    watermark: Watermark | None = None,
    *,
    most_rows: int = SHEET_ROWS,
) -> int:
    """The same into a file (a path, or a file opened for writing), in the memory of one row; returns how many sheets there are.

    What goes beyond a sheet continues on another of the same title, numbered, with the headers again.
    """
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": False, "use_zip64": True})
    if watermark is not None:
        book.set_properties(
            {"author": watermark.person, "company": watermark.body, "comments": str(watermark)}
        )
    bold = book.add_format({"bold": True, "bg_color": "#E8EEF4"})
    said = str(watermark) if watermark else ""
    for title, headers, rows in sheets:
        headers, rows, number = list(headers), iter(rows), 1
        following = _write_sheet(book.add_worksheet(title), bold, headers, rows, said, most_rows)
        while following is not None:
            number += 1
            sheet = book.add_worksheet(f"{title}({number})")
            following = _write_sheet(sheet, bold, headers, chain([following], rows), said, most_rows)
    number = len(book.worksheets())
    book.close()
    return number


def _write_sheet(
    sheet: Any, bold: Any, headers: Sequence[str], rows: Iterable[Iterable[Any]], said: str, most_rows: int
) -> Iterable[Any] | None:
    """Write as many rows as a sheet takes; the first one that it did not take, if there is one."""
    if said:
        # An ampersand begins a code in headers and footers; beyond 255 characters the program refuses the file.
        printed = said.replace("&", "&&")[:200]
        sheet.set_header(f"&R{printed}")
        sheet.set_footer(f"&L{printed}&R第&P页，共&N页"[:250])
    for column, header in enumerate(headers):
        sheet.write_string(0, column, str(header), bold)
        sheet.set_column(column, column, max(10, min(40, 2 * len(str(header)) + 4)))
    sheet.freeze_panes(1, 0)
    number, following = 0, None
    for number, row in enumerate(rows, 1):
        if number > most_rows:
            number, following = number - 1, row
            break
        for column, value in enumerate(row):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
            elif value not in (None, ""):
                sheet.write_string(number, column, str(value)[:32767])
    if said:
        sheet.write_string(number + 2, 0, said)
    return following


FORMATS: dict[str, tuple[Callable[..., bytes], str, str]] = {
    "xlsx": (as_workbook, _XLSX, "工作簿"),
    "csv": (as_csv, "text/csv; charset=utf-8", "文本表格(CSV)"),
}


def to_save(body: bytes, name: str, content_type: str) -> HttpResponse:
    """A file that is saved under a name and never shown: that no browser keeps it is said of every answer (`signin.middleware`)."""
    disposition = content_disposition_header(True, name) or "attachment"
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": disposition})


def table_to_save(
    request: HttpRequest,
    verb: str,
    name: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    **told: Any,
) -> HttpResponse:
    """A table of a page as the file that was asked for; the journal says first who took what out under which question."""
    ending = "csv" if request.POST.get("format") == "csv" else "xlsx"
    write, content_type, _ = FORMATS[ending]
    data = {**told, "rows": len(rows), "format": ending, "filters": request.GET.urlencode()[:2000]}
    event = note(verb, actor=request.user, data=data)
    watermark = Watermark.of(request.user, rows=len(rows), event=event)
    return to_save(write(headers, masked_rows(rows), watermark), f"{name}.{ending}", content_type)


class ExportPages:
    """The part of `BaseAdmin` that exports its list, when it names a `Resource` in `export_resource`."""

    export_resource: type[Resource] | None = None

    @property
    def _export_rule(self) -> str:
        return "export" if "export" in self.policy.rules else "view"

    def may_export(self, request: HttpRequest) -> bool:
        return self.export_resource is not None and may(request, self._export_rule, self.model)

    def export_urls(self, guarded: Callable[[Any], Any], stem: str) -> list[URLPattern]:
        if self.export_resource is None:
            return []
        return [path("export/", guarded(self.export_view), name=f"{stem}_export")]

    def export_context(self, request: HttpRequest) -> dict[str, Any]:
        """What the list's page needs for its export buttons: the address keeps the filters that are on."""
        if not self.may_export(request):
            return {}
        query = request.GET.urlencode()
        return {
            "export_url": reverse(self._name("export")) + (f"?{query}" if query else ""),
            "export_formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
        }

    def _list_as_asked(self, request: HttpRequest) -> str:
        query = request.GET.urlencode()
        return reverse(self._name("changelist")) + (f"?{query}" if query else "")

    def export_view(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        if not self.may_export(request):
            raise PermissionDenied("您没有导出的权限。")
        if request.method != "POST":
            return self.nothing_done(request, self._list_as_asked(request))
        write, content_type, _ = FORMATS.get(request.POST.get("format", "xlsx"), FORMATS["xlsx"])
        ending = "csv" if write is as_csv else "xlsx"
        listed = self.get_changelist_instance(request).queryset
        # What was opened by a grant is read where it stands: nothing of it leaves the house.
        rows = listed.filter(self.policy.rule(by_rule_alone(request.user), self._export_rule))
        resource = self.export_resource()
        rows = resource.filter_export(rows)
        count = rows.order_by()[: LIMIT + 1].count()
        if count > LIMIT:
            text = f"符合条件的数据超过{LIMIT:,}条，一次最多导出{LIMIT:,}条。请用筛选缩小范围后再导出。"
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(self._list_as_asked(request))
        persons = rows_about_persons(self.model)
        about = {"personal": rows.order_by().filter(persons).count()} if persons is not None else {}
        # The journal first: the file carries the number of the event, and nothing leaves without one.
        with transaction.atomic():
            event = note(
                f"{self.opts.model_name}.export",
                actor=request.user,
                data={"rows": count, "format": ending, "filters": request.GET.urlencode()[:2000]}
                | {name: number for name, number in about.items() if number},
            )
            watermark = Watermark.of(request.user, rows=count, event=event)
            body = write(resource.get_export_headers(), masked_rows(_rows(resource, rows)), watermark)
        name = f"{self.opts.verbose_name}-{today():%Y%m%d}.{ending}"
        return to_save(body, name, content_type)


def _rows(resource: Resource, rows: Any) -> Iterator[list[Any]]:
    """What `resource.export_resource` gives for each row, with the columns looked up once."""
    cells = [_cell(resource, field) for field in resource.get_export_fields()]
    for obj in rows.iterator(chunk_size=2000):
        yield [cell(obj) for cell in cells]


def _cell(resource: Resource, field: Field) -> Callable[[Any], Any]:
    method = field.get_dehydrate_method(resource.get_field_name(field))
    return (method if callable(method) else getattr(resource, method, None)) or field.export
