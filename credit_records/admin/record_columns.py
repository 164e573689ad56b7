"""How lists of records tell their rows, in this room and in the rooms above."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from backoffice.display import chip, display
from credit_records.models import Record
from credit_records.rules.amounts import format_wan
from credit_records.selectors.search import search_records

from .record_export import DISPUTED

State = Record.State
TONES = {
    State.DRAFT: "idle",
    State.SUBMITTED: "wait",
    State.RETURNED: "warn",
    State.PUBLISHED: "good",
    State.WITHDRAWN: "bad",
    State.ENDED: "idle",
    State.SUSPENDED: "warn",
    State.REPAIRED: "good",
}
_SHOWN_ON_LISTS = 2


def state_chips(record: Record) -> str:
    """The state, and beside it the mark while an objection runs."""
    state = chip(record.get_state_display(), TONES[State(record.state)])
    if record.disputed:
        state = format_html("{} {}", state, chip(DISPUTED, "disputed"))
    let_in = record.__dict__.get("let_in_until")
    return format_html("{} {}", state, chip(f"授权至{let_in}", "wait")) if let_in else state


def amounts(record: Record) -> str:
    """Fine and confiscation in words, empty without either."""
    sums = (("罚款", record.fine), ("没收", record.confiscated))
    return "、".join(f"{what}{format_wan(paid)}" for what, paid in sums if paid is not None)


class RecordColumns:
    """How every list of records tells and finds its rows."""

    search_fields = ("document_key",)
    search_help_text = "文号、统一社会信用代码或者主体名称(两个字起)"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        return search_records(queryset, search_term), False

    @display(description="状态")
    def state_chip(self, record: Record) -> str:
        return state_chips(record)

    @display(description="文号")
    def document(self, record: Record) -> str:
        return format_html('<span class="cr-document">{}</span>', record.document_number)

    @display(description="决定日期")
    def decided(self, record: Record) -> str:
        return format_html('<span class="cr-date-cell">{}</span>', record.decision_date.isoformat())

    @display(description="类别 / 金额")
    def kinds_and_amounts(self, record: Record) -> str:
        kinds = "、".join(record.kinds[:_SHOWN_ON_LISTS]) + (
            "等" if len(record.kinds) > _SHOWN_ON_LISTS else ""
        )
        return format_html('{} <span class="cr-figure cr-block">{}</span>', kinds, amounts(record))

    @display(description="来源单位")
    def source(self, record: Record) -> str:
        return record.department.short_name or record.department.name
