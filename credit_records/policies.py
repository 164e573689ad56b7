"""Who sees and does what with records, batches, subjects and the catalogue."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, Rule, any_of, register

from .models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    Rehearsal,
    RehearsedRecord,
    RuleSet,
    SeverityFinding,
    Subject,
    SubjectName,
    ZeroReport,
)

_BUSINESS = (Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)


def _of_own_department(user: Any, *roles: str) -> Q:
    return Q(department__in=user.departments_as(*roles))


def _department_or_office(user: Any) -> Q:
    """A department sees its own; the office and the supervisors see all."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    return _of_own_department(user, Role.CLERK, Role.REVIEWER)


def _clerks(user: Any) -> Q:
    return _of_own_department(user, Role.CLERK)


def _reviewers(user: Any) -> Q:
    return _of_own_department(user, Role.REVIEWER)


def _is_clerk(user: Any) -> bool:
    return bool(user.departments_as(Role.CLERK))


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _handlers(user: Any) -> Q:
    """Who handles objections in the office."""
    return _when(user.holds(Role.OFFICER, Role.APPROVER))


def _approvers(user: Any) -> Q:
    """Who decides for the office."""
    return _when(user.holds(Role.APPROVER))


_by_case: list[Rule] = []


def show_by_case(rule: Rule) -> None:
    """Let a room above say which records its cases lay before the office one level up."""
    _by_case.append(rule)


def _laid_before(user: Any) -> Q:
    """Records that a case has laid before the office of an upper reviewer; none without such a case."""
    if not user.departments_as(Role.UPPER_REVIEWER):
        return NOTHING
    return any_of(*(rule(user) for rule in _by_case))


def _seen(user: Any) -> Q:
    return any_of(_department_or_office(user), _laid_before(user))


def _deciders(user: Any) -> Q:
    """Who carries a decision on repair out: an approver, or with the agreement of the office above who gave it.

    Whether the case is at that point is judged by the step of the case, not here.
    """
    return any_of(_approvers(user), _laid_before(user))


@register
class RecordPolicy(Policy):
    model = Record
    rules = {
        "view": _seen,
        "change": _clerks,
        "submit": _clerks,
        "return": _reviewers,
        "publish": _reviewers,
        "withdraw": _reviewers,
        "classify": _reviewers,
        "dispute": _handlers,
        "correct": _approvers,
        "suspend": _approvers,
        "resume": _approvers,
        "withdraw_by_decision": _approvers,
        "reinstate": _approvers,
        "repair": _deciders,
        "revoke_repair": _deciders,
        "export": _department_or_office,
    }
    creation = _is_clerk


@register
class IntakeBatchPolicy(Policy):
    model = IntakeBatch
    rules = {
        "view": _department_or_office,
        "check": _clerks,
        "correct": _clerks,
        "explain": _clerks,
        "submit": _clerks,
        "take_back": _clerks,
        "return": _reviewers,
        "publish": _reviewers,
    }
    creation = _is_clerk


@register
class ZeroReportPolicy(Policy):
    model = ZeroReport
    rules = {"view": _department_or_office, "withdraw": _clerks}
    creation = _is_clerk


_subject_by: list[Rule] = []


def show_subject_by(rule: Rule) -> None:
    """Let a room above say which natural persons a user deals with there, beside those of the own records."""
    _subject_by.append(rule)


def _subjects(user: Any) -> Q:
    """Bodies are in public registers; a natural person is seen only by those who hold a record, or the like, of them."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return NOTHING
    person = Subject.Kind.NATURAL_PERSON
    held = Record.objects.filter(department__in=own, subject__kind=person)
    return any_of(~Q(kind=person), Q(pk__in=held.values("subject")), *(rule(user) for rule in _subject_by))


@register
class SubjectPolicy(Policy):
    """A subject comes into being with the first thing that a department reports of it."""

    model = Subject
    rules = {"view": _subjects, "change": lambda user: _when(user.holds(Role.OFFICER))}
    creation = lambda user: bool(user.departments_as(Role.CLERK, Role.OFFICER))  # noqa: E731


@register
class SubjectNamePolicy(Policy):
    model = SubjectName
    rules = {
        "view": lambda user: Q(subject__in=SubjectPolicy.scope(user)),
        "change": lambda user: _when(user.holds(Role.OFFICER)),
    }


@register
class DuplicateCodePolicy(Policy):
    model = DuplicateCodeEntry
    rules = {
        "view": lambda user: _when(user.holds(*OFFICE_ROLES)),
        "resolve": lambda user: _when(user.holds(Role.OFFICER)),
    }


def _catalogue_readers(user: Any) -> Q:
    return _when(user.holds(*_BUSINESS))


def _catalogue_keepers(user: Any) -> Q:
    return _when(user.holds(Role.OFFICER))


@register
class CatalogueItemPolicy(Policy):
    model = CatalogueItem
    rules = {"view": _catalogue_readers, "change": _catalogue_keepers}
    creation = lambda user: user.holds(Role.OFFICER)  # noqa: E731


@register
class CatalogueVersionPolicy(Policy):
    """Only drafts are edited; another person than the officer puts them in force."""

    model = CatalogueVersion
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(state=CatalogueVersion.State.DRAFT),
        "put_in_force": lambda user: _when(user.holds(Role.APPROVER)),
    }
    creation = lambda user: user.holds(Role.OFFICER)  # noqa: E731


@register
class CatalogueFieldPolicy(Policy):
    model = CatalogueField
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(version__state=CatalogueVersion.State.DRAFT),
    }
    creation = lambda user: user.holds(Role.OFFICER)  # noqa: E731


@register
class RuleSetPolicy(Policy):
    """Drafts are edited by the officer; another person puts them in force; what is in force is read for ever."""

    model = RuleSet
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(state=RuleSet.State.DRAFT),
        "propose": lambda user: _catalogue_keepers(user) & Q(state=RuleSet.State.DRAFT),
        "rehearse": lambda user: _handlers(user) & Q(state__in=[RuleSet.State.DRAFT, RuleSet.State.PROPOSED]),
        "confirm": _approvers,
        "reject": _approvers,
    }
    creation = lambda user: user.holds(Role.OFFICER)  # noqa: E731


def _office(user: Any) -> Q:
    return _when(user.holds(*OFFICE_ROLES))


@register
class RehearsalPolicy(Policy):
    """What a draft would do to all departments' records is the office's to see."""

    model = Rehearsal
    rules = {"view": _office}


@register
class RehearsedRecordPolicy(Policy):
    model = RehearsedRecord
    rules = {"view": _office, "export": _office}


def _findings(user: Any) -> Q:
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    return Q(record__department__in=user.departments_as(Role.CLERK, Role.REVIEWER))


@register
class SeverityFindingPolicy(Policy):
    """A finding is seen by whoever sees the record; it is made by the verb of the record."""

    model = SeverityFinding
    rules = {"view": _findings}
