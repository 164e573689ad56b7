"""违诺认定: all breaches that one may see, with their filters and their export."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from audit.clock import local_day
from backoffice.base import BaseAdmin
from backoffice.display import chip, display
from backoffice.filters import ChoiceFilter, DateFilter, DropdownFilter, RelatedFilter
from breaches.models import Breach
from casework.admin.case_page import TONES, S
from casework.models import Decision
from casework.policies import may_register
from credit_records.admin.active_filters import ActiveFilters
from credit_records.models import Record, Subject
from credit_records.selectors.search import search_subjects

from .looks import OUTCOME_TONES, SEVERITY_TONES
from .reporting import register_address

_PENDING = "pending"
_REFUSED, _WITHDRAWN = S.REFUSED.value, S.WITHDRAWN.value
_OUTCOMES = {
    _PENDING: "办理中",
    **{one.value: str(one.label) for one in OUTCOME_TONES},
    _REFUSED: "不予立案",
    _WITHDRAWN: "撤销立案",
}
_NAMES = dict(Decision.Outcome.choices)


def outcome_in_words(breach: Breach) -> tuple[str, str]:
    """How it ended, with the tone; 办理中 while it has not."""
    case = breach.case
    if case.outcome:
        return str(_NAMES[case.outcome]), OUTCOME_TONES.get(case.outcome, "plain")  # type: ignore[call-overload]
    if case.state in (_REFUSED, _WITHDRAWN):
        return _OUTCOMES[case.state], "idle"
    return _OUTCOMES[_PENDING], "wait"


class OutcomeFilter(DropdownFilter):
    """By how it ended, or that it has not."""

    title = "结论"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(_OUTCOMES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if value == _PENDING:
            return queryset.filter(case__outcome="").exclude(case__state__in=(_REFUSED, _WITHDRAWN))
        if value in (_REFUSED, _WITHDRAWN):
            return queryset.filter(case__outcome="", case__state=value)
        return queryset.filter(case__outcome=value) if value in _OUTCOMES else queryset


class MonthFilter(DropdownFilter):
    """By the month of the decision."""

    title = "决定月份"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.policy.scope(request.user).filter(decided_on__isnull=False)
        months = rows.order_by().dates("decided_on", "month", order="DESC")
        return [(f"{one:%Y-%m}", f"{one.year}年{one.month}月") for one in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        try:
            first = date.fromisoformat(f"{self.value()}-01")
        except ValueError:
            return queryset
        return queryset.filter(decided_on__year=first.year, decided_on__month=first.month)


class BreachExport(ModelResource):
    """What leaves the house: persons' names masked, as in the list."""

    number = Column("case__number", column_name="案件编号")
    subject = Column(column_name="主体")
    subject_code = Column(column_name="主体代码")
    commitment = Column("commitment__code", column_name="承诺编码")
    commitment_kind = Column("commitment__kind_in_words", column_name="承诺类型")
    department = Column("commitment__department__name", column_name="承诺受理单位")
    kind = Column("get_kind_display", column_name="违诺类型")
    harm = Column("get_harm_display", column_name="危害后果")
    found_on = Column(column_name="发现日期")
    received_on = Column(column_name="收到日期")
    stage = Column("case__get_state_display", column_name="阶段")
    outcome = Column(column_name="结论")
    degree = Column("get_degree_display", column_name="违诺程度")
    decided_on = Column(column_name="决定日期")

    class Meta:
        model = Breach
        fields = (
            "number", "subject", "subject_code", "commitment", "commitment_kind", "department", "kind", "harm", "found_on",
            "received_on", "stage", "outcome", "degree", "decided_on",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("case__subject", "commitment__department")

    def dehydrate_subject(self, one: Breach) -> str:
        return one.case.subject.listed_name

    def dehydrate_subject_code(self, one: Breach) -> str:
        return one.case.subject.code or one.case.subject.id_masked

    def dehydrate_found_on(self, one: Breach) -> str:
        return one.found_on.isoformat()

    def dehydrate_received_on(self, one: Breach) -> str:
        return local_day(one.case.received_at).isoformat()

    def dehydrate_outcome(self, one: Breach) -> str:
        return outcome_in_words(one)[0]

    def dehydrate_decided_on(self, one: Breach) -> str:
        return one.decided_on.isoformat() if one.decided_on else ""


class BreachList(ActiveFilters):
    """The part of the breach's admin that lists them all, open and ended; the work list has the open ones by their day."""

    change_list_template = "breaches/list.html"
    show_add_link = False
    keyset = ("-case",)
    list_display = (
        "number", "promisor", "commitment_code", "kind_label", "department_label", "degree_chip", "outcome_chip", "decided", "stage",
    )  # fmt: skip
    list_display_links = None
    list_filter = (
        ("degree", ChoiceFilter), ("kind", ChoiceFilter), ("commitment__department", RelatedFilter), OutcomeFilter,
        MonthFilter, ("decided_on", DateFilter),
    )  # fmt: skip
    link_filters = ("commitment", "case__subject")
    search_fields = ("case__number",)
    search_help_text = "案件编号、承诺编码，主体名称(两个字起)或者代码"
    empty_list = "还没有违诺认定。承诺没有履行或者虚假的，由受理单位的录入员或者经办人点“登记违诺”。"
    export_resource = BreachExport

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        context = {
            "title": "违诺认定",
            "has_add_permission": False,  # the page has its own button, in the words of the office
            "register_url": register_address() if may_register(request.user) else "",
            "active_filters": self.active_filters(request),
            "work_list_url": f"{reverse('admin:casework_case_changelist')}?kind=breach",
            **(extra_context or {}),
        }
        return BaseAdmin.changelist_view(self, request, context)  # type: ignore[arg-type]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        text = search_term.replace("\x00", "").strip()[:100]
        if not text:
            return queryset, False
        found = Q(case__number__startswith=text.upper()) | Q(commitment__code__startswith=text)
        subjects = search_subjects(Subject.objects.all(), text)
        if subjects.query.where:  # otherwise the text holds nothing to look for
            found |= Q(case__subject__in=subjects.values("pk"))
        return queryset.filter(found), False

    # --- columns ------------------------------------------------------------------------------------------------

    @display(description="编号")
    def number(self: Any, one: Breach) -> str:
        url = reverse(self._name("change"), args=[one.pk])
        return format_html('<a class="bo-link cr-nowrap" href="{}">{}</a>', url, one.case.number)

    @display(description="主体")
    def promisor(self, one: Breach) -> str:
        return one.case.subject.listed_name

    @display(description="承诺编码")
    def commitment_code(self, one: Breach) -> str:
        return format_html('<span class="cr-code">{}</span>', one.commitment.code)

    @display(description="违诺类型")
    def kind_label(self, one: Breach) -> str:
        return str(one.get_kind_display())

    @display(description="受理单位")
    def department_label(self, one: Breach) -> str:
        return one.commitment.department.short_name or one.commitment.department.name

    @display(description="程度")
    def degree_chip(self, one: Breach) -> str:
        if not one.degree:
            return "—"
        return chip(one.get_degree_display(), SEVERITY_TONES[Record.Severity(one.degree)])

    @display(description="结论")
    def outcome_chip(self, one: Breach) -> str:
        return chip(*outcome_in_words(one))

    @display(description="决定日期")
    def decided(self, one: Breach) -> str:
        return format_html('<span class="cr-nowrap">{}</span>', one.decided_on or "—")

    @display(description="阶段")
    def stage(self, one: Breach) -> str:
        return chip(one.case.get_state_display(), TONES[S(one.case.state)])
