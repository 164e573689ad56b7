"""What the lists of penalties have in common: rows of records that lead to the record's own page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import OFFICE_ROLES
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import RelatedFilter
from backoffice.keyset import KeysetChangeList
from credit_records.admin.active_filters import ActiveFilters
from credit_records.admin.record_export import subject_label
from credit_records.admin.records import amounts, state_chips
from credit_records.models import Record
from credit_records.selectors.search import search_records


def record_page(pk: int) -> str:
    return reverse("admin:credit_records_record_change", args=[pk])


class RecordRows(KeysetChangeList):
    """Straight to the page of the record."""

    def url_for_result(self, result: Record) -> str:
        return record_page(result.pk)


class PenaltyList(ActiveFilters, BaseAdmin):
    """A list of penalty records with one more column; nothing of the record is written from here."""

    changeable = False
    addable = False
    keyset = ("-decision_date", "-id")
    list_display_links = ("document",)
    list_select_related = ("subject", "item", "department")
    link_filters = ("department",)
    search_fields = ("document_key",)
    search_help_text = "文号、统一社会信用代码或者主体名称(两个字起)"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RecordRows

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("details")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        return search_records(queryset, search_term), False

    def _of_several(self, request: HttpRequest) -> bool:
        """Whether the reader sees more than one department."""
        own = request.user.departments_as("clerk", "reviewer")
        return bool(request.user.area_as(*OFFICE_ROLES)) or len(own) > 1

    def get_list_filter(self, request: HttpRequest) -> Any:
        several = self._of_several(request)
        return (*self.list_filter, *([("department", RelatedFilter)] if several else []))

    def get_list_display(self, request: HttpRequest) -> Any:
        several = self._of_several(request)
        return tuple(name for name in self.list_display if several or name != "source")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """To the page of the record."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        return HttpResponseRedirect(record_page(self.fetch(request, object_id).pk))

    def bulk_summary(self, obj: Any) -> str:
        parts = [subject_label(obj), f"决定日期{obj.decision_date}", "、".join(obj.kinds), amounts(obj)]
        return " · ".join(part for part in parts if part)

    @display(description="状态")
    def state_chip(self, record: Record) -> str:
        return state_chips(record)

    @display(description="主体 / 代码")
    def subject_and_code(self, record: Record) -> str:
        code = record.subject.code or record.subject.id_masked or "没有代码"
        return format_html(
            '<span>{}</span><span class="cr-code cr-block cr-muted">{}</span>', subject_label(record), code
        )

    @display(description="文号")
    def document(self, record: Record) -> str:
        return format_html('<span class="cr-document">{}</span>', record.document_number)

    @display(description="决定日期")
    def decided(self, record: Record) -> str:
        return format_html('<span class="cr-date-cell">{}</span>', record.decision_date.isoformat())

    @display(description="类别 / 金额")
    def kinds_and_amounts(self, record: Record) -> str:
        kinds = "、".join(record.kinds[:2]) + ("等" if len(record.kinds) > 2 else "")
        return format_html('{} <span class="cr-figure cr-block">{}</span>', kinds, amounts(record))

    @display(description="来源单位")
    def source(self, record: Record) -> str:
        return record.department.short_name or record.department.name
