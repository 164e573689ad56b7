"""Who sees a case and whose step is whose: rules made from the tables of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.areas import in_own_office, within_area
from accounts.grants.policies import open_by_grants
from accounts.grants.reach import Grants, granted, granted_behind
from accounts.grants.rows import Right
from accounts.models import OFFICE_ROLES, Membership, Role
from accounts.policy import NOTHING, Policy, Rule, any_of, policy_for, register
from audit.clock import today
from casework.machine import Who, machines
from casework.models import (
    Case,
    CaseDepartmentGrant,
    CaseRound,
    CaseUserGrant,
    Comment,
    Decision,
    Extension,
    Movement,
    Notice,
    Pause,
    Request,
    SavedView,
    Substitution,
)
from credit_records.policies import reveal_by, show_subject_by, whose_subject

_DEPARTMENT = (Role.CLERK, Role.REVIEWER)


def _asked(user: Any, **conditions: Any) -> Q:
    """Cases in which a department of the user has been asked to verify."""
    own = user.departments_as(*_DEPARTMENT)
    if not own:
        return NOTHING
    requests = Request.objects.filter(kind=Request.Kind.VERIFICATION, department__in=own, **conditions)
    return Q(pk__in=requests.values("case"))


def laid_before(user: Any, *, key: str = "case", **conditions: Any) -> Q:
    """What belongs to the cases laid before the upper office of the user (上级审核), of whatever has a case."""
    own = user.departments_as(Role.UPPER_REVIEWER)
    if not own:
        return NOTHING
    requests = Request.objects.filter(kind=Request.Kind.REVIEW, department__in=own, **conditions)
    return Q(**{f"{key}__in": requests.values("case")})


def _reviewing(user: Any, **conditions: Any) -> Q:
    """Cases laid before the upper office of the user."""
    return laid_before(user, key="pk", **conditions)


def _at_own_window(user: Any) -> Q:
    own = user.departments_as(*_DEPARTMENT)
    return Q(window__in=own) if own else NOTHING


def _stands_in_for(user: Any) -> Any:
    day = today()
    return Substitution.objects.filter(substitute=user.pk, since__lte=day, until__gte=day).values("person")


def _in_own_office(user: Any, role: str) -> Q:
    """Cases of the bodies in which the person holds the role: the city's are not decided by the office above it."""
    return in_own_office(user, "owning_body", role)


def _officer_in_charge(user: Any) -> Q:
    mine = Q(assignee=None) | Q(assignee=user.pk) | Q(assignee__in=_stands_in_for(user))
    return any_of(_in_own_office(user, Role.OFFICER) & mine, _delegated(user))


def _delegated(user: Any) -> Q:
    """Cases given to an officer of another office to handle, or to one beside the officer in charge (委托办理)."""
    return granted(user, Case, Right.HANDLE) if user.departments_as(Role.OFFICER) else NOTHING


_WHO: Mapping[Who, Rule] = {
    Who.OFFICER: _officer_in_charge,
    Who.ANY_OFFICER: lambda user: _in_own_office(user, Role.OFFICER),
    Who.APPROVER: lambda user: _in_own_office(user, Role.APPROVER),
    Who.DEPARTMENT: lambda user: _asked(user, state=Request.State.OPEN),
    Who.UPPER: lambda user: _reviewing(user, state=Request.State.OPEN),
    Who.WINDOW: _at_own_window,
}


def _visible(user: Any) -> Q:
    """The office and its supervisors see its own and those of the offices below; a department what it was asked about
    or what came in at its window.

    The upper office sees what was ever laid before it.
    """
    return any_of(
        _of_offices(user), _asked(user), _at_own_window(user), _reviewing(user), granted(user, Case)
    )


def _of_offices(user: Any, key: str = "owning_body") -> Q:
    """What belongs to cases of the offices in the person's area (`key` leads to the body that owns the case)."""
    return within_area(user, key)


def reads_as_office(user: Any, case: Case) -> bool:
    """The same of one case, without a query: proposals and what others have answered are an office's to read.

    So they are for an officer of another office to whom the case was given to handle.
    """
    return case.owning_body_id in user.area_as(*OFFICE_ROLES) or _handles_by_grant(user, case)


def acts_as_office(user: Any, case: Case) -> bool:
    """Whether the person works in the very office that has the case, or was given it to handle; without a query."""
    return case.owning_body_id in user.departments_as(*OFFICE_ROLES) or _handles_by_grant(user, case)


def _handles_by_grant(user: Any, case: Case) -> bool:
    handled = user.holdings.granted(Case._meta.label_lower, Right.HANDLE)
    return case.pk in handled and user.holds(Role.OFFICER)


_BESIDE_STEPS: Mapping[str, Rule] = {
    "view": _visible,
    # The reasons of proposals, and of what was sent back, stand in it word for word.
    "history": _of_offices,
    "grant": lambda user: _in_own_office(user, Role.APPROVER),
    # The full phone number, and the number of the person the case is about.
    "reveal": lambda user: _in_hand(user),
}


def _in_hand(user: Any) -> Q:
    """Open cases that the person handles by name, stands in for, or approves in the own office."""
    named = Q(assignee=user.pk) | Q(assignee__in=_stands_in_for(user))
    officer = _in_own_office(user, Role.OFFICER) & named
    return any_of(officer, _in_own_office(user, Role.APPROVER), _delegated(user)) & Q(closed_on=None)


class _StepRules(Mapping[str, Rule]):
    """The rules of all steps of all kinds of cases, each kind's by its own table."""

    def __getitem__(self, verb: str) -> Rule:
        if verb in _BESIDE_STEPS:
            return _BESIDE_STEPS[verb]
        owners = [
            (machine.kind, machine.steps[verb].who)
            for machine in machines().values()
            if verb in machine.steps
        ]
        if not owners:
            raise KeyError(verb)

        def rule(user: Any) -> Q:
            return any_of(*(Q(kind=kind) & any_of(*(_WHO[one](user) for one in who)) for kind, who in owners))

        return rule

    def __contains__(self, verb: object) -> bool:
        return verb in _BESIDE_STEPS or any(verb in machine.steps for machine in machines().values())

    def __iter__(self) -> Iterator[str]:
        yield from _BESIDE_STEPS
        yield from dict.fromkeys(verb for machine in machines().values() for verb in machine.steps)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def may_register(user: Any) -> bool:
    """A window of any department takes applications in (一窗受理), and so does the office."""
    return user.holds(Role.OFFICER) or bool(user.departments_as(Role.CLERK))


@register
class CasePolicy(Policy):
    model = Case
    rules = _StepRules()
    creation = may_register


open_by_grants(
    Grants(
        Case,
        CaseUserGrant,
        CaseDepartmentGrant,
        {
            Right.VIEW: "查看案件页",
            Right.INSPECT: "查阅案卷(含证据材料和文书)",
            Right.HANDLE: "承办(经办人的各个步骤)",
        },
        # Why somebody inspects a case is not told to the departments that were asked about it, nor to the window.
        listed_by="history",
    )
)


def _persons_of_cases(user: Any) -> Q:
    """Natural persons about whom an office in the person's area has a case."""
    area = user.area_as(*OFFICE_ROLES)
    return whose_subject(Case.objects.filter(owning_body__in=area), area) if area else NOTHING


show_subject_by(_persons_of_cases)


def _numbers_needed(user: Any, key: str) -> Q:
    """Subjects of cases in hand, of whatever has a subject."""
    if not user.departments_as(Role.OFFICER, Role.APPROVER):
        return NOTHING
    return Q(Exists(Case.objects.filter(_in_hand(user), subject=OuterRef(key))))


reveal_by(_numbers_needed)


def _of_visible_case(user: Any) -> Q:
    return Q(case__in=policy_for(Case).scope(user))


_OF_THE_SUBJECT = (Request.Kind.CORRECTION, Request.Kind.STATEMENT)


@register
class RequestPolicy(Policy):
    """The office sees every request of its cases; a department those made to itself; the window what is asked of the applicant or subject."""

    model = Request

    @staticmethod
    def _view(user: Any) -> Q:
        own, upper = user.departments_as(*_DEPARTMENT), user.departments_as(Role.UPPER_REVIEWER)
        mine = Q(department__in=own) | Q(kind__in=_OF_THE_SUBJECT, case__window__in=own) if own else NOTHING
        return any_of(
            _of_offices(user, "case__owning_body"),
            mine,
            Q(kind=Request.Kind.REVIEW, department__in=upper) if upper else NOTHING,
        )

    rules = {
        "view": lambda user: RequestPolicy._view(user),
        "answer": lambda user: Q(department__in=user.departments_as(*_DEPARTMENT)),
    }


@register
class CaseRoundPolicy(Policy):
    model = CaseRound
    rules = {"view": _of_visible_case}


@register
class PausePolicy(Policy):
    model = Pause
    rules = {"view": _of_visible_case}


@register
class ExtensionPolicy(Policy):
    model = Extension
    rules = {"view": _of_visible_case}


@register
class MovementPolicy(Policy):
    model = Movement
    rules = {"view": _of_visible_case}


@register
class DecisionPolicy(Policy):
    """Proposals are the office's own until they are decided; the office one level up reads what it is to agree to."""

    model = Decision
    rules = {
        "view": lambda user: any_of(
            _of_offices(user, "case__owning_body"),
            Q(state=Decision.State.APPROVED) & _of_visible_case(user),
            granted_behind(user, "case", Case, Right.HANDLE),
            Q(state=Decision.State.ENDORSED) & laid_before(user, state=Request.State.OPEN),
        )
    }


@register
class CommentPolicy(Policy):
    model = Comment
    rules = {"view": lambda user: _of_offices(user, "case__owning_body")}


def _officers_of(bodies: frozenset[int]) -> Q:
    """Substitutions for officers of these offices, whether they are still there or not."""
    if not bodies:
        return NOTHING
    held = Membership.objects.filter(role=Role.OFFICER, department__in=bodies)
    return Q(person__in=held.values("user"))


@register
class SubstitutionPolicy(Policy):
    """Read within the area, arranged in the own office."""

    model = Substitution
    rules = {
        "view": lambda user: _officers_of(user.area_as(*OFFICE_ROLES)),
        "end": lambda user: _officers_of(user.departments_as(Role.OFFICER, Role.APPROVER)),
    }
    creation = lambda user: user.holds(Role.OFFICER, Role.APPROVER)  # noqa: E731


@register
class SavedViewPolicy(Policy):
    """A bookmark is its owner's alone."""

    model = SavedView
    rules = {"view": lambda user: Q(person=user.pk), "remove": lambda user: Q(person=user.pk)}
    creation = lambda user: policy_for(Case).may(user, "view")  # noqa: E731


@register
class NoticePolicy(Policy):
    """Everybody has their own notices and nobody else's."""

    model = Notice
    rules = {"view": lambda user: Q(person=user.pk), "read": lambda user: Q(person=user.pk)}
