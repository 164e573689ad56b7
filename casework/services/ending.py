"""How a case ends, and how it is taken up again."""

from __future__ import annotations

from audit.faults import Refused

from . import decisions, extensions, pauses, requests
from .engine import Work


def end(work: Work, *, breach_reason: str = "", late_needs_reason: bool = True) -> None:
    """What every ending does: nothing is asked or proposed any more, no pause stays open, and a late ending says why."""
    late = work.case.due_on is not None and work.today > work.case.due_on
    if late and late_needs_reason and not breach_reason.strip():
        raise Refused("case.breach_reason", f"本案应于{work.case.due_on}办结，已逾期，请写明逾期原因。")
    requests.close_open(work)
    decisions.supersede_open(work)
    extensions.close_asked(work)
    if work.case.paused_since is not None:
        pauses.end(work)
    if late and breach_reason.strip():
        work.set(breach_reason=breach_reason.strip())


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
