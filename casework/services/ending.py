"""How a case ends, with its letter, and how it is taken up again."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Letter

from . import decisions, extensions, pauses, requests
from .engine import Work, step
from .news import tell_responsible
from .step_letters import Says, to_applicant

State = Case.State


def end(work: Work, *, breach_reason: str = "", late_needs_reason: bool = True) -> None:
    """What every ending does: nothing is asked or proposed any more, no pause stays open, and a late ending says why."""
    late = work.case.due_on is not None and work.today > work.case.due_on
    if late and late_needs_reason and not (breach_reason.strip() or work.case.breach_reason):
        raise Refused("case.breach_reason", f"本案应于{work.case.due_on}办结，已逾期，请写明逾期原因。")
    requests.close_open(work)
    decisions.supersede_open(work)
    extensions.close_asked(work)
    if work.case.paused_since is not None:
        pauses.end(work)
    if late and breach_reason.strip():
        work.set(breach_reason=breach_reason.strip())
    elif not late and work.case.breach_reason:
        work.set(breach_reason="")  # noted while it was late by a calendar that has changed since


def note_lateness(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Say why an open case is late, before it is closed (注明逾期原因); said again, the last word counts.

    It stands on the case page and on the board, and need not be written at the closing. Refused: `case.not_late`.
    """
    with step(case, "note_lateness", actor=actor, reason=reason, now=now) as work:
        if work.case.due_on is None or work.today <= work.case.due_on:
            raise Refused("case.not_late", f"{work.case.number}没有逾期，不需要注明逾期原因。")
        work.set(breach_reason=work.reason)
    return case


def refuse(work: Work, *, breach_reason: str, says: Says) -> Letter:
    """Within the step: do not take the case up, with the reason and the remedies in the letter (不予受理通知书)."""
    end(work, breach_reason=breach_reason)
    return to_applicant(work, Letter.Kind.REFUSAL, says(reasons=work.reason))


def terminate(work: Work, cause: str, facts: str = "", *, says: Says) -> Letter:
    """Within the step: end without a decision, whoever is the cause of it; the applicant is told why (终止办理告知书).

    What the room holds for the case (marks, records) it lets go before: records are locked before numbers of letters.
    """
    end(work, late_needs_reason=False)
    said = work.reason
    work.reason = f"{cause}。{said}"  # stands beside the state, which itself does not say who ended it
    return to_applicant(work, Letter.Kind.TERMINATION, says(reasons=f"{cause}。{facts}{said}"))


def close(work: Work, *, breach_reason: str, not_delivered: Refused) -> None:
    """Within the step: everything is done and the letter has been delivered (办结). A late closing says why it was late.

    Who closes before the delivery of the decision is written down says why in the reason; otherwise `not_delivered`.
    """
    end(work, breach_reason=breach_reason)
    if not work.reason and not decision_delivered(work.case):
        raise not_delivered


def decision_delivered(case: Case) -> bool:
    """Of several rounds the last one's letter counts, a revocation's like any other."""
    kinds = (Letter.Kind.DECISION, Letter.Kind.REVOCATION)
    last = Letter.objects.filter(case=case, kind__in=kinds).order_by("-pk").first()
    return last is not None and last.delivered_on is not None


def take_up_again(work: Work, *, besides: str = "") -> bool:
    """Within the step `reopen`: a new round from today; gives back whether the case had been decided.

    A decided case is accepted already, any other is looked at anew. `besides` is said to the officer in charge.
    """
    decided = work.case.state == State.CLOSED
    reopen(work)
    work.go_to(State.ACCEPTED if decided else State.RECEIVED)
    if decided:
        work.set(accepted_on=work.today)
    tell_responsible(work, f"重新办理：{work.case.number}，时限从今天重新计算。{besides}{work.reason}")
    return decided


def reopen(work: Work) -> None:
    """A new round with a clock of its own; what the rounds before decided, and whether late, stays in `CaseRound`."""
    work.set(
        round=work.case.round + 1,
        clock_from=work.now,
        accepted_on=None,
        closed_on=None,
        correction_used=False,
        extended=False,
        outcome="",
        breach_reason="",
        resume_state="",
    )
