"""What is due or late today, and whose business it is: a fixed number of queries however many cases are open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.models import Membership, Role
from accounts.policy import NOTHING
from casework.machine import machine_of
from casework.models import Case, Notice, Request, Substitution
from worktime.impact import Calendars
from worktime.selectors import calendar_for, calendars_in_force

from .offices import offices

Kind, About = Notice.Kind, Notice.About


@dataclass(frozen=True)
class Reminder:
    """One matter with its day, and the people who are to hear of it."""

    case: Case
    kind: Notice.Kind
    about: Notice.About
    day: date
    people: frozenset[int]
    request: Request | None = None

    @property
    def request_id(self) -> int | None:
        return self.request.pk if self.request is not None else None

    @property
    def key(self) -> tuple[int, str, str, int | None, date]:
        return (self.case.pk, str(self.kind), str(self.about), self.request_id, self.day)

    @property
    def url(self) -> str:
        return case_page(self.case)

    @property
    def text(self) -> str:
        """The sentence of notice and mail: number, what, day; no name of a person in it."""
        late = self.kind == Kind.BREACHED
        end = "，已逾期" if late else "，即将到期"
        if self.request is None:
            more = "" if self.about == About.ACCEPTANCE or not late else "，办结时须写明逾期原因"
            provisional = "(期限暂定)" if self.case.due_provisional else ""
            accept = machine_of(self.case.kind).steps["accept"].label
            done = f"决定是否{accept}" if self.about == About.ACCEPTANCE else "办结"
            return f"{self.case.number}应于{self.day}前{done}{provisional}{end}{more}。"
        if self.request.kind == Request.Kind.CORRECTION:
            return f"{self.case.number}的补正期限{self.day}已过，申请人没有补正的可以办理“逾期未补正”。"
        if self.request.kind == Request.Kind.STATEMENT:
            if self.request.counts_from is None:
                return f"{self.case.number}的事先告知书还没有登记送达，送达后陈述申辩的期限才起算，请送达并登记。"
            return f"{self.case.number}的陈述申辩期限{self.day}已过，请办理“陈述申辩结束”。"
        body = self.request.department
        name = (body.short_name or body.name) if body is not None else ""
        provisional = "(期限暂定)" if self.request.due_provisional else ""
        if self.request.kind == Request.Kind.REVIEW:
            return f"{self.case.number}报{name}审核的决定应于{self.day}前审核{provisional}{end}。"
        return f"{self.case.number}发给{name}的协查函应于{self.day}前答复{provisional}{end}。"


def case_page(case: Case) -> str:
    return reverse("admin:casework_case_change", args=[case.pk])


# --- whose business it is ---------------------------------------------------------------------------------------------


def _frozen(found: Mapping[int, set[int]]) -> dict[int, frozenset[int]]:
    return {key: frozenset(people) for key, people in found.items()}


@dataclass(frozen=True)
class Roster:
    """Who is on duty on a day (two queries)."""

    officers: dict[int, frozenset[int]]
    """By office, as the approvers."""
    approvers: dict[int, frozenset[int]]
    of_department: dict[int, frozenset[int]]
    upper: dict[int, frozenset[int]]
    """Reviewers of the offices one level up."""
    substitutes: dict[int, frozenset[int]]

    @classmethod
    def on(cls, day: date) -> Roster:
        held = Membership.objects.in_force(day).filter(
            role__in=(Role.OFFICER, Role.APPROVER, Role.CLERK, Role.REVIEWER, Role.UPPER_REVIEWER),
            user__is_active=True,
        )
        by_role: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for role, person, department in held.values_list("role", "user_id", "department_id"):
            by_role[role][department].add(person)
        of_department: dict[int, set[int]] = defaultdict(set)
        for role in (Role.CLERK, Role.REVIEWER):
            for department, people in by_role[role].items():
                of_department[department] |= people
        officers = frozenset().union(*by_role[Role.OFFICER].values())
        substitutes: dict[int, set[int]] = defaultdict(set)
        standing_in = Substitution.objects.filter(since__lte=day, until__gte=day)
        for person, substitute in standing_in.values_list("person_id", "substitute_id"):
            if substitute in officers:
                substitutes[person].add(substitute)
        return cls(
            _frozen(by_role[Role.OFFICER]),
            _frozen(by_role[Role.APPROVER]),
            _frozen(of_department),
            _frozen(by_role[Role.UPPER_REVIEWER]),
            _frozen(substitutes),
        )

    def in_charge(self, case: Case) -> frozenset[int]:
        """The officer in charge and who stands in for them; all officers of the case's office while nobody on duty has it in
        hand.
        """
        of_office = self.officers.get(case.owning_body_id, frozenset())
        if case.assignee_id is None:
            return of_office
        people = {case.assignee_id} | self.substitutes.get(case.assignee_id, frozenset())
        return (people & of_office) or of_office

    def answerable(self, case: Case) -> frozenset[int]:
        """Who is in charge, and the approvers of the case's office."""
        return self.in_charge(case) | self.approvers.get(case.owning_body_id, frozenset())

    def asked(self, request: Request) -> frozenset[int]:
        """Who is to answer: the department's people, or the reviewers of the office above; none for an applicant."""
        people = self.upper if request.kind == Request.Kind.REVIEW else self.of_department
        return people.get(request.department_id or 0, frozenset())


# --- what is due ------------------------------------------------------------------------------------------------------

_Within = Collection[int] | None


def _soon(rows: QuerySet, *, region: str, warn: str, due: str, today: date, calendars: Calendars) -> QuerySet:
    """Rows whose day lies at most the pinned limit's `warn_days` working days ahead, in the calendar of their region."""
    condition = NOTHING
    for code, days in rows.order_by().values_list(region, warn).distinct():
        horizon = calendars(code).add_working_days(today, days)
        condition |= Q(**{region: code, warn: days, f"{due}__range": (today, horizon)})
    return rows.filter(condition)


def _cases(within: _Within) -> QuerySet[Case]:
    rows = Case.objects.open()
    return rows if within is None else rows.filter(pk__in=within)


def _open_requests(within: _Within) -> QuerySet[Request]:
    rows = Request.objects.open().filter(case__closed_on=None)
    return rows if within is None else rows.filter(case__in=within)


def due_reminders(today: date, *, within: _Within = None) -> list[Reminder]:
    """Everything that people are to be reminded of today (some ten queries in all); `within`: these cases only."""
    roster = Roster.on(today)
    calendars = calendars_in_force()
    found = [
        *_due_cases(today, within, roster, calendars),
        *_due_acceptances(today, within, roster, calendars),
        *_due_requests(today, within, roster, calendars),
    ]
    return [reminder for reminder in found if reminder.people]


def _of_cases(
    rows: Iterable[Case],
    kind: Notice.Kind,
    about: Notice.About,
    day: str,
    people: Callable[[Case], frozenset[int]],
) -> Iterator[Reminder]:
    for case in rows:
        yield Reminder(case, kind, about, getattr(case, day), people(case))


def _due_cases(today: date, within: _Within, roster: Roster, calendars: Calendars) -> Iterator[Reminder]:
    soon = _soon(
        _cases(within),
        region="region",
        warn="limit__warn_days",
        due="due_on",
        today=today,
        calendars=calendars,
    )
    yield from _of_cases(soon, Kind.DUE_SOON, About.CASE, "due_on", roster.in_charge)
    late = _cases(within).overdue(today)
    yield from _of_cases(late, Kind.BREACHED, About.CASE, "due_on", roster.answerable)


def _due_acceptances(
    today: date, within: _Within, roster: Roster, calendars: Calendars
) -> Iterator[Reminder]:
    received = _cases(within).filter(state=Case.State.RECEIVED)
    soon = _soon(
        received,
        region="region",
        warn="acceptance_limit__warn_days",
        due="accept_due_on",
        today=today,
        calendars=calendars,
    )
    yield from _of_cases(soon, Kind.DUE_SOON, About.ACCEPTANCE, "accept_due_on", roster.in_charge)
    late = received.filter(accept_due_on__lt=today)
    yield from _of_cases(
        late,
        Kind.BREACHED,
        About.ACCEPTANCE,
        "accept_due_on",
        roster.answerable,
    )


def _due_requests(today: date, within: _Within, roster: Roster, calendars: Calendars) -> Iterator[Reminder]:
    """Who was asked hears of it, a department or the office above, the officer of those that are late.

    Nobody here reminds an applicant, or a subject that is heard.
    """
    related = ("case", "department")
    to_bodies = _open_requests(within).exclude(kind__in=[Request.Kind.CORRECTION, Request.Kind.STATEMENT])
    soon = _soon(
        to_bodies,
        region="case__region",
        warn="limit__warn_days",
        due="due_on",
        today=today,
        calendars=calendars,
    )
    for request in soon.select_related(*related):
        yield Reminder(
            request.case, Kind.DUE_SOON, About.REQUEST, request.due_on, roster.asked(request), request
        )
    for request in _open_requests(within).overdue(today).select_related(*related):
        people = roster.in_charge(request.case) | roster.asked(request)
        yield Reminder(request.case, Kind.BREACHED, About.REQUEST, request.due_on, people, request)


def is_working_day(today: date) -> bool:
    """Whether the office works on the day: the calendar of its own region."""
    region = offices().values_list("division", flat=True).first()
    return calendar_for(region or "").is_working(today)
