"""拟办, 审批 and 上级审核: every record with a ruling and reasons, read with what it would change, approved or sent back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.clock import today
from audit.faults import Refused
from casework.admin.decision_forms import ApprovalForm, ReasonsForm
from casework.admin.step_fields import mark
from casework.models import Decision, Request
from casework.selectors.evidence import evidence_of
from repair.models import Item
from repair.services import deciding
from repair.services.deciding import Ruling, Suggestion
from repair.services.effects import is_revocation

from .item_cards import Card, cards, effects_of, in_words, rulings_of, visible_items, waiting

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


class DecisionPages:
    """The part of the application's admin that proposes, decides and reviews."""

    # --- 拟办 -------------------------------------------------------------------------------------------------

    def propose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "propose")
        if why:
            return self.turned_back(request, obj, why)
        case, day, sent = obj.case, today(), request.method == "POST"
        suggested = deciding.suggestions(obj, on=day)
        shown = [card for card in self._cards(request, obj) if card.item.number in suggested]
        earlier = Decision.objects.filter(case=case, round=case.round).order_by("-version").first()
        made = self._ruling_forms(request, obj, shown, suggested, earlier)
        reasons = ReasonsForm(
            request.POST if sent else None, initial={"reason": earlier.reasons if earlier else ""}
        )
        whole = all([form.is_valid() for form in made])  # noqa: C419
        only_look = sent and request.POST.get("do") != "propose"
        refused = ""
        if sent and whole:
            for form in made:
                form.card.effects = effects_of(form.card.item, form.ruling.outcome, on=day)
            if not only_look and reasons.is_valid():
                try:
                    decision = deciding.propose(
                        obj,
                        actor=request.user,
                        rulings={form.card.item.number: form.ruling for form in made},
                        reason=reasons.cleaned_data["reason"],
                    )
                except Refused as refusal:
                    refused = refusal.message
                else:
                    return self.finished(
                        request,
                        obj,
                        f"已提交审批：{case}，拟{in_words(decision.get_outcome_display(), obj)}。",
                    )
        wrong = sent and (bool(refused) or not whole or (not only_look and not reasons.is_valid()))
        if only_look:
            reasons = ReasonsForm(initial={"reason": request.POST.get("reason", "")})
        effective = [form.card.item for form in made if sent and whole and form.ruling.outcome in IN_EFFECT]
        context = {
            **self.form_page(request, obj, "拟办"),
            "application": obj,
            "forms": made,
            "reasons": reasons,
            "earlier": earlier if earlier is not None and earlier.state == Decision.State.SENT_BACK else None,
            "preview": sent and whole,
            "upper": deciding.needs_upper_review(obj, effective),
            "refused": refused,
            "wrong": wrong,
            "evidences": evidence_of(case, user=request.user),
        }
        return TemplateResponse(request, "repair/propose.html", context, status=422 if wrong else 200)

    @staticmethod
    def _ruling_forms(
        request: HttpRequest,
        obj: Any,
        shown: Sequence[Card],
        suggested: Mapping[int, Suggestion],
        earlier: Decision | None,
    ) -> list[RulingForm]:
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

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decision(request, object_id, "decide")

    def confirm_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decision(request, object_id, "confirm")

    def _decision(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        obj, why = self.for_step(request, object_id, verb)
        if why:
            return self.turned_back(request, obj, why)
        form = ApprovalForm(request.POST) if request.method == "POST" else None
        changed = refused = ""
        if form is not None and form.is_valid():
            try:
                return self._decided(request, obj, form, verb)
            except Refused as refusal:
                refused = refusal.message
                changed = refused if refusal.code == "decision.changed" else ""
                obj, why = self.for_step(request, object_id, verb)
                if why:
                    return self.turned_back(request, obj, why)
        return self._decision_page(request, obj, form, verb, refused, changed)

    def _decided(self, request: HttpRequest, obj: Any, form: ApprovalForm, verb: str) -> HttpResponse:
        """The button says which way it goes; the service says the rest."""
        opinion, back = form.cleaned_data["opinion"], request.POST.get("do") == "back"
        if back:
            give_back = deciding.return_decision if verb == "confirm" else deciding.send_back
            give_back(obj, actor=request.user, reason=opinion)
            return self.finished(request, obj, f"已退回重拟：{obj.case}。")
        agree = deciding.confirm if verb == "confirm" else deciding.decide
        agree(obj, actor=request.user, digest=form.cleaned_data["digest"], reason=opinion)
        if obj.case.state == obj.case.State.UPPER_REVIEW:
            return self.finished(request, obj, f"本级已同意：{obj.case}，已报上级信用办审核。")
        said = "决定书已出具，记录已按决定处理。"
        return self.finished(request, obj, f"已{'同意' if verb == 'confirm' else '批准'}：{obj.case}，{said}")

    def _decision_page(
        self,
        request: HttpRequest,
        obj: Any,
        form: ApprovalForm | None,
        verb: str,
        refused: str,
        changed: str,
    ) -> HttpResponse:
        everything = Decision.objects.filter(case=obj.case).select_related("proposed_by", "decided_by")
        proposal = waiting(list(everything.order_by("-version")))
        if proposal is None:
            return self.turned_back(request, obj, "本案没有待审批的拟办意见。")
        shown = self._cards(request, obj, proposal)
        # The digest is that of what stands on this page: after a refusal the new one is read before it is approved.
        opinion = form.data.get("opinion", "") if form is not None else ""
        upper = verb == "confirm"
        ruled = rulings_of(proposal, obj)
        effective = [
            card.item
            for card in shown
            if card.item.number in ruled and ruled[card.item.number].outcome in IN_EFFECT
        ]
        context = {
            **self.form_page(request, obj, "上级审核" if upper else "审批"),
            "application": obj,
            "proposal": proposal,
            "proposed": in_words(proposal.get_outcome_display(), obj),
            "cards": [card for card in shown if card.item.number in ruled],
            "form": ApprovalForm(initial={"digest": proposal.digest, "opinion": opinion}),
            "own": proposal.proposed_by_id == request.user.pk,
            "confirming": upper,
            "upper": not upper and deciding.needs_upper_review(obj, effective),
            "refused": refused,
            "changed": changed,
            "evidences": evidence_of(obj.case, user=request.user),
        }
        status = 409 if changed else 422 if refused else 200
        return TemplateResponse(request, "repair/decide.html", context, status=status)
