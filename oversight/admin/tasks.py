"""督办任务: giving, wording anew, and the workbook of the whole list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import NotAllowed, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter, RelatedFilter
from oversight.models import Duty, Task
from oversight.services import duties

from .importing import ImportPages
from .looks import DUTY_TONES, bodies_for, office_of, short
from .task_forms import AmendTaskForm, TaskForm


@admin.register(Task)
class TaskAdmin(ImportPages, BaseAdmin):
    """One row a task; its page shows who owes what of it."""

    changeable = False
    show_add_link = False
    list_display = ("label", "lead_short", "period", "first_due", "until", "source")
    list_display_links = None
    list_filter = (("period", ChoiceFilter), ("lead", RelatedFilter))
    list_select_related = ("lead",)
    search_fields = ("number", "title")
    search_help_text = "任务编号或者任务名称"
    ordering = ("number", "pk")
    list_per_page = 50
    change_list_template = "oversight/duty_list.html"
    empty_list = "还没有任务。信用办经办人点“下达任务”逐项下达，或者点“导入任务清单”用工作簿导入；单位的任务下达后出现在这里。"

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        amend = path("<int:object_id>/amend/", guarded(self.amend_view), name="oversight_task_amend")
        return [*self.import_urls(), amend]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        gives = self.policy.may_create(request.user)
        context = {
            "title": "督办任务",
            "add_url": reverse(self._name("add")) if gives else "",
            "import_url": reverse(self._name("upload")) if gives else "",
            "duties_url": reverse("admin:oversight_duty_changelist"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="任务")
    def label(self, one: Task) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link ov-title" href="{}">{} {}</a>', url, one.number, one.title)

    @display(description="牵头单位")
    def lead_short(self, one: Task) -> str:
        return short(one.lead)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        task: Any = self.fetch(request, object_id)
        seen: QuerySet = policy_for(Duty).scope(request.user).filter(task=task)
        day = today()
        rows = [
            (
                one,
                DUTY_TONES[one.state],
                one.is_late(day),
                reverse("admin:oversight_duty_change", args=[one.pk]),
            )
            for one in seen.select_related("department").order_by(
                "department__level", "department__code", "serial"
            )
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(task),
            "original": task,
            "task": task,
            "rows": rows,
            "amend_url": reverse(self._name("amend"), args=[task.pk])
            if self._permits(request, "amend", task)
            else "",
            "history_url": reverse(self._name("history"), args=[quote(task.pk)]),
            "list_url": reverse("admin:oversight_duty_changelist"),
        }
        return TemplateResponse(request, "oversight/task.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.policy.may_create(request.user):
            raise NotAllowed("只有信用办经办人可以下达任务。")
        office = office_of(request.user, "officer")
        if office is None:
            raise PermissionDenied("您不在信用办任职。")
        sent = request.method == "POST"
        leads = bodies_for(request.user, office.pk, with_office=True)
        form = TaskForm(
            request.POST if sent else None,
            bodies=[body for body in leads if body.pk != office.pk],
            leads=leads,
            initial={"period": Task.Period.ONCE},
        )
        refused = ""
        if sent and form.is_valid() and form.row is not None:
            try:
                task = duties.enter(form.row, actor=request.user, office=office)
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已下达任务：{task}", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[task.pk]))
        context = {
            "title": "下达任务", "form": form, "refused": refused, "wrong": sent, "submit": "下达",
            "back": reverse("admin:oversight_duty_changelist"), "undone": "没有下达。",
            "lead_text": "下达后，各责任单位按期在自己的任务清单中看到并报送。",
        }  # fmt: skip
        return self._form_page(request, context, sent)

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        task: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "amend", task)
        sent = request.method == "POST"
        initial = {name: getattr(task, name) for name in duties.CHANGEABLE} | {
            "seen": self.newest_history(task)
        }
        form = AmendTaskForm(request.POST if sent else None, initial=initial)
        refused = ""
        page = reverse(self._name("change"), args=[task.pk])
        if sent and form.is_valid():
            try:
                duties.amend(task, actor=request.user, **form.cleaned_data)
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已修改任务：{task.number}", messages.SUCCESS)
                return HttpResponseRedirect(page)
        context = {
            "title": f"修改任务 {task.number}", "form": form, "refused": refused, "wrong": sent, "submit": "保存",
            "back": page, "undone": "没有保存。", "original": task,
            "lead_text": "周期、期限和责任单位下达后不在这里修改：单期的期限在该期的页面调整。",
        }  # fmt: skip
        return self._form_page(request, context, sent)

    def _form_page(self, request: HttpRequest, context: dict[str, Any], sent: bool) -> HttpResponse:
        told = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, "oversight/form.html", told, status=422 if sent else 200)
