"""What a commitment brings with it: the task to verify it, and the material that is owed. Inside the caller's act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max

from audit.faults import Refused
from commitments.models import Commitment, MatterTemplate, OwedMaterial, Verification
from commitments.rules.fields import Owed
from commitments.selectors.deadlines import LIMIT, owed_due, verification_due
from worktime.selectors import calendar_for, limit_for


def open_verification(
    commitment: Commitment,
    *,
    asks: str,
    from_on: date,
    now: datetime,
    today: date,
    wording: MatterTemplate | None = None,
) -> Verification:
    """The next task of the commitment, due by the matter's own period (of the wording), else by the limit in force today."""
    task = Verification(
        commitment=commitment,
        number=_next(Verification, commitment),
        asks=asks,
        from_on=from_on,
        limit=limit_for(LIMIT, today),
        period_of=wording if wording is not None and wording.period is not None else None,
        ordered_at=now,
    )
    due = verification_due(task, today=today, calendar=calendar_for(commitment.department.division))
    if due is None:
        raise Refused("verification.no_limit", "无法计算核查期限，请检查办理时限设置。")
    task.due_on, task.due_provisional = due.day, due.provisional
    task.save()
    return task


def add_owed(
    commitment: Commitment, owed: Sequence[Owed], *, from_on: date, today: date
) -> list[OwedMaterial]:
    """The owed pieces, each with its own day, counted from the day of acceptance."""
    calendar = calendar_for(commitment.department.division)
    number = _next(OwedMaterial, commitment)
    added = []
    for place, one in enumerate(owed):
        material = OwedMaterial(
            commitment=commitment, number=number + place, name=one.name, days=one.days, from_on=from_on
        )
        due = owed_due(material, today=today, calendar=calendar)
        if due.due is None:
            raise Refused("owed.no_day", "无法计算补交期限，请检查工作日历。")
        material.due_on, material.due_provisional = due.due, due.provisional
        material.save()
        added.append(material)
    return added


def _next(model: type[Verification] | type[OwedMaterial], commitment: Commitment) -> int:
    return (model.objects.filter(commitment=commitment).aggregate(last=Max("number"))["last"] or 0) + 1
