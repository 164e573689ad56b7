"""The pages of records: the list, and the one page on which a decision is read, judged and explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.areas import bodies_in_sight
from accounts.models import OFFICE_ROLES
from audit.clock import today
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.filters import ChoiceFilter, RelatedFilter
from backoffice.granted import let_in_words
from backoffice.history import Change, Entry
from backoffice.labels import name_data, name_verbs
from backoffice.permissions import may, may_on
from backoffice.verbs import Verb
from credit_records.models import Record
from credit_records.rules.dates import LONG_TERM
from credit_records.selectors import record_pages as read
from credit_records.selectors.numbers import numbers_of_record
from credit_records.services import corrections, records

from .active_filters import ActiveFilters
from .boxes import record_boxes, record_links
from .classifying import VERBS as CLASSIFYING
from .classifying import FoundFilter
from .entry import EntryPages
from .record_columns import TONES, RecordColumns, amounts
from .record_export import DISPUTED, RecordExport
from .record_filters import DecisionMonthFilter, DisputedFilter, RecordItemFilter, ReportedMonthFilter
from .withdrawal import WithdrawalPages

State = Record.State
SEVERITY_TONES = {"minor": "idle", "general": "warn", "serious": "bad"}
_LATEST = 4

name_verbs(
    {
        "record.enter": "录入记录",
        "record.submit": "提交记录",
        "record.return": "退回记录",
        "record.publish": "发布记录",
        "record.withdraw": "撤回记录",
        "record.end_publicity": "终止公示",
        "record.suspend": "暂停公示",
        "record.resume": "恢复公示",
        "record.withdraw_by_decision": "按决定撤回记录",
        "record.enter_by_decision": "按认定决定记入记录",
        "record.reinstate": "恢复记录",
        "record.repair": "修复记录",
        "record.revoke_repair": "撤销记录的修复",
        "record.shield": "按裁定屏蔽记录",
        "record.end_shield": "结束屏蔽",
        "record.correct": "按决定更正记录",
        "record.guard_as_is": "按决定确认来源单位的更正",
        "record.mark_disputed": "标记异议",
        "record.lift_dispute": "解除异议标记",
        "record.record_statement": "记录当事人声明",
    }
)
name_data({"reference": "依据", "fields": "栏目"})


def _states_ahead(state: str) -> set[str]:
    """The state, and every other that steps can lead to from it."""
    ahead: set[str] = {state}
    steps = list(records.TRANSITIONS.values())
    while more := {step.target for step in steps if ahead & set(step.sources)} - ahead:
        ahead |= more
    return ahead


def _verb(name: str, label: str, function: Any, **options: Any) -> Verb:
    sources = set(records.TRANSITIONS[name].sources)
    options.setdefault("reachable", lambda record: bool(_states_ahead(record.state) & sources))
    return Verb(
        name=name,
        label=label,
        function=function,
        obstacle=lambda record, user: records.obstacle(record, name, actor=user),
        needs_reason=records.TRANSITIONS[name].needs_reason,
        many=function if options.get("bulk") else None,
        **options,
    )


@admin.register(Record)
class RecordAdmin(RecordColumns, EntryPages, WithdrawalPages, ActiveFilters, BaseAdmin):
    """Records are read here; they are written through the entry form, the batches and the verbs only."""

    keyset = ("-decision_date", "-id")
    list_display = (
        "state_chip", "subject_and_code", "item_name", "document", "decided", "kinds_and_amounts",
        "public_until", "source",
    )  # fmt: skip
    list_display_links = ("document",)
    list_select_related = ("subject", "item", "department")
    list_filter = (
        ("state", ChoiceFilter), DisputedFilter, FoundFilter, RecordItemFilter, DecisionMonthFilter,
        ReportedMonthFilter,
    )  # fmt: skip
    link_filters = ("item", "item__kind", "department", "subject", "batch", "severity", "entered_by")
    empty_list = "还没有记录。录入员可以上传报送文件，也可以点“录入一条”；报送的记录会出现在这里。"
    export_resource = RecordExport
    verbs = (
        _verb("submit", "提交审核", records.submit, tone="primary", bulk=True, order=10),
        _verb(
            "publish", "发布", records.publish, tone="primary", bulk=True, order=20,
            confirm="发布后记录生效；目录规定社会公开的，在公示期内向社会公开。",
        ),
        _verb("return", "退回", records.send_back, bulk=True, order=30),
        _verb(
            "withdraw", "撤回", records.withdraw, tone="danger", order=40,
            confirm="决定被变更、撤销或者确认违法、无效的，撤回记录并公开说明理由(行政处罚法第四十八条)。",
            extra_fields=(
                (
                    "legal_basis",
                    forms.CharField(
                        label="法律依据",
                        max_length=500,
                        help_text="例如作出变更、撤销决定的文书名称和文号。",
                        error_messages={"required": "撤回必须写明法律依据(例如作出变更、撤销决定的文书)。"},
                    ),
                ),
            ),
        ),
        _verb(
            "suspend", "暂停公示", records.suspend, tone="danger", order=50,
            reachable=lambda record: record.state == State.PUBLISHED,
            confirm="内容无法核实的，暂停向社会公示；记录和历史都保留，核实后可以恢复。",
        ),
        _verb(
            "resume", "恢复公示", records.resume, tone="primary", order=60,
            reachable=lambda record: record.state == State.SUSPENDED,
            confirm="恢复后记录重新生效，在剩余的公示期内向社会公开。",
        ),
        *CLASSIFYING,
        Verb(
            name="reinstate", label="恢复记录", function=corrections.reinstate, tone="primary", order=70,
            needs_reason=True,
            reachable=lambda record: not corrections.reinstatement_obstacle(record),
            obstacle=lambda record, user: corrections.reinstatement_obstacle(record),
            confirm="该记录是按决定撤回的。恢复后记录重新生效，在剩余的公示期内向社会公开；公示期已满的，恢复为公示终止。",
            extra_fields=(
                (
                    "reference",
                    forms.CharField(
                        label="恢复依据",
                        max_length=200,
                        help_text="据以恢复的决定、判决等文书的名称和文号。",
                        error_messages={"required": "请写明据以恢复的文书。"},
                    ),
                ),
            ),
        ),
    )  # fmt: skip
    # Typed columns repeat what the content says; the content is told with the catalogue's own titles.
    history_hidden = (
        "document_number", "decision_date", "authority_name", "authority_code", "kinds", "fine",
        "confiscated", "valid_until", "batch", "entered_by", "entered_at", "reviewed_by", "reviewed_at",
        "rule_set", "state_reason",
    )  # fmt: skip

    # --- list -----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        found = super().get_queryset(request)
        match = request.resolver_match
        if match is not None and match.url_name == "credit_records_record_changelist":
            return found.defer("details")
        return found.select_related(
            "subject", "item", "department", "version", "batch", "entered_by", "reviewed_by"
        )

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Departments see their own records: choosing among departments is for the office."""
        if request.user.area_as(*OFFICE_ROLES):
            return (*self.list_filter, ("department", RelatedFilter))
        return self.list_filter

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        own = request.user.departments_as("clerk", "reviewer")
        if len(own) == 1 and not request.user.area_as(*OFFICE_ROLES) and not request.user.holdings.grants:
            return tuple(name for name in self.list_display if name != "source")
        return self.list_display

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "信用记录",
            "has_add_permission": False,  # the page has its own, in the words of the office
            "entry_url": reverse(self._name("add")) if self.has_add_permission(request) else "",
            "withdrawal_url": reverse(self._name("by_key")) if may(request, "withdraw", Record) else "",
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    change_list_template = "credit_records/record_list.html"

    def bulk_summary(self, obj: Any) -> str:
        """Whom and what a ticked row is about: its name is only a document number."""
        parts = [
            DISPUTED if obj.disputed else "",
            obj.subject.listed_name,
            obj.decision_date.isoformat(),
            "、".join(obj.kinds),
            amounts(obj),
        ]
        return " · ".join(part for part in parts if part)

    @display(description="主体 / 代码")
    def subject_and_code(self, record: Record) -> str:
        url = reverse("admin:credit_records_subject_change", args=[record.subject_id])
        code = record.subject.code or record.subject.id_masked or "没有代码"
        return format_html(
            '<a class="cr-link" href="{}">{}</a><span class="cr-code cr-block cr-muted">{}</span>',
            url,
            record.subject.listed_name,
            code,
        )

    @display(description="事项")
    def item_name(self, record: Record) -> str:
        return record.item.name

    @display(description="公示至")
    def public_until(self, record: Record) -> str:
        if record.publicity_start is None:
            return "不公示"
        last = record.publicity_latest_end
        shown = "长期" if last is None or last >= LONG_TERM else last.isoformat()
        return format_html('<span class="cr-date-cell">{}</span>', shown)

    # --- page -----------------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "credit_records_record"
        return [
            path("by-key/", guarded(self.by_key_view), name=f"{stem}_by_key"),
            path("<int:object_id>/edit/", guarded(self.edit_view), name=f"{stem}_edit"),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The record to read: nothing is written here, its steps are verbs."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        record: Any = self.fetch(request, object_id)
        may_on(request, "view", record, also=self._page_verbs())
        day = today()
        spec = self._spec(record)
        own = record.department_id in bodies_in_sight(
            request.user
        )  # batches are: a grant opens the record as it stands
        waiting = read.pending_change(record) if own and record.state == State.PUBLISHED else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": record.document_number,
            "original": record,
            "record": record,
            "subject_name": record.subject.listed_name,
            "amounts": amounts(record),
            "tone": TONES[State(record.state)],
            "let_in": let_in_words(request, record),
            "severity_tone": SEVERITY_TONES.get(record.severity, "idle"),
            "verb_buttons": self.buttons(request, record),
            "page_links": record_links(request, record),
            "boxes": record_boxes(request, record),
            "disputes": read.open_disputes(record),
            "statements": read.statements_of(record),
            "edit_url": self._edit_url(request, record),
            "groups": read.answers(record, spec),
            "number_links": self.reveal_links(request, record),
            "publicity": read.publicity_view(record, spec, today=day),
            "viewers": read.viewers(record, today=day),
            "opens_batch": own,
            "waiting": waiting,
            "waiting_changes": read.pending_changes(record, waiting) if waiting else (),
            "entries": self.history_entries(record, count=_LATEST),
            "history_url": self._keeping_place(
                request, reverse(self._name("history"), args=[quote(record.pk)])
            ),
            "list_url": self.list_url(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "credit_records/record.html", context)

    def reveal_links(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """With the titles of the columns."""
        kept = (one for one in numbers_of_record(obj) if one.sealed)
        links = zip(kept, super().reveal_links(request, obj), strict=False)
        fields = self._spec(obj).field_by_code
        return [((fields(one.key) or one).title, url) for one, (_, url) in links]

    def _spec(self, record: Any) -> Any:
        if "_spec" not in record.__dict__:
            record._spec = read.spec_of_record(record)
        return record._spec

    # --- history --------------------------------------------------------------------------------------------

    def history_labels(self, obj: Any) -> Mapping[str, str]:
        return {field.code: field.title for field in self._spec(obj).fields}

    def history_value(self, obj: Any, name: str, value: Any) -> str | None:
        if not name.startswith("details.") or value is None:
            return None
        if isinstance(value, dict):
            # Sealing differs each time: the index tells whether it is another number under the same mask.
            return f"{value.get('masked', '****')}({str(value.get('index', ''))[:4]})"
        field = self._spec(obj).field_by_code(name.removeprefix("details."))
        return read.shown_value(field, value) if field is not None else None

    def history_entries(self, obj: Any, *args: Any, **kwargs: Any) -> list[Entry]:
        """Without the changes that are none: a number sealed anew reads the same."""
        return [_without_equal(entry) for entry in super().history_entries(obj, *args, **kwargs)]


def _without_equal(entry: Entry) -> Entry:
    changes: list[Change] = [change for change in entry.changes if change.before != change.after]
    if len(changes) == len(entry.changes):
        return entry
    return replace(entry, changes=changes)
