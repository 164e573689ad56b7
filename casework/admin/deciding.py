"""拟办 and 审批: conclusions are drawn up and looked at, laid before the approver, read, approved or sent back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.faults import Refused
from casework.models import Decision
from casework.selectors.evidence import evidence_of
from casework.services import decisions

from .decision_forms import ApprovalForm, ReasonsForm

_PROPOSE = "propose"


def waiting(found: Iterable[Decision]) -> Decision | None:
    """The proposal that lies before the approver, or before the office one level up."""
    open_ = (Decision.State.PROPOSED, Decision.State.ENDORSED)
    return next((one for one in found if one.state in open_), None)


class ProposalPage:
    """The part of a kind's page on which its conclusions are proposed; the kind says the rest."""

    propose_template: str

    def ruling_forms(self, request: HttpRequest, obj: Any, earlier: Decision | None) -> Sequence[forms.Form]:
        """One form for each point: with what was sent, or as it opens; `earlier` is the last proposal of the round."""
        raise NotImplementedError

    def propose(self, obj: Any, made: Sequence[Any], *, actor: Any, reason: str) -> Decision:
        """The kind's service, with the rulings of forms that are valid."""
        raise NotImplementedError

    def proposed(self, obj: Any, decision: Decision) -> str:
        """What is proposed, in the words of the kind."""
        return decision.get_outcome_display()

    def proposal_context(self, obj: Any, made: Sequence[Any], *, whole: bool) -> dict[str, Any]:
        """What the kind shows beside its forms; `whole`: they were sent and are valid, so that their effect can be shown."""
        return {}

    def propose_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, _PROPOSE)
        if why:
            return self.turned_back(request, obj, why)
        case, sent = obj.case, request.method == "POST"
        earlier = Decision.objects.filter(case=case, round=case.round).order_by("-version").first()
        made = self.ruling_forms(request, obj, earlier)
        first = {"reason": earlier.reasons if earlier else ""}
        reasons = ReasonsForm(request.POST if sent else None, initial=first)
        whole = sent and all([form.is_valid() for form in made])  # noqa: C419
        only_look = sent and request.POST.get("do") != _PROPOSE
        refused = ""
        if whole and not only_look and reasons.is_valid():
            try:
                reason = reasons.cleaned_data["reason"]
                decision = self.propose(obj, made, actor=request.user, reason=reason)
            except Refused as refusal:
                refused = refusal.message
            else:
                said = f"已提交审批：{case}，拟{self.proposed(obj, decision)}。"
                return self.finished(request, obj, said)
        wrong = sent and (bool(refused) or not whole or (not only_look and not reasons.is_valid()))
        if only_look:
            reasons = ReasonsForm(initial={"reason": request.POST.get("reason", "")})
        context = {
            **self.form_page(request, obj, "拟办"),
            "forms": made,
            "reasons": reasons,
            "earlier": earlier if earlier is not None and earlier.state == Decision.State.SENT_BACK else None,
            "refused": refused,
            "wrong": wrong,
            "evidences": evidence_of(case, user=request.user),
            **self.proposal_context(obj, made, whole=whole),
        }
        return TemplateResponse(request, self.propose_template, context, status=422 if wrong else 200)


class ApprovalPage:
    """The part of a kind's page on which a proposal is read, approved or sent back; the kind says the rest."""

    decide_template: str
    send_back_word = "send_back"
    """What the button for sending back says in `do`."""

    def approve(self, obj: Any, verb: str, *, actor: Any, digest: str, reason: str) -> str:
        """The kind's service; gives back what is said when it is done."""
        raise NotImplementedError

    def send_back(self, obj: Any, verb: str, *, actor: Any, reason: str) -> None:
        decisions.send_back(obj.case, actor=actor, reason=reason)

    def decision_title(self, verb: str) -> str:
        return "审批"

    def decision_context(
        self, request: HttpRequest, obj: Any, verb: str, proposal: Decision
    ) -> dict[str, Any]:
        """What the kind shows of the proposal."""
        return {}

    def decide_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self.decision(request, object_id, "decide")

    def decision(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """The page of the step `verb`, by which the proposal is agreed to."""
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
        opinion, digest = form.cleaned_data["opinion"], form.cleaned_data["digest"]
        if request.POST.get("do") == self.send_back_word:
            self.send_back(obj, verb, actor=request.user, reason=opinion)
            return self.finished(request, obj, f"已退回重拟：{obj.case}。")
        said = self.approve(obj, verb, actor=request.user, digest=digest, reason=opinion)
        return self.finished(request, obj, said)

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
        proposal = waiting(everything.order_by("-version"))
        if proposal is None:
            return self.turned_back(request, obj, "本案没有待审批的拟办意见。")
        # The digest is that of what stands on this page: after a refusal the new one is read before it is approved.
        opinion = form.data.get("opinion", "") if form is not None else ""
        context = {
            **self.form_page(request, obj, self.decision_title(verb)),
            "proposal": proposal,
            "form": ApprovalForm(initial={"digest": proposal.digest, "opinion": opinion}),
            "own": proposal.proposed_by_id == request.user.pk,
            "refused": refused,
            "changed": changed,
            "evidences": evidence_of(obj.case, user=request.user),
            **self.decision_context(request, obj, verb, proposal),
        }
        status = 409 if changed else 422 if refused else 200
        return TemplateResponse(request, self.decide_template, context, status=status)
