"""答复协查: a department answers every point that it was asked about, with its evidence."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.clock import today
from audit.faults import Refused
from casework.admin.common_steps import request_to_answer
from casework.admin.step_fields import Files, mark
from casework.models import Evidence, Request
from casework.rules.file_types import ACCEPTED
from casework.selectors.evidence import evidence_of
from casework.services import evidence as evidence_service
from objections.models import Point
from objections.services.handling import PointAnswer, answer

from .point_cards import Card, cards, visible_points


class AnswerForm(forms.Form):
    """What is found about one point."""

    finding = forms.ChoiceField(
        label="核实结果",
        choices=Point.Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择核实结果。"},
    )
    text = forms.CharField(
        label="核实情况和依据",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明核实情况和依据。"},
    )
    value = forms.CharField(label="核实后的值", max_length=4000, required=False)
    files = Files(
        label="证据材料(可选多个)",
        required=False,
        help_text="例如更正决定、原决定书扫描件。",
        accept=",".join(ACCEPTED),
    )

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"p{card.point.number}", **kwargs)
        self.card = card
        if card.point.field_code:
            self.fields["value"].help_text = f"属实或者部分属实的，写明“{card.point.field_title}”应当是什么。"
        else:
            del self.fields["value"]
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        true = given.get("finding") in (Point.Finding.TRUE, Point.Finding.PARTLY_TRUE)
        if true and "value" in self.fields and not given.get("value"):
            self.add_error("value", f"属实的，请写明“{self.card.point.field_title}”核实后的值。")
        return given

    @property
    def answer(self) -> PointAnswer:
        given = self.cleaned_data
        return PointAnswer(Point.Finding(given["finding"]), given["text"], given.get("value", ""))


class AnswerPages:
    """The part of the objection's admin on which a department answers."""

    def answer_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "answer")
        asked = request_to_answer(request, obj.case)
        if asked is None:
            why = why or "本单位的协查函已经答复。"
        if why:
            return self.turned_back(request, obj, why)
        case, user = obj.case, request.user
        points = [p for p in visible_points(obj, user) if p.request_id == asked.pk]
        evidence = evidence_of(case, user=user)
        shown = cards(points, user=user, requests=[asked], evidence=evidence, decision=None)
        sent = request.method == "POST"
        made = [AnswerForm(card, request.POST, request.FILES) if sent else AnswerForm(card) for card in shown]
        refused = ""
        if sent and all([form.is_valid() for form in made]):  # noqa: C419
            try:
                self._give(obj, asked, made, request)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, f"已答复协查：{case}，共{len(made)}个异议点。")
        wrong = sent and (bool(refused) or any(form.errors for form in made))
        context = {
            **self.form_page(request, obj, "答复协查"),
            "asked": asked,
            "late": asked.due_on < today(),
            "forms": made,
            "evidences": [one for one in evidence if one.point_number is None],
            "summary": request.POST.get("summary", ""),
            "refused": refused,
            "wrong": wrong,
        }
        return TemplateResponse(request, "objections/answer.html", context, status=422 if wrong else 200)

    def _give(self, obj: Any, asked: Request, made: list[AnswerForm], request: HttpRequest) -> None:
        """Evidence and answer together, or neither."""
        with transaction.atomic():
            for form in made:
                for file in form.cleaned_data["files"]:
                    try:
                        evidence_service.add(
                            obj.case,
                            file,
                            actor=request.user,
                            kind=Evidence.Kind.ANSWER,
                            department=asked.department,
                            point_number=form.card.point.number,
                            request=asked,
                        )
                    except Refused as refusal:
                        form.add_error("files", f"“{file.name}”：{refusal.message}")
                        raise Refused(
                            refusal.code, f"第{form.card.point.number}点的材料没有收下，答复没有提交。"
                        ) from refusal
            answers = {form.card.point.number: form.answer for form in made}
            text = request.POST.get("summary", "")[:4000]
            answer(obj, actor=request.user, request=asked, answers=answers, text=text)
