"""产生台账: a department's month as one grid, entered by its clerks and read by those who watch over it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts.areas import bodies_in_sight
from accounts.models import Department, Role
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from credit_records.selectors.reporting import month_start
from supervision import workbench  # noqa: F401  registers the clerks' line
from supervision.admin.reporting.asked import month_of
from supervision.admin.reporting.board import ReportingPages, page_address
from supervision.admin.reporting.ledger_grid import Typed, said, say_what_is_wrong, standing, typed_in
from supervision.admin.reporting.ledger_upload import LedgerUploadPages
from supervision.models import MonthlyProduction
from supervision.selectors.reported import Asked as Meant
from supervision.selectors.reporting import reconciled
from supervision.selectors.reporting_board.ledgers import last_day, ledger_items, month_grid
from supervision.services.production import LinesRefused, tell_month

_BACK = 23
"""So many months before the present one can be chosen in the list; earlier ones by the address."""


@admin.register(MonthlyProduction)
class MonthlyProductionAdmin(LedgerUploadPages, ReportingPages, BaseAdmin):
    """The list of the model is the grid; a line's own page shows its history."""

    changeable = False
    addable = False
    fields = (
        "department", "item", "month", "produced", "exempt", "exempt_reason", "entered_by", "entered_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[MonthlyProduction]:
        return super().get_queryset(request).select_related("department", "item", "entered_by")

    def own_urls(self) -> list[URLPattern]:
        tell = path(
            "tell/", self.admin_site.admin_view(self.tell_view), name="supervision_monthlyproduction_tell"
        )
        return [tell, *self.upload_urls(), *self.board_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The grid of a department's month; without a department the area's bodies at a glance."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        departments = _departments(request)
        month = _month(request.GET.get("month", ""))
        department = _chosen(request.GET.get("department", ""), departments)
        if department is None:
            return self._overview(request, departments, month)
        return self._grid(request, departments, department, month)

    def tell_view(self, request: HttpRequest) -> HttpResponse:
        """Keep a whole month; what cannot be kept is shown as typed, each line with what is wrong."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        own = request.user.departments_as(Role.CLERK)
        if not own:
            raise PermissionDenied("只有本单位的录入员可以填报产生台账。")
        departments = _departments(request)
        department = _chosen(request.POST.get("department", ""), departments)
        if department is None or department.pk not in own:
            raise Http404("没有这个单位。")
        month = _month(request.POST.get("month", ""), strict=True)
        typed = typed_in(month_grid(department, month), request.POST)
        reason = request.POST.get("reason", "").strip()
        lines = said(typed)
        problem = (
            "有几行不能保存，全部没有保存。请按各行的说明改正后再保存。"
            if any(t.wrong for t in typed)
            else ""
        )
        if not problem:
            try:
                kept = tell_month(
                    department=department, month=month, lines=lines, actor=request.user, reason=reason
                )
            except LinesRefused as refusal:
                problem = refusal.message
                say_what_is_wrong(typed, refusal.lines)
            except Refused as refusal:
                problem = refusal.message
            else:
                text = f"已保存{month.year}年{month.month}月产生台账：{kept}项。"
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(_address(department, month))
        return self._grid(
            request, departments, department, month, typed=typed, problem=problem, reason=reason
        )

    def _grid(
        self,
        request: HttpRequest,
        departments: list[Department],
        department: Department,
        month: date,
        *,
        typed: list[Typed] | None = None,
        problem: str = "",
        reason: str = "",
    ) -> HttpResponse:
        if typed is None:
            typed = [standing(one) for one in month_grid(department, month)]
        # What was typed stays in sight, usual or not.
        usual = [one for one in typed if one.line.usual or one.wrong or one.touched]
        begun = month <= today()
        lines = [one.line for one in typed]
        context = {
            **self._common(request, departments, department, month),
            "usual": usual,
            "others": [one for one in typed if one not in usual],
            "may_tell": begun and department.pk in request.user.departments_as(Role.CLERK),
            "begun": begun,
            "problem": problem,
            "reason": reason,
            "tell_url": page_address("tell"),
            "upload_url": page_address("upload", urlencode(_told(department, month))),
            "ended": last_day(month) < today(),
            "untold": sum(1 for one in lines if one.reported and not one.told),
            "due": sum(one.due for one in lines),
            "missing": sum(one.missing for one in lines),
            "rows_url": page_address("board_rows"),
            "rows_query": urlencode(
                {
                    "on": today().isoformat(), "from": f"{month:%Y-%m}", "month": f"{month:%Y-%m}",
                    "department": department.pk,
                }
            ),
            "zero_url": reverse("admin:credit_records_zeroreport_add")
            + f"?{urlencode({'department': department.pk})}",
            "reconcile_url": page_address(
                "reconcile", urlencode({"department": department.pk, "month": f"{month:%Y-%m}", "all": "1"})
            ),
        }  # fmt: skip
        return TemplateResponse(request, "supervision/ledger.html", context)

    def _overview(self, request: HttpRequest, departments: list[Department], month: date) -> HttpResponse:
        """Every body of the area in one month: how much is told, due, reported and missing (three queries)."""
        bodies = frozenset(one.pk for one in departments)
        lines: dict[int, list[Any]] = {pk: [] for pk in bodies}
        if month <= today():
            for one in reconciled(Meant(month, last_day(month), today(), bodies, ledger_items())):
                lines[one.department].append(one)
        told = [one for one in departments if lines[one.pk]]
        context = {
            **self._common(request, departments, None, month),
            "table": [
                {
                    "pk": one.pk,
                    "name": one.short_name or one.name,
                    "url": _address(one, month),
                    "told": sum(1 for line in lines[one.pk] if line.told),
                    "without": sum(1 for line in lines[one.pk] if not line.told),
                    "due": sum(line.told.due for line in lines[one.pk] if line.told),
                    "reported": sum(line.reported for line in lines[one.pk]),
                    "missing": sum(line.missing for line in lines[one.pk]),
                    "untold": sum(line.untold for line in lines[one.pk]),
                }
                for one in told
            ],
            "silent": [one for one in departments if not lines[one.pk] and one.active and not one.is_office],
            "rows_url": page_address("board_rows"),
            "rows_query": urlencode(
                {"on": today().isoformat(), "from": f"{month:%Y-%m}", "month": f"{month:%Y-%m}"}
            ),
        }
        return TemplateResponse(request, "supervision/ledger_overview.html", context)

    def _common(
        self, request: HttpRequest, departments: list[Department], department: Department | None, month: date
    ) -> dict[str, Any]:
        months = [month_start(today(), back) for back in range(_BACK + 1)]
        if month not in months:
            months = sorted({*months, month}, reverse=True)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "产生台账",
            "departments": departments,
            "department": department,
            "month": month,
            "months": months,
            "before": f"?{urlencode(_told(department, month_start(month, 1)))}",
            "after": f"?{urlencode(_told(department, month_start(month, -1)))}"
            if month_start(month, -1) <= today()
            else "",
            "board_url": page_address("board"),
        }


def _departments(request: HttpRequest) -> list[Department]:
    bodies = bodies_in_sight(request.user)
    if not bodies:
        raise PermissionDenied("产生台账由本单位人员填报，领导小组办公室、督查员查看。")
    return list(Department.objects.filter(pk__in=bodies).order_by("level", "code"))


def _chosen(wanted: str, departments: list[Department]) -> Department | None:
    if not wanted:
        return departments[0] if len(departments) == 1 else None
    found = next((one for one in departments if str(one.pk) == wanted), None)
    if found is None:
        raise Http404("没有这个单位。")
    return found


def _month(text: str, *, strict: bool = False) -> date:
    """The month asked for; without one the last that is over: that is the one to be told now."""
    found = month_of(text)
    if found is None and strict:
        raise Http404("没有这个月份。")
    return found or month_start(today(), 1)


def _told(department: Department | None, month: date) -> dict[str, Any]:
    told = {"department": department.pk} if department is not None else {}
    return {**told, "month": f"{month:%Y-%m}"}


def _address(department: Department, month: date) -> str:
    url = reverse("admin:supervision_monthlyproduction_changelist")
    return f"{url}?{urlencode(_told(department, month))}"
