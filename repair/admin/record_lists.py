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
from credit_records.admin.record_columns import RecordColumns, amounts
from credit_records.models import Record


def record_page(pk: int) -> str:
    return reverse("admin:credit_records_record_change", args=[pk])


class RecordRows(KeysetChangeList):
    """Straight to the page of the record."""

    def url_for_result(self, result: Record) -> str:
        return record_page(result.pk)


class PenaltyList(RecordColumns, ActiveFilters, BaseAdmin):
    """A list of penalty records with one more column; nothing of the record is written from here."""

    changeable = False
    addable = False
    keyset = ("-decision_date", "-id")
    list_display_links = ("document",)
    list_select_related = ("subject", "item", "department")
    link_filters = ("department",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RecordRows

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("details")

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
        parts = [obj.subject.listed_name, f"决定日期{obj.decision_date}", "、".join(obj.kinds), amounts(obj)]
        return " · ".join(part for part in parts if part)

    @display(description="主体 / 代码")
    def subject_and_code(self, record: Record) -> str:
        code = record.subject.code or record.subject.id_masked or "没有代码"
        return format_html(
            '<span>{}</span><span class="cr-code cr-block cr-muted">{}</span>',
            record.subject.listed_name,
            code,
        )
