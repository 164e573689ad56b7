"""答复协查: a department says of every point whether it is true, and what the value should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from casework.admin import answering
from casework.models import Evidence, Request
from objections.models import Point
from objections.services.handling import PointAnswer, answer

from .point_cards import Card, cards, visible_points


class AnswerForm(answering.AnswerForm):
    """What is found about one point."""

    value = forms.CharField(label="核实后的值", max_length=4000, required=False)

    findings = Point.Finding.choices
    files_help = "例如更正决定、原决定书扫描件。"

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(card, card.point.number, *args, **kwargs)
        if card.point.field_code:
            self.fields["value"].help_text = f"属实或者部分属实的，写明“{card.point.field_title}”应当是什么。"
        else:
            del self.fields["value"]

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


class AnswerPages(answering.AnswerPages):
    """The part of the objection's admin on which a department answers."""

    answer_template = "objections/answer.html"

    def answer_forms(
        self, request: HttpRequest, obj: Any, asked: Request, evidence: Sequence[Evidence]
    ) -> list[AnswerForm]:
        user = request.user
        points = [p for p in visible_points(obj, user) if p.request_id == asked.pk]
        shown = cards(points, user=user, requests=[asked], evidence=evidence, decision=None)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        return [AnswerForm(card, *sent) for card in shown]

    def give_answers(self, obj: Any, **given: Any) -> None:
        answer(obj, **given)

    def answered(self, case: Any, count: int) -> str:
        return f"已答复协查：{case}，共{count}个异议点。"
