"""After the decision: 查明虚假材料, 结束屏蔽, 解除限制. Each asks for a reason and says before what will follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.clock import today
from audit.faults import Refused
from casework.admin.step_fields import mark
from repair.models import Bar, Shielding
from repair.services import revoking
from repair.services.effects import IN_QUESTION

from .item_cards import cards, visible_items


class ReasonForm(forms.Form):
    """Why; the label says of what."""

    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, label: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].error_messages["required"] = f"请写明{label}。"
        mark(self)


class RevokingPages:
    """The part of the application's admin that takes back what was granted."""

    def false_material_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A repaired case is taken up again because its material was false."""
        obj, why = self.for_step(request, object_id, "report_false_material")
        if why:
            return self.turned_back(request, obj, why)
        day = today()
        shown = [
            card
            for card in cards(visible_items(obj, request.user), user=request.user, on=day)
            if card.item.outcome in IN_QUESTION and card.item.record.repaired_by
        ]
        return self._with_reason(
            request,
            obj,
            "查明的事实",
            lambda reason: revoking.report_false_material(obj, actor=request.user, reason=reason),
            f"已转入撤销程序：{obj.case}，请经办人拟办。",
            "repair/false_material.html",
            {**self.form_page(request, obj, "查明虚假材料"), "cards": shown},
        )

    def end_shielding_view(self, request: HttpRequest, object_id: int, pk: int) -> HttpResponse:
        """The court's order has come to its end: the record is shown again as far as its period still runs."""
        obj = self.fetch(request, str(object_id))
        found = policy_for(Shielding).scope(request.user).filter(pk=pk, item__application=obj)
        shielding = found.select_related("record", "item").first()
        if shielding is None:
            raise NotVisible("没有找到这条数据。")
        policy_for(Shielding).require(request.user, "end", shielding)
        if shielding.ended_on is not None:
            return self.turned_back(request, obj, f"屏蔽已于{shielding.ended_on}结束。")
        return self._with_reason(
            request,
            obj,
            "结束理由",
            lambda reason: revoking.end_shielding(shielding, actor=request.user, reason=reason),
            f"已结束屏蔽：{shielding.record.document_number}。",
            "repair/end_shielding.html",
            {**self.form_page(request, obj, "结束屏蔽"), "shielding": shielding},
        )

    def lift_bar_view(self, request: HttpRequest, object_id: int, pk: int) -> HttpResponse:
        """The restriction on new applications is taken off before its time."""
        obj = self.fetch(request, str(object_id))
        bar = (
            policy_for(Bar)
            .scope(request.user)
            .filter(pk=pk, application=obj)
            .select_related("subject")
            .first()
        )
        if bar is None:
            raise NotVisible("没有找到这条数据。")
        if not policy_for(Bar).allows(request.user, "lift", bar):
            raise NotAllowed("只有审批人可以解除申请限制。")
        if bar.lifted_at is not None:
            return self.turned_back(request, obj, "限制已经解除。")
        return self._with_reason(
            request,
            obj,
            "解除理由",
            lambda reason: revoking.lift_bar(bar, actor=request.user, reason=reason),
            f"已解除申请限制：{bar.subject}。",
            "repair/lift_bar.html",
            {**self.form_page(request, obj, "解除限制"), "bar": bar},
        )

    def _with_reason(
        self,
        request: HttpRequest,
        obj: Any,
        label: str,
        carry_out: Callable[[str], Any],
        done: str,
        template: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        sent = request.method == "POST"
        form = ReasonForm(label, request.POST if sent else None)
        refused = ""
        if sent and form.is_valid():
            try:
                carry_out(form.cleaned_data["reason"])
            except Refused as refusal:
                refused = refusal.message
            else:
                return self.finished(request, obj, done)
        context |= {"form": form, "refused": refused, "wrong": sent}
        return TemplateResponse(request, template, context, status=422 if sent else 200)
