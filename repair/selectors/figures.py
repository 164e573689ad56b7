"""修复时效: how long repairs took, level by level and department by department, as of any day, each figure with its rows.

Facts are the rounds that ended (`CaseRound`), their pauses and extensions, and the requests to departments and to the upper
office. Working days are those of the clock itself (`worktime.rules.deadlines`): closing on the due day is in time,
net days leave the pauses out, gross days do not. A round counts in the month in which it ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Department
from audit.clock import CHINA, local_day, today
from audit.faults import Refused
from casework.models import Case, CaseRound, Decision, Extension, Kind, Pause, Request
from repair.models import Application, Item
from worktime.rules.calendars import Calendar
from worktime.rules.deadlines import ClockState, Deadline, Facts, deadline
from worktime.rules.deadlines import Extension as MoreDays
from worktime.rules.deadlines import Pause as Interval
from worktime.selectors import calendars_in_force, limit_for

from .figure_facts import (
    GROUPS,
    Figures,
    Group,
    OpenFact,
    Period,
    RequestFact,
    RoundFact,
    answered,
    mean_of,
    net_measure,
)

__all__ = [
    "GROUPS",
    "Figures",
    "OpenFact",
    "Period",
    "RequestFact",
    "RoundFact",
    "answered",
    "figures",
    "mean_of",
    "net_measure",
    "present_year",
]


def figures(period: Period) -> Figures:
    """Everything the page and the command tell, from some eight queries; a year of a city is some thousand rounds."""
    clocks = _Clocks(period)
    rounds = list(_rounds(period))
    requests = list(_requests(period))
    reviews = [one for one in requests if one.kind == Request.Kind.REVIEW]
    confirmations = [one for one in requests if one.kind == Request.Kind.VERIFICATION]
    open_rounds = [*_still_open(period), *_ended_later(period)]
    clocks.load({one.case_id for one in rounds} | {one.case.pk for one in open_rounds})
    facts = [clocks.request(one) for one in reviews]
    upper: dict[tuple[int, int], int] = defaultdict(int)
    for one in map(clocks.request, _reviews_of(rounds, period)):
        upper[one.case.pk, one.round] += one.days
    told = [(one, clocks.request(one)) for one in confirmations]
    return Figures(
        period=period,
        rounds=[clocks.round(one, upper.get((one.case_id, one.round))) for one in rounds],
        reviews=facts,
        confirmations=[fact for one, fact in told if one.state == Request.State.ANSWERED and fact.answered],
        unanswered=[fact for one, fact in told if one.state != Request.State.ANSWERED and fact.answered],
        waiting=[clocks.request(one) for one in _waiting(period)],
        open=[clocks.open(one) for one in open_rounds],
    )


def day_begins(day: date) -> datetime:
    """Midnight in China."""
    return datetime.combine(day, time(), CHINA)


def _of_offices(period: Period, path: str = "case__owning_body") -> Q:
    return Q() if period.offices is None else Q(**{f"{path}__in": period.offices})


def _of_department(period: Period, case: str) -> Q:
    found = _of_offices(period, "owning_body" if case == "pk" else f"{case}__owning_body")
    if period.department is None:
        return found
    items = Item.objects.filter(record__department=period.department).values("application__case")
    return found & Q(**{f"{case}__in": items})


def _rounds(period: Period) -> QuerySet[CaseRound]:
    return (
        CaseRound.objects.filter(
            _of_department(period, "case"),
            case__kind=Kind.REPAIR,
            closed_on__gte=period.first,
            closed_on__lte=period.until,
        )
        .select_related("case__subject", "case__limit", "case__repair")
        .order_by("closed_on", "pk")
    )


def _requests(period: Period) -> Iterable[Request]:
    """Those settled within the period, by the day in China on which they were."""
    return (
        Request.objects.filter(
            Q(kind=Request.Kind.REVIEW, state=Request.State.ANSWERED) | Q(kind=Request.Kind.VERIFICATION),
            _asked(period),
            case__kind=Kind.REPAIR,
            answered_at__gte=day_begins(period.first),
            answered_at__lt=day_begins(period.until + timedelta(days=1)),
        )
        .select_related("case__subject", "department", "limit")
        .order_by("answered_at", "pk")
    )


def _asked(period: Period) -> Q:
    """Of a department: what it was asked itself, and the reviews of cases about its records."""
    if period.department is None:
        return _of_offices(period)
    own = Q(kind=Request.Kind.VERIFICATION, department=period.department) & _of_offices(period)
    return own | (Q(kind=Request.Kind.REVIEW) & _of_department(period, "case"))


def _reviews_of(rounds: list[CaseRound], period: Period) -> QuerySet[Request]:
    """Of the rounds themselves, whenever they were answered: a review may lie in the month before."""
    return Request.objects.filter(
        kind=Request.Kind.REVIEW, state=Request.State.ANSWERED, case__in=[one.case_id for one in rounds]
    ).select_related("case__subject", "department", "limit")


def _waiting(period: Period) -> Iterable[Request]:
    after = day_begins(period.as_of + timedelta(days=1))
    return (
        Request.objects.filter(
            _asked(period),
            Q(answered_at=None) | Q(answered_at__gte=after),
            kind=Request.Kind.VERIFICATION,
            case__kind=Kind.REPAIR,
            sent_at__lt=after,
        )
        .select_related("case__subject", "department", "limit")
        .order_by("due_on", "pk")
    )


@dataclass(frozen=True)
class _Open:
    case: Case
    round: int
    clock_from: Any


def _still_open(period: Period) -> Iterable[_Open]:
    rows = Case.objects.open().filter(_of_department(period, "pk"), kind=Kind.REPAIR)
    for case in rows.select_related("subject", "limit").order_by("pk"):
        if local_day(case.clock_from) <= period.as_of:
            yield _Open(case, case.round, case.clock_from)


def _ended_later(period: Period) -> Iterable[_Open]:
    rows = CaseRound.objects.filter(
        _of_department(period, "case"), case__kind=Kind.REPAIR, closed_on__gt=period.as_of
    )
    for one in rows.select_related("case__subject", "case__limit").order_by("pk"):
        if local_day(one.clock_from) <= period.as_of:
            yield _Open(one.case, one.round, one.clock_from)


class _Clocks:
    """The clock of every round, with calendars, pauses and extensions fetched once for all."""

    def __init__(self, period: Period) -> None:
        self.as_of = period.as_of
        self.calendars = calendars_in_force()
        self.pauses: dict[tuple[int, int], list[Interval]] = defaultdict(list)
        self.extensions: dict[tuple[int, int], list[MoreDays]] = defaultdict(list)
        self._review_days: dict[date, int | None] = {}

    def load(self, cases: set[int]) -> None:
        for pause in Pause.objects.filter(case__in=cases).order_by("begun_on", "pk"):
            # A pause that ended later still ran on the day asked about.
            end = pause.ended_on if pause.ended_on is None or pause.ended_on <= self.as_of else None
            self.pauses[pause.case_id, pause.round].append(
                Interval(pause.begun_on, end, str(pause.get_kind_display()))
            )
        granted = Extension.objects.filter(
            case__in=cases, state=Extension.State.GRANTED, decided_on__lte=self.as_of
        )
        for one in granted:
            self.extensions[one.case_id, one.round].append(MoreDays(one.days, one.decided_on, one.reason))

    def _calendar(self, case: Case) -> Calendar:
        return self.calendars(case.region)

    def _run(
        self, case: Case, number: int, received: Any, closed: date | None, *, extended: bool
    ) -> Deadline:
        key = (case.pk, number)
        facts = Facts(
            received=received,
            limit=case.limit.target_days,
            pauses=tuple(self.pauses[key]),
            extensions=tuple(self.extensions[key]) if extended else (),
            closed=closed,
        )
        return deadline(facts, self._calendar(case), today=self.as_of)

    def round(self, one: CaseRound, upper: int | None) -> RoundFact:
        case = one.case
        received = local_day(one.clock_from)
        clock = self._run(case, one.round, one.clock_from, one.closed_on, extended=True)
        target = self._run(case, one.round, one.clock_from, one.closed_on, extended=False)
        fact = RoundFact(
            case=case,
            round=one.round,
            group=group_of(one),
            received=received,
            closed=one.closed_on,
            due_on=one.due_on,
            net=clock.used,
            gross=self._calendar(case).working_days_between(received, one.closed_on),
            within=target.state == ClockState.MET,
            extended=bool(self.extensions[case.pk, one.round]),
            outcome=one.outcome,
            breach_reason=one.breach_reason,
            upper=upper,
        )
        days = self.review_days(received)
        return replace(fact, city_within=None if days is None else fact.city <= days)

    def review_days(self, day: date) -> int | None:
        """What one level of review may take (limit `repair-review`)."""
        if day not in self._review_days:
            try:
                self._review_days[day] = limit_for("repair-review", day).target_days
            except Refused:
                self._review_days[day] = None
        return self._review_days[day]

    def request(self, one: Request) -> RequestFact:
        closed = one.answered_at if one.answered_at and local_day(one.answered_at) <= self.as_of else None
        clock = deadline(
            Facts(received=one.sent_at, limit=one.limit.target_days, closed=closed),
            self._calendar(one.case),
            today=self.as_of,
        )
        return RequestFact(
            case=one.case,
            round=one.round,
            body=one.department,  # type: ignore[arg-type]
            sent=local_day(one.sent_at),
            answered=local_day(closed) if closed else None,
            due_on=one.due_on,
            days=clock.used,
            within=clock.state != ClockState.BREACHED,
            state=one.state if closed else Request.State.OPEN,
        )

    def open(self, one: _Open) -> OpenFact:
        clock = self._run(one.case, one.round, one.clock_from, None, extended=True)
        return OpenFact(
            case=one.case,
            round=one.round,
            received=local_day(one.clock_from),
            due_on=clock.due,
            used=clock.used,
            late=clock.state == ClockState.BREACHED,
        )


def group_of(one: CaseRound) -> Group:
    if one.state == Case.State.REFUSED:
        return "refused"
    if one.state == Case.State.WITHDRAWN:
        return "withdrawn"
    if one.outcome in (Decision.Outcome.REVOKED, Decision.Outcome.KEPT):
        return "false"
    if one.case.repair.kind == Application.Kind.SHIELD:
        return "shield"
    return "repair"


def present_year(department: Department | None = None) -> Period:
    return Period.of_year(today(), department)
