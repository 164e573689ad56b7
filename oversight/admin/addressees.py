"""督办回复: what one body owes to a letter; read, answered with files, accepted or sent back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter, DateFilter, DropdownFilter, RelatedFilter
from backoffice.verbs import Button, Verb
from credit_records.admin.active_filters import ActiveFilters
from oversight.machine import OF_ADDRESSEES, obstacle, step
from oversight.models import Addressee, Directive, Reply
from oversight.policies import WORKS
from oversight.rules.grades import asks_reply
from oversight.selectors.clock import reply_deadline
from oversight.services import replies

from .files import FilePages, attach_verb
from .looks import ADDRESSEE_TONES, GRADE_TONES, chip, due_cell, file_field, late_chip, long_text, short
from .paper_pages import sheet_or_none


def _answers(one: Any, name: str) -> bool:
    if obstacle(OF_ADDRESSEES, name, one):
        return False
    return name not in ("reply", "attach") or asks_reply(one.directive.grade)


def _verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_ADDRESSEES, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason,
        obstacle=lambda addressee, user: obstacle(OF_ADDRESSEES, name, addressee),
        reachable=lambda addressee: _answers(addressee, name), **more,
    )  # fmt: skip


_READ = (("round", forms.IntegerField(required=False, widget=forms.HiddenInput)),)
"""Which reply the page shows: one that came since is not judged unread."""

_VERBS = (
    _verb("acknowledge", replies.acknowledge, takes_reason=False, order=5, done="已签收：{obj}"),
    _verb(
        "reply", replies.reply, takes_reason=False, tone="primary", order=10, done="已回复，请等待信用办审核：{obj}",
        extra_fields=(("text", long_text("回复内容", rows=6)), ("file", file_field("佐证材料"))),
        confirm="请先在本单位内部审定；提交后由信用办审核，不能再修改。",
    ),
    attach_verb(OF_ADDRESSEES, "上传佐证"),
    _verb("accept", replies.accept, tone="primary", order=20, done="已认可：{obj}", extra_fields=_READ),
    _verb(
        "send_back", replies.send_back, tone="danger", order=30, done="已退回：{obj}", extra_fields=_READ,
        confirm="退回后回复期限自今天重新起算。",
    ),
    _verb(
        "close", replies.close, order=40, done="已办结：{obj}",
        confirm="不再等这个单位在系统里回复，例如已书面回复、已经解决或者误发。已经逾期的仍记为逾期。",
    ),
)  # fmt: skip


class LateFilter(DropdownFilter):
    title = "时限"
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "逾期"), ("open", "逾期未回复"), ("waiting", "待回复")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows: Any = queryset
        if self.value() == "yes":
            return rows.late(today())  # type: ignore[no-any-return]
        if self.value() == "open":
            return rows.late(today()).filter(state__in=Addressee.WAITING)  # type: ignore[no-any-return]
        return rows.waiting() if self.value() == "waiting" else queryset  # type: ignore[no-any-return]


class WhoseFilter(DropdownFilter):
    """Of the reader's own offices, where the area holds those of others too."""

    title = "归属"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("given", "本办发出")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "given":
            return queryset
        return queryset.filter(directive__office__in=request.user.departments_as(*WORKS))


@admin.register(Addressee)
class AddresseeAdmin(ActiveFilters, FilePages, BaseAdmin):
    """One body's part of a letter."""

    holder = "addressee"
    verbs = _VERBS
    changeable = False
    addable = False
    show_add_link = False
    list_display = ("label", "grade_chip", "body", "due", "state_chip")
    list_display_links = None
    list_filter = (
        ("state", ChoiceFilter),
        LateFilter,
        WhoseFilter,
        ("department", RelatedFilter),
        ("due_on", DateFilter),
    )
    link_filters = ("directive",)
    list_select_related = ("directive__matter", "department")
    search_fields = ("directive__number", "directive__matter__title", "department__name")
    search_help_text = "文号、督办事项或者单位"
    keyset = ("-id",)
    change_list_template = "oversight/directive_list.html"
    empty_list = "没有督办回复。"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ("directive__matter", "directive__office", "directive__limit", "department", "read_by")
        rows = super().get_queryset(request).filter(directive__state__in=Directive.OUT)
        late = Addressee.objects.late(today()).filter(pk=OuterRef("pk"))
        return rows.select_related(*related).annotate(is_late=Exists(late))

    def own_urls(self) -> list[URLPattern]:
        return self.file_urls()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        letters = reverse("admin:oversight_directive_changelist")
        context = {"title": "督办回复", "letters_url": letters, **(extra_context or {})}
        return super().changelist_view(request, context)

    @display(description="文书")
    def label(self, one: Addressee) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html(
            '<a class="bo-link ov-title" href="{}">{}</a> {}',
            url,
            one.directive.number,
            one.directive.matter.title,
        )

    @display(description="种类")
    def grade_chip(self, one: Addressee) -> str:
        return chip(one.directive.get_grade_display(), GRADE_TONES[one.directive.grade])  # type: ignore[index]

    @display(description="单位")
    def body(self, one: Addressee) -> str:
        return short(one.department)

    @display(description="回复期限")
    def due(self, one: Addressee) -> str:
        return due_cell(one.due_on, provisional=one.due_provisional)

    @display(description="状态")
    def state_chip(self, one: Any) -> str:
        shown = chip(one.get_state_display(), ADDRESSEE_TONES[one.state])
        return format_html("{} {}", shown, late_chip()) if one.is_late else shown

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        addressee: Any = self.fetch(request, object_id)
        letter = addressee.directive
        rounds = policy_for(Reply).scope(request.user).filter(addressee=addressee)
        given = list(rounds.select_related("given_by", "decided_by").order_by("round"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{letter.number} {short(addressee.department)}",
            "original": addressee,
            "addressee": addressee,
            "letter": letter,
            "sheet": sheet_or_none(letter),
            "tone": ADDRESSEE_TONES[addressee.state],
            "grade_tone": GRADE_TONES[letter.grade],
            "late": addressee.is_late,
            "clock": self._clock(addressee),
            "replies": given,
            "files": self.files_of(request, addressee),
            "verb_buttons": self._buttons_with(request, addressee, len(given)),
            "letter_url": reverse("admin:oversight_directive_change", args=[letter.pk]),
            "history_url": reverse(self._name("history"), args=[quote(addressee.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "oversight/addressee.html", context)

    def _buttons_with(self, request: HttpRequest, addressee: Any, last: int) -> list[Button]:
        found = self.buttons(request, addressee)
        for button in found:
            if button.verb.name in ("accept", "send_back"):
                button.form.initial["round"] = last
        return found

    @staticmethod
    def _clock(addressee: Any) -> Any:
        """Every day of the limit and why it counts; None where nothing is owed."""
        limit, begun = addressee.directive.limit, addressee.clock_from
        if limit is None or begun is None:
            return None
        return reply_deadline(limit, addressee.directive.office.division, begun, today=today())
