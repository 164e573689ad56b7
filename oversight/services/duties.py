"""Verbs of tasks: enter and amend by the office, report by the body, accept or send back by the office."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Department, User
from accounts.policy import NotAllowed, policy_for
from audit import bulk
from audit.acts import act
from audit.clock import local_day, today
from audit.clock import now as present
from audit.faults import Refused
from oversight.machine import OF_DUTIES, require_state
from oversight.models import Duty, Task
from oversight.rules.periods import due_days
from oversight.rules.task_rows import TaskRow

from . import news
from .attachments import attach
from .versions import require_seen

MOST_REPORT = 4000
CHANGEABLE = ("title", "content", "material", "source", "note")
"""What may be worded anew after the task was given; whom and until when stands, but for single deadlines (`move_due`)."""


def enter(row: TaskRow, *, actor: User, office: Department, now: datetime | None = None) -> Task:
    """Give a task: what each body owes is there for every period at once."""
    require_officer(actor, office)
    moment = now or present()
    with act("task.enter", actor=actor, data={"task": row.number}):
        return entered(row, by=actor, office=office, moment=moment)


def require_officer(person: User, office: Department) -> None:
    if office.pk not in person.departments_as("officer"):
        raise NotAllowed("只有本信用办的经办人可以下达任务。")


def entered(row: TaskRow, *, by: User, office: Department, moment: datetime) -> Task:
    """The rows of one task, inside the caller's act."""
    task = Task(
        office=office, number=row.number, title=row.title, content=row.content, lead_id=row.lead, period=row.period,
        first_due=row.first_due, until=row.until, material=row.material, source=row.source, note=row.note,
        entered_by=by, entered_at=moment,
    )  # fmt: skip
    try:
        with transaction.atomic():
            task.save()
    except IntegrityError as error:
        raise Refused(
            "task.number_exists", f"已有任务编号“{row.number}”，请换一个编号或者修改原任务。"
        ) from error
    days = due_days(row.first_due, row.period, row.until)
    bulk.create_all(
        Duty,
        [
            Duty(task=task, department_id=body, serial=serial, due_on=day)
            for body in row.bodies
            for serial, day in enumerate(days, start=1)
        ],
    )
    return task


def amend(task: Task, *, actor: User, reason: str, seen: int | None = None, **values: str) -> Task:
    """Word it anew (`CHANGEABLE`); what was reported already stays with it. `seen` is the version on the form."""
    policy_for(Task).require(actor, "amend", task)
    if not reason.strip():
        raise Refused("reason.missing", "修改任务必须写明理由。")
    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    with act("task.amend", actor=actor, on=task, reason=reason.strip()):
        held = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
        require_seen(held, seen)
        return amended(held, values)


def amended(held: Task, values: dict[str, str]) -> Task:
    """Write what differs, inside the caller's act and under its lock."""
    given = {name: text.strip() for name, text in values.items()}
    if not given.get("title", held.title) or not given.get("content", held.content):
        raise Refused("task.text_missing", "任务名称和任务内容不能为空。")
    changed = [name for name, text in given.items() if getattr(held, name) != text]
    for name in changed:
        setattr(held, name, given[name])
    if changed:
        held.save(update_fields=changed)
    return held


def begin(duty: Duty, *, actor: User) -> Duty:
    """The body has taken it up."""
    policy_for(Duty).require(actor, "begin", duty)
    with act("duty.begin", actor=actor, on=duty):
        held = _held(duty, "begin")
        held.state = Duty.State.WORKING
        held.save(update_fields=["state"])
    return held


def report(duty: Duty, *, actor: User, text: str, file: Any = None, now: datetime | None = None) -> Duty:
    """Say how it was done, with the material that the task asks for; whether it was in time is told by the days alone."""
    policy_for(Duty).require(actor, "report", duty)
    said = text.strip()
    if not said:
        raise Refused("duty.report_missing", "请填写完成情况。")
    if len(said) > MOST_REPORT:
        raise Refused(
            "duty.report_too_long", f"完成情况最多{MOST_REPORT}个字，请精简，详细材料请作为附件上传。"
        )
    moment = now or present()
    with transaction.atomic():
        if file:
            attach(duty, file, actor=actor, now=moment)
        with act("duty.report", actor=actor, on=duty):
            held = _held(duty, "report")
            if held.task.material and not held.attachments.filter(removed_at=None).exists():
                raise Refused(
                    "duty.material_missing", f"本任务要求上报材料：{held.task.material}。请选择文件后再报送。"
                )
            held.state, held.report = Duty.State.REPORTED, said
            held.reported_on, held.reported_by = local_day(moment), actor
            held.save(update_fields=["state", "report", "reported_on", "reported_by"])
    return held


def accept(duty: Duty, *, actor: User, reason: str = "", now: datetime | None = None) -> Duty:
    """The office agrees: done. Not by whoever reported it, where the office itself had the task."""
    policy_for(Duty).require(actor, "accept", duty)
    with act("duty.accept", actor=actor, on=duty, reason=reason.strip()):
        held = _held(duty, "accept")
        if held.reported_by_id == actor.pk:
            raise Refused("four_eyes", "报送人不能自己确认，请由其他经办人办理。")
        held.state, held.decided_by, held.decided_at = Duty.State.DONE, actor, now or present()
        held.returned_reason = ""
        held.save(update_fields=["state", "decided_by", "decided_at", "returned_reason"])
    return held


def send_back(duty: Duty, *, actor: User, reason: str, now: datetime | None = None) -> Duty:
    """Not enough: the body reports again; until it does the deadline runs on."""
    policy_for(Duty).require(actor, "send_back", duty)
    if not reason.strip():
        raise Refused("reason.missing", "退回必须写明理由。")
    moment = now or present()
    with act("duty.send_back", actor=actor, on=duty, reason=reason.strip()):
        held = _held(duty, "send_back")
        held.state, held.reported_on, held.reported_by = Duty.State.WORKING, None, None
        held.decided_by, held.decided_at = actor, moment
        held.returned_reason = reason.strip()
        held.save(
            update_fields=[
                "state",
                "reported_on",
                "reported_by",
                "decided_by",
                "decided_at",
                "returned_reason",
            ]
        )
        news.task_changed(held, "send_back", actor=actor, now=moment)
    return held


def move_due(duty: Duty, *, actor: User, due_on: date, reason: str) -> Duty:
    """Another deadline for this body and period, with the reason; never one that has passed. The other periods keep theirs."""
    policy_for(Duty).require(actor, "move_due", duty)
    if not reason.strip():
        raise Refused("reason.missing", "调整期限必须写明理由。")
    with act(
        "duty.move_due", actor=actor, on=duty, reason=reason.strip(),
        data={"from": str(duty.due_on), "to": str(due_on)},
    ):  # fmt: skip
        held = _held(duty, "move_due")
        if not today() <= due_on <= date(2099, 12, 31):
            raise Refused("duty.due", "新的期限不能早于今天，也不能晚于2099年，请核对。")
        held.due_on = due_on
        held.save(update_fields=["due_on"])
        news.task_changed(held, "move_due", actor=actor, now=present())
    return held


def cancel(duty: Duty, *, actor: User, reason: str) -> Duty:
    """This body need not do it this time; it stays in the list, with the reason."""
    policy_for(Duty).require(actor, "cancel", duty)
    if not reason.strip():
        raise Refused("reason.missing", "取消必须写明理由。")
    with act("duty.cancel", actor=actor, on=duty, reason=reason.strip()):
        held = _held(duty, "cancel")
        held.state = Duty.State.CANCELLED
        held.save(update_fields=["state"])
        news.task_changed(held, "cancel", actor=actor, now=present())
    return held


def _held(duty: Duty, verb: str) -> Duty:
    held = Duty.objects.select_for_update(of=("self",)).select_related("task", "department").get(pk=duty.pk)
    require_state(OF_DUTIES, verb, held)
    return held
