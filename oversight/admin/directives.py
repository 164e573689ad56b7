"""督办文书: the list, drafting and escalating, the page with the paper and what each body answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import BooleanField, ExpressionWrapper, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from accounts.policy import NotAllowed, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, DateFilter
from backoffice.permissions import may_on
from backoffice.verbs import Button, Verb
from credit_records.admin.active_filters import ActiveFilters
from oversight.machine import OF_DIRECTIVES, obstacle, step
from oversight.models import Addressee, Directive, DirectiveTemplate
from oversight.rules.grades import CIRCULAR, next_grade
from oversight.selectors.papers import chain_before, draft_sheet, mark_of_sheet
from oversight.services import directives, papers

from .directive_filters import StandingFilter
from .directive_forms import AmendForm, DraftForm, WordingForm
from .looks import ADDRESSEE_TONES, GRADE_TONES, bodies_for, due_cell, late_chip, office_of, short, standing
from .paper_pages import PaperPages, sheet_or_none


def _verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_DIRECTIVES, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason, takes_reason=one.needs_reason,
        reachable=lambda letter: not obstacle(OF_DIRECTIVES, name, letter), **more,
    )  # fmt: skip


def _own_draft(letter: Any, user: Any) -> str:
    return "您是拟稿人，请由其他审批人签发。" if letter.drafted_by_id == user.pk else ""


_VERBS = (
    _verb("submit", directives.submit, tone="primary", order=10, done="已提请签发：{obj}"),
    _verb("recall", directives.recall, order=15, done="已收回：{obj}"),
    _verb(
        "sign", directives.sign, tone="primary", order=20, obstacle=_own_draft, done="已签发：{obj}",
        extra_fields=(("read", forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)),),
        confirm="签发后编号、成文，内容不再改变；各单位的回复期限自今天起算。",
    ),
    _verb("return_draft", directives.return_draft, tone="danger", order=30, done="已退回修改：{obj}"),
    _verb("drop", directives.drop, tone="danger", order=40, done="已作废：{obj}"),
    Verb(
        "render", "生成PDF", papers.ensure_pdf, takes_reason=False, order=50, done="已生成：{obj}",
        reachable=lambda letter: letter.state in Directive.OUT and not letter.has_pdf,
    ),
)  # fmt: skip


class DirectiveExport(ModelResource):
    number = Column("number", column_name="文号")
    grade = Column("get_grade_display", column_name="文书")
    matter = Column("matter__title", column_name="督办事项")
    bodies = Column(column_name="被督办单位")
    state = Column(column_name="状态")
    issued = Column("issued_on", column_name="成文日期")
    due = Column(column_name="回复期限")
    closed = Column(column_name="办结日期")

    class Meta:
        model = Directive
        fields = ("number", "grade", "matter", "bodies", "state", "issued", "due", "closed")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset  # with what the reader sees of the addressees (`DirectiveAdmin.get_queryset`)

    def dehydrate_bodies(self, one: Any) -> str:
        return "、".join(short(addressee.department) for addressee in one.seen)

    def dehydrate_state(self, one: Any) -> str:
        return standing(one)[0]

    def dehydrate_closed(self, one: Any) -> str:
        own = [one] if one.inside else one.seen
        return str(max((each.closed_on for each in own if each.closed_on), default=""))

    def dehydrate_due(self, one: Any) -> str:
        return str(max((each.due_on for each in one.seen if each.due_on), default=""))


@admin.register(Directive)
class DirectiveAdmin(ActiveFilters, PaperPages, BaseAdmin):
    """Read here by everybody whom it concerns; answered on the page of the addressee."""

    verbs = _VERBS
    changeable = False
    show_add_link = False
    list_display = ("label", "grade_chip", "bodies", "state_chip", "issued", "due")
    list_display_links = None
    list_filter = (
        ("grade", ChoiceFilter),
        ("state", ChoiceFilter),
        StandingFilter,
        ("issued_on", DateFilter),
    )
    link_filters = ("matter",)
    search_fields = ("number", "matter__title")
    search_help_text = "文号或者督办事项"
    keyset = ("-id",)
    export_resource = DirectiveExport
    change_list_template = "oversight/directive_list.html"
    empty_list = "还没有督办文书。由信用办经办人、督查员起草，或者采纳督办建议。"
    history_verb = "history"
    history_hidden = ("content", "file", "sha256", "register", "year", "serial")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        seen = (
            policy_for(Addressee)
            .scope(request.user)
            .select_related("department")
            .order_by("department__code")
        )
        return (
            super()
            .get_queryset(request)
            .select_related("matter__office", "office", "follows", "drafted_by", "signed_by", "limit")
            .prefetch_related(Prefetch("addressees", queryset=seen, to_attr="seen"))
            .annotate(inside=ExpressionWrapper(self.policy.rule(request.user, "history"), BooleanField()))
        )

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            *self.paper_urls(),
            path("<int:object_id>/amend/", guarded(self.amend_view), name="oversight_directive_amend"),
            path(
                "<int:object_id>/escalate/", guarded(self.escalate_view), name="oversight_directive_escalate"
            ),
        ]

    # --- list -----------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "督办文书",
            "replies_url": reverse("admin:oversight_addressee_changelist"),
            "templates_url": reverse("admin:oversight_directivetemplate_changelist")
            if policy_for(DirectiveTemplate).may(request.user, "view")
            else "",
            "add_url": reverse(self._name("add")) if self.policy.may_create(request.user) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="文书")
    def label(self, one: Any) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        name = one.number or "未编号"
        return format_html('<a class="bo-link ov-title" href="{}">{}</a> {}', url, name, one.matter.title)

    @display(description="种类")
    def grade_chip(self, one: Any) -> str:
        return chip(one.get_grade_display(), GRADE_TONES[one.grade])

    @display(description="被督办单位")
    def bodies(self, one: Any) -> str:
        names = [short(each.department) for each in one.seen]
        return "、".join(names[:3]) + (f"等{len(names)}个单位" if len(names) > 3 else "")

    @display(description="状态")
    def state_chip(self, one: Any) -> str:
        shown = chip(*standing(one))
        day = today()
        late = any(each.state in Addressee.WAITING and each.due_on and each.due_on < day for each in one.seen)
        return format_html("{} {}", shown, late_chip()) if late else shown

    @display(description="成文日期")
    def issued(self, one: Any) -> str:
        return due_cell(one.issued_on)

    @display(description="回复期限")
    def due(self, one: Any) -> str:
        owed = [each for each in one.seen if each.due_on]
        waiting = [each for each in owed if each.state in Addressee.WAITING]
        first = min(waiting or owed, key=lambda each: each.due_on, default=None)
        return due_cell(first.due_on if first else None, provisional=bool(first and first.due_provisional))

    # --- page -----------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        letter: Any = self.fetch(request, object_id)
        out = letter.state in Directive.OUT
        sheet = sheet_or_none(letter) if out else draft_sheet(letter, today())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": letter.number or f"{letter.get_grade_display()}(草稿)",
            "original": letter,
            "letter": letter,
            "standing": standing(letter),
            "grade_tone": GRADE_TONES[letter.grade],
            "sheet": sheet,
            "out": out,
            "rows": self._addressee_rows(letter),
            "chain": self._chain(request, letter),
            "verb_buttons": self._buttons_with(request, letter, mark_of_sheet(sheet)),
            "page_links": self._links(request, letter),
            "print_url": reverse(self._name("print"), args=[letter.pk]) if out else "",
            "pdf_url": reverse(self._name("pdf"), args=[letter.pk]) if letter.has_pdf else "",
            "evidence_url": letter.evidence
            if policy_for(Directive).may(request.user, "amend")
            and url_has_allowed_host_and_scheme(letter.evidence, allowed_hosts=None)
            else "",
            "history_url": reverse(self._name("history"), args=[quote(letter.pk)])
            if may_on(request, "history", letter, also=self._page_verbs())
            else "",
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "oversight/directive.html", context)

    def _buttons_with(self, request: HttpRequest, letter: Any, mark: str) -> list[Button]:
        """The signature goes with the mark of the paper that the page shows: what has changed since is not signed."""
        found = self.buttons(request, letter)
        for button in found:
            if button.verb.name == "sign":
                button.form.initial["read"] = mark
        return found

    def _addressee_rows(self, letter: Any) -> list[dict[str, Any]]:
        late = set(letter.addressees.late(today()).values_list("pk", flat=True))
        return [
            {
                "one": one,
                "tone": ADDRESSEE_TONES[one.state],
                "late": one.pk in late,
                "url": reverse("admin:oversight_addressee_change", args=[one.pk])
                if letter.state in Directive.OUT
                else "",
            }
            for one in letter.seen
        ]

    def _chain(self, request: HttpRequest, letter: Any) -> list[dict[str, Any]]:
        """The letters of the matter that the reader sees, the first of them first."""
        seen = self.get_queryset(request).filter(matter=letter.matter_id)
        rows = list(seen.exclude(state=Directive.State.DROPPED).order_by("pk"))
        if len(rows) < 2 and not chain_before(letter):
            return []
        return [
            {"one": one, "standing": standing(one), "here": one.pk == letter.pk,
             "url": reverse(self._name("change"), args=[one.pk])}
            for one in rows
        ]  # fmt: skip

    def _links(self, request: HttpRequest, letter: Any) -> list[dict[str, str]]:
        links = []
        for verb in ("amend", "escalate"):
            if obstacle(OF_DIRECTIVES, verb, letter) or not self._permits(request, verb, letter):
                continue
            if verb == "escalate" and not next_grade(letter.grade):
                continue
            label = step(OF_DIRECTIVES, verb).label
            if verb == "escalate":
                label += f"为{Directive.Grade(next_grade(letter.grade)).label}"
            links.append({"url": reverse(self._name(verb), args=[letter.pk]), "label": label})
        return links

    # --- forms ----------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        office = office_of(request.user)
        if office is None or not self.policy.may_create(request.user):
            raise NotAllowed("只有信用办的经办人和督查员可以起草督办文书。")
        form = DraftForm(
            request.POST if request.method == "POST" else None, bodies=bodies_for(request.user, office.pk)
        )

        def done(answers: dict[str, Any]) -> Directive:
            return directives.draft(actor=request.user, office=office, **answers)

        told = {
            "title": "起草督办文书", "submit": "保存草稿", "undone": "没有保存。",
            "lead_text": "保存后可以预览成文的样子，再提请审批人签发；签发前各单位看不到。",
            "back": reverse(self._name("changelist")),
        }  # fmt: skip
        return self._form_page(request, form, done, told)

    def amend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "amend", letter)
        initial = {
            "facts": letter.facts,
            "demands": letter.demands,
            "seen": self.newest_history(letter),
            "bodies": [str(one.department_id) for one in letter.addressees.all()],
        }
        sent = request.POST if request.method == "POST" else None
        form = AmendForm(sent, bodies=bodies_for(request.user, letter.office_id), initial=initial)

        def done(answers: dict[str, Any]) -> Directive:
            return directives.amend(letter, actor=request.user, **answers)

        told = {
            "title": f"修改{letter.get_grade_display()}", "submit": "保存草稿", "undone": "没有保存。", "original": letter,
            "lead_text": f"督办事项：{letter.matter}", "back": reverse(self._name("change"), args=[letter.pk]),
        }  # fmt: skip
        return self._form_page(request, form, done, told)

    def escalate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        letter: Any = self.fetch(request, str(object_id))
        self.policy.require(request.user, "escalate", letter)
        grade = next_grade(letter.grade)
        late = letter.addressees.behind(today()).select_related("department").order_by("department__code")
        behind = [one.department for one in late]
        bodies = bodies_for(request.user, letter.office_id) if grade == CIRCULAR else behind
        chosen = [str(one.pk) for one in behind]
        sent = request.POST if request.method == "POST" else None
        form = WordingForm(
            sent, bodies=bodies, initial={"facts": letter.facts, "demands": letter.demands, "bodies": chosen}
        )

        def done(answers: dict[str, Any]) -> Directive:
            return directives.escalate(letter, actor=request.user, **answers)

        name = Directive.Grade(grade).label if grade else "下一级"
        told = {
            "title": f"升级为{name}", "submit": "保存草稿", "undone": "没有起草。", "original": letter,
            "lead_text": f"承接{letter.number}，成文时自动引述其文号、期限和未按期回复的单位；签发后这些单位在原文书中记为已升级。",
            "back": reverse(self._name("change"), args=[letter.pk]),
        }  # fmt: skip
        return self._form_page(request, form, done, told)

    def _form_page(self, request: HttpRequest, form: Any, done: Any, told: dict[str, Any]) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "POST"])
        sent, refused = request.method == "POST", ""
        if sent and form.is_valid():
            try:
                letter = done(form.cleaned_data)
            except Refused as refusal:
                refused = refusal.message
            else:
                self.message_user(request, f"已保存草稿：{letter}", messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[letter.pk]))
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "form": form, "refused": refused, "wrong": sent,
            **told,
        }  # fmt: skip
        return TemplateResponse(request, "oversight/form.html", context, status=422 if sent else 200)
