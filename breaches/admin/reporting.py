"""登记违诺: from a commitment, with the report on performance that says what was not kept."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Role
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.faults import Refused
from breaches.models import Breach
from breaches.services import registering
from casework.models import Case, Evidence
from casework.policies import may_register
from casework.selectors.pages import page_of
from casework.services import evidence as evidence_service
from commitments.models import Commitment, Performance
from commitments.selectors.pages import promisor_label, with_standing
from credit_records.models import Subject
from credit_records.selectors.search import search_subjects

from .report_form import ReportForm, report_rows

_FOUND = 20
BROKEN = (Performance.Status.PART, Performance.Status.NONE)


def register_address(commitment: int | None = None) -> str:
    """The page, filled in with a commitment."""
    url = reverse("admin:breaches_breach_add")
    return f"{url}?{urlencode({'commitment': commitment})}" if commitment is not None else url


def open_to_reports(user: Any) -> QuerySet[Commitment]:
    """Commitments that the user may report as broken: an officer those of the office's area, a clerk the own department's."""
    seen = policy_for(Commitment).scope(user, "read_file").filter(state=Commitment.State.VALID)
    own = _reported_by(user)
    return seen.filter(department__in=own) if own else seen.none()


def may_report(user: Any, commitment: Commitment) -> bool:
    """The same of one commitment that the reader sees, without a query."""
    return commitment.is_valid and commitment.department_id in _reported_by(user)


def _reported_by(user: Any) -> frozenset[int]:
    return user.departments_as(Role.CLERK) | user.area_as(Role.OFFICER)


def standing_reports(user: Any, commitment: Commitment) -> list[Performance]:
    """The reports that were not withdrawn, the last first (one query)."""
    seen = policy_for(Performance).scope(user).filter(commitment=commitment, withdrawn_at=None)
    return list(seen.select_related("department").order_by("-number"))


def _made_of_it() -> QuerySet[Breach]:
    """Of an outer commitment: a case that is open, or one that has found it broken by the report that still is the last."""
    later = Performance.objects.filter(
        commitment=OuterRef("commitment"), withdrawn_at=None, number__gt=OuterRef("performance__number")
    )
    by_the_last = ~Q(degree="") & Q(performance__isnull=False) & ~Exists(later)
    return Breach.objects.filter(Q(pending=True) | by_the_last, commitment=OuterRef("pk"))


class ReportPages:
    """The part of the breach's admin that takes a report in."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not may_register(request.user):
            raise NotAllowed("只有受理单位的录入员和经办人可以登记违诺。")
        commitment = self._commitment(request)
        if commitment is None:
            return self._choose(request)
        return self._report(request, commitment)

    @staticmethod
    def _commitment(request: HttpRequest) -> Commitment | None:
        """The one that the address names; 404 for what the user may not report."""
        named = request.GET.get("commitment", "")
        if not named:
            return None
        found = None
        if named.isascii() and named.isdecimal() and len(named) < 19:
            rows = open_to_reports(request.user).filter(pk=int(named))
            found = rows.select_related("subject", "department", "matter").first()
        if found is None:
            raise NotVisible("没有找到可以登记违诺的承诺。")
        return found

    def _frame(self: Any, request: HttpRequest, at: int) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": Case._meta,
            "title": "登记违诺",
            "at": at,
            "list_url": self.list_url(request),
        }

    # --- step 1 -------------------------------------------------------------------------------------------------

    def _choose(self, request: HttpRequest) -> HttpResponse:
        """Found by code or promisor; without a search those reported as broken of which nothing has been made yet."""
        text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
        rows = with_standing(open_to_reports(request.user)).select_related("subject", "department")
        if text:
            subjects = search_subjects(Subject.objects.all(), text).values("pk")
            rows = rows.filter(Q(code__startswith=text) | Q(subject__in=subjects))
        else:
            rows = rows.filter(~Exists(_made_of_it()), last_status__in=BROKEN)
        found = list(rows.order_by("-made_on", "-pk")[: _FOUND + 1])
        statuses = dict(Performance.Status.choices)
        context = {
            **self._frame(request, 1),
            "q": text,
            "found": [
                (
                    one,
                    promisor_label(one),
                    statuses.get(one.last_status or "", "尚未报告"),
                    register_address(one.pk),
                )
                for one in found[:_FOUND]
            ],
            "more": len(found) > _FOUND,
        }
        return TemplateResponse(request, "breaches/register_commitment.html", context)

    # --- step 2 -------------------------------------------------------------------------------------------------

    def _report(self: Any, request: HttpRequest, commitment: Commitment) -> HttpResponse:
        reports = standing_reports(request.user, commitment)
        sent = request.method == "POST"
        form = ReportForm(reports, request.POST if sent else None, request.FILES if sent else None)
        refused = ""
        if sent and form.is_valid():
            try:
                breach = self._take_in(request, commitment, form)
            except Refused as refusal:
                refused = refusal.message
            else:
                text = f"已登记：{breach.case}，应于{breach.case.accept_due_on}前决定是否立案。"
                self.message_user(request, text, messages.SUCCESS)
                return HttpResponseRedirect(reverse(self._name("change"), args=[breach.pk]))
        known = policy_for(Breach).scope(request.user).filter(commitment=commitment, pending=True)
        open_case = known.select_related("case").first()
        context = {
            **self._frame(request, 2),
            "commitment": commitment,
            "promisor": commitment.subject_name,
            "commitment_url": reverse("admin:commitments_commitment_change", args=[commitment.pk]),
            "reports": reports,
            "rows": report_rows(form, reports),
            "form": form,
            "refused": refused,
            "wrong": sent,
            "open_case": (open_case.case.number, page_of(open_case.case)) if open_case is not None else None,
            "back": register_address(),
        }
        return TemplateResponse(request, "breaches/register.html", context, status=422 if sent else 200)

    @staticmethod
    def _take_in(request: HttpRequest, commitment: Commitment, form: ReportForm) -> Breach:
        """The case with its evidence, or nothing of both."""
        with transaction.atomic():
            breach = registering.report(commitment, actor=request.user, **form.answers())
            for file in form.cleaned_data["files"]:
                try:
                    evidence_service.add(breach.case, file, actor=request.user, kind=Evidence.Kind.PROOF)
                except Refused as refusal:
                    form.add_error("files", f"“{file.name}”：{refusal.message}")
                    raise Refused(
                        refusal.code, f"“{file.name}”没有收下，案件没有登记：{refusal.message}"
                    ) from refusal
        return breach
