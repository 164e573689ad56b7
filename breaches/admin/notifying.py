"""事先告知: the degree by the rule, measures of the list as ticks, the letter to read before it is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.clock import today
from audit.faults import Refused
from backoffice.fields import long_text
from breaches.models import Breach, Measure
from breaches.rules.degrees import graver
from breaches.selectors.measures import measures_for
from breaches.services import hearing
from casework.admin.step_fields import mark
from casework.letters.sheet import Sheet
from casework.selectors.letters import sheet_of
from credit_records.models import Record

from .looks import SEVERITIES
from .matter_views import suggestion
from .measure_ticks import MeasuresField, ticks_of

_NOT_YET = "（出具时编号）"


class NoticeForm(forms.Form):
    """What the subject is told."""

    degree = forms.ChoiceField(
        label="拟认定的程度",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择拟认定的程度。", "invalid_choice": "不能重于规则建议的程度。"},
    )
    measures = MeasuresField(label="拟采取的措施")
    reason = long_text("拟认定的理由", rows=6, help_text="写入事先告知书：查明的事实、依据和程度的理由。")

    def __init__(
        self, degrees: Sequence[str], allowed: dict[int, list[str]], measures: Sequence[Measure], *args: Any,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.allowed = allowed
        self.fields["degree"].choices = [(one, SEVERITIES[one]) for one in degrees]
        self.fields["measures"].offer(measures)
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        degree = given.get("degree")
        for measure in given.get("measures") or ():
            if degree and degree not in self.allowed[measure.pk]:
                told = f"“{measure.title}”不适用于程度“{SEVERITIES[degree]}”的违诺，请取消勾选。"
                self.add_error("measures", told)
        return given


class NoticePages:
    """The part of the breach's admin that tells the subject before it counts."""

    def notify_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "notify")
        day = today()
        suggested = suggestion(obj, on=day)
        if why or suggested.degree is None:
            return self.turned_back(request, obj, why or suggested.refused)
        form = _form(request, obj, suggested.degree.severity)
        sent, refused = request.method == "POST", ""
        sheet: Sheet | None = None
        if sent and form.is_valid():
            try:
                if request.POST.get("do") != "notify":
                    sheet = _letter_to_read(obj, request.user, form.cleaned_data)
                else:
                    notice = hearing.notify(obj, actor=request.user, **form.cleaned_data)
                    said = f"已出具事先告知书{notice.letter.number}：{obj.case}。请送达后登记送达，期限从送达起算。"
                    return self.finished(request, obj, said)
            except Refused as refusal:
                refused = refusal.message
                obj, why = self.for_step(request, object_id, "notify")
                if why:
                    return self.turned_back(request, obj, refused)
        wrong = sent and sheet is None
        context = {
            **self.form_page(request, obj, "事先告知"),
            "suggestion": suggested,
            "breach": obj,
            "form": form,
            "ticks": ticks_of(form["measures"], form.allowed),
            "sheet": sheet,
            "refused": refused,
            "wrong": wrong,
        }
        return TemplateResponse(request, "breaches/notify.html", context, status=422 if wrong else 200)


def _form(request: HttpRequest, breach: Breach, most: str) -> NoticeForm:
    """Degrees not graver than the rule says, the measures that the list allows for them.

    What the last notice of the round said is filled in; no measure is ticked that the officer has not chosen once.
    """
    degrees = [one for one in Record.Severity.values if not graver(one, most)]
    allowed: dict[int, list[str]] = {}
    listed: dict[int, Measure] = {}
    for degree in degrees:
        for measure in measures_for(degree, breach.commitment.kind, on=today()):
            listed[measure.pk] = measure
            allowed.setdefault(measure.pk, []).append(degree)
    before = breach.notices.filter(request__round=breach.case.round).order_by("-number").first()
    initial: dict[str, Any] = {"degree": most, "reason": breach.facts}
    if before is not None:
        kept = {one["key"] for one in before.measures}
        initial = {
            "degree": before.degree if before.degree in degrees else most,
            "reason": before.reasons,
            "measures": [str(pk) for pk, one in listed.items() if one.key in kept],
        }
    posted = request.POST if request.method == "POST" else None
    ordered = sorted(listed.values(), key=lambda one: one.key)
    return NoticeForm(degrees, allowed, ordered, posted, initial=initial)


class _OnlyLooked(Exception):
    """Takes back everything that was done to see the letter."""


def _letter_to_read(breach: Breach, user: Any, answers: dict[str, Any]) -> Sheet:
    """The very letter that would go out now, made by the step itself and taken back whole: no number is used up."""
    try:
        with transaction.atomic():
            notice = hearing.notify(
                Breach.objects.select_related("case__subject", "commitment").get(pk=breach.pk),
                actor=user,
                **answers,
            )
            sheet = replace(sheet_of(notice.letter), number=_NOT_YET)
            raise _OnlyLooked
    except _OnlyLooked:
        return sheet
