"""拟办 and 审批: what is proposed is read word for word before it is approved; nothing graver than the subject was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from audit.clock import today
from audit.faults import Refused
from backoffice.fields import long_text
from breaches.models import Breach, Measure, PriorNotice
from breaches.rules.degrees import graver
from breaches.selectors.notices import says_still
from breaches.services import deciding
from breaches.services.deciding import Ruling
from casework.admin.decision_forms import ApprovalForm
from casework.admin.step_fields import mark
from casework.models import Decision
from casework.selectors.evidence import evidence_of
from credit_records.models import Record

from .looks import OUTCOME_TONES, SEVERITIES
from .matter_views import notice_views, notices_of, suggestion, version_of, waiting
from .measure_ticks import MeasuresField, ticks_of

Outcome = Decision.Outcome
_HEARD = (PriorNotice.Answer.STATED, PriorNotice.Answer.WAIVED, PriorNotice.Answer.SILENT)


class ProposalForm(forms.Form):
    """The conclusion, the degree, the measures, the answer to what the subject said, and the reasons."""

    outcome = forms.ChoiceField(
        label="结论",
        choices=[(one.value, one.label) for one in OUTCOME_TONES],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择结论。"},
    )
    degree = forms.ChoiceField(
        label="认定的程度",
        required=False,
        widget=forms.RadioSelect,
        help_text="不能重于事先告知的程度；认定违诺的必选。",
        error_messages={"invalid_choice": "不能重于事先告知的程度。"},
    )
    measures = MeasuresField(label="采取的措施")
    answer = long_text(
        "对陈述申辩的答复",
        required=False,
        rows=4,
        help_text="当事人提出陈述申辩的，必须逐项答复采纳与否和理由。",
    )
    reason = long_text("认定理由", rows=5, help_text="写入决定书。")

    def __init__(
        self, notice: PriorNotice | None, measures: Sequence[Measure], stated: bool, *args: Any, **kwargs: Any
    ) -> None:
        """`stated`: whether the subject has said something, to this notice or to one before it."""
        super().__init__(*args, **kwargs)
        self.stated = stated
        told = notice.degree if notice is not None else ""
        degrees = [one for one in Record.Severity.values if told and not graver(one, told)]
        self.fields["degree"].choices = [(one, SEVERITIES[one]) for one in degrees]
        self.fields["measures"].offer(measures)
        if notice is None:
            self.fields["outcome"].choices = [(Outcome.NOT_BROKEN.value, Outcome.NOT_BROKEN.label)]
            for name in ("degree", "measures", "answer"):
                del self.fields[name]
        mark(self)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        broken = given.get("outcome") == Outcome.BROKEN
        if broken and "degree" in self.fields and not given.get("degree") and "degree" not in self.errors:
            self.add_error("degree", "认定违诺的，请选择程度。")
        for measure in given.get("measures") or () if broken else ():
            if given.get("degree") and given["degree"] not in measure.degrees:
                label = SEVERITIES[given["degree"]]
                self.add_error("measures", f"“{measure.title}”不适用于程度“{label}”的违诺，请取消勾选。")
        if self.stated and not given.get("answer") and "answer" not in self.errors:
            self.add_error("answer", "当事人提出了陈述申辩，请写明采纳与否和理由。")
        return given

    @property
    def ruling(self) -> Ruling:
        given = self.cleaned_data
        if given["outcome"] != Outcome.BROKEN:
            return Ruling(given["outcome"], answer=given.get("answer", ""))
        measures = tuple(one.pk for one in given["measures"])
        return Ruling(given["outcome"], given["degree"], measures, given["answer"])


class DecisionPages:
    """The part of the breach's admin that proposes and decides."""

    # --- 拟办 -------------------------------------------------------------------------------------------------

    def propose_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
        obj, why = self.for_step(request, object_id, "propose")
        if why:
            return self.turned_back(request, obj, why)
        notices = notices_of(obj, request.user)
        heard = [one for one in notices if one.answer in _HEARD and one.request.round == obj.case.round]
        finished = heard[0] if heard else None
        earlier = Decision.objects.filter(case=obj.case, round=obj.case.round).order_by("-version").first()
        form = _form(request, heard, earlier)
        sent, refused = request.method == "POST", ""
        if sent and form.is_valid():
            try:
                decision = deciding.propose(
                    obj, actor=request.user, ruling=form.ruling, reason=form.cleaned_data["reason"]
                )
            except Refused as refusal:
                refused = refusal.message
            else:
                said = f"已提交审批：{obj.case}，拟{decision.get_outcome_display()}。"
                return self.finished(request, obj, said)
        ticks = []
        if "measures" in form.fields:
            ticks = ticks_of(
                form["measures"], {one.pk: one.degrees for one in form.fields["measures"].measures.values()}
            )
        context = {
            **self.form_page(request, obj, "拟办"),
            "breach": obj,
            "form": form,
            "ticks": ticks,
            "notice_views": notice_views(heard, on=today()),
            "suggestion": suggestion(obj, on=today()),
            "moved_on": finished is not None and not says_still(finished, obj),
            "earlier": earlier if earlier is not None and earlier.state == Decision.State.SENT_BACK else None,
            "evidences": evidence_of(obj.case, user=request.user),
            "refused": refused,
            "wrong": sent,
        }
        return TemplateResponse(request, "breaches/propose.html", context, status=422 if sent else 200)

    # --- 审批 -------------------------------------------------------------------------------------------------

    def decide_view(self: Any, request: HttpRequest, object_id: int) -> HttpResponse:
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

    def _decided(self: Any, request: HttpRequest, obj: Breach, form: ApprovalForm) -> HttpResponse:
        opinion = form.cleaned_data["opinion"]
        if request.POST.get("do") == "send_back":
            deciding.send_back(obj, actor=request.user, reason=opinion)
            return self.finished(request, obj, f"已退回重拟：{obj.case}。")
        deciding.decide(obj, actor=request.user, digest=form.cleaned_data["digest"], reason=opinion)
        return self.finished(request, obj, f"已批准：{obj.case}，决定书已出具。")

    def _decision_page(
        self: Any, request: HttpRequest, obj: Breach, form: ApprovalForm | None, refused: str, changed: str
    ) -> HttpResponse:
        proposal = waiting(
            Decision.objects.filter(case=obj.case).select_related("proposed_by").order_by("-version")
        )
        if proposal is None:
            return self.turned_back(request, obj, "本案没有待审批的拟办意见。")
        # The digest is that of what stands on this page: after a refusal the new one is read before it is approved.
        opinion = form.data.get("opinion", "") if form is not None else ""
        day = today()
        context = {
            **self.form_page(request, obj, "审批"),
            "breach": obj,
            "subject_name": obj.case.subject.listed_name,
            "proposal": proposal,
            "version": version_of(proposal),
            "notice_views": notice_views(
                [one for one in notices_of(obj, request.user) if one.request.round == obj.case.round], on=day
            ),
            "suggestion": suggestion(obj, on=day),
            "form": ApprovalForm(initial={"digest": proposal.digest, "opinion": opinion}),
            "own": proposal.proposed_by_id == request.user.pk,
            "refused": refused,
            "changed": changed,
            "evidences": evidence_of(obj.case, user=request.user),
        }
        status = 409 if changed else 422 if refused else 200
        return TemplateResponse(request, "breaches/decide.html", context, status=status)


def _form(request: HttpRequest, heard: Sequence[PriorNotice], earlier: Decision | None) -> ProposalForm:
    """What was noticed last is what may be proposed; what was proposed before stands in the form, no measure is ticked otherwise."""
    notice = heard[0] if heard else None
    stated = any(one.answer == PriorNotice.Answer.STATED for one in heard)
    keys = [one["key"] for one in notice.measures] if notice is not None else []
    measures = list(Measure.objects.filter(key__in=keys).order_by("key"))
    initial: dict[str, Any] = {}
    if notice is not None:
        initial = {
            "outcome": Outcome.BROKEN,
            "degree": notice.degree,
            "reason": notice.reasons,
        }
    if earlier is not None:
        chosen = {one["key"] for one in earlier.content.get("measures") or ()}
        initial |= {
            "outcome": earlier.outcome,
            "degree": earlier.content.get("degree") or initial.get("degree", ""),
            "measures": [str(one.pk) for one in measures if one.key in chosen],
            "answer": earlier.content.get("answer", ""),
            "reason": earlier.reasons,
        }
    posted = request.POST if request.method == "POST" else None
    return ProposalForm(notice, measures, stated, posted, initial=initial)
