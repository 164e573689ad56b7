"""时限看板: the clocks of all cases as of any day, each number with its rows; a department sees how soon it answers."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import OFFICE_ROLES
from audit.clock import today
from backoffice.exports import FORMATS, table_to_save
from backoffice.labels import name_verbs
from backoffice.wording import of_date
from supervision.admin.rows import Number, rows_page
from supervision.admin.sla import ended_tables, open_tables
from supervision.admin.sla.asked import BOARD, EXPORT, ROWS, Watched, pick_of
from supervision.admin.sla.department import DepartmentBoard
from supervision.admin.sla.listings import LISTINGS
from supervision.admin.sla.office import OfficeBoard
from supervision.admin.sla.tables import Table
from supervision.admin.sla.words import words_of

name_verbs({"sla.export": "导出时限看板"})
_OFFICE: tuple[Callable[[OfficeBoard], Table], ...] = (
    open_tables.lights, open_tables.late_cases, open_tables.coming_cases, open_tables.forecast,
    ended_tables.took, open_tables.offices, open_tables.departments, ended_tables.load,
    ended_tables.paused, ended_tables.late_rounds,
)  # fmt: skip
_DEPARTMENT: tuple[Callable[[DepartmentBoard], Table], ...] = (
    DepartmentBoard.requests, DepartmentBoard.answers, DepartmentBoard.window,
)  # fmt: skip


def sla_urls(admin: Any) -> list[URLPattern]:
    """The addresses, under those of the indicators: a board has no model of its own."""
    guarded = admin.admin_site.admin_view
    return [
        path("sla/", guarded(lambda request: _board(admin, request)), name=BOARD),
        path("sla/rows/", guarded(lambda request: _rows(admin, request)), name=ROWS),
        path("sla/export/", guarded(lambda request: _export(request)), name=EXPORT),
    ]


def _tables(watched: Watched) -> tuple[OfficeBoard | DepartmentBoard, dict[str, Table]]:
    if watched.department is not None:
        board: Any = DepartmentBoard(watched, watched.department)
        made = [table(board) for table in _DEPARTMENT]
    else:
        board = OfficeBoard(watched)
        made = [table(board) for table in _OFFICE]
    return board, {one.key: one for one in made}


def _board(admin: Any, request: HttpRequest) -> HttpResponse:
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    watched = Watched.of(request)
    board, tables = _tables(watched)
    context = {
        **admin.admin_site.each_context(request),
        "title": "时限看板",
        "asked": watched.asked,
        "day": watched.asked.day,
        "latest": today(),
        "whole": bool(request.user.area_as(*OFFICE_ROLES)),  # type: ignore[union-attr]
        "watched": watched,
        "board": board,
        "tables": tables,
        "due": open_tables.due(board) if isinstance(board, OfficeBoard) else board.ahead(),
        "trends": ended_tables.trends(board) if isinstance(board, OfficeBoard) else [board.trend()],
        "export_url": f"{reverse(f'admin:{EXPORT}')}?{watched.asked.address()}",
        "formats": [(name, title) for name, (_, _, title) in FORMATS.items()],
    }
    return TemplateResponse(request, "supervision/sla.html", context)


def _rows(admin: Any, request: HttpRequest) -> HttpResponse:
    """The rows of one number: as many as it says."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    watched = Watched.of(request)
    pick = pick_of(request, watched)
    words = words_of(pick, watched)
    rows = pick.cases(watched.watch) if hasattr(pick, "cases") else pick.rows(watched.watch)
    told = Number(
        title=f"时限看板：{words}",
        words=words,
        number=rows.count(),
        told=f"{watched.as_of}，{watched.asked.department or '辖区内全部'}。",
        back=watched.board_url,
        back_words="回到时限看板",
    )
    # The head of the page names the board, not the model under whose addresses it lies.
    page = SimpleNamespace(admin_site=admin.admin_site, opts=None)
    return rows_page(page, request, told, rows, listing=LISTINGS[rows.model])


def _export(request: HttpRequest) -> HttpResponse:
    """One table of the board as a sheet; that it left stands in the journal."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    watched = Watched.of(request)
    _, tables = _tables(watched)
    table = tables.get(request.POST.get("table", next(iter(tables))))
    if table is None:
        raise Http404("没有这张表。")
    name = f"{table.title}-截至{of_date(watched.watch.day)}"
    return table_to_save(request, "sla.export", name, table.headers, list(table.written), table=table.title)
