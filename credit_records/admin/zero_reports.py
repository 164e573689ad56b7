"""Zero reports (零报送): by item and month on one page, and the list of those that were made."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode

from accounts.models import Department, Role
from audit.clock import today
from audit.faults import Refused
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.verbs import Verb
from credit_records.models import CatalogueItem, ZeroReport
from credit_records.selectors.reporting import month_start, reporting_months
from credit_records.services.zero_reports import report_zero, withdraw_zero_report

from .batch_filters import ItemFilter

_MONTHS = 6


def _withdrawn(report: ZeroReport, user: Any) -> str:
    return "该零报送已经撤销。" if report.withdrawn_at else ""


class ZeroReportAdmin(BaseAdmin):
    """Declarations are made with one click by item and month; they are withdrawn, never deleted."""

    verbs = (
        Verb(
            name="withdraw",
            label="撤销零报送",
            function=withdraw_zero_report,
            needs_reason=True,
            tone="danger",
            obstacle=_withdrawn,
            reachable=lambda report: report.withdrawn_at is None,
            confirm="该月其实有决定的，撤销后请补报记录。",
            done="已撤销：{obj}",
        ),
    )
    list_display = ("label", "department_label", "item_label", "reported", "state_chip")
    list_display_links = None
    show_add_link = False
    list_filter = (ItemFilter,)
    keyset = ("-month", "-id")
    empty_list = "还没有零报送。某个月没有决定的，由录入员点“办理零报送”。"
    fields = ("department", "item", "month_label", "reported_by", "reported_at", "withdrawn_at")
    readonly_fields = ("month_label",)
    list_before_template = "credit_records/zero_list_head.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ZeroReport]:
        return super().get_queryset(request).select_related("department", "item", "reported_by")

    @display(description="月份")
    def label(self, report: ZeroReport) -> str:
        url = reverse(self._name("change"), args=[report.pk])
        return format_html('<a class="in-link" href="{}">{}</a>', url, _month(report.month))

    @display(description="月份")
    def month_label(self, report: ZeroReport) -> str:
        return _month(report.month)

    @display(description="报送单位")
    def department_label(self, report: ZeroReport) -> str:
        return report.department.short_name or report.department.name

    @display(description="事项")
    def item_label(self, report: ZeroReport) -> str:
        return report.item.name

    @display(description="报送")
    def reported(self, report: ZeroReport) -> str:
        moment = wording.of_moment(report.reported_at)
        return format_html('{} <span class="in-muted">{}</span>', str(report.reported_by), moment)

    @display(description="状态")
    def state_chip(self, report: ZeroReport) -> str:
        tone, text = ("off", "已撤销") if report.withdrawn_at else ("good", "有效")
        return format_html('<span class="in-chip in-{}">{}</span>', tone, text)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "零报送",
            "may_report": self.has_add_permission(request),
            "report_url": reverse(self._name("add")),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What was reported by item and month, with a button where nothing was: it replaces the add form."""
        if not self.has_add_permission(request):
            raise PermissionDenied("只有报送单位的录入员可以办理零报送。")
        departments = list(
            Department.objects.filter(pk__in=request.user.departments_as(Role.CLERK)).order_by("pk")
        )
        department = self._department(request, departments)
        if request.method == "POST":
            return self._report(request, department)
        months = [month_start(today(), back) for back in range(_MONTHS)]
        lines = reporting_months(department.pk, months, today=today())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "零报送",
            "departments": departments,
            "department": department,
            "months": months,
            "usual": [line for line in lines if line.usual],
            "others": [line for line in lines if not line.usual],
            "list_url": reverse(self._name("changelist")),
        }
        return TemplateResponse(request, "credit_records/zero_reports.html", context)

    def _department(self, request: HttpRequest, departments: list[Department]) -> Department:
        given = request.POST.get("department") or request.GET.get("department") or ""
        if not given:
            return departments[0]
        found = next((one for one in departments if str(one.pk) == given), None)
        if found is None:
            raise Http404("没有这个报送单位。")
        return found

    def _report(self, request: HttpRequest, department: Department) -> HttpResponse:
        item = CatalogueItem.objects.filter(code=request.POST.get("item", "")).first()
        try:
            month = date.fromisoformat(f"{request.POST.get('month', '')}-01")
        except ValueError:
            month = None
        if item is None or month is None:
            raise Http404("没有这个事项或月份。")
        try:
            report_zero(department=department, item=item, month=month, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            text = f"已零报送：{item.name} {_month(month)}。"
            self.message_user(request, text, messages.SUCCESS)
        query = urlencode({"department": department.pk})
        return HttpResponseRedirect(f"{reverse(self._name('add'))}?{query}")


def _month(first: date) -> str:
    return f"{first.year}年{first.month}月"
