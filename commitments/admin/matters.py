"""承诺事项清单: the list, drafting with the first wording, further wordings, publication."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Department
from accounts.policy import NotAllowed, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.fields import day_field, long_text
from backoffice.filters import ChoiceFilter, RelatedFilter
from backoffice.verbs import Verb
from casework.admin.step_fields import mark
from commitments.models import CommitmentMatter, MatterTemplate
from commitments.policies import departments_kept_by
from commitments.rules.letter_text import MARKS
from commitments.selectors.deadlines import LIMIT
from commitments.selectors.matters import template_on
from commitments.selectors.publications import publications_of
from commitments.services import matters
from credit_records.admin.active_filters import ActiveFilters
from worktime.models import Limit

from .exports import MatterExport
from .looks import MATTER_TONES

State = CommitmentMatter.State
_MARKS_HELP = f"可用的标记：{'、'.join(f'{{{mark}}}' for mark in MARKS)}，登记时自动填入。"


def _wording(present: MatterTemplate | None = None) -> tuple[tuple[str, forms.Field], ...]:
    """What a wording asks, with the present one filled in."""

    def of(name: str) -> Any:
        return getattr(present, name) if present is not None else None

    return (
        ("in_force_from", day_field("施行自")),
        ("content", long_text("承诺内容", rows=6, help_text=_MARKS_HELP, initial=of("content"))),
        ("liability", long_text("违诺责任", rows=3, initial=of("liability"))),
        (
            "verify_within",
            forms.IntegerField(
                label="自定的核查期限(可不填)", required=False, min_value=1, max_value=250, initial=of("verify_within"),
                help_text="自登记次日起算；不填的按办理时限中的“承诺履行核查”。",
                error_messages={
                    "invalid": "请填写整数。", "min_value": "不能少于1。", "max_value": "不能多于250。"
                },
            ),
        ),
        (
            "verify_unit",
            forms.ChoiceField(
                label="核查期限单位", required=False, choices=[("", "—"), *MatterTemplate.Unit.choices],
                initial=of("verify_unit"),
            ),
        ),
        (
            "verify_basis",
            forms.CharField(
                label="核查期限依据", required=False, max_length=200, initial=of("verify_basis"),
                help_text="文件名称和条款，或者本单位制度；自定期限的必填。",
            ),
        ),
    )  # fmt: skip


class DraftForm(forms.Form):
    """A matter with its first wording."""

    department = forms.ChoiceField(label="主管单位")
    name = forms.CharField(label="事项名称", max_length=200)
    kind = forms.ChoiceField(
        label="承诺类型",
        choices=[("", "请选择…"), *CommitmentMatter.Kind.choices],
        error_messages={"required": "请选择承诺类型。"},
    )
    legal_basis = long_text(
        "法律依据", most=2000, rows=2, help_text="文件名称和条款；没有依据的不得列入清单。"
    )

    def __init__(self, departments: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = departments
        for name, field in _wording():
            self.fields[name] = field
        mark(self)


def _own_draft(matter: Any, user: Any) -> str:
    return "您是拟订人，请由其他审核人公布。" if matter.drafted_by_id == user.pk else ""


def _wording_waits(matter: Any) -> bool:
    return bool(matter.state == State.PUBLISHED and matter.waiting_by is not None)


def _own_wording(matter: Any, user: Any) -> str:
    return "您是拟订人，请由其他审核人确认。" if matter.waiting_by == user.pk else ""


def _is(*states: str) -> Any:
    return lambda matter: matter.state in states


def _word(matter: Any, *, actor: Any, **answers: Any) -> str:
    wording = matters.word_matter(matter, actor=actor, **answers)
    then = "请审核员确认" if matter.state == State.PUBLISHED else "随事项一起公布"
    return f"已拟订范本{wording}，{then}。"


def _amending() -> tuple[tuple[str, forms.Field], ...]:
    return (
        ("name", forms.CharField(label="事项名称", max_length=200)),
        ("kind", forms.ChoiceField(label="承诺类型", choices=CommitmentMatter.Kind.choices)),
        ("legal_basis", long_text("法律依据", rows=3, most=2000)),
    )


@admin.register(CommitmentMatter)
class CommitmentMatterAdmin(ActiveFilters, BaseAdmin):
    """Departments keep their own matters; what is published is everybody's to read and to export."""

    changeable = False
    show_add_link = False
    list_display = ("label", "kind_label", "body", "basis", "published_on", "state_chip")
    list_display_links = None
    list_filter = (("kind", ChoiceFilter), ("state", ChoiceFilter), ("department", RelatedFilter))
    search_fields = ("name", "legal_basis")
    ordering = ("department", "kind", "name")
    list_per_page = 50
    export_resource = MatterExport
    change_list_template = "commitments/task_list.html"
    empty_list = "还没有承诺事项。由主管单位的录入员拟订，审核员公布。"
    verbs = (
        Verb(
            "publish", "公布", matters.publish_matter, tone="primary", takes_reason=False, obstacle=_own_draft,
            reachable=_is(State.DRAFT), confirm="公布后各单位可见，登记承诺时可以选用；内容不能再改。",
            done="已公布：{obj}", order=10,
        ),
        Verb(
            "amend", "修改草稿", matters.amend_matter, takes_reason=False, reachable=_is(State.DRAFT),
            extra_fields=_amending(), done="已修改：{obj}", order=20,
        ),
        Verb(
            "word", "新范本", _word, takes_reason=False, reachable=_is(State.DRAFT, State.PUBLISHED),
            extra_fields=_wording(), confirm="原范本保留；新范本由审核员确认，施行日起登记的承诺使用。", order=30,
        ),
        Verb(
            "confirm_wording", "确认新范本", matters.confirm_wording, rule="publish", tone="primary", takes_reason=False,
            reachable=_wording_waits, obstacle=_own_wording, confirm="确认后报送上级平台公布，施行日起登记的承诺用新范本。",
            done="已确认新范本：{obj}", order=32,
        ),
        Verb(
            "reject_wording", "退回新范本", matters.reject_wording, rule="publish", needs_reason=True, tone="danger",
            reachable=_wording_waits, done="已退回新范本：{obj}", order=34,
        ),
        Verb(
            "end", "停用", matters.end_matter, needs_reason=True, tone="danger",
            reachable=_is(State.DRAFT, State.PUBLISHED), confirm="停用后不能再登记该事项的承诺，已登记的不变。",
            done="已停用：{obj}", order=40,
        ),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = super().get_queryset(request).select_related("department", "drafted_by", "published_by")
        waiting = MatterTemplate.objects.filter(matter=OuterRef("pk"), state=MatterTemplate.State.PROPOSED)
        return found.annotate(waiting_by=Subquery(waiting.values("written_by")[:1]))

    def get_verbs(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.verbs
        texts = tuple((name, _filled(field, getattr(obj, name))) for name, field in _amending())
        newest = MatterTemplate.objects.filter(matter=obj).order_by("-in_force_from").first()
        filled = {"amend": texts, "word": _wording(newest)}
        return tuple(replace(v, extra_fields=filled[v.name]) if v.name in filled else v for v in self.verbs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "承诺事项清单",
            "begin_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "begin_label": "拟订承诺事项",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="事项名称")
    def label(self, one: CommitmentMatter) -> str:
        return format_html(
            '<a class="bo-link" href="{}">{}</a>', reverse(self._name("change"), args=[one.pk]), one
        )

    @display(description="承诺类型")
    def kind_label(self, one: CommitmentMatter) -> str:
        return one.get_kind_display()

    @display(description="主管单位")
    def body(self, one: CommitmentMatter) -> str:
        return one.department.short_name or one.department.name

    @display(description="法律依据")
    def basis(self, one: CommitmentMatter) -> str:
        return format_html('<span class="cr-clip" title="{}">{}</span>', one.legal_basis, one.legal_basis)

    @display(description="状态")
    def state_chip(self, one: CommitmentMatter) -> str:
        return chip(one.get_state_display(), MATTER_TONES[State(one.state)])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        matter: Any = self.fetch(request, object_id)
        day = today()
        in_force = template_on(matter, day)
        general = Limit.objects.in_force(day).filter(kind=LIMIT).first()
        seen = policy_for(MatterTemplate).scope(request.user)
        wordings = seen.filter(matter=matter).select_related("written_by", "decided_by")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": matter.name,
            "original": matter,
            "matter": matter,
            "tone": MATTER_TONES[State(matter.state)],
            "wordings": [(one, in_force is not None and one.pk == in_force.pk) for one in wordings],
            "general": general,
            "publications": publications_of(matter),
            "verb_buttons": self.buttons(request, matter),
            "commitments_url": f"{reverse('admin:commitments_commitment_changelist')}?matter={matter.pk}",
            "history_url": reverse(self._name("history"), args=[quote(matter.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "commitments/matter.html", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.policy.may_create(request.user):
            raise NotAllowed("只有主管单位的录入员和信用办经办人可以拟订承诺事项。")
        own = Department.objects.filter(pk__in=departments_kept_by(request.user)).order_by("pk")
        bodies = {str(one.pk): one for one in own}
        sent = request.method == "POST"
        form = DraftForm(
            [(key, one.name) for key, one in bodies.items()],
            request.POST if sent else None,
            initial={"in_force_from": today()},
        )
        refused = ""
        if sent and form.is_valid():
            given = dict(form.cleaned_data)
            department = bodies[given.pop("department")]
            try:
                matter = matters.draft_matter(actor=request.user, department=department, **given)
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已拟订：{matter}，请审核员公布。", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[matter.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "拟订承诺事项",
            "form": form,
            "refused": refused,
            "wrong": sent,
            "back": self.list_url(request),
            "done_label": "拟订",
        }
        return TemplateResponse(request, "commitments/matter_form.html", context, status=422 if sent else 200)


def _filled(field: forms.Field, value: str) -> forms.Field:
    field.initial = value
    return field
