"""More time, once, with a reason, granted by another than the one who asks, and before the limit has passed (延期)."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Extension, Letter

from .engine import Work, refresh_clock, step
from .step_letters import Says, to_applicant

LONGEST = 10


def ask_extension(case: Case, *, actor: User, days: int, reason: str, now: datetime | None = None) -> Case:
    """Ask for more working days; nothing changes until the approver has granted them."""
    with step(case, "ask_extension", actor=actor, reason=reason, now=now, data={"days": days}) as work:
        if not 1 <= days <= LONGEST:
            raise Refused("extension.days", f"延期应为1至{LONGEST}个工作日。")
        _in_time(work)
        _within_the_law(work, days)
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


def _within_the_law(work: Work, days: int) -> None:
    """The target and the statutory limit run on the same days: in sum the extended target stays within the limit."""
    limit = work.case.limit
    if limit.legal_days is not None and limit.target_days + days > limit.legal_days:
        most = limit.legal_days - limit.target_days
        raise Refused(
            "extension.beyond_law",
            f"法定时限为{limit.legal_days}个工作日，延期后不得超过，最多可延长{most}个工作日。"
            if most > 0
            else f"办理时限已是法定时限{limit.legal_days}个工作日，不能延期。",
        )


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


def grant_extension(work: Work, *, says: Says) -> Extension:
    """Within the step: grant what was asked, on or before the due day as it stands; the applicant is told (延期通知书)."""
    before = work.case.due_on
    extension = _asked(work)
    _in_time(work)
    _decide(work, extension, Extension.State.GRANTED)
    work.set(extended=True)
    refresh_clock(work)
    to_applicant(work, Letter.Kind.EXTENSION, says(reasons=extension.reason, old_due=str(before)))
    return extension


def deny_extension(case: Case, *, actor: User, reason: str, now: datetime | None = None) -> Case:
    """Refuse more time; it may be asked for again with better reasons."""
    with step(case, "deny_extension", actor=actor, reason=reason, now=now) as work:
        _decide(work, _asked(work), Extension.State.DENIED)
    return case


def close_asked(work: Work) -> None:
    """What still waits for approval when the case ends is not granted any more."""
    waiting = Extension.objects.select_for_update(of=("self",)).filter(
        case=work.case, state=Extension.State.ASKED
    )
    for extension in waiting:
        _decide(work, extension, Extension.State.DENIED, opinion=f"案件{work.step.label}，不再需要延期。")


def _decide(work: Work, extension: Extension, state: Extension.State, *, opinion: str = "") -> None:
    extension.state, extension.opinion = state, opinion or work.reason
    extension.decided_by, extension.decided_on = work.actor, work.today
    extension.save(update_fields=["state", "opinion", "decided_by", "decided_on"])
