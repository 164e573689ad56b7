"""The records of a rehearsal, as they are and as they would be; every figure of its page opens this list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from import_export.fields import Field as ExportField
from import_export.resources import ModelResource

from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter, RelatedFilter
from credit_records.models import Record, Rehearsal, RehearsedRecord

from .active_filters import ActiveFilter, ActiveFilters
from .record_columns import amounts

_REHEARSAL = str(Rehearsal._meta.verbose_name)
_NAMES = {"": "—", **dict(Record.Severity.choices)}


def _change(before: Any, after: Any, nothing: str = "—") -> str:
    """之前 → 之后, one value when it stays."""
    was, becomes = (str(one) if one else nothing for one in (before, after))
    if was == becomes:
        return format_html('<span class="cr-nowrap">{}</span>', was)
    return format_html('<span class="cr-nowrap">{}</span> → <b class="cr-nowrap">{}</b>', was, becomes)


class RehearsedExport(ModelResource):
    """The list as it is on the page."""

    document_number = ExportField("record__document_number", column_name="决定书文号")
    subject = ExportField(column_name="主体")
    department = ExportField("department__name", column_name="来源单位")
    decision_date = ExportField(column_name="决定日期")
    kinds = ExportField(column_name="类别")
    fine = ExportField(column_name="罚款金额(万元)")
    kept = ExportField(column_name="不适用的原因")
    old_severity = ExportField(column_name="现失信程度")
    new_severity = ExportField(column_name="新失信程度")
    old_start = ExportField(column_name="现公示起")
    new_start = ExportField(column_name="新公示起")
    old_earliest_end = ExportField(column_name="现最早可修复")
    new_earliest_end = ExportField(column_name="新最早可修复")
    old_latest_end = ExportField(column_name="现最长公示至")
    new_latest_end = ExportField(column_name="新最长公示至")
    ends_at_once = ExportField(column_name="施行即到期")

    class Meta:
        model = RehearsedRecord
        fields = (
            "document_number", "subject", "department", "decision_date", "kinds", "fine", "kept", "old_severity",
            "new_severity", "old_start", "new_start", "old_earliest_end", "new_earliest_end", "old_latest_end",
            "new_latest_end", "ends_at_once",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("record__subject", "department").defer("record__details")

    def dehydrate_subject(self, row: RehearsedRecord) -> str:
        return row.record.subject.listed_name

    def dehydrate_decision_date(self, row: RehearsedRecord) -> str:
        return row.record.decision_date.isoformat()

    def dehydrate_kinds(self, row: RehearsedRecord) -> str:
        return "、".join(row.record.kinds)

    def dehydrate_fine(self, row: RehearsedRecord) -> Any:
        return None if row.record.fine is None else float(row.record.fine)

    def dehydrate_kept(self, row: RehearsedRecord) -> str:
        return str(row.get_kept_display()) if row.kept != RehearsedRecord.Kept.NO else ""

    def dehydrate_old_severity(self, row: RehearsedRecord) -> str:
        return _NAMES[row.old_severity]

    def dehydrate_new_severity(self, row: RehearsedRecord) -> str:
        return _NAMES[row.new_severity]

    def dehydrate_ends_at_once(self, row: RehearsedRecord) -> str:
        return "是" if row.ends_at_once else ""


for _day in (
    "old_start",
    "new_start",
    "old_earliest_end",
    "new_earliest_end",
    "old_latest_end",
    "new_latest_end",
):
    setattr(
        RehearsedExport,
        f"dehydrate_{_day}",
        lambda self, row, _day=_day: str(getattr(row, _day) or ""),
    )


@admin.register(RehearsedRecord)
class RehearsedRecordAdmin(ActiveFilters, BaseAdmin):
    """Reached from the page of a rehearsal; a row leads to its record."""

    changeable = False
    addable = False
    keyset = ("id",)
    list_display = (
        "document", "subject_name", "decided", "kinds_and_fine", "severity", "earliest_end", "latest_end",
        "remark", "source",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("record__subject", "department")
    list_filter = (
        ("publicity", ChoiceFilter), ("earliest", ChoiceFilter), ("latest", ChoiceFilter),
        ("kept", ChoiceFilter), ("department", RelatedFilter),
    )  # fmt: skip
    link_filters = (
        "rehearsal",
        "old_severity",
        "new_severity",
        "severity_moves",
        "ends_at_once",
        "changed",
        "kept",
    )
    empty_list = "没有这样的记录。"
    export_resource = RehearsedExport
    change_list_template = "credit_records/rehearsed_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("record__details")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        given = request.GET.get("rehearsal__exact", "")
        rehearsal = (
            Rehearsal.objects.filter(pk=int(given)).select_related("rule_set").first()
            if given.isascii() and given.isdigit() and len(given) < 19
            else None
        )
        context = {
            "title": f"预演的记录：{rehearsal.rule_set}" if rehearsal else "预演的记录",
            "rehearsal": rehearsal,
            "rehearsal_url": reverse("admin:credit_records_ruleset_rehearsal", args=[rehearsal.rule_set_id])
            if rehearsal
            else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def active_filters(self, request: HttpRequest) -> list[ActiveFilter]:
        """Without the rehearsal itself: the head of the page names it, and rows of several make no list."""
        return [one for one in super().active_filters(request) if one.title != _REHEARSAL]

    @display(description="文号")
    def document(self, row: RehearsedRecord) -> str:
        url = reverse("admin:credit_records_record_change", args=[row.record_id])
        return format_html('<a class="cr-link cr-document" href="{}">{}</a>', url, row.record.document_number)

    @display(description="主体")
    def subject_name(self, row: RehearsedRecord) -> str:
        return row.record.subject.listed_name

    @display(description="决定日期")
    def decided(self, row: RehearsedRecord) -> str:
        return format_html('<span class="cr-date-cell">{}</span>', row.record.decision_date.isoformat())

    @display(description="类别 / 金额")
    def kinds_and_fine(self, row: RehearsedRecord) -> str:
        return format_html(
            '{} <span class="cr-figure cr-block">{}</span>', "、".join(row.record.kinds), amounts(row.record)
        )

    @display(description="失信程度")
    def severity(self, row: RehearsedRecord) -> str:
        return _change(_NAMES[row.old_severity], _NAMES[row.new_severity])

    @display(description="最早可修复")
    def earliest_end(self, row: RehearsedRecord) -> str:
        return _change(row.old_earliest_end, row.new_earliest_end)

    @display(description="最长公示至")
    def latest_end(self, row: RehearsedRecord) -> str:
        return _change(row.old_latest_end, row.new_latest_end, "不公示")

    @display(description="备注")
    def remark(self, row: RehearsedRecord) -> str:
        if row.kept != RehearsedRecord.Kept.NO:
            return f"{row.get_kept_display()}，保持原样"
        words = [] if row.publicity == "same" else [str(row.get_publicity_display())]
        return "、".join([*words, *(["施行即到期"] if row.ends_at_once else [])]) or "—"

    @display(description="来源单位")
    def source(self, row: RehearsedRecord) -> str:
        return row.department.short_name or row.department.name
