"""Who sees a case and whose step is whose: rules made from the tables of steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, Rule, any_of, policy_for, register
from audit.clock import today
from casework.machine import Who, machines
from casework.models import (
    Case,
    CaseRound,
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

_DEPARTMENT = (Role.CLERK, Role.REVIEWER)


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


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
    own = user.departments_as(role)
    return Q(owning_body__in=own) if own else NOTHING


def _officer_in_charge(user: Any) -> Q:
    mine = Q(assignee=None) | Q(assignee=user.pk) | Q(assignee__in=_stands_in_for(user))
    return _in_own_office(user, Role.OFFICER) & mine


_WHO: Mapping[Who, Rule] = {
    Who.OFFICER: _officer_in_charge,
    Who.ANY_OFFICER: lambda user: _in_own_office(user, Role.OFFICER),
    Who.APPROVER: lambda user: _in_own_office(user, Role.APPROVER),
    Who.DEPARTMENT: lambda user: _asked(user, state=Request.State.OPEN),
    Who.UPPER: lambda user: _reviewing(user, state=Request.State.OPEN),
    Who.WINDOW: _at_own_window,
}


def _visible(user: Any) -> Q:
    """The office and its supervisors see all; a department what it was asked about or what came in at its window.

    The upper office sees what was ever laid before it.
    """
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    return any_of(_asked(user), _at_own_window(user), _reviewing(user))


def _office_only(user: Any) -> Q:
    return _when(user.holds(*OFFICE_ROLES))


_BESIDE_STEPS: Mapping[str, Rule] = {
    "view": _visible,
    # The reasons of proposals, and of what was sent back, stand in it word for word.
    "history": _office_only,
}


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


def _of_visible_case(user: Any) -> Q:
    return Q(case__in=policy_for(Case).scope(user))


_OF_THE_SUBJECT = (Request.Kind.CORRECTION, Request.Kind.STATEMENT)


@register
class RequestPolicy(Policy):
    """The office sees every request; a department those made to itself; the window what is asked of the applicant or subject."""

    model = Request

    @staticmethod
    def _view(user: Any) -> Q:
        if user.holds(*OFFICE_ROLES):
            return EVERYTHING
        own, upper = user.departments_as(*_DEPARTMENT), user.departments_as(Role.UPPER_REVIEWER)
        mine = Q(department__in=own) | Q(kind__in=_OF_THE_SUBJECT, case__window__in=own) if own else NOTHING
        return any_of(mine, Q(kind=Request.Kind.REVIEW, department__in=upper) if upper else NOTHING)

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
        "view": lambda user: (
            EVERYTHING
            if user.holds(*OFFICE_ROLES)
            else any_of(
                Q(state=Decision.State.APPROVED) & _of_visible_case(user),
                Q(state=Decision.State.ENDORSED) & laid_before(user, state=Request.State.OPEN),
            )
        )
    }


@register
class CommentPolicy(Policy):
    model = Comment
    rules = {"view": _office_only}


@register
class SubstitutionPolicy(Policy):
    model = Substitution
    rules = {"view": _office_only, "end": lambda user: _when(user.holds(Role.OFFICER, Role.APPROVER))}
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
