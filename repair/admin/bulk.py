"""Several applications at once: first a verdict on every case and record, then the possible ones, each by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from accounts.policy import NotAllowed, policy_for
from audit.clock import today
from audit.faults import Refused
from backoffice.permissions import forget
from casework.admin.common_steps import identity_missing
from casework.admin.deciding import waiting
from casework.admin.kinds import register_several
from casework.admin.step_fields import mark
from casework.models import Case, Decision, Kind
from repair.machine import MACHINE
from repair.models import Application, Item, Material
from repair.rules.eligibility import Eligibility
from repair.selectors.eligibility import eligibilities_of_items
from repair.services import deciding, handling
from repair.services.deciding import Ruling
from repair.services.effects import in_the_way, is_revocation, may_be_granted

from .item_cards import OUTCOME_TONES, in_words, is_wanting, rulings_of
from .verdicts import standing

MOST = 50
"""Cases of one batch: each is read with its records before anything happens."""


@dataclass
class Part:
    """One record of a case: what would become of it, or what has."""

    item: Item
    tone: str
    verdict: str
    reason: str = ""
    obstacle: str = ""


@dataclass
class Row:
    """One case: whether the step can be done to all its records, and in the end what was done."""

    application: Application
    parts: list[Part]
    obstacle: str = ""
    proposal: Decision | None = None
    done: str = ""

    @property
    def case(self) -> Case:
        return self.application.case

    @property
    def proposed(self) -> str:
        """The conclusion of the proposal in the words of this application."""
        return in_words(self.proposal.get_outcome_display(), self.application) if self.proposal else ""


@dataclass
class Batch:
    """Everything that the verdicts of the chosen cases are made from, asked for once."""

    user: Any
    on: date
    items: dict[int, list[Item]] = field(default_factory=dict)
    answers: Mapping[int, Eligibility | None] = field(default_factory=dict)
    lacking: dict[int, list[Material]] = field(default_factory=dict)
    proposals: dict[int, Decision] = field(default_factory=dict)


@dataclass(frozen=True)
class Several:
    """One step that can be taken for several cases."""

    verb: str
    label: str
    look: Callable[[Row, Batch], None]
    """Writes verdicts and obstacle into the row; asks the database nothing."""
    carry_out: Callable[..., str]
    """`carry_out(row, actor=…, reason=…, digest=…)`; what it did, in words for every record. Raises `Refused`."""
    says: str
    needs_reason: bool = False
    reason_label: str = "理由(可不填)"
    with_proposal: bool = False


# --- 受理 -------------------------------------------------------------------------------------------------------


def _look_to_accept(row: Row, batch: Batch) -> None:
    for part in row.parts:
        found = standing(batch.answers[part.item.pk])
        part.reason = found.reason
        if found.possible:
            part.tone, part.verdict = "good", "可以受理"
        else:
            part.tone, part.verdict, part.obstacle = "bad", f"不能：{found.label}", found.label
    lacking = batch.lacking.get(row.application.pk, ())
    row.obstacle = identity_missing(row.application)
    if not row.obstacle and lacking:
        names = "、".join(dict.fromkeys(str(line) for line in lacking))
        row.obstacle = f"材料没有核对齐全：{names}。"


def _accept(row: Row, *, actor: Any, reason: str, digest: str) -> str:
    handling.accept(row.application, actor=actor, reason=reason)
    return "已受理"


# --- 拟办(准予) -----------------------------------------------------------------------------------------------


def _look_to_grant(row: Row, batch: Batch) -> None:
    if is_revocation(part.item for part in row.parts if part.item.pending):
        row.obstacle = "本案是撤销修复的程序，请打开案件逐条拟办。"
    for part in row.parts:
        answer = batch.answers[part.item.pk]
        if not part.item.pending:
            part.tone, part.verdict = "idle", in_words(part.item.get_outcome_display(), row.application)
        elif answer is not None and may_be_granted(part.item, answer):
            part.tone, part.verdict = "good", "可以拟办准予"
        else:
            failed = in_the_way(part.item, answer) if answer is not None else ()
            part.obstacle = "；".join(f"{one.title}：{one.fact}" for one in failed) or standing(answer).reason
            part.tone, part.verdict, part.reason = "bad", "不能准予", part.obstacle


def _grant(row: Row, *, actor: Any, reason: str, digest: str) -> str:
    suggested = deciding.suggestions(row.application, on=today())
    rulings = {
        number: Ruling(Item.Outcome.GRANTED, one.reasons or reason) for number, one in suggested.items()
    }
    deciding.propose(row.application, actor=actor, rulings=rulings, reason=reason)
    return "已拟办准予修复，待审批"


# --- 审批 -------------------------------------------------------------------------------------------------------


def _look_to_decide(row: Row, batch: Batch) -> None:
    proposal = batch.proposals.get(row.application.pk)
    row.proposal = proposal
    if proposal is None:
        row.obstacle = "本案没有待审批的拟办意见。"
        return
    if proposal.proposed_by_id == batch.user.pk:
        row.obstacle = "拟办人不能审批自己的拟办意见，请由其他审批人办理。"
    ruled = rulings_of(proposal, row.application)
    for part in row.parts:
        ruling = ruled.get(part.item.number)
        if ruling is None:
            part.tone, part.verdict = "idle", "不在本轮"
            continue
        part.tone, part.verdict, part.reason = ruling.tone, f"拟{ruling.label}", ruling.reasons
        answer = batch.answers[part.item.pk]
        if ruling.outcome == Item.Outcome.GRANTED and not (answer and may_be_granted(part.item, answer)):
            failed = in_the_way(part.item, answer) if answer is not None else ()
            part.obstacle = "；".join(f"{one.title}：{one.fact}" for one in failed) or standing(answer).reason
            part.tone, part.verdict = "bad", f"不能批准：{part.obstacle}"


def _decide(row: Row, *, actor: Any, reason: str, digest: str) -> str:
    deciding.decide(row.application, actor=actor, digest=digest, reason=reason)
    return "本级已同意，已报上级审核" if row.case.state == Case.State.UPPER_REVIEW else ""


STEPS = {
    one.verb: one
    for one in (
        Several(
            "accept", "批量受理", _look_to_accept, _accept,
            "逐件出具受理通知书。还不能申请修复的、材料没有核对齐全的，不在批量之内，请打开案件办理。",
        ),
        Several(
            "propose", "批量拟办准予", _look_to_grant, _grant,
            "全部记录都符合条件的案件才能批量拟办准予；每条记录的理由由系统按各项条件写明。",
            needs_reason=True, reason_label="总的理由和依据",
        ),
        Several(
            "decide", "批量审批", _look_to_decide, _decide,
            "请逐件阅看拟办意见。批准的就是本页所列的意见；您阅看之后有修改的，不会批准。",
            reason_label="审批意见(可不填)", with_proposal=True,
        ),
    )
}  # fmt: skip


def address_of(name: str, pks: Sequence[int]) -> str:
    """The page of one step for these cases."""
    url = reverse("admin:repair_application_several", args=[name])
    return f"{url}?{urlencode({'case': list(pks)}, doseq=True)}"


def _address(name: str) -> Callable[[Sequence[int]], str]:
    return lambda pks: address_of(name, pks)


for _step in STEPS.values():
    register_several(Kind.REPAIR, _step.verb, f"信用修复：{_step.label}", _address(_step.verb), most=MOST)


class SeveralForm(forms.Form):
    """One reason for all."""

    reason = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, several: Several, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.fields["reason"]
        asked.label, asked.required = several.reason_label, several.needs_reason
        asked.error_messages["required"] = f"请填写{several.reason_label}。"
        mark(self)


class BulkPages:
    """The part of the application's admin that takes one step for several cases."""

    def several_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """GET: the verdicts. POST: the possible ones are carried out, and every record is named with its outcome."""
        several = STEPS.get(name)
        if several is None:
            raise Http404("没有这个操作。")
        if not policy_for(Case).may(request.user, several.verb):
            raise NotAllowed("您没有办理这一步的权限。")
        sent = request.method == "POST"
        given = request.POST if sent else request.GET
        pks = [int(text) for text in given.getlist("case") if text.isdecimal() and len(text) < 19][:MOST]
        rows = self._rows(request, several, pks)
        form = SeveralForm(several, request.POST if sent else None)
        finished = sent and form.is_valid()
        if finished:
            read_as_possible = set(request.POST.getlist("do"))
            for row in rows:
                if not row.obstacle and str(row.case.pk) not in read_as_possible:
                    row.obstacle = "刚才还不能办理，请重新阅看后再办。"
                _carry_out(row, several, request, form.cleaned_data["reason"])
            forget(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": Case._meta,
            "title": several.label,
            "several": several,
            "rows": rows,
            "possible": [row for row in rows if not row.obstacle],
            "done": sum(bool(row.done) for row in rows),
            "form": form,
            "finished": finished,
            "list_url": self.list_url(request),
        }
        wrong = sent and not finished
        return TemplateResponse(request, "repair/several.html", context, status=422 if wrong else 200)

    def _rows(self, request: HttpRequest, several: Several, pks: Sequence[int]) -> list[Row]:
        """The chosen cases that the user sees, in their order, each looked at (eight queries in all)."""
        seen = policy_for(Application).scope(request.user).filter(pk__in=pks)
        found = list(
            seen.select_related("case__subject", "case__assignee", "case__limit").order_by(
                "case__due_on", "pk"
            )
        )
        allowed = set(
            policy_for(Case).scope(request.user, several.verb).filter(pk__in=pks).values_list("pk", flat=True)
        )
        batch = _batch(request.user, [one.pk for one in found])
        rows = []
        for application in found:
            parts = [Part(item, "idle", "") for item in batch.items.get(application.pk, ())]
            row = Row(application, parts)
            several.look(row, batch)
            row.obstacle = _in_the_way(row, several, request.user, allowed)
            rows.append(row)
        return rows


def _batch(user: Any, pks: Sequence[int]) -> Batch:
    batch = Batch(user, today())
    related = ("application", "record__item", "record__department", "record__subject")
    items = list(Item.objects.filter(application__in=pks).select_related(*related).order_by("number"))
    batch.answers = eligibilities_of_items(items, on=batch.on)
    for item in items:
        batch.items.setdefault(item.application_id, []).append(item)
    for line in Material.objects.filter(application__in=pks).select_related("evidence").order_by("pk"):
        if is_wanting(line):
            batch.lacking.setdefault(line.application_id, []).append(line)
    decisions: dict[int, list[Decision]] = {}
    for one in Decision.objects.filter(case__in=pks).select_related("proposed_by").order_by("-version"):
        decisions.setdefault(one.case_id, []).append(one)
    batch.proposals = {pk: found for pk, every in decisions.items() if (found := waiting(every)) is not None}
    return batch


def _in_the_way(row: Row, several: Several, user: Any, allowed: set[int]) -> str:
    """What stands in the way of the whole case: table, right, the step's own reason, one of its records."""
    said = MACHINE.obstacle(several.verb, row.case, user)
    if not said and row.case.pk not in allowed:
        said = "您可以查看这条数据，但没有办理这一步的权限。"
    if said or row.obstacle:
        return said or row.obstacle
    wrong = [f"第{part.item.number}项" for part in row.parts if part.obstacle]
    return f"{'、'.join(wrong)}不能，请打开案件逐条办理。" if wrong else ""


def _carry_out(row: Row, several: Several, request: HttpRequest, reason: str) -> None:
    """One case, in a transaction of its own; what went wrong stands with it and stops no other."""
    if row.obstacle:
        return
    digest = request.POST.get(f"digest-{row.case.pk}", "")[:64]
    try:
        said = several.carry_out(row, actor=request.user, reason=reason, digest=digest)
    except Refused as refusal:
        row.obstacle = refusal.message
        return
    row.done = said or "已批准，决定书已出具"
    outcomes = dict(
        Item.objects.filter(application=row.application).exclude(outcome="").values_list("pk", "outcome")
    )
    for part in row.parts:
        outcome = outcomes.get(part.item.pk)
        part.verdict = (
            in_words(Item.Outcome(outcome).label, row.application) if outcome and not said else row.done
        )
        part.tone = OUTCOME_TONES[Item.Outcome(outcome)] if outcome and not said else "good"
