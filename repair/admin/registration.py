"""登记修复申请: find the subject, tick its records with the verdict beside each, write down the application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.grants.policies import by_rule_alone
from accounts.policy import policy_for
from audit.clock import today
from audit.faults import Refused
from casework.admin import registration
from casework.admin.receipt_form import receipt_initial, take_in
from casework.models import Case, Evidence
from credit_records.models import Record, Subject
from repair.models import Application, Item
from repair.rules.eligibility import REPAIRABLE_KINDS
from repair.selectors.eligibility import eligibilities
from repair.services import registering
from repair.services.registering import MOST_ITEMS, REPAIRABLE, Claim

from .registration_forms import FulfilledOn, RepairForm
from .verdicts import Line, Standing, lines_of, standing

_LISTED = (*REPAIRABLE, Record.State.ENDED, Record.State.REPAIRED)
_FILES = (
    ("application", Evidence.Kind.APPLICATION),
    ("proof", Evidence.Kind.PROOF),
    ("identity", Evidence.Kind.IDENTITY),
)


def repairable_records_of(user: Any, subject: Subject) -> QuerySet[Record]:
    """The subject's penalties and breaches that the user sees and that are, or once were, in force."""
    return (
        policy_for(Record)
        .scope(by_rule_alone(user))
        .filter(subject=subject, state__in=_LISTED, item__kind__in=REPAIRABLE_KINDS)
        .select_related("item", "department")
        .order_by("-decision_date", "-id")
    )


def register_address(*, record: Any = None, subject: Any = None) -> str:
    """The page, filled in with a record or a subject."""
    return registration.register_address("admin:repair_application_add", record=record, subject=subject)


@dataclass
class Choice:
    """One record of the list: the verdict of today, and why it cannot be ticked."""

    record: Record
    standing: Standing
    conditions: Sequence[Line] = ()
    obstacle: str = ""
    chosen: bool = False
    day: Any = None
    """The bound field for the day on which the applicant says to have done its duties."""


def choices_of(records: Sequence[Record]) -> list[Choice]:
    """Every record with its verdict today and the application that has it in hand (three queries)."""
    answers = eligibilities(records, on=today())
    pending = Item.objects.filter(record__in=records, pending=True).order_by()
    taken = dict(pending.values_list("record", "application__case__number"))
    found = []
    for record in records:
        answer = answers[record.pk]
        choice = Choice(record, standing(answer), lines_of(answer.conditions) if answer is not None else ())
        if record.pk in taken:
            choice.obstacle = f"正在{taken[record.pk]}中办理"
        elif record.state not in REPAIRABLE:
            choice.obstacle = f"{record.get_state_display()}，不需要申请"
        found.append(choice)
    return found


class RegistrationPages:
    """The part of the application's admin that takes applications in."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        registration.require_may_register(request.user)
        subject, chosen = self._asked_for(request)
        if subject is None:
            return self._choose_subject(request)
        return self._register(request, subject, chosen)

    def _asked_for(self, request: HttpRequest) -> tuple[Subject | None, set[int]]:
        """Subject and ticked records that the address names; 404 for what is not in sight."""
        seen = (
            policy_for(Record)
            .scope(by_rule_alone(request.user))
            .filter(state__in=_LISTED, item__kind__in=REPAIRABLE_KINDS)
        )
        nothing = "没有找到可以申请修复的记录。"
        subject, records = registration.asked_for(request, seen.select_related("subject"), nothing=nothing)
        return subject, {record.pk for record in records}

    def _choose_subject(self, request: HttpRequest) -> HttpResponse:
        context = {**self._frame(request), **registration.found_subjects(request)}
        return TemplateResponse(request, "repair/register_subject.html", context)

    def _frame(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": Case._meta,
            "title": "登记修复申请",
            "list_url": self.list_url(request),
        }

    def _register(self, request: HttpRequest, subject: Subject, chosen: set[int]) -> HttpResponse:
        sent = request.method == "POST"
        choices = choices_of(list(repairable_records_of(request.user, subject)[: registration.MOST_RECORDS]))
        ticked = set(request.POST.getlist("record")) if sent else {str(pk) for pk in chosen}
        days = FulfilledOn([c.record for c in choices], request.POST if sent else None)
        for choice in choices:
            choice.chosen = str(choice.record.pk) in ticked and not choice.obstacle
            choice.day = days[f"day-{choice.record.pk}"]
        if len(choices) == 1 and not sent and not choices[0].obstacle:
            choices[0].chosen = True
        form = (
            RepairForm(request.POST, request.FILES) if sent else RepairForm(initial=receipt_initial(subject))
        )
        refused = ""
        taken = [choice for choice in choices if choice.chosen]
        if sent and not taken:
            refused = "请至少选择一条申请修复的记录。"
        if sent and all([form.is_valid(), days.is_valid(), not refused]):
            try:
                application = self._receive(request, subject, taken, days, form)
            except Refused as refusal:
                refused = refusal.message
            else:
                url = reverse(self._name("change"), args=[application.pk])
                return registration.registered(self, request, application.case, url)
        context = {
            **self._frame(request),
            "subject": subject,
            "choices": choices,
            "form": form,
            "refused": refused,
            "wrong": sent,
            "most": MOST_ITEMS,
            "again": register_address(),
        }
        return TemplateResponse(request, "repair/register.html", context, status=422 if sent else 200)

    def _receive(
        self, request: HttpRequest, subject: Subject, taken: Sequence[Choice], days: Any, form: RepairForm
    ) -> Application:
        """The application with its files, or nothing of both."""
        claims = [Claim(choice.record, days.cleaned_data.get(f"day-{choice.record.pk}")) for choice in taken]
        with transaction.atomic():
            application = registering.receive(subject, claims, actor=request.user, **form.answers())
            for name, kind in _FILES:
                take_in(application.case, form, name, request.user, kind=kind)
        return application

    # --- 补充修复事项 ---------------------------------------------------------------------------------------------

    def add_item_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One record more, before the application is accepted."""
        obj, why = self.for_step(request, object_id, "add_item")
        if why:
            return self.turned_back(request, obj, why)
        choices = choices_of(
            list(repairable_records_of(request.user, obj.case.subject)[: registration.MOST_RECORDS])
        )
        sent = request.method == "POST"
        days = FulfilledOn([c.record for c in choices], request.POST if sent else None)
        named = request.POST.get("record", "")
        for choice in choices:
            choice.chosen = str(choice.record.pk) == named and not choice.obstacle
            choice.day = days[f"day-{choice.record.pk}"]
        taken = next((choice for choice in choices if choice.chosen), None)
        refused = "" if taken or not sent else "请选择一条记录。"
        if taken is not None and days.is_valid():
            claim = Claim(taken.record, days.cleaned_data.get(f"day-{taken.record.pk}"))
            try:
                item = registering.add_item(obj, claim, actor=request.user)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, f"已补充{item}：{taken.record.document_number}。")
        context = {
            **self.form_page(request, obj, "补充修复事项"),
            "choices": choices,
            "refused": refused,
            "wrong": sent,
        }
        return TemplateResponse(request, "repair/add_item.html", context, status=422 if sent else 200)
