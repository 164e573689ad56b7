"""More time, once, with a reason, granted by another than the one who asks, and before the limit has passed (延期)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Extension

from .engine import Work, step

LONGEST = 10


def ask_extension(case: Case, *, actor: User, days: int, reason: str, now: datetime | None = None) -> Case:
    """Ask for more working days; nothing changes until the approver has granted them."""
    with step(case, "ask_extension", actor=actor, reason=reason, now=now, data={"days": days}) as work:
        if not 1 <= days <= LONGEST:
            raise Refused("extension.days", f"延期应为1至{LONGEST}个工作日。")
        _in_time(work)
        if Extension.objects.filter(
            case=work.case, round=work.case.round, state=Extension.State.ASKED
        ).exists():
            raise Refused("extension.asked", "延期申请正在等待批准。")
        Extension.objects.create(
            case=work.case,
            round=work.case.round,
            days=days,
            reason=work.reason,
            asked_by=actor,
            asked_at=work.now,
        )
    return case


def _in_time(work: Work) -> None:
    if work.case.due_on is not None and work.today > work.case.due_on:
        raise Refused("extension.late", f"期限{work.case.due_on}已过，不能再延期。")


def _asked(work: Work) -> Extension:
    extension = (
        Extension.objects.select_for_update(of=("self",))
        .filter(case=work.case, round=work.case.round, state=Extension.State.ASKED)
        .first()
    )
    if extension is None:
        raise Refused("extension.none", "本案没有待批准的延期申请。")
    if extension.asked_by_id == work.actor.pk:
        raise Refused("four_eyes", "申请人不能批准自己的延期申请。")
    return extension


def grant_extension(work: Work) -> Extension:
    """Grant what was asked, on or before the due day as it stands."""
    extension = _asked(work)
    _in_time(work)
    _decide(work, extension, Extension.State.GRANTED)
    work.set(extended=True)
    return extension


def deny_extension(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Refuse more time; it may be asked for again with better reasons."""
    with step(case, "deny_extension", actor=actor, reason=reason, now=now) as work:
        _decide(work, _asked(work), Extension.State.DENIED)
    return case


def _decide(work: Work, extension: Extension, state: Extension.State) -> None:
    extension.state, extension.opinion = state, work.reason
    extension.decided_by, extension.decided_on = work.actor, work.today
    extension.save(update_fields=["state", "opinion", "decided_by", "decided_on"])
