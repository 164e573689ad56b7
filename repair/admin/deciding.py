"""拟办, 审批 and 上级审核: every record with a ruling and reasons, read with what it would change, approved or sent back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from audit.clock import today
from casework.admin.deciding import ApprovalPage, ProposalPage
from casework.admin.step_fields import mark
from casework.models import Decision, Request
from casework.selectors.evidence import evidence_of
from repair.models import Item
from repair.services import deciding
from repair.services.deciding import Ruling
from repair.services.effects import is_revocation

from .item_cards import Card, cards, effects_of, in_words, rulings_of, visible_items

Outcome = Item.Outcome
APPLIED_FOR = (Outcome.GRANTED, Outcome.DENIED)
AFTER_FALSE_MATERIAL = (Outcome.REVOKED, Outcome.KEPT)
IN_EFFECT = (Outcome.GRANTED, Outcome.REVOKED)
"""Rulings with which something happens to the record."""


def outcomes_of(items: Iterable[Item]) -> tuple[Item.Outcome, ...]:
    """What can be ruled in a round about these items."""
    return AFTER_FALSE_MATERIAL if is_revocation(items) else APPLIED_FOR


class _Radios(forms.RadioSelect):
    """Radio buttons of which some cannot be chosen."""

    off: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.off:
            option["attrs"]["disabled"] = True
        return option


class RulingForm(forms.Form):
    """What is proposed for one record; 准予 cannot be chosen while a condition is not met."""

    outcome = forms.ChoiceField(
        label="处理结论", widget=_Radios, error_messages={"required": "请选择处理结论。"}
    )
    reasons = forms.CharField(
        label="理由",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由，结论要经得起复核。"},
    )

    def __init__(
        self,
        card: Card,
        outcomes: Sequence[Item.Outcome],
        obstacles: Sequence[str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, prefix=f"i{card.item.number}", **kwargs)
        self.card, self.obstacles = card, obstacles
        application = card.item.application
        self.fields["outcome"].choices = [(one.value, in_words(one.label, application)) for one in outcomes]
        if obstacles:
            self.fields["outcome"].widget.off = frozenset({Outcome.GRANTED.value})
        mark(self)

    def clean_outcome(self) -> str:
        chosen = self.cleaned_data["outcome"]
        if chosen == Outcome.GRANTED and self.obstacles:
            raise forms.ValidationError(f"不能准予：{'；'.join(self.obstacles)}")
        return chosen

    @property
    def ruling(self) -> Ruling:
        return Ruling(self.cleaned_data["outcome"], self.cleaned_data["reasons"])


class DecisionPages(ProposalPage, ApprovalPage):
    """The part of the application's admin that proposes, decides and reviews."""

    propose_template = "repair/propose.html"
    decide_template = "repair/decide.html"
    send_back_word = "back"

    # --- 拟办 -------------------------------------------------------------------------------------------------

    def ruling_forms(self, request: HttpRequest, obj: Any, earlier: Decision | None) -> list[RulingForm]:
        suggested = deciding.suggestions(obj, on=today())
        shown = [card for card in self._cards(request, obj) if card.item.number in suggested]
        before, outcomes = rulings_of(earlier, obj), outcomes_of(card.item for card in shown)
        made = []
        for card in shown:
            number = card.item.number
            one = suggested[number]
            data = request.POST if request.method == "POST" else None
            start = {"outcome": one.outcome, "reasons": one.reasons}
            if number in before and not (before[number].outcome == Outcome.GRANTED and one.obstacles):
                start = {"outcome": before[number].outcome, "reasons": before[number].reasons}
            made.append(RulingForm(card, outcomes, tuple(one.obstacles), data, initial=start))
        return made

    def propose(self, obj: Any, made: Sequence[Any], *, actor: Any, reason: str) -> Decision:
        rulings = {form.card.item.number: form.ruling for form in made}
        return deciding.propose(obj, actor=actor, rulings=rulings, reason=reason)

    def proposed(self, obj: Any, decision: Decision) -> str:
        return in_words(decision.get_outcome_display(), obj)

    def proposal_context(self, obj: Any, made: Sequence[Any], *, whole: bool) -> dict[str, Any]:
        effective = []
        for form in made if whole else ():
            outcome = form.ruling.outcome
            form.card.effects = effects_of(form.card.item, outcome, on=today())
            if outcome in IN_EFFECT:
                effective.append(form.card.item)
        return {
            "application": obj,
            "preview": whole,
            "upper": deciding.needs_upper_review(obj, effective),
        }

    def _cards(self, request: HttpRequest, obj: Any, decision: Decision | None = None) -> list[Card]:
        user = request.user
        requests = list(Request.objects.filter(case=obj.case).select_related("department"))
        return cards(
            visible_items(obj, user),
            user=user,
            on=today(),
            requests=requests,
            evidence=evidence_of(obj.case, user=user),
            decision=decision,
        )

    # --- 审批, 上级审核 ----------------------------------------------------------------------------------------

    def confirm_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self.decision(request, object_id, "confirm")

    def decision_title(self, verb: str) -> str:
        return "上级审核" if verb == "confirm" else "审批"

    def send_back(self, obj: Any, verb: str, *, actor: Any, reason: str) -> None:
        if verb == "confirm":
            deciding.return_decision(obj, actor=actor, reason=reason)
        else:
            super().send_back(obj, verb, actor=actor, reason=reason)

    def approve(self, obj: Any, verb: str, *, actor: Any, digest: str, reason: str) -> str:
        agree = deciding.confirm if verb == "confirm" else deciding.decide
        agree(obj, actor=actor, digest=digest, reason=reason)
        if obj.case.state == obj.case.State.UPPER_REVIEW:
            return f"本级已同意：{obj.case}，已报上级信用办审核。"
        said = "决定书已出具，记录已按决定处理。"
        return f"已{'同意' if verb == 'confirm' else '批准'}：{obj.case}，{said}"

    def decision_context(
        self, request: HttpRequest, obj: Any, verb: str, proposal: Decision
    ) -> dict[str, Any]:
        confirming, ruled = verb == "confirm", rulings_of(proposal, obj)
        shown = [card for card in self._cards(request, obj, proposal) if card.item.number in ruled]
        effective = [card.item for card in shown if ruled[card.item.number].outcome in IN_EFFECT]
        return {
            "application": obj,
            "proposed": in_words(proposal.get_outcome_display(), obj),
            "cards": shown,
            "confirming": confirming,
            "upper": not confirming and deciding.needs_upper_review(obj, effective),
        }
