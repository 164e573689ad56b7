"""Proposal and decision, four eyes apart (拟办、审批)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Decision

from .engine import Work, step
from .news import tell_approvers, tell_responsible


def digest_of(outcome: str, reasons: str, content: Mapping[str, Any]) -> str:
    """The fingerprint of what is proposed; approval names it."""
    whole = json.dumps([outcome, reasons, content], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def propose(work: Work, *, outcome: str, content: Mapping[str, Any]) -> Decision:
    """Lay a proposal before the approvers and tell them; an earlier one that waits, at either level, is superseded by it."""
    supersede_open(work)
    last = Decision.objects.filter(case=work.case).aggregate(last=Max("version"))["last"] or 0
    decision = Decision.objects.create(
        case=work.case,
        round=work.case.round,
        version=last + 1,
        outcome=outcome,
        reasons=work.reason,
        content=dict(content),
        digest=digest_of(outcome, work.reason, content),
        proposed_by=work.actor,
        proposed_at=work.now,
    )
    said = f"拟{decision.get_outcome_display()}，应于{work.case.due_on}前办结。"
    tell_approvers(work, f"待审批：{work.case.number}，{said}")
    return decision


def supersede_open(work: Work) -> None:
    """No proposal waits any more, at either level: a newer one takes its place, or the case has ended."""
    undecided = (Decision.State.PROPOSED, Decision.State.ENDORSED)
    for earlier in Decision.objects.select_for_update(of=("self",)).filter(
        case=work.case, state__in=undecided
    ):
        earlier.state = Decision.State.SUPERSEDED
        earlier.save(update_fields=["state"])


def waiting(work: Work, state: Decision.State = Decision.State.PROPOSED) -> Decision:
    """The proposal before the approver (or, `ENDORSED`, before the office one level up), under lock."""
    decision = Decision.objects.select_for_update(of=("self",)).filter(case=work.case, state=state).first()
    if decision is None:
        raise Refused("decision.none", "本案没有待审批的拟办意见。")
    return decision


def _require_read(decision: Decision, digest: str) -> None:
    if decision.digest != digest:
        raise Refused("decision.changed", "拟办意见在您阅看之后有修改，请重新阅看后再审批。")


def approve(work: Work, *, digest: str) -> Decision:
    """Approve exactly the proposal that was read."""
    decision = waiting(work)
    _require_read(decision, digest)
    _close(work, decision, Decision.State.APPROVED)
    work.set(outcome=decision.outcome)
    return decision


def endorse(work: Work, *, digest: str) -> Decision:
    """Agree at the office's own level with exactly what was read; the office one level up has the last word.

    Nothing is decided by it: no outcome stands on the case, no effect follows before `confirm`.
    """
    decision = waiting(work)
    _require_read(decision, digest)
    _close(work, decision, Decision.State.ENDORSED)
    return decision


def confirm(work: Work, *, digest: str) -> Decision:
    """Agree one level up with exactly what was endorsed: it is decided (上级同意).

    A third pair of eyes: neither who proposed it nor who endorsed it. Who confirmed it, when and with which words stands
    in the request by which it was laid before them (`requests.answer_review`).
    """
    decision = _endorsed_by_others(work)
    _require_read(decision, digest)
    decision.state = Decision.State.APPROVED
    decision.save(update_fields=["state"])
    work.set(outcome=decision.outcome)
    return decision


def return_endorsed(work: Work) -> Decision:
    """The office one level up does not agree: back to the officer, the words of both levels stay readable."""
    decision = _endorsed_by_others(work)
    decision.state = Decision.State.SENT_BACK
    decision.save(update_fields=["state"])
    return decision


def _endorsed_by_others(work: Work) -> Decision:
    decision = waiting(work, Decision.State.ENDORSED)
    if work.actor.pk in (decision.proposed_by_id, decision.decided_by_id):
        raise Refused("four_eyes", "上级审核人不能是拟办人或者本级审批人，请由上级信用办其他审核人办理。")
    return decision


def send_back(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Return the proposal to the officer with the reason; it stays readable (退回重拟)."""
    with step(case, "send_back", actor=actor, reason=reason, now=now) as work:
        _close(work, waiting(work), Decision.State.SENT_BACK)
        tell_responsible(work, f"退回重拟：{work.case.number}。{work.reason}")
    return case


def recall_proposal(case: Case, *, actor: User, reason: str = "", now: datetime | None = None) -> Case:
    """The officer takes an undecided proposal back to change it; an approval of it is no longer possible (收回拟办)."""
    with step(case, "recall_proposal", actor=actor, reason=reason, now=now) as work:
        decision = waiting(work)
        decision.state = Decision.State.SUPERSEDED
        decision.save(update_fields=["state"])
    return case


def _close(work: Work, decision: Decision, state: Decision.State) -> None:
    if decision.proposed_by_id == work.actor.pk:
        raise Refused("four_eyes", "拟办人不能审批自己的拟办意见，请由其他审批人办理。")
    decision.state, decision.opinion = state, work.reason
    decision.decided_by, decision.decided_at = work.actor, work.now
    decision.save(update_fields=["state", "opinion", "decided_by", "decided_at"])
