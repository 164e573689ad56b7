"""确认履行情况: a department says of every record whether and when the duties of its decision were done."""

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
from repair.models import Item
from repair.services.handling import ItemAnswer, answer

from .item_cards import Card, cards, visible_items
from .registration_forms import day_field


class AnswerForm(forms.Form):
    """What is found about one record."""

    finding = forms.ChoiceField(
        label="核实结果",
        choices=Item.Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择核实结果。"},
    )
    fulfilled_on = day_field("履行完毕日期", help_text="已履行完毕的必填：缴清罚款、完成整改的那一天。")
    text = forms.CharField(
        label="核实情况和依据",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明核实情况和依据。"},
    )
    files = Files(
        label="证据材料(可选多个)",
        required=False,
        help_text="例如缴款回执、整改验收记录。",
        accept=",".join(ACCEPTED),
    )

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"fulfilled_on": card.item.claimed_fulfilled_on})
        super().__init__(*args, prefix=f"i{card.item.number}", **kwargs)
        self.card = card
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        done = given.get("finding") == Item.Finding.FULFILLED
        if done and not given.get("fulfilled_on") and "fulfilled_on" not in self.errors:
            self.add_error("fulfilled_on", "已履行完毕的，请填写履行完毕日期。")
        return given

    @property
    def answer(self) -> ItemAnswer:
        given = self.cleaned_data
        done = given["finding"] == Item.Finding.FULFILLED
        return ItemAnswer(given["finding"], given["text"], given["fulfilled_on"] if done else None)


class AnswerPages:
    """The part of the application's admin on which a department answers."""

    def answer_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "answer")
        asked = request_to_answer(request, obj.case)
        if asked is None:
            why = why or "本单位的协查函已经答复。"
        if why:
            return self.turned_back(request, obj, why)
        case, user, day = obj.case, request.user, today()
        items = [item for item in visible_items(obj, user) if item.request_id == asked.pk]
        evidence = evidence_of(case, user=user)
        shown = cards(items, user=user, on=day, requests=[asked], evidence=evidence)
        sent = request.method == "POST"
        made = [AnswerForm(card, request.POST, request.FILES) if sent else AnswerForm(card) for card in shown]
        refused = ""
        if sent and all([form.is_valid() for form in made]):  # noqa: C419
            try:
                self._give(obj, asked, made, request)
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, f"已确认履行情况：{case}，共{len(made)}条记录。")
        context = {
            **self.form_page(request, obj, "确认履行情况"),
            "asked": asked,
            "late": asked.due_on < day,
            "forms": made,
            "evidences": [one for one in evidence if one.point_number is None],
            "summary": request.POST.get("summary", ""),
            "refused": refused,
            "wrong": sent,
        }
        return TemplateResponse(request, "repair/answer.html", context, status=422 if sent else 200)

    def _give(self, obj: Any, asked: Request, made: list[AnswerForm], request: HttpRequest) -> None:
        """Evidence and answer together, or neither."""
        with transaction.atomic():
            for form in made:
                self._take_evidence(obj, asked, form, request)
            answers = {form.card.item.number: form.answer for form in made}
            text = request.POST.get("summary", "")[:4000]
            answer(obj, actor=request.user, request=asked, answers=answers, text=text)

    @staticmethod
    def _take_evidence(obj: Any, asked: Request, form: AnswerForm, request: HttpRequest) -> None:
        number = form.card.item.number
        for file in form.cleaned_data["files"]:
            try:
                evidence_service.add(
                    obj.case, file, actor=request.user, kind=Evidence.Kind.ANSWER,
                    department=asked.department, point_number=number, request=asked,
                )  # fmt: skip
            except Refused as refusal:
                form.add_error("files", f"“{file.name}”：{refusal.message}")
                raise Refused(refusal.code, f"第{number}项的材料没有收下，答复没有提交。") from refusal
