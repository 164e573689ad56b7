"""What was recorded of 两书同达: mended and taken back with a reason; the scan is saved, never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.faults import Refused
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter, DateFilter
from backoffice.verbs import Verb
from casework.rules.file_types import TYPES
from credit_records.admin.active_filters import ActiveFilters
from credit_records.models import Record
from credit_records.selectors.search import search_records
from repair.models import ServedNotice
from repair.services import served

from .served_questions import questions


@admin.register(ServedNotice)
class ServedNoticeAdmin(ActiveFilters, BaseAdmin):
    """What was recorded, standing or taken back."""

    changeable = False
    addable = False
    keyset = ("-served_on", "-id")
    list_display = (
        "document",
        "subject",
        "served_on",
        "method_label",
        "reference",
        "recorded",
        "scan_link",
        "state_chip",
    )
    list_display_links = ("document",)
    list_select_related = ("record__subject", "record__department", "recorded_by")
    list_filter = (("method", ChoiceFilter), ("served_on", DateFilter))
    link_filters = ("record",)
    change_list_template = "repair/served_notice_list.html"
    search_fields = ("record__document_key",)
    search_help_text = "文号、统一社会信用代码或者主体名称(两个字起)"
    empty_list = "还没有送达登记。在“两书同达”中勾选记录，点“登记送达”。"
    fields = (
        "record", "served_on", "method", "reference", "note", "scan_name", "recorded_by", "recorded_at", "undone_at",
        "undone_by", "undone_reason",
    )  # fmt: skip
    verbs = (
        Verb(
            name="correct",
            label="更正",
            function=served.correct_notice,
            needs_reason=True,
            extra_fields=questions(),
            obstacle=lambda notice, user: "" if notice.is_standing else "该送达登记已经撤销。",
            reachable=lambda notice: notice.is_standing,
            confirm="填写更正后的全部内容；更正前的内容保留在历史中。",
            order=10,
        ),
        Verb(
            name="undo",
            label="撤销",
            function=served.undo_notice,
            needs_reason=True,
            tone="danger",
            obstacle=lambda notice, user: "" if notice.is_standing else "该送达登记已经撤销。",
            reachable=lambda notice: notice.is_standing,
            confirm="撤销后该记录重新列为未登记送达。",
            order=20,
        ),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        url = reverse("admin:repair_penaltytoserve_summary")
        return super().changelist_view(
            request, {"title": "送达登记", "summary_url": url, **(extra_context or {})}
        )

    def get_verbs(self, request: HttpRequest, obj: Any = None) -> Sequence[Verb]:
        """The form of a correction holds what is recorded: what is right already need not be written again."""
        if obj is None:
            return self.verbs
        return [
            replace(verb, extra_fields=questions(obj)) if verb.name == "correct" else verb
            for verb in self.verbs
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        found = search_records(policy_for(Record).scope(request.user, "view"), search_term)
        return queryset.filter(record__in=found.order_by().values("pk")), False

    @display(description="文号")
    def document(self, notice: ServedNotice) -> str:
        return notice.record.document_number

    @display(description="主体")
    def subject(self, notice: ServedNotice) -> str:
        return notice.record.subject.listed_name

    @display(description="送达方式")
    def method_label(self, notice: ServedNotice) -> str:
        return str(notice.get_method_display())

    @display(description="登记")
    def recorded(self, notice: ServedNotice) -> str:
        return f"{notice.recorded_by} {wording.of_moment(notice.recorded_at)}"

    @display(description="扫描件")
    def scan_link(self, notice: ServedNotice) -> str:
        if not notice.scan:
            return "—"
        url = reverse("admin:repair_servednotice_scan", args=[notice.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, TYPES[notice.scan_type].label)

    @display(description="状态")
    def state_chip(self, notice: ServedNotice) -> str:
        tone, text = ("good", "有效") if notice.is_standing else ("idle", "已撤销")
        return format_html('<span class="rl-{}">{}</span>', tone, text)

    def own_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.scan_view)
        return [path("<int:object_id>/scan/", view, name="repair_servednotice_scan")]

    def scan_view(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The scan to save, never to show: it is somebody else's file."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        notice: Any = self.fetch(request, str(object_id))
        try:
            content = served.scan_of(notice, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(reverse(self._name("change"), args=[notice.pk]))
        response = FileResponse(
            content,
            as_attachment=True,
            filename=notice.scan_name,
            content_type=TYPES[notice.scan_type].media_type,
        )
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, no-store"
        return response
