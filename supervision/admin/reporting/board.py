"""报送看板: the three rates, the reconciliation, silence, errors and codes; a page each, one question for all."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import OFFICE_ROLES, Role
from audit.clock import today
from backoffice.exports import FORMATS
from credit_records.selectors.reporting import month_start
from supervision.admin.reporting.asked import Span, month_of
from supervision.admin.reporting.cells import Cell, light, rate_headers, rate_line
from supervision.admin.reporting.export import leave, names_by, rate_sheet, reasons_of, reconciled_sheet
from supervision.admin.reporting.rows import behind_view
from supervision.charts import Series, lines
from supervision.rules.rates import Unit, percent, words
from supervision.rules.shortfall import Usual
from supervision.selectors.reporting import passed_at_first
from supervision.selectors.reporting_board import codes, faults, quiet
from supervision.selectors.reporting_board.ledgers import by_month, differences, not_due_yet
from supervision.selectors.reporting_board.rates import (
    BY,
    RATES,
    Rates,
    folded,
    goals,
    peers_of,
    places,
    rates_by_key,
    whole,
)

_STEM = "supervision_monthlyproduction"
_TABS = (
    ("board", "三率"),
    ("reconcile", "对账"),
    ("quiet", "沉默和少报"),
    ("faults", "错误和一次通过率"),
    ("codes", "重错码"),
)
_LINES = 100
_LABELS = 11
"""More months do not stand side by side with their whole year."""
_RATE_NAMES = {"reporting": "上报率", "compliance": "合规率", "timeliness": "及时率"}


def page_address(name: str, query: str = "") -> str:
    url = reverse(f"admin:{_STEM}_{name}")
    return f"{url}?{query}" if query else url


def _place(name: str) -> str:
    """All pages of the board lie below it, so that the menu knows where the reader is."""
    return "board/" if name == "board" else f"board/{name}/"


class ReportingPages:
    """The pages of the board, beside the ledger that they are held against."""

    def board_urls(self: Any) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        views = {
            "board": self.board_view,
            "reconcile": self.reconcile_view,
            "quiet": self.quiet_view,
            "faults": self.faults_view,
            "codes": self.codes_view,
        }
        return [
            *(path(_place(name), guarded(view), name=f"{_STEM}_{name}") for name, view in views.items()),
            path("board/rows/", guarded(self.board_rows_view), name=f"{_STEM}_board_rows"),
            path("board/export/", guarded(self.board_file_view), name=f"{_STEM}_board_export"),
        ]

    def _page(
        self: Any, request: HttpRequest, span: Span, name: str, context: dict[str, Any]
    ) -> HttpResponse:
        told = {
            **self.admin_site.each_context(request),
            "title": "报送看板",
            "content_title": "报送看板",
            "span": span,
            "asked": span.board,
            "day": span.day,
            "latest": today(),
            "whole": bool(request.user.area_as(*OFFICE_ROLES)) or len(span.board.departments) > 1,
            "tab": name,
            "tabs": [(one, title, page_address(one, span.address())) for one, title in _TABS],
            "formats": [(one, title) for one, (_, _, title) in FORMATS.items()],
            "export_url": page_address("board_export", span.address(what=name)),
            **context,
        }
        return TemplateResponse(request, f"supervision/reporting_{name}.html", told)

    def board_view(self: Any, request: HttpRequest) -> HttpResponse:
        """上报率, 合规率, 及时率 by body, item or month, with lights and places."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        span = Span.of(request)
        by, found, ranked = _rates(request, span)
        wanted = goals(span.day, span.item)
        groups = folded(found, by)
        total = whole(found)
        standing = places(groups) if by == "department" else {}
        names = names_by(span, by)
        table = [
            rate_line(span, by, key, names.get(key, str(key)), one, wanted, standing)
            for key, one in sorted(groups.items(), key=lambda pair: _order(by, pair, names))
        ]
        months = folded(found, "month")
        silent_bodies = [one for one in span.board.departments if not one.is_office and one.active]
        told = {key[0] for key in found}
        context = {
            "by": by,
            "bys": [
                (name, title, page_address("board", span.address(by=name))) for name, (title, _) in BY.items()
            ],
            "head": BY[by][0],
            "headers": rate_headers(),
            "table": table,
            "total": rate_line(span, "", None, "合计", total, wanted, {}),
            "sentence": _sentence(total, wanted),
            "ranked": ranked,
            "export_url": page_address("board_export", span.address(what="board", by=by)),
            "targets": [(_RATE_NAMES[rate], str(goal)) for rate, goal in wanted.items() if goal],
            "without": [one for one in silent_bodies if one.pk in span.bodies and one.pk not in told],
            "chart": _trend(months, wanted) if len(months) > 1 else None,
        }
        return self._page(request, span, "board", context)

    def reconcile_view(self: Any, request: HttpRequest) -> HttpResponse:
        """What each ledger says against what came in: 漏报, and what goes beyond it."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        span = Span.of(request)
        every, month = request.GET.get("all") == "1", month_of(request.GET.get("month", ""))
        meant = span.meant(month=month)
        found = by_month(meant) if every else differences(meant)
        narrowed = {"month": f"{month:%Y-%m}"} if month else {}
        page = Paginator(found, _LINES).get_page(request.GET.get("p"))
        names, items = span.names(), span.item_names()
        reasons = reasons_of(page.object_list, span.day)
        own = request.user.departments_as(Role.CLERK)
        table = [
            {
                "cells": _reconciled_cells(span, one, due=not not_due_yet(meant, one)),
                "month": one.month,
                "department": names.get(one.department, ""),
                "item": items.get(one.item, ""),
                "told": one.told,
                "running": not_due_yet(meant, one),
                "reason": reasons.get((one.department, one.item, one.month), ""),
                "ledger_url": _ledger_address(one),
                "explains": one.department in own and bool(one.missing or one.untold),
            }
            for one in page.object_list
        ]
        context = {
            "table": table,
            "page": page,
            "every": every,
            "month": month,
            "address": span.address(all="1" if every else "", **narrowed),
            "other": page_address("reconcile", span.address(all="" if every else "1", **narrowed)),
            "export_url": page_address(
                "board_export", span.address(what="reconcile", all="1" if every else "", **narrowed)
            ),
            "missing": sum(one.missing for one in found),
            "untold": sum(one.untold for one in found if not not_due_yet(meant, one)),
        }
        return self._page(request, span, "reconcile", context)

    def quiet_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Who has sent nothing for longer than usual, and whose month lies far below its own months."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        span = Span.of(request)
        names, items = span.names(), span.item_names()
        active = frozenset(one.pk for one in span.board.departments if one.active) & span.bodies
        month = quiet.judged_month(span.day)
        began = month_start(month, Usual().months)
        few = quiet.few(span.day, active, span.meant().items)
        context = {
            "month": month,
            "silent": [
                (names[one.department], one, _rows(span, "sent", one.batches, department=one.department))
                for one in quiet.silent(span.day, active)
            ],
            "few": [
                (
                    names[one.department],
                    items.get(one.item, ""),
                    one,
                    _rows(
                        span, "first", one.shortfall.now, department=one.department, item=one.item,
                        month=f"{month:%Y-%m}",
                    ),
                    page_address("board_rows", span.address(
                        what="first", department=one.department, item=one.item, **{"from": f"{began:%Y-%m}"}
                    )),
                )
                for one in few
            ],
        }  # fmt: skip
        return self._page(request, span, "quiet", context)

    def faults_view(self: Any, request: HttpRequest) -> HttpResponse:
        """Which errors kept how many rows out, by body; and how the weeks went."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        span = Span.of(request)
        meant = span.meant()
        found = faults.kinds(meant)
        names = span.names()
        weeks = faults.weeks(meant)
        passed = passed_at_first(meant)
        context = {
            "kinds": [
                (one, _rows(span, "fault", one.rows, of=one.code), [
                    (names.get(body, ""), _rows(span, "fault", rows, department=body, of=one.code))
                    for body, rows in one.departments[:3]
                ])
                for one in found[: faults.MOST]
            ],
            "further": found[faults.MOST :],
            "several": len(span.bodies) > 1,
            "weeks": [
                (one, _rows(span, "week", one.files, of=one.monday.isoformat()),
                 Cell(str(one.rows), page_address("board_rows", span.address(what="week", of=one.monday.isoformat())) if one.rows else ""))
                for one in reversed(weeks)
            ],
            "total": sum(one.rows for one in passed),
            "accepted": sum(one.accepted for one in passed),
            "chart": _weekly(span, weeks) if any(one.rows for one in weeks) else None,
        }  # fmt: skip
        return self._page(request, span, "faults", context)

    def codes_view(self: Any, request: HttpRequest) -> HttpResponse:
        """The ledger of duplicate codes by the body with whose files they came up."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        span = Span.of(request)
        names = span.names()
        office = bool(request.user.area_as(*OFFICE_ROLES))
        table = []
        for one in codes.codes_by_department(span.day, span.bodies):
            cells = []
            for name, number in (("codes_open", one.open), ("codes_settled", one.settled)):
                if number and not office:
                    own = frozenset({one.department})
                    entries = codes.entries_of(span.day, own, open_ones=name == "codes_open")
                    number = codes.subjects_in(entries).count()
                cells.append(_rows(span, name, number, department=one.department))
            table.append((names.get(one.department, ""), cells, one))
        return self._page(request, span, "codes", {"table": table, "office": office})

    def board_rows_view(self: Any, request: HttpRequest) -> HttpResponse:
        return behind_view(self, request)

    def board_file_view(self: Any, request: HttpRequest) -> HttpResponse:
        """The rates or the reconciliation as a sheet; that it left stands in the journal."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        span = Span.of(request)
        if request.GET.get("what") == "reconcile":
            month = month_of(request.GET.get("month", ""))
            meant = span.meant(month=month)
            found = by_month(meant) if request.GET.get("all") == "1" else differences(meant)
            return leave(request, f"对账-截至{span.day:%Y%m%d}", *reconciled_sheet(span, found))
        by, found, _ = _rates(request, span)
        return leave(request, f"三率-截至{span.day:%Y%m%d}", *rate_sheet(span, by, found))


def _rows(span: Span, what: str, number: int, **more: Any) -> Cell:
    """A number with the way to exactly so many rows."""
    url = page_address("board_rows", span.address(what=what, **more)) if number else ""
    return Cell(str(number), url, number)


def _rates(request: HttpRequest, span: Span) -> tuple[str, dict[Any, Rates], str]:
    """How the reader wants it told, the numbers of the bodies asked about, and the place of a single one among its peers."""
    by = request.GET.get("by", "")
    single = next((one for one in span.board.departments if span.bodies == {one.pk}), None)
    if by not in BY:
        by = "item" if single else "department"
    if single is None:
        return by, rates_by_key(span.meant()), ""
    peers = peers_of(single)
    everybody = rates_by_key(span.meant(peers))
    standing = places(folded(everybody, "department"))
    told = [
        f"{_RATE_NAMES[rate]}第{standing[rate][single.pk][0]}(共{standing[rate][single.pk][1]})"
        for rate in RATES
        if single.pk in standing[rate]
    ]
    ranked = f"在{len(peers)}个同级同地单位中：{'，'.join(told)}" if told and len(peers) > 1 else ""
    return by, {key: one for key, one in everybody.items() if key[0] == single.pk}, ranked


def _order(by: str, pair: tuple[Any, Rates], names: dict[Any, str]) -> Any:
    """Months by time, the others by what is missing and late, the worst first."""
    key, one = pair
    if by == "month":
        return (-key.toordinal(),)
    return (-(one.missing + one.late + one.failed), names.get(key, ""))


def _sentence(total: Rates, wanted: dict[str, Any]) -> str:
    told = []
    for rate in RATES:
        tone, _ = light(getattr(total, rate), wanted[rate])
        met = {"good": "，达标", "bad": "，未达标"}.get(tone, "")
        told.append(f"{_RATE_NAMES[rate]}{words(getattr(total, rate), Unit.PERCENT)}{met}")
    return "；".join(told)


def _trend(months: dict[Any, Rates], wanted: dict[str, Any]) -> Any:
    ordered = sorted(months)
    series = [
        Series(_RATE_NAMES[rate], [percent(getattr(months[month], rate)) for month in ordered])
        for rate in RATES
    ]
    aims = {goal.value for goal in wanted.values() if goal}
    goal = float(aims.pop()) if len(aims) == 1 else None
    short = "%y-%m" if len(ordered) > _LABELS else "%Y-%m"
    return lines([month.strftime(short) for month in ordered], series, title="三率按月", unit="%", goal=goal)


def _weekly(span: Span, weeks: list[faults.Week]) -> Any:
    labels = [f"{one.monday:%m-%d}" for one in weeks]
    links = [
        page_address("board_rows", span.address(what="week", of=one.monday.isoformat())) if one.rows else ""
        for one in weeks
    ]
    passed = Series("一次通过率", [one.percent for one in weeks], links)
    return lines(labels, [passed], title=f"首次上传的一次通过率，最近{len(weeks)}周", unit="%", head="周一")


def _ledger_address(one: Any) -> str:
    query = f"department={one.department}&month={one.month:%Y-%m}#item-{one.item}"
    return f"{reverse(f'admin:{_STEM}_changelist')}?{query}"


def _reconciled_cells(span: Span, one: Any, *, due: bool) -> dict[str, Cell]:
    of = {"department": one.department, "item": one.item, "month": f"{one.month:%Y-%m}"}
    return {
        "reported": _rows(span, "decisions", one.reported, **of),
        "missing": Cell(str(one.missing), _ledger_address(one) if one.missing else ""),
        "untold": _rows(span, "beyond", one.untold, **of) if due else Cell("—"),
    }
