"""The clock of a case: facts out of the tables, the pure function's answer, and the light that pages show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from audit.clock import local_day
from casework.models import Case, CaseRound, Extension, Pause, Request
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import ClockState, Deadline, Facts, deadline
from worktime.rules.deadlines import Extension as MoreDays
from worktime.rules.deadlines import Pause as Interval
from worktime.selectors import calendar_for

Tone = Literal["good", "warn", "bad", "idle"]
MARKS: Mapping[Tone, str] = {"bad": "▲", "warn": "◆", "good": "●", "idle": "○"}
"""The shape says what the colour says."""


@dataclass(frozen=True)
class Clock:
    """Both figures of a case side by side: the city's target and the statutory limit."""

    target: Deadline
    legal: Deadline | None
    acceptance: Deadline
    calendar: Calendar


def _facts(
    case: Case, limit: int, warn_days: int, pauses: Iterable[Pause], extensions: Iterable[Extension]
) -> Facts:
    return Facts(
        received=case.clock_from,
        limit=limit,
        warn_days=warn_days,
        pauses=tuple(Interval(p.begun_on, p.ended_on, p.get_kind_display()) for p in pauses),
        extensions=tuple(
            MoreDays(e.days, e.decided_on, e.reason)
            for e in extensions
            if e.state == Extension.State.GRANTED and e.decided_on is not None
        ),
        closed=case.closed_on,
    )


def pauses_of(case: Case) -> list[Pause]:
    """The pauses of the present round; a case that is not stored yet has none."""
    return [p for p in case.pauses.all() if p.round == case.round] if case.pk else []


def clock_of(case: Case, *, today: date, calendar: Calendar | None = None) -> Clock:
    """The deadlines of a case with every day explained (two small queries, none when both are prefetched)."""
    calendar = calendar or calendar_for(case.region)
    pauses = pauses_of(case)
    extensions = [e for e in case.extensions.all() if e.round == case.round] if case.pk else []
    target, accept = case.limit, case.acceptance_limit

    def of(days: int, granted: Iterable[Extension]) -> Deadline:
        return deadline(_facts(case, days, target.warn_days, pauses, granted), calendar, today=today)

    acceptance = deadline(
        Facts(
            received=case.clock_from,
            limit=accept.target_days,
            warn_days=accept.warn_days,
            pauses=tuple(Interval(p.begun_on, p.ended_on, p.get_kind_display()) for p in pauses),
            closed=case.accepted_on or case.closed_on,
        ),
        calendar,
        today=today,
    )
    # What the office grants itself moves its own target; the statutory limit is not the office's to move.
    legal = of(target.legal_days, ()) if target.legal_days else None
    return Clock(of(target.target_days, extensions), legal, acceptance, calendar)


def request_due(request: Request, *, today: date, calendar: Calendar) -> Deadline:
    """The limit of a request, on the same clock: from the day it was sent, of a statement from the delivery of its notice."""
    return deadline(
        Facts(
            received=request.counts_from or request.sent_at,
            limit=request.limit.target_days,
            warn_days=request.limit.warn_days,
            closed=request.answered_at,
        ),
        calendar,
        today=today,
    )


@dataclass(frozen=True)
class Light:
    """What a list or badge shows of a case's clock."""

    tone: Tone
    text: str
    remaining: int | None
    state: ClockState


def light_of(case: Case, *, today: date, calendar: Calendar) -> Light:
    """The light from the stored due day alone: no query, the same day that the case page explains."""
    if case.closed_on is not None:
        if case.due_on is not None and case.closed_on > case.due_on:
            late = calendar.working_days_between(case.due_on, case.closed_on)
            return Light("bad", f"逾期{max(late, 1)}个工作日办结", None, ClockState.BREACHED)
        return Light("idle", "按时办结", None, ClockState.MET)
    if case.due_on is None:
        left = f"，还剩{case.days_left}个工作日" if case.days_left is not None else ""
        return Light("idle", f"停时({case.paused_for}){left}", case.days_left, ClockState.PAUSED)
    if case.due_on < today:
        late = max(calendar.working_days_between(case.due_on, today), 1)
        return Light("bad", f"逾期{late}个工作日", -late, ClockState.BREACHED)
    remaining = calendar.working_days_between(today, case.due_on)
    if case.due_on == today:
        return Light("warn", "今日到期", 0, ClockState.DUE_SOON)
    soon = remaining <= case.limit.warn_days
    return Light(
        "warn" if soon else "good",
        f"剩{remaining}个工作日",
        remaining,
        ClockState.DUE_SOON if soon else ClockState.RUNNING,
    )


CACHED = (
    "due_on", "legal_due_on", "accept_due_on", "due_provisional", "calendar", "paused_since", "paused_for", "days_left",
)  # fmt: skip


def cached_values(case: Case, *, today: date, calendar: Calendar | None = None) -> dict[str, object]:
    """What the cache of a case should hold; recomputing it changes nothing."""
    return cached_from(case, clock_of(case, today=today, calendar=calendar))


def cached_from(case: Case, clock: Clock) -> dict[str, object]:
    """The same, of a clock that is known already."""
    open_pause = next((p for p in pauses_of(case) if p.ended_on is None), None)
    standing = open_pause is not None and case.closed_on is None
    return {
        "due_on": clock.target.due,
        "legal_due_on": clock.legal.due if clock.legal is not None else None,
        "accept_due_on": clock.acceptance.due,
        "due_provisional": clock.target.provisional,
        "calendar": clock.calendar.version,
        "paused_since": open_pause.begun_on if open_pause is not None and standing else None,
        "paused_for": open_pause.get_kind_display() if open_pause is not None and standing else "",
        "days_left": clock.target.remaining if standing and clock.target.due is None else None,
    }


def received_day(case: Case) -> date:
    return local_day(case.received_at)


def days_taken(case: Case, clock: Clock) -> tuple[int, int]:
    """Working days of a round that has ended: net of pauses by the clock, and gross from its start to its end."""
    if case.closed_on is None:
        raise ValueError(f"{case.number} has not ended")
    return clock.target.used, clock.calendar.working_days_between(local_day(case.clock_from), case.closed_on)


def days_of_round(ended: CaseRound, *, calendar: Calendar) -> tuple[int, int]:
    """The same of a round out of its own facts, whatever the case has become since (its pauses and extensions prefetched)."""
    case = ended.case
    pauses = [p for p in case.pauses.all() if p.round == ended.round]
    extensions = [e for e in case.extensions.all() if e.round == ended.round]
    facts = replace(
        _facts(case, case.limit.target_days, case.limit.warn_days, pauses, extensions),
        received=ended.clock_from,
        closed=ended.closed_on,
    )
    net = deadline(facts, calendar, today=ended.closed_on).used
    return net, calendar.working_days_between(local_day(ended.clock_from), ended.closed_on)
