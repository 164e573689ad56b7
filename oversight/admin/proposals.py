"""待处理的督办建议: what the boards found, taken up as a draft or dismissed with the reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import Department
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, DropdownFilter
from backoffice.verbs import Verb
from credit_records.admin.active_filters import ActiveFilters
from oversight.machine import OF_PROPOSALS, obstacle, step
from oversight.models import Directive, Proposal
from oversight.policies import WORKS
from oversight.services import proposals

from .looks import PROPOSAL_TONES, short


def _take(proposal: Any, *, actor: Any, grade: str) -> str:
    letter = proposals.take(proposal, actor=actor, grade=grade)
    return f"已起草{letter.get_grade_display()}，请核对文字后提请签发。"


def _verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_PROPOSALS, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason, takes_reason=one.needs_reason,
        reachable=lambda proposal: not obstacle(OF_PROPOSALS, name, proposal), **more,
    )  # fmt: skip


_VERBS = (
    _verb(
        "take", _take, tone="primary", order=10, confirm="按建议的情况起草一份文书，签发前可以修改。",
        extra_fields=(
            (
                "grade",
                forms.ChoiceField(label="文书", choices=[one for one in Directive.Grade.choices if one[0] != "circular"]),
            ),
        ),
    ),
    _verb("dismiss", proposals.dismiss, tone="danger", order=20, done="已记为不采纳：{obj}", bulk=True),
)  # fmt: skip


class KindFilter(DropdownFilter):
    title = "类型"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(proposals.kinds().items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class WhoseFilter(DropdownFilter):
    """Of the reader's own offices, where the area holds those of others too."""

    title = "归属"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("own", "本办的")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        own = request.user.departments_as(*WORKS)
        return queryset.filter(office__in=own) if self.value() == "own" else queryset


@admin.register(Proposal)
class ProposalAdmin(ActiveFilters, BaseAdmin):
    """The open ones first; decided ones stay with the reason."""

    verbs = _VERBS
    changeable = False
    addable = False
    show_add_link = False
    list_display = ("label", "kind_words", "body_names", "proposed_at", "state_chip")
    list_display_links = None
    list_filter = (("state", ChoiceFilter), KindFilter, WhoseFilter)
    keyset = ("-id",)
    search_fields = ("matter",)
    search_help_text = "督办事项"
    change_list_template = "oversight/proposal_list.html"
    empty_list = "没有督办建议。每天早上按看板自动生成，也可以点“生成建议”立即生成。"

    def own_urls(self) -> list[URLPattern]:
        gather = self.admin_site.admin_view(self.gather_view)
        return [path("gather/", gather, name="oversight_proposal_gather")]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        names = Department.objects.filter(pk__in=self._bodies(request))
        self._keep(request, {body.pk: short(body) for body in names})
        context = {
            "title": "督办建议",
            "gather_url": reverse(self._name("gather")) if request.user.departments_as(*WORKS) else "",
            "open_url": f"{reverse(self._name('changelist'))}?state__exact=open",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def _bodies(self, request: HttpRequest) -> frozenset[int]:
        return frozenset(request.user.area_as("officer", "approver", "supervisor"))

    @staticmethod
    def _keep(request: HttpRequest, names: dict[int, str]) -> None:
        request._body_names = names  # type: ignore[attr-defined]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The rows know the names of their bodies: one query for the page, none for a row."""
        found = super().get_changelist_instance(request)
        names = getattr(request, "_body_names", {})
        for row in found.result_list:
            row.body_names = "、".join(names.get(pk, "—") for pk in row.bodies)
        return found

    def gather_view(self, request: HttpRequest) -> HttpResponse:
        """Make the proposals that are due now, as the daily job does."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        found = proposals.gather(actor=request.user)
        gone = proposals.close_gone(actor=request.user)
        text = (
            f"新生成{found}条建议。" if found else "没有新的建议：符合条件的情况都已提出，或者近期已经处理。"
        )
        if gone:
            text += f"{gone}条建议的情况已消除，已自动关闭。"
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(self.list_url(request))

    @display(description="督办事项")
    def label(self, one: Proposal) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link ov-title" href="{}">{}</a>', url, one.matter)

    @display(description="类型")
    def kind_words(self, one: Proposal) -> str:
        return proposals.kind_words(one.kind)

    @display(description="涉及单位")
    def body_names(self, one: Any) -> str:
        return str(one.body_names)

    @display(description="状态")
    def state_chip(self, one: Proposal) -> str:
        return chip(one.get_state_display(), PROPOSAL_TONES[one.state])  # type: ignore[index]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        proposal: Any = self.fetch(request, object_id)
        inside = url_has_allowed_host_and_scheme(proposal.evidence, allowed_hosts=None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(proposal),
            "original": proposal,
            "proposal": proposal,
            "kind": proposals.kind_words(proposal.kind),
            "tone": PROPOSAL_TONES[proposal.state],
            "bodies": Department.objects.filter(pk__in=proposal.bodies).order_by("code"),
            "evidence_url": proposal.evidence if inside else "",
            "letter_url": reverse("admin:oversight_directive_change", args=[proposal.directive_id])
            if proposal.directive_id
            else "",
            "verb_buttons": self.buttons(request, proposal),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "oversight/proposal.html", context)

    def after_verb(self, request: HttpRequest, verb: Verb, obj: Any) -> str:
        """A proposal that was taken up leads to its draft."""
        if verb.name == "take":
            obj.refresh_from_db()
            if obj.directive_id:
                return reverse("admin:oversight_directive_change", args=[obj.directive_id])
        return super().after_verb(request, verb, obj)
