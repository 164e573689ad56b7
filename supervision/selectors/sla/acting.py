"""Cases by name: which are late and why, which turn late next, and who has to act on each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from casework.models import Case, CaseRound, Request
from casework.selectors.reminders import Roster

from . import asked
from .ended import rounds
from .watch import Watch

SHOWN = 12
"""Cases named on the page; the number above them opens all."""
State = Case.State
_OF_BODIES = (Request.Kind.VERIFICATION, Request.Kind.REVIEW)


@dataclass(frozen=True)
class Named:
    """One case with what the board says of it."""

    case: Case
    late_days: int
    """Working days past the due day, at least one; 0 while it is in time."""
    who: str
    """Who has to act."""
    writer: str
    """Who says why it is late, at the latest when it is closed: the officer in charge."""


def _name(case: Case) -> str:
    """The office in which the case lies."""
    return case.owning_body.short_name or case.owning_body.name


def named(watch: Watch, *lists: Iterable[Case]) -> list[list[Named]]:
    """The cases of these lists with who has to act on each (four queries, whatever there is)."""
    found = [list(one) for one in lists]
    every = [case for one in found for case in one]
    if not every:
        return [[] for _ in found]
    requests = _requests(watch, every)
    roster = Roster.on(watch.day)
    charged: dict[int, frozenset[int]] = {}
    for case in every:
        stood = Case(owning_body_id=case.owning_body_id, assignee_id=case.shown_assignee)
        charged[case.pk] = roster.in_charge(stood) if case.shown_assignee else frozenset()
    approvers = {case.pk: roster.approvers.get(case.owning_body_id, frozenset()) for case in every}
    people = User.objects.in_bulk(frozenset().union(*charged.values(), *approvers.values()))
    told = lambda keys: "、".join(sorted(str(people[pk]) for pk in keys))  # noqa: E731

    def who(case: Case) -> str:
        officer = f"经办人{told(charged[case.pk])}" if charged[case.pk] else ""
        approver = f"审批人{told(approvers[case.pk])}" if approvers[case.pk] else f"{_name(case)}审批人"
        if not officer:
            return f"{approver}(尚未指派经办人)"
        if case.shown_state == State.APPROVING:
            return approver
        waited = requests.get(case.pk, [])
        if waited and case.shown_state in (State.VERIFYING, State.UPPER_REVIEW):
            return f"{'、'.join(waited)}；{officer}催办"
        if case.shown_state in (State.CORRECTING, State.HEARING):
            return f"{'申请人' if case.shown_state == State.CORRECTING else '当事人'}；{officer}"
        return officer

    late = lambda case: late_days(watch, case)  # noqa: E731
    writer = lambda case: f"经办人{told(charged[case.pk])}" if charged[case.pk] else "指派后的经办人"  # noqa: E731
    return [[Named(case, late(case), who(case), writer(case)) for case in one] for one in found]


def late_days(watch: Watch, case: Any) -> int:
    """Working days since the due day of a case as it stood; a case that is late is so by one at least."""
    due = case.shown_due_on
    if due is None or due >= watch.day:
        return 0
    return max(watch.calendars(case.region).working_days_between(due, watch.day), 1)


def _requests(watch: Watch, cases: Iterable[Case]) -> dict[int, list[str]]:
    """Of each case the bodies that have not answered, with the day until when they should."""
    rows = (
        Request.objects.filter(
            asked.waiting(watch),
            case__in=[case.pk for case in cases],
            kind__in=_OF_BODIES,
            sent_at__lt=watch.before,
        )
        .select_related("department")
        .order_by("due_on", "pk")
    )
    found: dict[int, list[str]] = defaultdict(list)
    for one in rows:
        body = one.department
        name = (body.short_name or body.name) if body is not None else ""
        late = "已逾期" if one.due_on < watch.day else f"应于{one.due_on}前答复"
        found[one.case_id].append(f"{name}({one.get_kind_display()}{late})")
    return found


def ended_late(watch: Watch) -> list[CaseRound]:
    """The last that ended late this year, with the reason that the officer gave (one query)."""
    rows = rounds(watch, watch.year).overdue().select_related("case__subject", "case__owning_body")
    return list(rows.order_by("-closed_on", "-pk")[:SHOWN])
