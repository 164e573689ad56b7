"""Verbs of the indicators kept by hand (按台账报送的指标): laid out, filled in, reported, checked or sent back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import Department, Role, User
from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.clock import now as present
from audit.faults import Refused
from supervision.models import HandKept, HandKeptFile, Indicator
from supervision.rules.periods import Period

State = HandKept.State
_OPEN = (State.NOT_STARTED, State.IN_PROGRESS)


def assign(
    indicator: Indicator,
    departments: Sequence[Department],
    *,
    actor: User,
    day: date,
    deadline: date,
    person: str,
    now: datetime | None = None,
) -> list[HandKept]:
    """布置: ask responsible bodies for one period of an indicator (`day`: any day of it); all of them, or none.

    The deadline may not lie before the period begins; one that is over already is allowed, what was owed stays owed.
    """
    area = actor.area_as(Role.OFFICER)
    if not policy_for(HandKept).may_create(actor) or not {one.pk for one in departments} <= area:
        raise NotAllowed("只有信用办经办人可以向辖区内的单位布置指标台账。")
    if indicator.state != Indicator.State.IN_FORCE or indicator.computed:
        raise Refused("hand_kept.indicator", "只有已确认的、按台账报送的指标可以布置。")
    if not departments:
        raise Refused("hand_kept.bodies", "请至少选择一个责任单位。")
    period = Period.holding(day, indicator.period)
    if deadline < period.first:
        raise Refused("hand_kept.deadline", f"报送期限早于{period}的第一天，请核对。")
    person = _person(person)
    moment = now or present()
    told = {
        "code": indicator.code,
        "period": str(period),
        "departments": sorted(one.pk for one in departments),
        "deadline": str(deadline),
    }
    with act("hand_kept.assign", actor=actor, on=indicator, data=told):
        known = HandKept.objects.filter(
            code=indicator.code, period=period.kind, first=period.first, department__in=departments
        ).select_related("department")
        if (twice := known.first()) is not None:
            raise Refused("hand_kept.twice", f"{twice.department}{period}的台账已经布置，请不要重复选择。")
        try:
            with transaction.atomic():
                return [
                    HandKept.objects.create(
                        code=indicator.code, indicator=indicator, department=one, period=period.kind,
                        first=period.first, last=period.last, deadline=deadline, person=person,
                        assigned_by=actor, assigned_at=moment,
                    )
                    for one in departments
                ]  # fmt: skip
        except IntegrityError:
            raise Refused("hand_kept.at_once", "同事刚刚布置了同一期台账，请刷新页面后核对。") from None


def change_terms(entry: HandKept, *, actor: User, deadline: date, person: str, reason: str) -> HandKept:
    """更改期限和责任人; what was the deadline before stays in the history."""
    reason = _reason(reason, "更改期限或者责任人必须写明理由。")
    policy_for(HandKept).require(actor, "change_terms", entry)
    with act("hand_kept.change_terms", actor=actor, on=entry, reason=reason):
        held = locked(entry)
        policy_for(HandKept).require(actor, "change_terms", held)
        if held.state == State.DONE:
            raise Refused("hand_kept.state", "已完成的台账不用再改期限；有误的请退回。")
        if deadline < held.first:
            raise Refused("hand_kept.deadline", "报送期限早于本期第一天，请核对。")
        held.deadline, held.person = deadline, _person(person)
        held.save(update_fields=["deadline", "person"])
    return held


def fill_in(entry: HandKept, *, actor: User, told: str, value: Decimal | None = None) -> HandKept:
    """填写完成情况和数值; nothing is reported by that."""
    policy_for(HandKept).require(actor, "fill_in", entry)
    told = told.strip()
    if not told:
        raise Refused("hand_kept.told", "请写明完成情况。")
    if value is not None and value < 0:
        raise Refused("hand_kept.value", "数值不能小于0，请核对。")
    with act("hand_kept.fill_in", actor=actor, on=entry):
        held = locked(entry)
        policy_for(HandKept).require(actor, "fill_in", held)
        require_open(held)
        if (held.told, held.value) == (told, value):
            raise Refused("hand_kept.unchanged", "与已填写的一样，没有改动。")
        held.told, held.value, held.state = told, value, State.IN_PROGRESS
        held.save(update_fields=["told", "value", "state"])
    return held


def report(entry: HandKept, *, actor: User, now: datetime | None = None) -> HandKept:
    """报送核验: the body says that it is finished. The plan's table asks for material, so there is a file."""
    policy_for(HandKept).require(actor, "report", entry)
    with act("hand_kept.report", actor=actor, on=entry):
        held = locked(entry)
        policy_for(HandKept).require(actor, "report", held)
        require_open(held)
        if in_the_way := unfinished(held):
            raise Refused("hand_kept.unfinished", in_the_way)
        held.state, held.reported_by, held.reported_at = State.REPORTED, actor, now or present()
        held.returned_reason = ""
        held.save(update_fields=["state", "reported_by", "reported_at", "returned_reason"])
    return held


def unfinished(entry: HandKept) -> str:
    """What is missing before it can be reported; empty when nothing is."""
    if not entry.told:
        return "请先填写完成情况，再报送核验。"
    if not HandKeptFile.objects.filter(entry=entry, removed_at=None).exists():
        return "请先上传佐证材料，再报送核验。"
    return ""


def check(entry: HandKept, *, actor: User, reason: str = "", now: datetime | None = None) -> HandKept:
    """核验通过. Not by whoever reported it (四眼)."""
    policy_for(HandKept).require(actor, "check", entry)
    with act("hand_kept.check", actor=actor, on=entry, reason=reason.strip()):
        held = locked(entry)
        policy_for(HandKept).require(actor, "check", held)
        if held.state != State.REPORTED:
            raise Refused("hand_kept.state", f"该台账{held.get_state_display()}，待核验的才可以核验。")
        if held.reported_by_id == actor.pk:
            raise Refused("four_eyes", "报送人不能自己核验，请由其他人办理。")
        held.state, held.checked_by, held.checked_at = State.DONE, actor, now or present()
        held.save(update_fields=["state", "checked_by", "checked_at"])
    return held


def send_back(entry: HandKept, *, actor: User, reason: str) -> HandKept:
    """退回重报, also what was found wrong after it had been checked."""
    reason = _reason(reason, "退回必须写明理由。")
    policy_for(HandKept).require(actor, "send_back", entry)
    with act("hand_kept.send_back", actor=actor, on=entry, reason=reason):
        held = locked(entry)
        policy_for(HandKept).require(actor, "send_back", held)
        if held.state in _OPEN:
            raise Refused("hand_kept.state", "该台账还没有报送，不用退回。")
        held.state, held.returned_reason = State.IN_PROGRESS, reason
        held.reported_by = held.reported_at = held.checked_by = held.checked_at = None
        held.save(
            update_fields=[
                "state", "returned_reason", "reported_by", "reported_at", "checked_by", "checked_at"
            ]
        )  # fmt: skip
    return held


def is_open(entry: HandKept) -> bool:
    return entry.state in _OPEN


def locked(entry: HandKept) -> HandKept:
    return (
        HandKept.objects.select_for_update(of=("self",))
        .select_related("indicator", "department")
        .get(pk=entry.pk)
    )


def require_open(held: HandKept) -> None:
    if held.state not in _OPEN:
        raise Refused("hand_kept.state", f"该台账{held.get_state_display()}，要改动的请信用办先退回。")


def _person(text: str) -> str:
    person = text.strip()
    if not person:
        raise Refused("hand_kept.person", "请写明责任人。")
    return person


def _reason(text: str, missing: str) -> str:
    reason = text.strip()
    if not reason:
        raise Refused("reason.missing", missing)
    return reason
