"""The one writer of cases: locks, asks table and policy, writes named fields, moves the queue, refreshes the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from accounts.policy import policy_for
from audit.acts import act
from audit.clock import local_day
from audit.clock import now as present
from audit.faults import Refused
from audit.models import Event
from casework.machine import Step, machine_of
from casework.models import Case, CaseRound, Decision, Extension, Movement, Pause, Request
from casework.selectors.clock import CACHED, Clock, cached_from, clock_of, days_taken

State = Case.State


@dataclass
class Work:
    """A case under lock while one step is carried out."""

    case: Case
    step: Step
    actor: User
    reason: str
    now: datetime
    today: date
    event: Event
    fields: set[str] = field(default_factory=set)
    target: str | None = None

    def set(self, **values: Any) -> None:
        """Fields of the case that the step changes."""
        for name, value in values.items():
            setattr(self.case, name, value)
            self.fields.add(name)

    def go_to(self, state: str) -> None:
        self.target = state


def locked(pk: int) -> Case:
    return (
        Case.objects.select_for_update(of=("self",))
        .select_related(
            "subject", "limit", "acceptance_limit", "owning_body", "window", "assignee", "entered_by"
        )
        .prefetch_related(
            Prefetch("pauses", Pause.objects.all()), Prefetch("extensions", Extension.objects.all())
        )
        .get(pk=pk)
    )


@contextmanager
def step(
    case: Case,
    verb: str,
    *,
    actor: User,
    reason: str = "",
    now: datetime | None = None,
    data: Mapping[str, Any] | None = None,
) -> Iterator[Work]:
    """Carry out one step of a case: whatever the block writes stands or falls with it.

    Raises `NotVisible`/`NotAllowed` (policy) and `Refused` (`case.state`, `reason.missing`, `four_eyes`). Under the lock stage
    and policy are asked again, the stage first: of two who act at once the second is told what the first has done.
    """
    row = machine_of(case.kind).steps[verb]
    reason = reason.strip()
    moment = now or present()
    policy_for(Case).require(actor, verb, case)
    if row.needs_reason and not reason:
        raise Refused("reason.missing", f"{row.label}必须写明理由。")
    with act(f"case.{verb}", actor=actor, on=case, reason=reason, data=data) as event:
        held = locked(case.pk)
        in_the_way = machine_of(held.kind).obstacle(verb, held, actor)
        if in_the_way:
            raise Refused("case.state", f"{held.number}：{in_the_way}")
        policy_for(Case).require(actor, verb, held)
        if (
            row.by_another
            and Decision.objects.filter(case=held, state=Decision.State.PROPOSED, proposed_by=actor).exists()
        ):
            raise Refused("four_eyes", "拟办人不能审批自己的拟办意见，请由其他审批人办理。")
        work = Work(held, row, actor, reason, moment, local_day(moment), event)
        yield work
        _finish(work)
    _tell(case, held)


def _finish(work: Work) -> None:
    case = work.case
    target = work.target or work.step.target
    if target is not None and target != case.state:
        work.set(state=target, state_reason=work.reason)
    if work.step.ends:
        work.set(closed_on=work.today, last_closed_on=work.today)
    clock = refresh_clock(work)
    requeue(case, now=work.now)
    if work.fields:
        case.save(update_fields=sorted(work.fields))
    if work.step.ends:
        ended = CaseRound.of(case)
        ended.net_days, ended.gross_days = days_taken(case, clock)
        ended.save()


def refresh_clock(work: Work) -> Clock:
    """Bring the cached days in line with the facts just written."""
    work.case._prefetched_objects_cache = {}  # the block may have added a pause or an extension
    clock = clock_of(work.case, today=work.today)
    for name, value in cached_from(work.case, clock).items():
        if getattr(work.case, name) != value:
            work.set(**{name: value})
    return clock


def _holders(case: Case) -> set[int | None]:
    """The bodies that have the case in hand; None is the applicant, or the subject that is heard."""
    if case.closed_on is not None:
        return set()
    if case.state in (State.CORRECTING, State.HEARING):
        return {None}
    if case.state == State.VERIFYING:
        asked = Request.objects.open().filter(case=case, kind=Request.Kind.VERIFICATION)
        return set(asked.values_list("department_id", flat=True)) or {case.owning_body_id}
    if case.state == State.UPPER_REVIEW:
        laid_before = Request.objects.open().filter(case=case, kind=Request.Kind.REVIEW)
        return set(laid_before.values_list("department_id", flat=True)) or {case.owning_body_id}
    return {case.owning_body_id}


def requeue(case: Case, *, now: datetime) -> None:
    """Close the queue entries that no longer hold and open those that do."""
    wanted = _holders(case)
    for movement in Movement.objects.filter(case=case, until=None):
        if movement.body_id in wanted and movement.stage == case.state:
            wanted.discard(movement.body_id)
        else:
            movement.until = max(now, movement.since)
            movement.save(update_fields=["until"])
    Movement.objects.bulk_create(
        Movement(case=case, stage=case.state, body_id=body, since=now) for body in wanted
    )


def _tell(given: Case, held: Case) -> None:
    """The caller's object shows what was written."""
    for name in (f.attname for f in Case._meta.concrete_fields):
        setattr(given, name, getattr(held, name))
    given.__dict__.pop("_prefetched_objects_cache", None)
    given._state.fields_cache.clear()


__all__ = ["CACHED", "Work", "locked", "refresh_clock", "requeue", "step"]
