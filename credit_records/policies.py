"""Who sees and does what with records, batches, subjects and the catalogue."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, register

from .models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    RuleSet,
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


@register
class RecordPolicy(Policy):
    model = Record
    rules = {
        "view": _department_or_office,
        "change": _clerks,
        "submit": _clerks,
        "return": _reviewers,
        "publish": _reviewers,
        "withdraw": _reviewers,
        "dispute": _handlers,
        "correct": _approvers,
        "suspend": _approvers,
        "resume": _approvers,
        "withdraw_by_decision": _approvers,
        "reinstate": _approvers,
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


def _subjects(user: Any) -> Q:
    """Bodies are in public registers; a natural person is seen only by those who hold a record of them."""
    if user.holds(*OFFICE_ROLES):
        return EVERYTHING
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    if not own:
        return NOTHING
    return ~Q(kind=Subject.Kind.NATURAL_PERSON) | Q(
        pk__in=Record.objects.filter(department__in=own, subject__kind=Subject.Kind.NATURAL_PERSON).values(
            "subject"
        )
    )


@register
class SubjectPolicy(Policy):
    model = Subject
    rules = {"view": _subjects, "change": lambda user: _when(user.holds(Role.OFFICER))}


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
    model = RuleSet
    rules = {"view": _catalogue_readers}
