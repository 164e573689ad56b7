"""两书同达: how the departments stand, the penalties that miss the notice on repair, and what was recorded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from import_export.fields import Field as ExportField
from import_export.resources import ModelResource

from audit.faults import Refused
from backoffice.display import display
from backoffice.filters import DropdownFilter
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import may
from backoffice.verbs import Button, Verb
from backoffice.widgets import dress
from credit_records.admin.boxes import register_record_link
from credit_records.models import Record
from repair.models import PenaltyToServe, ServedNotice
from repair.selectors.served import ServedLine, due, of_standing, served_overview
from repair.services import served
from repair.services.served_files import Wrong, on_disk, record_file

from .record_lists import PenaltyList, record_page
from .served_questions import questions

name_verbs(
    {
        "served_notice.record": "登记告知书送达",
        "served_notice.correct": "更正送达登记",
        "served_notice.undo": "撤销送达登记",
        "served_notice.read_scan": "查看送达回证扫描件",
    }
)
name_data(
    {"served_on": "送达日期", "method": "送达方式"}, values={"method": dict(ServedNotice.Method.choices)}
)

STANDINGS = {"overdue": "逾期未登记", "missing": "未登记", "served": "已登记"}
_SHOWN = 200
_LIGHTS = {"good": "● 齐全", "warn": "◆ 期限内", "bad": "▲ 逾期", "idle": "○ 没有数据"}


def _record_one(record: Any, *, actor: Any, **answers: Any) -> None:
    served.record_served([record], actor=actor, **answers)


def _record_many(*records: Any, actor: Any, **answers: Any) -> None:
    served.record_served(records, actor=actor, **answers)


class StandingFilter(DropdownFilter):
    """With or without a record of service."""

    title = "告知书送达"
    parameter_name = "served"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(STANDINGS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return of_standing(queryset, value) if value in STANDINGS else queryset  # type: ignore[arg-type]


class ServedExport(ModelResource):
    """The list as a table to be filled in and uploaded again."""

    document_number = ExportField("document_number", column_name="行政处罚决定书文号")
    subject = ExportField(column_name="行政相对人名称")
    decision_date = ExportField(column_name="处罚决定日期")
    served_on = ExportField(column_name="送达日期")
    method = ExportField(column_name="送达方式")
    reference = ExportField(column_name="送达回证编号")
    note = ExportField(column_name="备注")

    class Meta:
        model = PenaltyToServe
        fields = ("document_number", "subject", "decision_date", "served_on", "method", "reference", "note")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        standing = ServedNotice.objects.standing()
        return queryset.prefetch_related(Prefetch("served_notices", standing, to_attr="standing_notices"))

    def dehydrate_subject(self, record: Any) -> str:
        return record.subject.listed_name

    def dehydrate_decision_date(self, record: Any) -> str:
        return record.decision_date.isoformat()

    def _notice(self, record: Any) -> Any:
        return record.standing_notices[0] if record.standing_notices else None

    def dehydrate_served_on(self, record: Any) -> str:
        notice = self._notice(record)
        return notice.served_on.isoformat() if notice else ""

    def dehydrate_method(self, record: Any) -> str:
        notice = self._notice(record)
        return str(notice.get_method_display()) if notice else ""

    def dehydrate_reference(self, record: Any) -> str:
        notice = self._notice(record)
        return notice.reference if notice else ""

    def dehydrate_note(self, record: Any) -> str:
        notice = self._notice(record)
        return notice.note if notice else ""


class TableForm(forms.Form):
    """A table of many records of service."""

    file = forms.FileField(
        label="送达登记表",
        help_text="xlsx、xls 或者 CSV，表头为文号、行政相对人名称(或代码)、送达日期、送达方式，可加送达回证编号、备注。",
        error_messages={"required": "请选择文件。", "empty": "文件是空的。"},
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        dress(self.fields.values())


@admin.register(PenaltyToServe)
class PenaltyToServeAdmin(PenaltyList):
    """The penalties that fall under 两书同达; the clerks of the department that decided tick those that were served."""

    list_display = (
        "standing", "subject_and_code", "document", "decided", "kinds_and_amounts", "state_chip", "source",
    )  # fmt: skip
    list_filter = (StandingFilter,)
    change_list_template = "repair/served_list.html"
    empty_list = "没有应当同达的处罚记录。按规则应当送达修复告知书的处罚发布后会出现在这里。"
    export_resource = ServedExport
    verbs = (
        Verb(
            name="record_served",
            label="登记送达",
            function=_record_one,
            many=_record_many,
            takes_reason=False,
            extra_fields=questions(),
            tone="primary",
            bulk=True,
            obstacle=lambda record, user: served.obstacle(record, noticed=record.noticed),
            confirm="送达日期不得早于决定日期。选中的记录用同一送达日期和方式。",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return due(super().get_queryset(request))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "两书同达",
            "summary_url": reverse(self._name("summary")),
            "upload_url": reverse(self._name("upload")) if may(request, "record_served", self.model) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="告知书送达")
    def standing(self, record: Any) -> str:
        tone, text = ("good", "已登记") if record.noticed else ("warn", "未登记")
        return format_html('<span class="rl-{}">{}</span>', tone, text)

    # --- pages of its own ------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "repair_penaltytoserve"
        return [
            path("summary/", guarded(self.summary_view), name=f"{stem}_summary"),
            path("upload/", guarded(self.upload_view), name=f"{stem}_upload"),
            path("<int:object_id>/serve/", guarded(self.serve_view), name=f"{stem}_serve"),
        ]

    def summary_view(self, request: HttpRequest) -> HttpResponse:
        """Department by department: how many, which share, what is missing and since when."""
        if not may(request, "view", self.model):
            raise PermissionDenied("您没有查看两书同达的权限。")
        found = served_overview(request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": "两书同达",
            "found": found,
            "lines": [(line, self._cells(line), _LIGHTS[line.tone]) for line in found.lines],
            "total": (found.total, self._cells(found.total)),
            "list_url": reverse(self._name("changelist")),
            "notices_url": reverse("admin:repair_servednotice_changelist"),
        }
        return TemplateResponse(request, "repair/served.html", context)

    def _cells(self, line: ServedLine) -> list[tuple[int, str, str]]:
        return [
            (line.due, self._rows("", line), ""),
            (line.served, self._rows("served", line), ""),
            (line.missing, self._rows("missing", line), "warn" if line.missing else ""),
            (line.overdue, self._rows("overdue", line), "bad" if line.overdue else ""),
        ]

    def _rows(self, standing: str, line: ServedLine) -> str:
        query = {"served": standing} if standing else {}
        if line.department is not None:
            query["department"] = str(line.department.pk)
        url = reverse(self._name("changelist"))
        return f"{url}?{urlencode(query)}" if query else url

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Record many at once from a table: every row, or none and what is wrong with which."""
        if not may(request, "record_served", self.model):
            raise PermissionDenied("只有作出处罚的单位的录入员可以登记送达。")
        form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
        wrong: list[Wrong] = []
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                with on_disk(file) as table:
                    done, wrong = record_file(table, file_name=file.name, actor=request.user)
            except Refused as refusal:
                form.add_error("file", refusal.message)
            else:
                if not wrong:
                    self.message_user(request, f"已登记送达{done}条。")
                    return HttpResponseRedirect(f"{reverse(self._name('changelist'))}?served=served")
        context = {
            **self.admin_site.each_context(request),
            "title": "上传送达登记表",
            "form": form,
            "wrong": wrong[:_SHOWN],
            "count": len(wrong),
            "list_url": f"{reverse(self._name('changelist'))}?served=missing",
        }
        status = 422 if wrong or form.errors else 200
        return TemplateResponse(request, "repair/served_upload.html", context, status=status)

    def serve_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Record the service for one record, with the scan of the receipt where there is one."""
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        record: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "record_served", record)
        verb = _WITH_SCAN
        form = (
            verb.form(request.POST, request.FILES, user=request.user)
            if request.method == "POST"
            else verb.form(user=request.user)
        )
        if request.method == "POST" and form.is_valid():
            try:
                served.record_served([record], actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                self.message_user(request, f"已登记送达：{record}。")
                return HttpResponseRedirect(record_page(record.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": verb.label,
            "subtitle": f"{record} · {record.subject.listed_name} · 决定日期{record.decision_date}",
            "opts": self.opts,
            "original": record,
            "button": Button(verb, request.path, "", form),
            "back": record_page(record.pk),
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "backoffice/verb.html", context, status=status)


_WITH_SCAN = Verb(
    name="serve",
    label="登记告知书送达",
    function=_record_one,
    rule="record_served",
    takes_reason=False,
    tone="primary",
    extra_fields=(
        *questions(),
        ("scan", forms.FileField(label="送达回证扫描件(可不传)", required=False, help_text="加密保存，每次查看都有记录。")),
    ),
)  # fmt: skip


@register_record_link
def link_to_serve(request: HttpRequest, record: Record) -> tuple[str, str] | None:
    """登记告知书送达, beside the steps of a penalty that misses it, for the clerks of its department."""
    if record.item.kind != "penalty" or record.department_id not in request.user.departments_as("clerk"):
        return None
    missing = due(PenaltyToServe.objects.filter(pk=record.pk)).filter(noticed=False)
    if not missing.exists():
        return None
    return "登记告知书送达", reverse("admin:repair_penaltytoserve_serve", args=[record.pk])
