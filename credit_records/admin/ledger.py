"""The duplicate-code ledger: its rate, the two subjects of an entry side by side, and the judgement."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter
from backoffice.labels import name_verbs
from backoffice.verbs import Verb
from credit_records.models import DuplicateCodeEntry
from credit_records.selectors.duplicate_codes import duplicate_code_rate
from credit_records.selectors.subject_pages import kinds_of, records_of
from credit_records.services import ledger

from .active_filters import ActiveFilters

State = DuplicateCodeEntry.State
_TONES = {State.OPEN: "warn", State.SAME: "bad", State.DIFFERENT: "good"}
_COMPARED = (
    ("统一社会信用代码", lambda subject: subject.code or "—"),
    ("名称", lambda subject: subject.name),
    ("类别", lambda subject: subject.get_kind_display()),
    ("登记状态", lambda subject: subject.get_state_display()),
    ("法定代表人", lambda subject: subject.legal_representative or "—"),
    ("行政区划代码", lambda subject: subject.region or "—"),
    ("行业", lambda subject: subject.industry or "—"),
    ("工商注册号", lambda subject: subject.registration_number or "—"),
    ("建档时间", lambda subject: wording.of_moment(subject.created_at)),
)

name_verbs({"duplicate_code.resolve": "核定重错码"})


@admin.register(DuplicateCodeEntry)
class DuplicateCodeAdmin(ActiveFilters, BaseAdmin):
    """Entries come from the intake; the officer settles them."""

    keyset = ("-id",)
    list_display = ("name_label", "codes", "state_chip", "found", "resolution")
    list_display_links = ("name_label",)
    list_filter = (("state", ChoiceFilter),)
    empty_list = "没有重错码。报送文件中同一名称出现两个代码时，会自动列入台账。"
    search_fields = ("name", "first__code", "second__code")
    search_help_text = "名称或者统一社会信用代码"
    change_list_template = "credit_records/ledger_list.html"
    verbs = (
        Verb(
            "resolve",
            "核定",
            ledger.resolve,
            takes_reason=False,
            tone="primary",
            obstacle=lambda entry, user: ledger.obstacle(entry),
            confirm="核定前请向登记机关核实。确为重码的，由登记机关处理后再清理多余的主体。",
            extra_fields=(
                (
                    "outcome",
                    forms.ChoiceField(
                        label="核查结果",
                        choices=[
                            (State.SAME, "确为重码(同一主体有两个代码)"),
                            (State.DIFFERENT, "并非重码(两个同名主体)"),
                        ],
                        widget=forms.RadioSelect,
                        error_messages={"required": "请选择“确为重码”或者“并非重码”。"},
                    ),
                ),
                (
                    "conclusion",
                    forms.CharField(
                        label="核查结论",
                        max_length=1000,
                        widget=forms.Textarea(attrs={"rows": 3, "class": "cr-input"}),
                        help_text="依据，例如登记机关的答复。",
                        error_messages={"required": "请写明核查结论和依据(例如登记机关的答复)。"},
                    ),
                ),
            ),
            done="{obj}：已核定。",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("first", "second")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        waiting = self.policy.scope(request.user, "view").filter(state=State.OPEN)
        context = {
            "title": "重错码台账",
            "rate": duplicate_code_rate(),
            "open_entries": waiting.count(),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="名称")
    def name_label(self, entry: DuplicateCodeEntry) -> str:
        return entry.name

    @display(description="代码")
    def codes(self, entry: DuplicateCodeEntry) -> str:
        return format_html(
            '<span class="cr-code">{}</span> / <span class="cr-code">{}</span>',
            entry.first.code,
            entry.second.code,
        )

    @display(description="状态")
    def state_chip(self, entry: DuplicateCodeEntry) -> str:
        return chip(entry.get_state_display(), _TONES[State(entry.state)])

    @display(description="发现时间")
    def found(self, entry: DuplicateCodeEntry) -> str:
        return wording.of_moment(entry.found_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Both subjects side by side, differences marked."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        entry: Any = self.fetch(request, object_id)
        both = [entry.first, entry.second]
        compared = [(title, [read(subject) for subject in both]) for title, read in _COMPARED]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": entry.name,
            "original": entry,
            "entry": entry,
            "tone": _TONES[State(entry.state)],
            "both": both,
            "compared": [(title, values, values[0] != values[-1]) for title, values in compared],
            "records": [kinds_of(records_of(subject, request.user)) for subject in both],
            "verb_buttons": self.buttons(request, entry),
            "history_url": reverse(self._name("history"), args=[quote(entry.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "credit_records/ledger_entry.html", context)
