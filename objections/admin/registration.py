"""登记异议: find the subject, choose its records, write down the points. Every step works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.grants.policies import by_rule_alone
from accounts.policy import policy_for
from audit.faults import Refused
from casework.admin import registration
from casework.admin.receipt_form import receipt_initial, take_in
from casework.models import Evidence
from credit_records.models import Record, Subject
from objections.models import Objection, Point
from objections.services import registering

from .registration_forms import MatterForm, PointForm, PointForms

STATES = registering.OPEN_TO_OBJECTION


def records_open_to_objection(user: Any, subject: Subject) -> QuerySet[Record]:
    """Records of the subject that the user sees and that are, or once were, in force."""
    return (
        policy_for(Record)
        .scope(by_rule_alone(user))
        .filter(subject=subject, state__in=STATES)
        .select_related("item", "department")
        .order_by("-decision_date", "-id")
    )


def register_address(*, record: Any = None, subject: Any = None) -> str:
    """The page, filled in with a record or a subject."""
    return registration.register_address("admin:objections_objection_add", record=record, subject=subject)


class RegistrationPages:
    """The part of the objection's admin that takes objections in."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        registration.require_may_register(request.user)
        subject, chosen = self._asked_for(request)
        if subject is None:
            return self._choose_subject(request)
        if not chosen:
            return self._choose_records(request, subject)
        return self._register(request, subject, chosen)

    # --- step 1 and 2 -------------------------------------------------------------------------------------------

    def _asked_for(self, request: HttpRequest) -> tuple[Subject | None, list[Record]]:
        """Subject and records that the address names; 404 for what is not in sight."""
        seen = policy_for(Record).scope(by_rule_alone(request.user)).filter(state__in=STATES)
        listed = seen.select_related("subject", "item", "department").order_by("-decision_date", "-id")
        return registration.asked_for(request, listed, nothing="没有找到可以提出异议的记录。")

    def _choose_subject(self, request: HttpRequest) -> HttpResponse:
        context = {**self._frame(request), **registration.found_subjects(request)}
        return TemplateResponse(request, "objections/register_subject.html", context)

    def _choose_records(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        context = {
            **self._frame(request),
            "subject": subject,
            "records": list(records_open_to_objection(request.user, subject)[: registration.MOST_RECORDS]),
            "nothing_chosen": "chosen" in request.GET,
        }
        return TemplateResponse(request, "objections/register_records.html", context)

    def _frame(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "登记异议",
            "list_url": self.list_url(request),
        }

    # --- step 3 -------------------------------------------------------------------------------------------------

    def _register(self, request: HttpRequest, subject: Subject, chosen: Sequence[Record]) -> HttpResponse:
        others = list(records_open_to_objection(request.user, subject)[: registration.MOST_RECORDS])
        sent = request.method == "POST"
        matter = (
            MatterForm(request.POST, request.FILES) if sent else MatterForm(initial=receipt_initial(subject))
        )
        points = PointForms(chosen, others, request.POST if sent else None, request.FILES if sent else None)
        refused = ""
        if sent and request.POST.get("do") == "more":
            points.add_blank()
            matter.show_only()
            points.show_only()
        elif sent and all([matter.is_valid(), points.is_valid()]):
            try:
                objection = self._receive(request, subject, matter, points)
            except Refused as refusal:
                refused = refusal.message
            else:
                url = reverse(self._name("change"), args=[objection.pk])
                return registration.registered(self, request, objection.case, url)
        wrong = sent and request.POST.get("do") != "more"
        context = {
            **self._frame(request),
            "subject": subject,
            "chosen": chosen,
            "matter": matter,
            "points": points,
            "refused": refused,
            "wrong": wrong,
            "most": registering.MOST_POINTS,
            "back": register_address(subject=subject.pk),
        }
        return TemplateResponse(request, "objections/register.html", context, status=422 if wrong else 200)

    def _receive(
        self, request: HttpRequest, subject: Subject, matter: MatterForm, points: PointForms
    ) -> Objection:
        """The objection with its files, or nothing of both."""
        with transaction.atomic():
            objection = registering.receive(subject, points.claims, actor=request.user, **matter.answers())
            for form, number in points.numbered():
                take_in(
                    objection.case, form, "files", request.user, kind=Evidence.Kind.PROOF, point_number=number
                )
            take_in(objection.case, matter, "application", request.user, kind=Evidence.Kind.APPLICATION)
            take_in(objection.case, matter, "identity", request.user, kind=Evidence.Kind.IDENTITY)
        return objection

    # --- 补充异议点 -----------------------------------------------------------------------------------------------

    def add_point_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "add_point")
        if why:
            return self.turned_back(request, obj, why)
        subject = obj.case.subject
        others = list(records_open_to_objection(request.user, subject)[: registration.MOST_RECORDS])
        named = request.GET.get("record", "")
        chosen = [record for record in others if str(record.pk) == named]
        sent = request.method == "POST" and bool(chosen)
        form = None
        refused = ""
        if chosen:
            form = PointForm(chosen, others, request.POST if sent else None, request.FILES if sent else None)
        if sent and form is not None and form.is_valid():
            try:
                point = self._add_point(request, obj, form)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, f"已补充异议点：{point}。")
        wrong = sent and (bool(refused) or bool(form and form.errors))
        context = {
            **self.form_page(request, obj, "补充异议点"),
            "form": form,
            "records": others,
            "refused": refused,
            "wrong": wrong,
        }
        return TemplateResponse(request, "objections/add_point.html", context, status=422 if wrong else 200)

    @staticmethod
    def _add_point(request: HttpRequest, obj: Any, form: PointForm) -> Point:
        with transaction.atomic():
            point = registering.add_point(obj, form.claim, actor=request.user)
            take_in(
                obj.case, form, "files", request.user, kind=Evidence.Kind.PROOF, point_number=point.number
            )
        return point
