"""确认履行情况: a department says of every record whether and when the duties of its decision were done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest

from audit.clock import today
from backoffice.fields import day_field
from casework.admin import answering
from casework.models import Evidence, Request
from repair.models import Item
from repair.services.handling import ItemAnswer, answer

from .item_cards import Card, cards, visible_items


class AnswerForm(answering.AnswerForm):
    """What is found about one record."""

    fulfilled_on = day_field(
        "履行完毕日期", required=False, help_text="已履行完毕的必填：缴清罚款、完成整改的那一天。"
    )

    findings = Item.Finding.choices
    files_help = "例如缴款回执、整改验收记录。"
    letter = "i"

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"fulfilled_on": card.item.claimed_fulfilled_on})
        super().__init__(card, card.item.number, *args, **kwargs)

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


class AnswerPages(answering.AnswerPages):
    """The part of the application's admin on which a department answers."""

    answer_title = "确认履行情况"
    answer_template = "repair/answer.html"
    point_unit = "项"

    def answer_forms(
        self, request: HttpRequest, obj: Any, asked: Request, evidence: Sequence[Evidence]
    ) -> list[AnswerForm]:
        user = request.user
        items = [item for item in visible_items(obj, user) if item.request_id == asked.pk]
        shown = cards(items, user=user, on=today(), requests=[asked], evidence=evidence)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        return [AnswerForm(card, *sent) for card in shown]

    def give_answers(self, obj: Any, **given: Any) -> None:
        answer(obj, **given)

    def answered(self, case: Any, count: int) -> str:
        return f"已确认履行情况：{case}，共{count}条记录。"
