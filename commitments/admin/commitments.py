"""The list of commitments, the page of one, and the ratios."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.fields import day_field, long_text
from backoffice.filters import ChoiceFilter, DateFilter, RelatedFilter
from backoffice.permissions import may_on
from backoffice.verbs import Verb
from commitments.models import Attachment, Commitment, OwedMaterial, Performance, Verification
from commitments.selectors.deadlines import Light
from commitments.selectors.pages import promisor_label, text_shown, with_standing
from commitments.selectors.publications import public_standing, publications_of
from commitments.services import amending, attachments, owing, performing
from credit_records.admin.active_filters import ActiveFilters
from credit_records.models import Subject
from credit_records.selectors.search import search_subjects

from .exports import CommitmentExport
from .figures import FigurePages
from .filters import CountedFilter, StatusFilter
from .forms import AmendForm
from .looks import STATE_TONES, STATUS_TONES, TASK_TONES, lamp, report_questions
from .overdue import OverduePages
from .page_boxes import commitment_boxes
from .papers import PaperPages
from .registration import RegistrationPages
from .row_actions import row_actions
from .task_lights import Lights, LitChangeList, lights


def _withdrawn(commitment: Any, user: Any) -> str:
    return amending.obstacle(commitment)


def _being_verified(commitment: Any, user: Any) -> str:
    in_the_way = amending.obstacle(commitment)
    return in_the_way or ("已有一项待办的核查，请先办结。" if commitment.verify_by is not None else "")


def _report(commitment: Any, *, actor: Any, evidence: Any = None, **answers: Any) -> str:
    with transaction.atomic():
        report = performing.report_performance(commitment, actor=actor, **answers)
        if evidence:
            attachments.attach(commitment, evidence, actor=actor, kind="", performance=report)
    return f"已报告：{report.get_status_display()}。"


def _attach(commitment: Any, *, actor: Any, file: Any, kind: str) -> str:
    return f"已上传：{attachments.attach(commitment, file, actor=actor, kind=kind)}"


def _order(commitment: Any, *, actor: Any, asks: str, from_on: date | None) -> str:
    task = performing.order_verification(commitment, actor=actor, asks=asks, from_on=from_on)
    return f"已提出核查，应于{task.due_on}前办结。"


def _owe(commitment: Any, *, actor: Any, reason: str, name: str, days: int) -> str:
    material = owing.owe(commitment, actor=actor, name=name, days=days, reason=reason)
    return f"已增加容缺材料，应于{material.due_on}前补交。"


VERBS = (
    Verb(
        "report", "报告履约", _report, takes_reason=False, tone="primary", obstacle=_withdrawn,
        reachable=lambda one: one.is_valid, extra_fields=report_questions(), order=10,
        confirm="可以多次报告，以最后一次为准。有待办核查的，请在核查中办理。",
    ),
    Verb(
        "attach", "上传附件", _attach, takes_reason=False, reachable=lambda one: one.is_valid, order=20,
        extra_fields=(
            ("kind", forms.ChoiceField(label="类别", choices=[("signed", "签署的承诺书"), ("other", "其他")])),
            ("file", forms.FileField(label="文件", error_messages={"required": "请选择文件。"})),
        ),
    ),
    Verb(
        "order_verification", "再次核查", _order, takes_reason=False, obstacle=_being_verified,
        reachable=lambda one: one.is_valid, order=30,
        extra_fields=(
            ("asks", long_text("核查内容", rows=3, most=1000)),
            ("from_on", day_field("起算日(可不填)", required=False, help_text="不填从今天起算。")),
        ),
    ),
    Verb(
        "owe", "增加容缺材料", _owe, needs_reason=True, order=40,
        reachable=lambda one: one.is_valid and one.kind == Commitment.Kind.MISSING,
        extra_fields=(
            ("name", forms.CharField(label="材料名称", max_length=200)),
            ("days", forms.IntegerField(label="补交期限(工作日)", min_value=1, max_value=250)),
        ),
    ),
    Verb(
        "withdraw", "撤回", amending.withdraw, needs_reason=True, tone="danger", order=50,
        reachable=lambda one: one.is_valid, done="已撤回：{obj}",
        confirm="撤回后不再计入指标、不再公开，待办的核查和容缺材料一并取消；承诺编码不再使用。",
    ),
)  # fmt: skip


@admin.register(Commitment)
class CommitmentAdmin(FigurePages, OverduePages, PaperPages, RegistrationPages, ActiveFilters, BaseAdmin):
    """Commitments are registered, followed up and withdrawn; what was written wrongly is corrected with a reason."""

    changeable = False
    show_add_link = False
    verbs = VERBS
    keyset = ("-made_on", "-id")
    list_display = (
        "label",
        "promisor",
        "kind_label",
        "cause_label",
        "made",
        "body",
        "status_chip",
        "task_lamp",
        "state_chip",
    )
    list_display_links = None
    list_filter = (
        ("kind", ChoiceFilter), StatusFilter, ("disclosure", ChoiceFilter), ("state", ChoiceFilter),
        ("made_on", DateFilter), ("department", RelatedFilter), CountedFilter,
    )  # fmt: skip
    link_filters = ("subject", "matter")
    search_fields = ("code",)
    search_help_text = "承诺编码，承诺人名称(两个字起)或者统一社会信用代码"
    export_resource = CommitmentExport
    change_list_template = "commitments/list.html"
    empty_list = "还没有承诺。由受理单位的录入员点“登记承诺”。"
    history_shown = ("withdrawn_reason",)
    history_verb = "read_file"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = super().get_queryset(request)
        works_with_it = self.policy.scope(request.user, "read_file").filter(pk=OuterRef("pk"))
        return (
            with_standing(found)
            .annotate(remark_shown=Case(When(Exists(works_with_it), then=F("remark")), default=Value("")))
            .select_related("subject", "department")
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return LitChangeList

    @staticmethod
    def light_up(one: Any, shine: Lights) -> Light | None:
        return None if one.verify_by is None else shine(one.verify_by, one.department.division, None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        subjects = search_subjects(Subject.objects.all(), text).values("pk")
        return queryset.filter(Q(code__startswith=text) | Q(subject__in=subjects)), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "信用承诺",
            "register_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "figures_url": reverse(self._name("figures")),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    # --- columns ------------------------------------------------------------------------------------------------

    @display(description="承诺编码")
    def label(self, one: Commitment) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link cr-code" href="{}">{}</a>', url, one.code)

    @display(description="承诺人")
    def promisor(self, one: Commitment) -> str:
        return promisor_label(one)

    @display(description="承诺类型")
    def kind_label(self, one: Commitment) -> str:
        return one.kind_in_words

    @display(description="承诺事由")
    def cause_label(self, one: Commitment) -> str:
        cause = text_shown(one, one.cause)
        return format_html('<span class="cr-clip" title="{}">{}</span>', cause, cause)

    @display(description="作出日期")
    def made(self, one: Commitment) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', one.made_on)

    @display(description="受理单位")
    def body(self, one: Commitment) -> str:
        return one.department.short_name or one.department.name

    @display(description="履约")
    def status_chip(self, one: Any) -> str:
        if not one.last_status:
            return chip("尚未报告", "idle")
        status = Performance.Status(one.last_status)
        return chip(str(status.label), STATUS_TONES[status])

    @display(description="核查")
    def task_lamp(self, one: Any) -> str:
        return "—" if one.light is None else lamp(one.light)

    @display(description="状态")
    def state_chip(self, one: Commitment) -> str:
        return chip(one.get_state_display(), STATE_TONES[Commitment.State(one.state)])

    # --- pages --------------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "commitments_commitment"
        return [
            path("<int:object_id>/amend/", guarded(self.amend_view), name=f"{stem}_amend"),
            *self.paper_urls(guarded),
            *self.figure_urls(guarded),
            *self.overdue_urls(guarded),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        one: Any = self.fetch(request, object_id)
        works_with_it = may_on(request, "read_file", one, also=self._page_verbs())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": one.code,
            "original": one,
            "commitment": one,
            "promisor": one.subject_name if works_with_it else promisor_label(one),
            "subject_url": self._subject_url(request, one),
            "tone": STATE_TONES[Commitment.State(one.state)],
            "works_with_it": works_with_it,
            "verb_buttons": self.buttons(request, one),
            "amend_url": self._page("amend", one.pk)
            if one.is_valid and may_on(request, "amend", one)
            else "",
            "letter_url": self._page("letter", one.pk) if works_with_it else "",
            "history_url": reverse(self._name("history"), args=[quote(one.pk)]) if works_with_it else "",
            "list_url": self.list_url(request),
            "boxes": commitment_boxes(request, one),
            **self._publicity(one, works_with_it),
            **self._hanging_on(request, one),
        }
        context["actions"] = self._actions(request, one, context["reports"]) if works_with_it else []
        return TemplateResponse(request, "commitments/commitment.html", context)

    @staticmethod
    def _actions(request: HttpRequest, one: Commitment, reports: list[Any]) -> list[Any]:
        """What rooms above offer, when the report that counts says that something was not done."""
        broken = [
            report for report, _, counts in reports if counts and report.status != Performance.Status.FULL
        ]
        if not (one.is_valid and broken):
            return []
        for report in broken:
            report.commitment = one
        return row_actions(request, broken)[broken[0].pk]

    @staticmethod
    def _publicity(one: Commitment, works_with_it: bool) -> dict[str, Any]:
        """What the public was told, for those who work with it."""
        if not works_with_it:
            return {}
        told = publications_of(one)
        return {"publications": told, "standing": public_standing(one, told, today())}

    @staticmethod
    def _subject_url(request: HttpRequest, one: Commitment) -> str:
        seen = policy_for(Subject).scope(request.user).filter(pk=one.subject_id).exists()
        return reverse("admin:credit_records_subject_change", args=[one.subject_id]) if seen else ""

    @staticmethod
    def _hanging_on(request: HttpRequest, one: Commitment) -> dict[str, Any]:
        """Reports, tasks, owed material and files that the reader may see, one query each."""

        def seen(model: Any) -> QuerySet[Any]:
            return policy_for(model).scope(request.user).filter(commitment=one)

        reports = list(seen(Performance).select_related("reported_by", "department").order_by("-number"))
        counting = next((report.pk for report in reports if report.withdrawn_at is None), None)
        division, shine = one.department.division, lights()
        tasks = seen(Verification).select_related("done_by", "period_of").order_by("-number")
        owed = seen(OwedMaterial).select_related("settled_by").order_by("number")
        return {
            "reports": [(r, STATUS_TONES[Performance.Status(r.status)], r.pk == counting) for r in reports],
            "tasks": [(t, TASK_TONES[t.state], shine(t.due_on, division, t.done_on)) for t in tasks],
            "owed": [(m, TASK_TONES[m.state], shine(m.due_on, division, m.settled_on)) for m in owed],
            "files": list(seen(Attachment).select_related("uploaded_by").order_by("number")),
        }

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "amend", one)
        sent = request.method == "POST"
        form = AmendForm(one, request.POST if sent else None)
        refused = ""
        if sent and form.is_valid():
            try:
                seen = request.POST.get("seen", "")
                amending.amend(
                    one,
                    actor=request.user,
                    seen=int(seen) if seen.isdecimal() and len(seen) < 19 else None,
                    **form.cleaned_data,
                )
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已更正：{one}", messages.SUCCESS)
                return HttpResponseRedirect(self._page("change", one.pk))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "更正承诺",
            "commitment": one,
            "seen": amending.version_of(one),
            "form": form,
            "refused": refused,
            "wrong": sent,
            "back": self._page("change", one.pk),
        }
        return TemplateResponse(request, "commitments/amend.html", context, status=422 if sent else 200)
