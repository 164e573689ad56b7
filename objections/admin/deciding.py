"""拟办 and 审批: the conclusion on every point is drawn up, read with what it would change, and approved or sent back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.faults import Refused
from casework.admin.decision_forms import ApprovalForm, ReasonsForm
from casework.admin.step_fields import mark
from casework.models import Decision, Request
from casework.selectors.evidence import evidence_of
from objections.models import Point
from objections.services import deciding
from objections.services.deciding import Ruling, overall

from .point_cards import Card, Effect, cards, effects, rulings_of, visible_points, waiting

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


class DecisionPages:
    """The part of the objection's admin that proposes and decides."""

    # --- 拟办 -------------------------------------------------------------------------------------------------

    def propose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "propose")
        if why:
            return self.turned_back(request, obj, why)
        case = obj.case
        sent = request.method == "POST"
        shown = self._cards(request, obj)
        earlier = Decision.objects.filter(case=case, round=case.round).order_by("-version").first()
        made = [
            RulingForm(card, request.POST) if sent else RulingForm(card, initial=_initial(card, earlier))
            for card in shown
        ]
        reasons = ReasonsForm(
            request.POST if sent else None, initial={"reason": earlier.reasons if earlier else ""}
        )
        whole = all([form.is_valid() for form in made])  # noqa: C419
        preview: Sequence[Effect] = ()
        conclusion = ""
        refused = ""
        if sent and whole:
            rulings = {form.card.point.number: form.ruling for form in made}
            preview = effects([form.card.point for form in made], rulings)
            conclusion = str(overall([one.outcome for one in rulings.values()]).label)
            if request.POST.get("do") == "propose" and reasons.is_valid():
                try:
                    decision = deciding.propose(
                        obj, actor=request.user, rulings=rulings, reason=reasons.cleaned_data["reason"]
                    )
                except Refused as refusal:
                    refused = refusal.message
                else:
                    return self.finished(
                        request, obj, f"已提交审批：{case}，拟{decision.get_outcome_display()}。"
                    )
        only_look = sent and request.POST.get("do") != "propose"
        wrong = sent and (bool(refused) or not whole or (not only_look and not reasons.is_valid()))
        if only_look:
            reasons = ReasonsForm(initial={"reason": request.POST.get("reason", "")})
        context = {
            **self.form_page(request, obj, "拟办"),
            "forms": made,
            "reasons": reasons,
            "earlier": earlier if earlier is not None and earlier.state == Decision.State.SENT_BACK else None,
            "preview": preview,
            "conclusion": conclusion,
            "refused": refused,
            "wrong": wrong,
            "evidences": evidence_of(case, user=request.user),
        }
        return TemplateResponse(request, "objections/propose.html", context, status=422 if wrong else 200)

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

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "decide")
        if why:
            return self.turned_back(request, obj, why)
        form = ApprovalForm(request.POST) if request.method == "POST" else None
        changed = refused = ""
        if form is not None and form.is_valid():
            try:
                return self._decided(request, obj, form)
            except Refused as refusal:
                refused = refusal.message
                changed = refused if refusal.code == "decision.changed" else ""
                obj, why = self.for_step(request, object_id, "decide")
                if why:
                    return self.turned_back(request, obj, why)
        return self._decision_page(request, obj, form, refused, changed)

    def _decided(self, request: HttpRequest, obj: Any, form: ApprovalForm) -> HttpResponse:
        opinion = form.cleaned_data["opinion"]
        if request.POST.get("do") == "send_back":
            deciding.send_back(obj, actor=request.user, reason=opinion)
            return self.finished(request, obj, f"已退回重拟：{obj.case}。")
        deciding.decide(obj, actor=request.user, digest=form.cleaned_data["digest"], reason=opinion)
        return self.finished(request, obj, f"已批准：{obj.case}，决定书已出具，记录已按决定处理。")

    def _decision_page(
        self, request: HttpRequest, obj: Any, form: ApprovalForm | None, refused: str, changed: str
    ) -> HttpResponse:
        proposal = waiting(
            list(Decision.objects.filter(case=obj.case).select_related("proposed_by").order_by("-version"))
        )
        if proposal is None:
            return self.turned_back(request, obj, "本案没有待审批的拟办意见。")
        shown = self._cards(request, obj, proposal)
        # The digest is that of what stands on this page: after a refusal the new one is read before it is approved.
        opinion = form.data.get("opinion", "") if form is not None else ""
        context = {
            **self.form_page(request, obj, "审批"),
            "proposal": proposal,
            "cards": shown,
            "preview": effects([card.point for card in shown], rulings_of(proposal)),
            "form": ApprovalForm(initial={"digest": proposal.digest, "opinion": opinion}),
            "own": proposal.proposed_by_id == request.user.pk,
            "refused": refused,
            "changed": changed,
            "evidences": evidence_of(obj.case, user=request.user),
        }
        status = 409 if changed else 422 if refused else 200
        return TemplateResponse(request, "objections/decide.html", context, status=status)


def _initial(card: Card, earlier: Decision | None) -> dict[str, str]:
    """What was proposed before; otherwise the value that the source department gave."""
    point = card.point
    before = rulings_of(earlier).get(point.number)
    if before is not None:
        return {"outcome": before.outcome, "value": before.value, "reasons": before.reasons}
    return {"value": point.answered_value or point.claimed_value}
