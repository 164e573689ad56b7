"""督办回复: what one body owes to a letter; read, answered with files, accepted or sent back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html

from accounts.policy import policy_for
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, DateFilter, DropdownFilter, RelatedFilter
from backoffice.verbs import Button, Verb
from credit_records.admin.active_filters import ActiveFilters
from oversight.machine import OF_ADDRESSEES, OF_REPLY_DRAFTS, obstacle, step
from oversight.models import Addressee, Directive, Reply, ReplyDraft
from oversight.policies import WORKS, addressed_bodies, answers, confirms
from oversight.rules.grades import asks_reply
from oversight.selectors.clock import reply_deadline
from oversight.services import replies, reply_drafts

from .files import FilePages, attach_verb
from .looks import ADDRESSEE_TONES, DRAFT_TONES, GRADE_TONES, due_cell, late_chip, short
from .paper_pages import sheet_or_none
from .reply_page import ReplyPage


def open_draft(one: Any) -> ReplyDraft | None:
    """The answer that the body is wording, for its own people; nobody else is given any (`AddresseeAdmin.get_queryset`)."""
    found: list[ReplyDraft] = one.open_drafts
    return found[0] if found else None


def _answers(one: Any, name: str) -> bool:
    if obstacle(OF_ADDRESSEES, name, one):
        return False
    if name != "attach":
        return True
    draft = open_draft(one)
    return asks_reply(one.directive.grade) and (draft is None or not obstacle(OF_REPLY_DRAFTS, name, draft))


def _can(one: Any, name: str) -> bool:
    """A step with the answer itself, while the letter still asks for one."""
    draft = open_draft(one)
    return one.state in Addressee.WAITING and draft is not None and not obstacle(OF_REPLY_DRAFTS, name, draft)


def _own_words(one: Any, user: Any) -> str:
    draft = open_draft(one)
    if draft is None or not reply_drafts.had_a_hand(draft, user):
        return ""
    return "您起草、提交了这份回复或者上传了佐证，请由其他审核员(信用办由审批人)办理。"


def _verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_ADDRESSEES, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason,
        obstacle=lambda addressee, user: obstacle(OF_ADDRESSEES, name, addressee),
        reachable=lambda addressee: _answers(addressee, name), **more,
    )  # fmt: skip


def _draft_verb(name: str, function: Any, **more: Any) -> Verb:
    one = step(OF_REPLY_DRAFTS, name)
    return Verb(
        name, one.label, function, needs_reason=one.needs_reason, takes_reason=one.needs_reason,
        reachable=lambda addressee: _can(addressee, name), **more,
    )  # fmt: skip


def _confirm(addressee: Addressee, *, actor: Any, seen: int | None) -> None:
    reply_drafts.confirm(addressee, actor=actor, seen=seen or 0)


def _return(addressee: Addressee, *, actor: Any, reason: str, seen: int | None) -> None:
    reply_drafts.return_reply(addressee, actor=actor, reason=reason, seen=seen or 0)


_SEEN = (("seen", forms.IntegerField(required=False, widget=forms.HiddenInput)),)
"""Which version of the answer the page shows: what was worded anew since is not sent unread."""
_READ = (("round", forms.IntegerField(required=False, widget=forms.HiddenInput)),)
"""Which reply the page shows: one that came since is not judged unread."""

_VERBS = (
    _verb("acknowledge", replies.acknowledge, takes_reason=False, order=5, done="已签收：{obj}"),
    _draft_verb("hand_on", reply_drafts.hand_on, tone="primary", order=8, done="已提交确认：{obj}"),
    _draft_verb(
        "confirm", _confirm, tone="primary", order=9, obstacle=_own_words, extra_fields=_SEEN, done="已确认并发出：{obj}",
        confirm="确认后回复和佐证材料发给信用办审核，不能再修改；按今天判断是否按期。",
    ),
    _draft_verb(
        "return_reply", _return, tone="danger", order=10, obstacle=_own_words, extra_fields=_SEEN,
        done="已退回修改：{obj}", confirm="回复期限不因退回修改而延长。",
    ),
    _draft_verb("take_back", reply_drafts.take_back, order=12, done="已收回：{obj}"),
    _draft_verb("discard", reply_drafts.discard, tone="danger", order=18, done="已作废回复稿：{obj}"),
    replace(attach_verb(OF_ADDRESSEES, "上传佐证"), reachable=lambda addressee: _answers(addressee, "attach")),
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


class DraftFilter(DropdownFilter):
    """By where the own body's answer stands; of others nothing is known, and nothing found."""

    title = "回复稿"
    parameter_name = "draft"
    _STATES = {"confirm": "submitted", "mend": "returned", "finish": "draft"}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        own = [("confirm", "待确认"), ("mend", "退回修改"), ("finish", "没有提交")]
        return own if addressed_bodies(request.user) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        state = self._STATES.get(self.value() or "")
        if state is None:
            return queryset
        user: Any = request.user
        path = "addressee__department"
        whose = (confirms if self.value() == "confirm" else answers)(user, path)
        drafts = ReplyDraft.objects.filter(whose, state=state)
        return queryset.filter(pk__in=drafts.values("addressee"))


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
class AddresseeAdmin(ActiveFilters, FilePages, ReplyPage, BaseAdmin):
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
        DraftFilter,
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
    empty_list = "没有督办回复。督办文书签发后，各单位的签收和回复出现在这里；单位点进去签收、起草回复，信用办点进去审核。"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ("directive__matter", "directive__office", "directive__limit", "department", "read_by")
        rows = super().get_queryset(request).filter(directive__state__in=Directive.OUT)
        late = Addressee.objects.late(today()).filter(pk=OuterRef("pk"))
        drafts = policy_for(ReplyDraft).scope(request.user).filter(state__in=ReplyDraft.OPEN)
        own = Prefetch(
            "drafts", drafts.select_related("drafted_by", "submitted_by", "decided_by"), "open_drafts"
        )
        return rows.select_related(*related).annotate(is_late=Exists(late)).prefetch_related(own)

    def own_urls(self) -> list[URLPattern]:
        return [*self.file_urls(), *self.reply_urls()]

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
        if (draft := open_draft(one)) is not None:
            words = f"回复稿{draft.get_state_display()}"
            shown = format_html("{} {}", shown, chip(words, DRAFT_TONES[draft.state]))  # type: ignore[index]
        return format_html("{} {}", shown, late_chip()) if one.is_late else shown

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        addressee: Any = self.fetch(request, object_id)
        letter = addressee.directive
        rounds = policy_for(Reply).scope(request.user).filter(addressee=addressee)
        given = list(rounds.select_related("given_by", "drafted_by", "decided_by").order_by("round"))
        draft = open_draft(addressee)
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
            "files": self._files(request, addressee, draft),
            "draft": draft,
            "given_up": self._given_up(request, addressee),
            "draft_tone": DRAFT_TONES[draft.state] if draft is not None else "",  # type: ignore[index]
            "page_links": self.reply_links(request, addressee, draft),
            "verb_buttons": self._buttons_with(request, addressee, len(given)),
            "letter_url": reverse("admin:oversight_directive_change", args=[letter.pk]),
            "history_url": reverse(self._name("history"), args=[quote(addressee.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "oversight/addressee.html", context)

    def _files(self, request: HttpRequest, addressee: Any, draft: ReplyDraft | None) -> list[dict[str, Any]]:
        """Nothing is crossed out while the reviewer has the answer before them."""
        found = self.files_of(request, addressee)
        if draft is not None and obstacle(OF_REPLY_DRAFTS, "remove", draft):
            for row in found:
                row["remove_url"] = ""
        return found

    @staticmethod
    def _given_up(request: HttpRequest, addressee: Any) -> list[ReplyDraft]:
        """What the body worded and never sent, for its own people."""
        rows = (
            policy_for(ReplyDraft)
            .scope(request.user)
            .filter(addressee=addressee, state=ReplyDraft.State.VOID)
        )
        return list(rows.select_related("drafted_by").order_by("pk"))

    def _buttons_with(self, request: HttpRequest, addressee: Any, last: int) -> list[Button]:
        found = self.buttons(request, addressee)
        for button in found:
            if button.verb.name in ("confirm", "return_reply"):
                button.form.initial["seen"] = reply_drafts.version(open_draft(addressee))
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
