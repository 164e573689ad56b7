"""答复协查: a department answers every point that it was asked about, with its evidence; all of it is kept, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.clock import today
from audit.faults import Refused
from casework.models import Evidence, Request
from casework.rules.file_types import ACCEPTED
from casework.selectors.evidence import evidence_of
from casework.services import evidence as evidence_service

from .common_steps import request_to_answer
from .step_fields import Files, mark


class AnswerForm(forms.Form):
    """What is found about one point; a kind adds its findings and further fields, and gives its `answer`."""

    finding = forms.ChoiceField(
        label="核实结果", widget=forms.RadioSelect, error_messages={"required": "请选择核实结果。"}
    )
    text = forms.CharField(
        label="核实情况和依据",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明核实情况和依据。"},
    )
    files = Files(label="证据材料(可选多个)", required=False, accept=",".join(ACCEPTED))

    findings: Sequence[tuple[str, Any]] = ()
    files_help = ""
    letter = "p"
    """Before the number of the point in the names of its fields."""

    def __init__(self, card: Any, number: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"{self.letter}{number}", **kwargs)
        self.card, self.number = card, number
        self.fields["finding"].choices = self.findings
        self.fields["files"].help_text = self.files_help
        mark(self)

    @property
    def answer(self) -> Any:
        """What the kind's service takes for one point."""
        raise NotImplementedError


class AnswerPages:
    """The part of a kind's page on which a department answers; the kind says the rest."""

    answer_title = "答复协查"
    answer_template: str
    point_unit = "点"
    """What a point is counted in."""

    def answer_forms(
        self, request: HttpRequest, obj: Any, asked: Request, evidence: Sequence[Evidence]
    ) -> list[AnswerForm]:
        """One form for each point that the request asks about: with what was sent, or as it opens."""
        raise NotImplementedError

    def give_answers(self, obj: Any, **given: Any) -> None:
        """The kind's service: `actor`, `request`, `answers` by the point's number, `text`."""
        raise NotImplementedError

    def answered(self, case: Any, count: int) -> str:
        """What is said when it is done."""
        raise NotImplementedError

    def answer_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "answer")
        asked = request_to_answer(request, obj.case)
        if asked is None:
            why = why or "本单位的协查函已经答复。"
        if why:
            return self.turned_back(request, obj, why)
        evidence = evidence_of(obj.case, user=request.user)
        made = self.answer_forms(request, obj, asked, evidence)
        sent, refused = request.method == "POST", ""
        if sent and all([form.is_valid() for form in made]):  # noqa: C419
            try:
                self._answer(request, obj, asked, made)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, self.answered(obj.case, len(made)))
        context = {
            **self.form_page(request, obj, self.answer_title),
            "asked": asked,
            "late": asked.due_on < today(),
            "forms": made,
            "evidences": [one for one in evidence if one.point_number is None],
            "summary": request.POST.get("summary", ""),
            "refused": refused,
            "wrong": sent,
        }
        return TemplateResponse(request, self.answer_template, context, status=422 if sent else 200)

    def _answer(self, request: HttpRequest, obj: Any, asked: Request, made: Sequence[AnswerForm]) -> None:
        with transaction.atomic():
            for form in made:
                self._take_evidence(request, obj, asked, form)
            answers = {form.number: form.answer for form in made}
            text = request.POST.get("summary", "")[:4000]
            self.give_answers(obj, actor=request.user, request=asked, answers=answers, text=text)

    def _take_evidence(self, request: HttpRequest, obj: Any, asked: Request, form: AnswerForm) -> None:
        for file in form.cleaned_data["files"]:
            try:
                evidence_service.add(
                    obj.case, file, actor=request.user, kind=Evidence.Kind.ANSWER,
                    department=asked.department, point_number=form.number, request=asked,
                )  # fmt: skip
            except Refused as refusal:
                form.add_error("files", f"“{file.name}”：{refusal.message}")
                said = f"第{form.number}{self.point_unit}的材料没有收下，答复没有提交。"
                raise Refused(refusal.code, said) from refusal
