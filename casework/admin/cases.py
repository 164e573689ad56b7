"""The work list (案件列表): what waits, for whom, until when. A case is read on the page of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import NotVisible, policy_for
from audit.clock import local_day, today
from audit.faults import Refused
from backoffice.base import BaseAdmin
from backoffice.display import display
from backoffice.keyset import HouseChangeList, KeysetChangeList
from backoffice.labels import name_data, name_verbs
from backoffice.verbs import Verb
from casework.machine import machine_of, machines
from casework.models import Case, Decision, Request, SavedView, state_word
from casework.selectors.clock import MARKS, Light, light_of
from casework.selectors.lists import NAMES, Selection, late_before, search_rule
from casework.selectors.pages import page_of
from casework.services.views import remove_view, save_view
from worktime.rules.deadlines import ClockState
from worktime.selectors import calendars_in_force

from .kinds import bulk_verbs, entries, several_actions
from .work_list import bookmarks, chips, pickers, with_ended

_PROVISIONAL = "期限内有的年度节假日尚未公布，按周末推算"
_OUTCOMES = dict(Decision.Outcome.choices)

name_verbs({"case.assign": "指派经办人", "case.hand_over": "离岗移交案件"})
name_data({"officer": "经办人账号"})


def _word(light: Light, case: Case) -> str:
    """The light in a word; how many days stands beside the due day."""
    if case.closed_on is not None:
        return "逾期办结" if light.state == ClockState.BREACHED else "按时办结"
    if light.state == ClockState.DUE_SOON:
        return "今日到期" if light.remaining == 0 else "临近"
    return {ClockState.BREACHED: "逾期", ClockState.PAUSED: "停时"}.get(light.state, "正常")


class _WorkList:
    """The part of a change list that knows the filters of the work list."""

    selection: Selection

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found = super().get_filters_params(params)  # type: ignore[misc]
        return {name: value for name, value in found.items() if name not in NAMES}

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        self.selection = Selection.of(request.GET)
        found = super().get_queryset(request, exclude_parameters)  # type: ignore[misc]
        return found.filter(self.selection.rule(request.user, today()))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return list(self.selection.order)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)  # type: ignore[misc]
        self.has_active_filters = bool(self.selection.chosen)
        self.result_list: list[Any] = list(self.result_list)
        dress(self.result_list, request.user)

    def url_for_result(self, result: Case) -> str:
        """Straight to the page of the kind, without the redirect."""
        return page_of(result) or super().url_for_result(result)  # type: ignore[misc]


class OpenCases(_WorkList, HouseChangeList):
    """Open cases are some thousand: numbered pages."""


class EndedCases(_WorkList, KeysetChangeList):
    """Ended cases grow for ever: pages by key, never counted."""

    keyset = ("-last_closed_on", "-id")


def dress(cases: Iterable[Any], user: Any) -> None:
    """Give the rows what their columns show: the light (calendars looked up once), the day of one's own answer."""
    cases, day = list(cases), today()
    if not cases:
        return
    calendars = calendars_in_force()
    due, late = _answers_due(cases, user), late_before(cases)
    for case in cases:
        case.late_before = late.get(case.pk, "")
        case.light = light_of(case, today=day, calendar=calendars(case.region))
        case.answer_due = due.get(case.pk)


def _answers_due(cases: Sequence[Case], user: Any) -> dict[int, date]:
    """For a department, and for the office one level up: until when it has been asked to answer."""
    own, upper = user.departments_as("clerk", "reviewer"), user.departments_as(Role.UPPER_REVIEWER)
    if not own and not upper:
        return {}
    theirs = Q(kind=Request.Kind.VERIFICATION, department__in=own) | Q(
        kind=Request.Kind.REVIEW, department__in=upper
    )
    asked = Request.objects.open().filter(theirs, case__in=[case.pk for case in cases])
    return dict(asked.order_by().values_list("case").annotate(first=Min("due_on")))


@admin.register(Case)
class CaseAdmin(BaseAdmin):
    """The list of cases. The cases themselves are written by their steps only."""

    changeable = False
    history_verb = "history"
    addable = False
    change_list_template = "casework/list.html"
    list_display = (
        "light", "number", "subject_and_matter", "stage", "in_charge", "received", "due", "standing",
    )  # fmt: skip
    list_display_links = ("number",)
    list_select_related = ("subject", "assignee", "limit")
    search_fields = ("number",)
    search_help_text = "编号、主体名称或代码、申请人、来文编号、文书文号"
    empty_list = "没有在办的案件。收到申请的，由收件窗口或经办人登记后出现在这里；办完的在“已办结”中。"

    # --- steps for several cases ----------------------------------------------------------------------------

    @property
    def verbs(self) -> Sequence[Verb]:  # type: ignore[override]
        return bulk_verbs()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None for cases that have ended: what is taken up again is taken up one by one."""
        if Selection.of(request.GET).ended:
            return {}
        return {**super().get_actions(request), **several_actions(request)}

    def bulk_summary(self, obj: Any) -> str:
        """By what whoever decides tells one case from another."""
        due = f"应于{obj.due_on}办结" if obj.due_on else f"停时({obj.paused_for})"
        late = "，已逾期" if obj.due_on and obj.due_on < today() else ""
        return f"{obj.subject.listed_name} · {obj.matter} · {obj.get_state_display()} · {obj.assignee or '未指派'} · {due}{late}"

    # --- list -----------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return EndedCases if Selection.of(request.GET).ended else OpenCases

    def get_sortable_by(self, request: HttpRequest) -> Sequence[str]:
        """One order for all: by the due day. Previous and next on a case's page follow it."""
        return ()

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        shown = list(self.list_display)
        if Selection.of(request.GET).ended:
            shown[-1:] = ["ended", "outcome_label"]
        elif request.user.holds(Role.CLERK, Role.REVIEWER, Role.UPPER_REVIEWER) and not request.user.holds(
            *OFFICE_ROLES
        ):
            shown[shown.index("in_charge")] = "own_answer"
        return shown

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        return queryset.filter(search_rule(Selection.of({"q": search_term}).q, request.user)), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {"title": "案件列表", **(self._head(request) if request.method == "GET" else {})}
        return super().changelist_view(request, context | (extra_context or {}))

    def _head(self, request: HttpRequest) -> dict[str, Any]:
        selection = Selection.of(request.GET)
        return {
            "selection": selection,
            "entries": entries(request),
            "chips": chips(selection, request.user),
            "pickers": pickers(selection, request.user),
            "bookmarks": bookmarks(selection, request.user),
            "save_url": reverse(self._name("save_view")),
            "search_ended_url": f"?{with_ended(selection).query}"
            if selection.q and not selection.ended
            else "",
        }

    @display(description="灯")
    def light(self, case: Any) -> str:
        tone = case.light.tone
        return format_html(
            '<span class="cl-light cl-{}">{} {}</span>', tone, MARKS[tone], _word(case.light, case)
        )

    @display(description="主体 / 事项")
    def subject_and_matter(self, case: Case) -> str:
        kind = f"{case.get_kind_display()}：" if len(machines()) > 1 else ""
        let_in = case.__dict__.get("let_in_until")
        kind = f"授权查看 至{let_in} · {kind}" if let_in else kind
        return format_html(
            '<span class="cl-subject">{}</span><span class="cl-second">{}{}</span>',
            case.subject.listed_name,
            kind,
            case.matter,
        )

    @display(description="阶段")
    def stage(self, case: Any) -> str:
        return format_html(
            '<span class="cl-nowrap">{}</span><span class="cl-second">{}</span>',
            case.get_state_display(),
            case.late_before,
        )

    @display(description="经办人")
    def in_charge(self, case: Case) -> str:
        return (
            str(case.assignee)
            if case.assignee_id
            else format_html('<span class="cl-none">{}</span>', "未指派")
        )

    @display(description="协查应答复")
    def own_answer(self, case: Any) -> str:
        if case.answer_due is None:
            return "—"
        tone = "bad" if case.answer_due < today() else "warn" if case.answer_due == today() else ""
        return format_html('<span class="cl-day bo-tone-{}">{}</span>', tone, case.answer_due)

    @display(description="收到")
    def received(self, case: Case) -> str:
        return format_html('<span class="cl-day">{}</span>', local_day(case.received_at))

    @display(description="应办结")
    def due(self, case: Any) -> str:
        if case.due_on is None:
            left = f"还剩{case.days_left}个工作日" if case.days_left is not None else ""
            return format_html(
                '<span class="cl-day">{}</span><span class="cl-second">{}</span>', "停时中", left
            )
        mark = format_html(' <span class="cl-mark" title="{}">{}</span>', _PROVISIONAL, "暂定")
        return format_html(
            '<span class="cl-day">{}{}</span><span class="cl-second">{}</span>',
            case.due_on,
            mark if case.due_provisional and case.closed_on is None else "",
            case.light.text,
        )

    @display(description="停时")
    def standing(self, case: Case) -> str:
        if case.paused_since is None:
            return "—"
        days = (today() - case.paused_since).days
        return format_html(
            '<span class="cl-day">{}</span><span class="cl-second">自{}，{}</span>',
            case.paused_for,
            f"{case.paused_since:%m-%d}",
            f"已{days}天" if days else "今天起",
        )

    @display(description="办结")
    def ended(self, case: Case) -> str:
        return format_html('<span class="cl-day">{}</span>', case.last_closed_on)

    @display(description="结论")
    def outcome_label(self, case: Case) -> str:
        return format_html('<span class="cl-nowrap">{}</span>', _OUTCOMES.get(case.outcome, "—"))

    # --- one case -------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """To the page of its kind, with the place in the list."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        url = page_of(self.fetch(request, object_id))  # type: ignore[arg-type]
        if not url:
            raise NotVisible("没有找到这条数据。")
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{url}?{query}" if query else url)

    def history_value(self, obj: Any, name: str, value: Any) -> str | None:
        return state_word(obj.kind, value) if name in ("state", "resume_state") and value else None

    def history_done(self, obj: Any, event: Any) -> str:
        """A step as the kind calls it: 不予立案 of a breach is 不予受理 of an objection, one verb in the journal."""
        step = machine_of(obj.kind).steps.get(event.verb.removeprefix("case."))
        return step.label if step is not None else super().history_done(obj, event)

    # --- saved views ----------------------------------------------------------------------------------------

    def own_urls(self) -> list[URLPattern]:
        guarded, stem = self.admin_site.admin_view, "casework_case"
        return [
            path("views/save/", guarded(self.save_view), name=f"{stem}_save_view"),
            path("views/<int:pk>/remove/", guarded(self.remove_view), name=f"{stem}_remove_view"),
        ]

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Keep the filters under which the list stood as one's own saved view."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        selection = Selection.of(request.POST.get("query", ""))
        try:
            view = save_view(request.POST.get("name", ""), selection, actor=request.user)
        except Refused as refusal:
            self.tell(request, refusal)
        else:
            self.message_user(request, f"已保存常用筛选“{view}”。", messages.SUCCESS)
        return self._to_list(selection)

    def remove_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        view = policy_for(SavedView).scope(request.user, "view").filter(pk=pk).first()
        if view is None:
            raise NotVisible("没有找到这条数据。")
        name = remove_view(view, actor=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"已删除常用筛选“{name}”。", messages.SUCCESS)
        return self._to_list(Selection.of(request.POST.get("query", "")))

    def _to_list(self, selection: Selection) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse(self._name('changelist'))}?{selection.query}")
