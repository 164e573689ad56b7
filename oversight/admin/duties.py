"""任务清单: what each body owes, period by period; the page on which it is reported and accepted."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from accounts.policy import policy_for
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.fields import day_field, long_text
from backoffice.filters import ChoiceFilter, DateFilter, RelatedFilter
from backoffice.verbs import Verb
from credit_records.admin.active_filters import ActiveFilters
from oversight.machine import OF_DUTIES, obstacle, step
from oversight.models import Duty, Task
from oversight.services import duties

from .files import FilePages, attach_verb
from .looks import DUTY_TONES, due_cell, file_field, late_chip, short
from .task_filters import WhenFilter, WhoseFilter


def _verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_DUTIES, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason,
        obstacle=lambda duty, user: obstacle(OF_DUTIES, name, duty),
        reachable=lambda duty: not obstacle(OF_DUTIES, name, duty), **more,
    )  # fmt: skip


_VERBS = (
    _verb("begin", duties.begin, takes_reason=False, order=5, done="已开始办理：{obj}"),
    _verb(
        "report", duties.report, takes_reason=False, tone="primary", order=10, done="已报送，请等待信用办确认：{obj}",
        extra_fields=(("text", long_text("完成情况", rows=5)), ("file", file_field("上报材料"))),
        confirm="报送后由信用办确认；确认以前不能再修改。",
    ),
    attach_verb(OF_DUTIES, "上传材料"),
    _verb("accept", duties.accept, tone="primary", order=20, done="已确认完成：{obj}", bulk=True),
    _verb("send_back", duties.send_back, tone="danger", order=30, done="已退回：{obj}"),
    _verb("move_due", duties.move_due, extra_fields=(("due_on", day_field("新的期限")),), order=40, done="已调整期限：{obj}"),
    _verb("cancel", duties.cancel, tone="danger", order=50, done="已取消：{obj}"),
)  # fmt: skip


class DutyExport(ModelResource):
    number = Column("task__number", column_name="任务编号")
    title = Column("task__title", column_name="任务名称")
    content = Column("task__content", column_name="任务内容")
    lead = Column("task__lead__name", column_name="牵头单位")
    body = Column("department__name", column_name="责任单位")
    period = Column("task__get_period_display", column_name="周期")
    serial = Column("serial", column_name="期次")
    due = Column("due_on", column_name="期限")
    material = Column("task__material", column_name="上报材料")
    state = Column("get_state_display", column_name="状态")
    late = Column(column_name="是否逾期")
    reported = Column("reported_on", column_name="报送日期")
    report = Column("report", column_name="完成情况")
    source = Column("task__source", column_name="依据文件")
    note = Column("task__note", column_name="备注")

    class Meta:
        model = Duty
        fields = (
            "number", "title", "content", "lead", "body", "period", "serial", "due", "material", "state", "late",
            "reported", "report", "source", "note",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("task__lead", "department")

    def dehydrate_late(self, one: Duty) -> str:
        return "逾期" if one.is_late(today()) else ""


@admin.register(Duty)
class DutyAdmin(ActiveFilters, FilePages, BaseAdmin):
    """Read from the list, done on the page of one body's share."""

    holder = "duty"
    verbs = _VERBS
    changeable = False
    addable = False
    show_add_link = False
    list_display = ("label", "body", "lead", "due", "state_chip", "material")
    list_display_links = None
    list_filter = (
        WhoseFilter, WhenFilter, ("state", ChoiceFilter), ("department", RelatedFilter), ("due_on", DateFilter),
        ("task__period", ChoiceFilter),
    )  # fmt: skip
    link_filters = ("task", "due_on")
    list_select_related = ("task__lead", "department")
    search_fields = ("task__number", "task__title", "department__name")
    search_help_text = "任务编号、任务名称或者责任单位"
    keyset = ("due_on", "id")
    export_resource = DutyExport
    change_list_template = "oversight/duty_list.html"
    empty_list = "还没有任务。信用办经办人点“下达任务”逐项下达，或者点“导入任务清单”用工作簿导入；单位的任务下达后出现在这里。"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("task__lead", "task__office", "department")

    def own_urls(self) -> list[URLPattern]:
        return self.file_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        gives = policy_for(Task).may_create(request.user)
        context = {
            "title": "任务清单",
            "add_url": reverse("admin:oversight_task_add") if gives else "",
            "import_url": reverse("admin:oversight_task_upload") if gives else "",
            "tasks_url": reverse("admin:oversight_task_changelist"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def bulk_summary(self, obj: Any) -> str:
        return f"{obj.reported_on} 报送：{obj.report[:60]}" if obj.report else ""

    @display(description="任务")
    def label(self, one: Duty) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html(
            '<a class="bo-link ov-title" href="{}">{} {}</a> <span class="cr-muted cr-nowrap">第{}期</span>',
            url, one.task.number, one.task.title, one.serial,
        )  # fmt: skip

    @display(description="责任单位")
    def body(self, one: Duty) -> str:
        return short(one.department)

    @display(description="牵头单位")
    def lead(self, one: Duty) -> str:
        return short(one.task.lead)

    @display(description="期限")
    def due(self, one: Duty) -> str:
        return due_cell(one.due_on)

    @display(description="状态")
    def state_chip(self, one: Duty) -> str:
        shown = chip(one.get_state_display(), DUTY_TONES[one.state])  # type: ignore[index]
        return format_html("{} {}", shown, late_chip()) if one.is_late(today()) else shown

    @display(description="上报材料")
    def material(self, one: Duty) -> str:
        return one.task.material or "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        duty: Any = self.fetch(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{duty.task.number} {duty.task.title}",
            "original": duty,
            "duty": duty,
            "task": duty.task,
            "tone": DUTY_TONES[duty.state],
            "late": duty.is_late(today()),
            "verb_buttons": self.buttons(request, duty),
            "files": self.files_of(request, duty),
            "task_url": reverse("admin:oversight_task_change", args=[duty.task_id]),
            "history_url": reverse(self._name("history"), args=[quote(duty.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "oversight/duty.html", context)
