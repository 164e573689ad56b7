"""The list of reports on performance, and each with its conditions, evidence and withdrawal."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, DateFilter, RelatedFilter
from backoffice.verbs import Verb
from commitments.models import Performance
from commitments.selectors.pages import promisor_label
from commitments.services import performing
from credit_records.admin.active_filters import ActiveFilters

from .exports import PerformanceExport
from .filters import CountedFilter
from .looks import STATUS_TONES


@admin.register(Performance)
class PerformanceAdmin(ActiveFilters, BaseAdmin):
    """Reports are given on the page of their commitment or of its verification; here they are read and taken back."""

    changeable = False
    addable = False
    keyset = ("-determined_on", "-id")
    list_display = ("report", "code", "promisor", "status_chip", "determined", "body", "standing")
    list_display_links = None
    list_filter = (
        ("status", ChoiceFilter), ("determined_on", DateFilter), ("department", RelatedFilter), CountedFilter,
    )  # fmt: skip
    link_filters = ("commitment",)
    list_select_related = ("commitment__subject", "department")
    search_fields = ("commitment__code", "commitment__subject_name")
    search_help_text = "承诺编码或者承诺人名称"
    export_resource = PerformanceExport
    change_list_template = "commitments/task_list.html"
    empty_list = "还没有履约践诺报告。在承诺页或者核查中报告。"
    fields = (
        "commitment", "number", "status", "unfulfilled", "liability_pursued", "determined_on", "department",
        "reported_by", "reported_at", "withdrawn_at", "withdrawn_reason",
    )  # fmt: skip
    verbs = (
        Verb(
            "withdraw", "撤回", performing.withdraw_performance, needs_reason=True, tone="danger",
            obstacle=lambda one, user: "这次履约践诺已经撤回，不用再办。" if one.withdrawn_at else "",
            reachable=lambda one: one.withdrawn_at is None, done="已撤回。",
            confirm="撤回后以前一次报告为准，不再计入指标。",
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("commitment__subject", "department")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "履约践诺", **(extra_context or {})})

    @display(description="报告")
    def report(self, one: Performance) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link" href="{}">第{}次</a>', url, one.number)

    @display(description="承诺编码")
    def code(self, one: Performance) -> str:
        url = reverse("admin:commitments_commitment_change", args=[one.commitment_id])
        return format_html('<a class="bo-link cr-code" href="{}">{}</a>', url, one.commitment.code)

    @display(description="承诺人")
    def promisor(self, one: Performance) -> str:
        return promisor_label(one.commitment)

    @display(description="承诺履行状态")
    def status_chip(self, one: Performance) -> str:
        return chip(one.get_status_display(), STATUS_TONES[Performance.Status(one.status)])

    @display(description="认定日期")
    def determined(self, one: Performance) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', one.determined_on)

    @display(description="认定单位")
    def body(self, one: Performance) -> str:
        return one.department.short_name or one.department.name

    @display(description="状态")
    def standing(self, one: Performance) -> str:
        return chip("已撤回", "idle") if one.withdrawn_at else chip("有效", "good")
