"""The outbox: its list with lights, the page of an entry with its content and tries, and reporting by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header

from accounts.policy import policy_for
from audit.clock import now, today
from audit.faults import Refused
from backoffice import wording
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.exports import FORMATS
from backoffice.filters import ChoiceFilter, MomentFilter
from backoffice.keyset import KeysetChangeList
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import may
from backoffice.verbs import Verb
from credit_records.models import Record
from exchange.models import Attempt, Entry
from exchange.references import cases_behind
from exchange.selectors.outbox import attempts_of, figures, in_front_of
from exchange.services import handling
from exchange.services.exporting import export_waiting
from exchange.services.outbox import is_set_up
from exchange.topics import named_topics, readable, topic_label

from .lights import STATE_TONES, light_of

State = Entry.State
_DONE = (State.DELIVERED, State.BY_HAND)

name_verbs(
    {
        "outbox.put": "写入同步事项",
        "outbox.send": "向上级平台发送",
        "outbox.answer": "记录平台答复",
        "outbox.retry": "重试同步",
        "outbox.register_by_hand": "登记已人工报送",
    }
)
name_data(
    {
        "topic": "同步事项",
        "key": "幂等键",
        "status": "答复代码",
        "receipt": "平台回执",
        "outcome": "结果",
        "sha256": "文件摘要",
        "on": "日期",
    },
    values={"outcome": dict(Attempt.Outcome.choices)},
)


class LightFilter(SimpleListFilter):
    title = "同步情况"
    parameter_name = "light"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("pending", "待同步"),
            ("today", "今天应同步"),
            ("late", "逾期未同步"),
            ("failed", "被平台退回"),
            ("held", "排在前一件之后"),
            ("done", "已同步或已人工报送"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows: Any = queryset
        match self.value():
            case "pending":
                return rows.pending()
            case "today":
                return rows.pending().filter(due_on=today())
            case "late":
                return rows.late(today())
            case "failed":
                return rows.filter(state=State.FAILED)
            case "held":
                return rows.pending().held_back()
            case "done":
                return rows.filter(state__in=_DONE)
        return queryset


class TopicFilter(SimpleListFilter):
    title = "事项"
    parameter_name = "topic"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(named_topics().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(topic=self.value()) if self.value() else queryset


def _open(entry: Any) -> bool:
    return entry.state not in _DONE


def _retry_obstacle(entry: Any, user: Any) -> str:
    if not is_set_up():
        return "没有配置上级平台地址，请导出后人工报送。"
    return handling.in_the_way(entry, now())


_VERBS = (
    Verb(
        name="retry",
        label="重试",
        function=handling.retry,
        obstacle=_retry_obstacle,
        reachable=_open,
        confirm="马上再发一次，幂等键不变，平台不会重复接收。被退回的，请先请平台或者来源单位改正。",
        done="已安排发送：{obj}",
        bulk=True,
        order=10,
    ),
    Verb(
        name="register_by_hand",
        label="登记已人工报送",
        function=handling.register_by_hand,
        needs_reason=True,
        obstacle=lambda entry, user: handling.in_the_way(entry, now()),
        reachable=_open,
        extra_fields=(
            (
                "number",
                forms.CharField(
                    label="报送凭证号",
                    max_length=100,
                    help_text="平台给的受理号、回执号，或者报送函的文号。",
                    error_messages={"required": "请填写报送凭证号，以便与平台核对。"},
                ),
            ),
            (
                "on",
                forms.DateField(
                    label="报送日期", initial=today, error_messages={"required": "请填写报送日期。"}
                ),
            ),
        ),
        confirm="登记后系统不再发送这一件，不能撤销，请确认平台已经收到。",
        done="已登记人工报送：{obj}",
        bulk=True,
        order=20,
    ),
)


class _Entries(KeysetChangeList):
    """Rows carry the case behind them, when the reader may see it."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        cases = cases_behind(request.user, {entry.reference for entry in rows})
        for entry in rows:
            entry.case_behind = cases.get(entry.reference)
        self.result_list = rows


@admin.register(Entry)
class EntryAdmin(BaseAdmin):
    """Entries are made by decisions; here they are read, sent again, or reported by hand."""

    verbs = _VERBS
    changeable = False
    addable = False
    keyset = ("-id",)
    list_display = ("label", "basis", "document", "made", "state_chip", "light", "tries_made")
    list_display_links = None
    list_filter = (LightFilter, ("state", ChoiceFilter), TopicFilter, ("made_at", MomentFilter))
    search_fields = ("reference", "key", "receipt", "by_hand_number")
    search_help_text = "案件编号、文书号、回执或者报送凭证号"
    empty_list = "还没有同步事项。修复、异议作出决定时，系统自动写入，当天同步到上级平台。"
    change_list_template = "exchange/entry_list.html"
    history_hidden = ("payload", "digest", "claim", "claimed_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        found = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "exchange_entry_changelist":
            return found.select_related("record").defer("payload")
        return found.select_related("record__department", "made_by", "by_hand_by")

    def own_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [path("waiting/export/", guarded(self.waiting_view), name="exchange_entry_waiting")]

    # --- list -----------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return _Entries

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "上级平台同步",
            "figures": figures(today(), self.policy.scope(request.user)),
            "set_up": is_set_up(),
            "may_export_waiting": may(request, "export", Entry),
            "waiting_formats": [
                *((name, title) for name, (_, _, title) in FORMATS.items()),
                ("json", "JSON"),
            ],
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @display(description="事项")
    def label(self, entry: Entry) -> str:
        url = reverse(self._name("change"), args=[entry.pk])
        return format_html('<a class="cr-link" href="{}">{}</a>', url, topic_label(entry.topic))

    @display(description="依据")
    def basis(self, entry: Any) -> str:
        """Number of the case or of its letter; it leads to the case."""
        if entry.case_behind is None:
            return format_html('<span class="cr-nowrap">{}</span>', entry.reference)
        return format_html('<a class="cr-link" href="{}">{}</a>', entry.case_behind.url, entry.reference)

    @display(description="记录")
    def document(self, entry: Entry) -> str:
        return entry.record.document_number if entry.record is not None else "—"

    @display(description="产生时间")
    def made(self, entry: Entry) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', wording.of_moment(entry.made_at))

    @display(description="状态")
    def state_chip(self, entry: Entry) -> str:
        tone = STATE_TONES[entry.state]
        return format_html('<span class="cr-chip cr-{}">{}</span>', tone, entry.get_state_display())

    @display(description="当日同步")
    def light(self, entry: Entry) -> str:
        found = light_of(entry, today())
        return format_html('<span class="bo-tone-{}">{} {}</span>', found.tone, found.mark, found.text)

    @display(description="发送次数")
    def tries_made(self, entry: Entry) -> str:
        return str(entry.attempts)

    def bulk_summary(self, obj: Any) -> str:
        return f"{topic_label(obj.topic)}，{obj.get_state_display()}"

    def waiting_view(self, request: HttpRequest) -> HttpResponse:
        """The file for reporting by hand; posted, because it is written into the journal."""
        if request.method not in ("POST", "GET", "HEAD"):
            return HttpResponseNotAllowed(["POST"])
        back = f"{reverse(self._name('changelist'))}?light=pending"
        if request.method != "POST":
            return self.nothing_done(request, back)
        try:
            made = export_waiting(actor=request.user, kind=request.POST.get("format", "xlsx"))
        except Refused as refusal:
            self.tell(request, refusal)
            return HttpResponseRedirect(back)
        return HttpResponse(
            made.body,
            content_type=made.content_type,
            headers={
                "Content-Disposition": content_disposition_header(True, made.name) or "attachment",
                "X-Content-SHA256": made.digest,
            },
        )

    # --- one entry ------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What is told, in Chinese; how it stands; every try."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        entry: Any = self.fetch(request, object_id)
        sees_record = entry.record is not None and policy_for(Record).allows(
            request.user, "view", entry.record
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(entry),
            "original": entry,
            "entry": entry,
            "topic": topic_label(entry.topic),
            "tone": STATE_TONES[entry.state],
            "light": light_of(entry, today()),
            "lines": list(readable(entry.payload)),
            "tries": attempts_of(entry),
            "in_front": in_front_of(entry),
            "case": cases_behind(request.user, {entry.reference}).get(entry.reference),
            "set_up": is_set_up(),
            "record_url": reverse("admin:credit_records_record_change", args=[entry.record_id])
            if sees_record
            else "",
            "verb_buttons": self.buttons(request, entry),
            "history_url": reverse(self._name("history"), args=[quote(entry.pk)]),
            "list_url": self.list_url(request),
        }
        return TemplateResponse(request, "exchange/entry.html", context)
