"""What is missing is asked of the applicant once and for all, with a letter; it comes in, or the limit passes (补正)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from casework.letters.sheet import date_words
from casework.models import Case, Letter, Request

from . import requests
from .engine import Work, step
from .news import tell_responsible
from .step_letters import Says, to_applicant


def ask(work: Work, *, asks: str, limit: str, says: Says) -> Request:
    """Within the step: ask, stop the clock, send 补正通知书. `limit` is the key of the kind's limit (`worktime`)."""
    request = requests.ask_correction(work, asks=asks, limit=limit)
    due = request.due_on.isoformat()
    values = says(reasons=work.reason, materials=request.asks, correction_due=due)
    to_applicant(work, Letter.Kind.CORRECTION, values)
    return request


def record_correction(case: Case, *, actor: User, answer: str = "", now: datetime | None = None) -> Case:
    """What was missing has come in; the clock goes on with the next working day."""
    with step(case, "record_correction", actor=actor, reason=answer, now=now) as work:
        requests.record_correction(work, answer=answer.strip())
        tell_responsible(work, f"{work.case.number}补正收齐，恢复计时。")
    return case


def lapse(work: Work) -> tuple[str, str]:
    """Within the step: the applicant did not answer in time; cause and facts, for `ending.terminate` to say."""
    request = requests.lapse_correction(work)
    return "逾期未补正", f"补正期限到{date_words(request.due_on)}为止，期限内没有补正。"
