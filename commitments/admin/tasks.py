"""What waits: verifications and owed material, each with its light, done from the list or its own page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.fields import long_text
from backoffice.filters import ChoiceFilter, DateFilter, RelatedFilter
from backoffice.verbs import Verb
from commitments.models import OwedMaterial, Verification
from commitments.selectors.deadlines import Light
from commitments.selectors.pages import promisor_label
from commitments.services import attachments, owing, performing
from credit_records.admin.active_filters import ActiveFilters

from .exports import OwedMaterialExport, VerificationExport
from .filters import CountedTaskFilter, TaskFilter
from .looks import TASK_TONES, lamp, report_questions
from .task_lights import Lights, LitChangeList


def _is_open(task: Any) -> bool:
    return bool(task.state in (Verification.State.OPEN, OwedMaterial.State.OWED))


def _closed(task: Any, user: Any) -> str:
    return "" if _is_open(task) else f"{task.get_state_display()}，不用再办。"


def _verify(task: Any, *, actor: Any, evidence: Any = None, **answers: Any) -> str:
    with transaction.atomic():
        report = performing.verify(task, actor=actor, **answers)
        if evidence:
            attachments.attach(task.commitment, evidence, actor=actor, kind="", performance=report)
    return f"已核查：{task.commitment}，{report.get_status_display()}。"


def _settle(material: Any, *, actor: Any, note: str = "", file: Any = None) -> str:
    with transaction.atomic():
        owing.settle(material, actor=actor, note=note)
        if file:
            attachments.attach(material.commitment, file, actor=actor, kind="", owed=material)
    return f"已登记补交：{material}。"


class _TaskList(ActiveFilters, BaseAdmin):
    """What both lists have: the commitment, its promisor, the day and its light."""

    changeable = False
    addable = False
    list_display_links = None
    list_filter = (
        TaskFilter,
        ("state", ChoiceFilter),
        ("due_on", DateFilter),
        ("commitment__department", RelatedFilter),
        CountedTaskFilter,
    )
    link_filters = ("commitment",)
    list_select_related = ("commitment__subject", "commitment__department")
    search_fields = ("commitment__code", "commitment__subject_name")
    search_help_text = "承诺编码或者承诺人名称"
    change_list_template = "commitments/task_list.html"
    keyset = ("due_on", "id")
    readonly_fields = ("promisor", "promise")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("commitment__subject", "commitment__department")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return LitChangeList

    @staticmethod
    def light_up(task: Any, shine: Lights) -> Light:
        if task.state in (Verification.State.CANCELLED, OwedMaterial.State.WAIVED):
            return Light("idle", "不再要求")
        closed = task.done_on if isinstance(task, Verification) else task.settled_on
        return shine(task.due_on, task.commitment.department.division, closed)

    @display(description="期限")
    def lamp(self, task: Any) -> str:
        return lamp(task.light)

    @display(description="承诺编码")
    def code(self, task: Any) -> str:
        url = reverse("admin:commitments_commitment_change", args=[task.commitment_id])
        return format_html('<a class="bo-link cr-code" href="{}">{}</a>', url, task.commitment.code)

    @display(description="承诺人")
    def promisor(self, task: Any) -> str:
        return promisor_label(task.commitment)

    @display(description="承诺内容")
    def promise(self, task: Any) -> str:
        return task.commitment.content

    @display(description="承诺类型")
    def kind(self, task: Any) -> str:
        return task.commitment.kind_in_words

    @display(description="受理单位")
    def body(self, task: Any) -> str:
        return task.commitment.department.short_name or task.commitment.department.name

    @display(description="状态")
    def state_chip(self, task: Any) -> str:
        return chip(task.get_state_display(), TASK_TONES[task.state])


@admin.register(Verification)
class VerificationAdmin(_TaskList):
    list_display = ("task", "code", "promisor", "kind", "due", "lamp", "state_chip", "body")
    export_resource = VerificationExport
    empty_list = "没有承诺核查。登记承诺时自动产生。"
    fields = (
        "commitment",
        "promisor",
        "promise",
        "number",
        "asks",
        "from_on",
        "due_on",
        "state",
        "how",
        "done_on",
        "done_by",
        "performance",
    )
    verbs = (
        Verb(
            "verify", "办理核查", _verify, takes_reason=False, tone="primary", obstacle=_closed, reachable=_is_open,
            extra_fields=(("how", long_text("核查方式和情况", rows=3, most=2000)), *report_questions()),
            confirm="核查结果同时作为履约践诺报告。", order=10,
        ),
        Verb(
            "cancel", "取消核查", performing.cancel_verification, needs_reason=True, tone="danger", obstacle=_closed,
            reachable=_is_open, done="已取消核查。", order=20,
        ),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "承诺核查", **(extra_context or {})})

    @display(description="核查")
    def task(self, task: Verification) -> str:
        url = reverse(self._name("change"), args=[task.pk])
        return format_html('<a class="bo-link" href="{}">第{}次</a>', url, task.number)

    @display(description="应核查日")
    def due(self, task: Verification) -> str:
        return f"{task.due_on}(暂定)" if task.due_provisional else str(task.due_on)


@admin.register(OwedMaterial)
class OwedMaterialAdmin(_TaskList):
    list_display = ("material", "code", "promisor", "due", "lamp", "state_chip", "body")
    export_resource = OwedMaterialExport
    empty_list = "没有容缺材料。登记容缺受理型承诺时列明。"
    fields = (
        "commitment",
        "promisor",
        "name",
        "days",
        "from_on",
        "due_on",
        "state",
        "settled_on",
        "settled_by",
        "note",
    )
    verbs = (
        Verb(
            "settle", "登记补交", _settle, takes_reason=False, tone="primary", obstacle=_closed, reachable=_is_open,
            extra_fields=(
                ("note", forms.CharField(label="补交情况(可不填)", max_length=500, required=False)),
                ("file", forms.FileField(label="补交的材料(可不传)", required=False)),
            ),
            order=10,
        ),
        Verb(
            "waive", "免交", owing.waive, needs_reason=True, obstacle=_closed, reachable=_is_open,
            done="已免交：{obj}", order=20,
        ),
    )  # fmt: skip

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "容缺材料", **(extra_context or {})})

    @display(description="容缺材料")
    def material(self, one: OwedMaterial) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link" href="{}">{}</a>', url, one.name)

    @display(description="应补交日")
    def due(self, one: OwedMaterial) -> str:
        return f"{one.due_on}(暂定)" if one.due_provisional else str(one.due_on)
