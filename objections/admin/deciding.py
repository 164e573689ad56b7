"""拟办 and 审批: the conclusion on every point is drawn up, read with what it would change, and approved or sent back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from casework.admin.deciding import ApprovalPage, ProposalPage
from casework.admin.step_fields import mark
from casework.models import Decision, Request
from casework.selectors.evidence import evidence_of
from objections.models import Point
from objections.services import deciding
from objections.services.deciding import Ruling, overall

from .point_cards import Card, cards, effects, rulings_of, visible_points

Outcome = Point.Outcome


class RulingForm(forms.Form):
    """What is proposed for one point."""

    outcome = forms.ChoiceField(
        label="处理结论", widget=forms.RadioSelect, error_messages={"required": "请选择处理结论。"}
    )
    value = forms.CharField(label="更正后的值", max_length=4000, required=False)
    reasons = forms.CharField(
        label="理由",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由，结论要经得起复核。"},
    )

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"p{card.point.number}", **kwargs)
        self.card = card
        point = card.point
        left_out = set()
        if not point.field_code:
            left_out.add(Outcome.CORRECTED)
            del self.fields["value"]
        else:
            self.fields["value"].help_text = f"选“支持，更正”时填写：“{point.field_title}”更正为什么。"
        if point.ground != Point.Ground.OMISSION:
            left_out.add(Outcome.REPORTED)
        self.fields["outcome"].choices = [(o.value, o.label) for o in Outcome if o not in left_out]
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("outcome") == Outcome.CORRECTED and not (given.get("value") or "").strip():
            self.add_error("value", "请写明更正后的值。")
        return given

    @property
    def ruling(self) -> Ruling:
        given = self.cleaned_data
        value = given.get("value", "") if given["outcome"] == Outcome.CORRECTED else ""
        return Ruling(given["outcome"], given["reasons"], value)


class DecisionPages(ProposalPage, ApprovalPage):
    """The part of the objection's admin that proposes and decides."""

    propose_template = "objections/propose.html"
    decide_template = "objections/decide.html"

    # --- 拟办 -------------------------------------------------------------------------------------------------

    def ruling_forms(self, request: HttpRequest, obj: Any, earlier: Decision | None) -> list[RulingForm]:
        sent = request.method == "POST"
        return [
            RulingForm(card, request.POST) if sent else RulingForm(card, initial=_initial(card, earlier))
            for card in self._cards(request, obj)
        ]

    def propose(self, obj: Any, made: Sequence[Any], *, actor: Any, reason: str) -> Decision:
        return deciding.propose(obj, actor=actor, rulings=_rulings(made), reason=reason)

    def proposal_context(self, obj: Any, made: Sequence[Any], *, whole: bool) -> dict[str, Any]:
        if not whole:
            return {"preview": (), "conclusion": ""}
        rulings = _rulings(made)
        return {
            "preview": effects([form.card.point for form in made], rulings),
            "conclusion": str(overall([one.outcome for one in rulings.values()]).label),
        }

    def _cards(self, request: HttpRequest, obj: Any, decision: Decision | None = None) -> list[Card]:
        user = request.user
        requests = list(Request.objects.filter(case=obj.case).select_related("department"))
        return cards(
            visible_points(obj, user),
            user=user,
            requests=requests,
            evidence=evidence_of(obj.case, user=user),
            decision=decision,
        )

    # --- 审批 -------------------------------------------------------------------------------------------------

    def approve(self, obj: Any, verb: str, *, actor: Any, digest: str, reason: str) -> str:
        deciding.decide(obj, actor=actor, digest=digest, reason=reason)
        return f"已批准：{obj.case}，决定书已出具，记录已按决定处理。"

    def decision_context(
        self, request: HttpRequest, obj: Any, verb: str, proposal: Decision
    ) -> dict[str, Any]:
        shown = self._cards(request, obj, proposal)
        return {
            "cards": shown,
            "preview": effects([card.point for card in shown], rulings_of(proposal)),
        }


def _rulings(made: Sequence[Any]) -> dict[int, Ruling]:
    return {form.card.point.number: form.ruling for form in made}


def _initial(card: Card, earlier: Decision | None) -> dict[str, str]:
    """What was proposed before; otherwise the value that the source department gave."""
    point = card.point
    before = rulings_of(earlier).get(point.number)
    if before is not None:
        return {"outcome": before.outcome, "value": before.value, "reasons": before.reasons}
    return {"value": point.answered_value or point.claimed_value}
