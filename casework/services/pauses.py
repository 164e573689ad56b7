"""The clock stands still and goes on again: each pause with kind, reason and evidence (停时)."""

from __future__ import annotations

from datetime import date, datetime

from accounts.models import User
from audit.clock import local_day
from audit.faults import Refused
from casework.models import Case, Evidence, Pause

from .engine import Work, step


def begin(
    work: Work,
    kind: Pause.Kind,
    *,
    reason: str,
    begun_on: date | None = None,
    evidence: Evidence | None = None,
) -> Pause:
    """Stop the clock within a step. The day on which a pause begins does not count."""
    day = begun_on or work.today
    if day > work.today:
        raise Refused("pause.in_future", "停时不能从将来的日期开始。")
    if day < local_day(work.case.clock_from):
        raise Refused("pause.before_receipt", "停时不能早于收到之日。")
    return Pause.objects.create(
        case=work.case,
        round=work.case.round,
        kind=kind,
        begun_on=day,
        reason=reason,
        evidence=evidence,
        begun_by=work.actor,
    )


def end(work: Work, *, ended_on: date | None = None) -> Pause:
    """Let the clock go on. The day on which a pause ends does not count."""
    pause = Pause.objects.select_for_update().filter(case=work.case, ended_on=None).first()
    if pause is None:
        raise Refused("pause.none", "案件没有停时。")
    day = ended_on or work.today
    if not pause.begun_on <= day <= work.today:
        raise Refused("pause.dates", f"恢复日期应在{pause.begun_on}至{work.today}之间。")
    pause.ended_on = day
    pause.save(update_fields=["ended_on"])
    return pause


def pause(
    case: Case,
    *,
    actor: User,
    kind: str,
    reason: str,
    evidence: Evidence | None = None,
    now: datetime | None = None,
) -> Case:
    """Stop the clock for a hearing, an appraisal or another cause that the law names; 补正 has its own step."""
    if kind not in (Pause.Kind.HEARING, Pause.Kind.APPRAISAL, Pause.Kind.LAW):
        raise Refused("pause.kind", "停时事由只能是听证、鉴定评估或依法中止；补正请用“要求补正”。")
    if evidence is not None and evidence.case_id != case.pk:
        raise Refused("pause.evidence", "依据材料不属于本案。")
    with step(case, "pause", actor=actor, reason=reason, now=now, data={"kind": kind}) as work:
        begin(work, Pause.Kind(kind), reason=work.reason, evidence=evidence)
    return case


def resume(case: Case, *, actor: User, reason: str = "", now: datetime | None = None) -> Case:
    """The cause is over: the clock goes on from the next working day. A pause for 补正 ends with its receipt."""
    with step(case, "resume", actor=actor, reason=reason, now=now) as work:
        if work.case.state == Case.State.CORRECTING:
            raise Refused("pause.correcting", "补正期间请用“补正收齐”或“逾期未补正”。")
        end(work)
    return case
