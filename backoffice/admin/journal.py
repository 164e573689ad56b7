"""The journal, for the auditor: who did what, when, to what and why. Nothing on these pages writes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from audit.models import Event

from .. import wording
from ..filters import ChoiceFilter, DropdownFilter, MomentFilter, RelatedFilter
from ..labels import data_label, data_value, kind_label, named_verbs, verb_label
from ..navigation import Item, register_group
from .keepers import KeepersAdmin


class VerbFilter(DropdownFilter):
    title = "动作"
    parameter_name = "verb"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(named_verbs().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(verb=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(KeepersAdmin):
    list_display = ("moment", "actor_label", "what", "on_what", "reason_short", "result", "address")
    list_display_links = ("moment",)
    list_filter = (VerbFilter, ("actor", RelatedFilter), ("at", MomentFilter), ("result", ChoiceFilter))
    link_filters = ("target_type", "target_id", "batch_id", "request_id")
    keyset = ("-id",)
    search_fields = ("target_id",)
    search_help_text = "审计事件编号、对象编号、批次号或请求编号"
    fields = (
        "number", "moment", "actor_label", "what", "on_what", "reason", "content", "result", "batch_id",
        "request_id", "address",
    )  # fmt: skip
    changeable = addable = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, term: str
    ) -> tuple[QuerySet, bool]:
        """By numbers, each of which has an index; the journal is never searched by its texts."""
        term = term.strip()
        if not term:
            return queryset, False
        if term.isdigit() and len(term) < 19:
            number = int(term)
            by_key, by_batch = queryset.filter(pk=number), queryset.filter(batch_id=number)
            return by_key | by_batch | queryset.filter(target_id=term), False
        return queryset.filter(request_id=term), False

    @admin.display(description="编号")
    def number(self, event: Event) -> str:
        return str(event.pk)

    @admin.display(description="时间")
    def moment(self, event: Event) -> str:
        return wording.of_moment(event.at)

    @admin.display(description="动作")
    def what(self, event: Event) -> str:
        return verb_label(event.verb)

    @admin.display(description="对象")
    def on_what(self, event: Event) -> str:
        if not event.target_type:
            return ""
        # All that the journal knows about the thing; its own page may be none of the auditor's.
        query = urlencode({"target_type": event.target_type, "target_id": event.target_id})
        return format_html(
            '<a class="bo-link" href="{}?{}">{} {}</a>',
            reverse("admin:audit_event_changelist"),
            query,
            kind_label(event.target_type),
            event.target_label,
        )

    @admin.display(description="理由")
    def reason_short(self, event: Event) -> str:
        return event.reason if len(event.reason) <= 40 else f"{event.reason[:39]}…"

    @admin.display(description="内容")
    def content(self, event: Event) -> str:
        pairs = [(data_label(key), data_value(key, value)) for key, value in event.data.items()]
        return format_html_join("", "<div>{}：{}</div>", pairs) if pairs else "—"


register_group("审计", [Item("审计事件", "policy", Event)], order=95)
