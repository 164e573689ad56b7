"""可修复清单: department by department how many penalties and breaches can be repaired from which month, and the records."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from import_export.fields import Field as ExportField

from audit.clock import today
from backoffice.display import display
from backoffice.filters import ChoiceFilter, DropdownFilter
from backoffice.permissions import may
from credit_records.admin.record_export import RecordExport
from credit_records.models import SubjectStatement
from repair.models import RepairableRecord
from repair.selectors.repairable import (
    FROM,
    Since,
    buckets,
    month_start,
    overview,
    repairable,
    with_open_application,
)

from .figures import export_view, figures_view
from .record_lists import PenaltyList

TITLES = {"earlier": "此前已可修复", "this": "本月起", "next": "次月起", "later": "以后"}
_BEFORE, _AFTER = 3, 9


class SinceFilter(DropdownFilter):
    """By the month from which repair is possible."""

    title = "可修复自"
    parameter_name = "since"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = [month_start(today(), further) for further in range(-_BEFORE, _AFTER + 1)]
        offered = [Since(month) for month in months]
        asked = Since.of(request.GET.get(self.parameter_name))
        if asked is not None and asked not in offered:
            offered.insert(0, asked)
        return [(str(one), one.words) for one in offered]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        since = Since.of(self.value())
        return queryset if since is None else since.narrow(queryset)


class RepairableExport(RecordExport):
    """The list as it is on the page, with the day from which repair is possible."""

    repairable_from = ExportField(column_name="可修复自")
    applied = ExportField(column_name="修复申请")

    class Meta:
        model = RepairableRecord
        fields = (*RecordExport.Meta.fields, "repairable_from", "applied")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        spoken = SubjectStatement.objects.filter(record=OuterRef("pk")).order_by("pk").values("text")
        return queryset.annotate(statement_texts=ArraySubquery(spoken))

    def dehydrate_repairable_from(self, record: Any) -> str:
        return str(getattr(record, FROM))

    def dehydrate_applied(self, record: Any) -> str:
        return "办理中" if record.applied else ""


@admin.register(RepairableRecord)
class RepairableAdmin(PenaltyList):
    """The records behind the overview: as far as time decides, duties and commitment come with the application."""

    list_display = (
        "subject_and_code", "document", "decided", "kinds_and_amounts", "severity_label", "since", "until",
        "application", "source",
    )  # fmt: skip
    list_filter = (SinceFilter, ("severity", ChoiceFilter))
    change_list_template = "repair/repairable_list.html"
    empty_list = "没有可以修复的处罚、违诺记录。满最短公示期的记录会自动出现在这里。"
    export_resource = RepairableExport

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_open_application(repairable(super().get_queryset(request), on=today()))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "可修复记录",
            "summary_url": reverse(self._name("summary")),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="失信程度")
    def severity_label(self, record: Any) -> str:
        return record.get_severity_display()

    @display(description="可修复自")
    def since(self, record: Any) -> str:
        return format_html('<span class="cr-date-cell">{}</span>', getattr(record, FROM))

    @display(description="公示至")
    def until(self, record: Any) -> str:
        last = record.publicity_latest_end
        shown = "不公示" if record.publicity_start is None else "长期" if last is None else last.isoformat()
        return format_html('<span class="cr-date-cell">{}</span>', shown)

    @display(description="修复申请")
    def application(self, record: Any) -> str:
        return "办理中" if record.applied else "—"

    # --- overview ------------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("summary/", guarded(self.summary_view), name="repair_repairablerecord_summary"),
            path("figures/", guarded(partial(figures_view, self)), name="repair_figures"),
            path("figures/export/", guarded(partial(export_view, self)), name="repair_figures_export"),
        ]

    def summary_view(self, request: HttpRequest) -> HttpResponse:
        """One line for each department that the reader sees; every figure is the list of its records."""
        if not may(request, "view", self.model):
            raise PermissionDenied("您没有查看可修复清单的权限。")
        asked = Since.of(request.GET.get("month"))
        found = overview(request.user, month=asked.first if asked else None)
        columns = buckets(found.month)
        context = {
            **self.admin_site.each_context(request),
            "title": "可修复清单",
            "found": found,
            "month": f"{found.month:%Y-%m}",
            "columns": [(TITLES[name], since.words) for name, since in columns.items()],
            "lines": [
                {
                    "department": line.department,
                    "cells": [(line.counts[name], self._rows(since, line.department.pk)) for name, since in columns.items()],
                    "total": (line.total, self._rows(None, line.department.pk)),
                }
                for line in found.lines
            ],
            "sums": [(found.counts[name], self._rows(since)) for name, since in columns.items()],
            "all": (found.total, self._rows(None)),
            "previous": f"?month={month_start(found.month, -1):%Y-%m}",
            "following": f"?month={month_start(found.month, 1):%Y-%m}",
        }  # fmt: skip
        return TemplateResponse(request, "repair/repairable.html", context)

    def _rows(self, since: Since | None, department: int | None = None) -> str:
        query = {"since": str(since)} if since is not None else {}
        if department is not None:
            query["department"] = str(department)
        url = reverse(self._name("changelist"))
        return f"{url}?{urlencode(query)}" if query else url
