"""Who sees and does what with records, batches, subjects and the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.areas import bodies_in_sight, in_sight, keeps_common, within_area
from accounts.grants.policies import open_by_grants
from accounts.grants.reach import Grants, granted
from accounts.grants.rows import Right
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, Rule, any_of, register

from .models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    RecordDepartmentGrant,
    RecordUserGrant,
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
    """A department sees its own; the office and its supervisors what lies within the office's area."""
    return in_sight(user, "department")


def _clerks(user: Any) -> Q:
    return _of_own_department(user, Role.CLERK)


def _reviewers(user: Any) -> Q:
    return _of_own_department(user, Role.REVIEWER)


def _is_clerk(user: Any) -> bool:
    return bool(user.departments_as(Role.CLERK))


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _handlers(user: Any) -> Q:
    """Who handles objections in the office, to records of its area."""
    return within_area(user, "department", Role.OFFICER, Role.APPROVER)


def _approvers(user: Any) -> Q:
    """Who decides for the office, about records of its area."""
    return within_area(user, "department", Role.APPROVER)


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
    return any_of(_department_or_office(user), _laid_before(user), granted(user, Record))


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
        "grant": lambda user: any_of(_reviewers(user), _approvers(user)),
        "reveal": lambda user: any_of(_reviewers(user), *(rule(user, "subject") for rule in _in_hand)),
    }
    creation = _is_clerk


# One record, nothing else of its subject: who is let in reads the page, and neither exports nor works on it.
open_by_grants(Grants(Record, RecordUserGrant, RecordDepartmentGrant, {Right.VIEW: "查看这条记录"}))


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
    """Let a room above say which natural persons a user deals with there, beside those of the records in sight."""
    _subject_by.append(rule)


_in_hand: list[Callable[[Any, str], Q]] = []


def reveal_by(rule: Callable[[Any, str], Q]) -> None:
    """Let a room above say whose full numbers a user may need there; its rule is given the key that leads to the subject."""
    _in_hand.append(rule)


def _who_may_need_the_number(user: Any) -> Q:
    """The reviewer of a department that holds a record of the person, and whoever has a case about the person in hand."""
    own = user.departments_as(Role.REVIEWER)
    held = Record.objects.filter(subject=OuterRef("pk"), department__in=own)
    return any_of(Q(Exists(held)) if own else NOTHING, *(rule(user, "pk") for rule in _in_hand))


def whose_subject(rows: QuerySet, bodies: frozenset[int]) -> Q:
    """Natural persons who are the subject of one of these rows, which belong to these bodies.

    Those of one body are gathered first; those of an area are too many, each person that comes into question is asked
    instead. A scalar subquery says so: of `EXISTS` the planner would gather all the same.
    """
    if len(bodies) == 1:
        return Q(pk__in=rows.filter(subject__kind=Subject.Kind.NATURAL_PERSON).values("subject"))
    return Q(pk=Subquery(rows.order_by().filter(subject=OuterRef("pk")).values("subject")[:1]))


def _kept_subjects(user: Any) -> Q:
    """Identity and names are shared by all: an office below the city's changes those of whom a body of its area holds a record."""
    area = user.area_as(Role.OFFICER)
    held = Record.objects.filter(department__in=area, subject=OuterRef("pk")).order_by().values("subject")[:1]
    return any_of(keeps_common(user, Role.OFFICER), Q(pk=Subquery(held)) if area else NOTHING)


def _subjects(user: Any) -> Q:
    """Bodies are in public registers; a natural person is seen only by those who hold a record, or the like, of them.

    An office sees those of whom a body in its area holds one.
    """
    if not user.holds(*_BUSINESS):
        return NOTHING
    bodies = bodies_in_sight(user)
    held = whose_subject(Record.objects.filter(department__in=bodies), bodies)
    return any_of(
        ~Q(kind=Subject.Kind.NATURAL_PERSON),
        held if bodies else NOTHING,
        *(rule(user) for rule in _subject_by),
    )


@register
class SubjectPolicy(Policy):
    """A subject comes into being with the first thing that a department reports of it."""

    model = Subject
    rules = {
        "view": _subjects,
        "change": _kept_subjects,
        "reveal": _who_may_need_the_number,
    }
    creation = lambda user: bool(user.departments_as(Role.CLERK, Role.OFFICER))  # noqa: E731


@register
class SubjectNamePolicy(Policy):
    model = SubjectName
    rules = {
        "view": lambda user: Q(subject__in=SubjectPolicy.scope(user)),
        "change": lambda user: Q(subject__in=SubjectPolicy.scope(user, "change")),
    }


@register
class DuplicateCodePolicy(Policy):
    model = DuplicateCodeEntry
    rules = {
        "view": lambda user: _when(user.holds(*OFFICE_ROLES)),
        "resolve": lambda user: keeps_common(user, Role.OFFICER),
    }


def _catalogue_readers(user: Any) -> Q:
    return _when(user.holds(*_BUSINESS))


def _catalogue_keepers(user: Any) -> Q:
    return keeps_common(user, Role.OFFICER)


def _keeps_catalogue(user: Any) -> bool:
    return bool(user.keeps_common_data(Role.OFFICER))


@register
class CatalogueItemPolicy(Policy):
    model = CatalogueItem
    rules = {"view": _catalogue_readers, "change": _catalogue_keepers}
    creation = _keeps_catalogue


@register
class CatalogueVersionPolicy(Policy):
    """Only drafts are edited; another person than the officer puts them in force."""

    model = CatalogueVersion
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(state=CatalogueVersion.State.DRAFT),
        "put_in_force": lambda user: keeps_common(user, Role.APPROVER),
    }
    creation = _keeps_catalogue


@register
class CatalogueFieldPolicy(Policy):
    model = CatalogueField
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(version__state=CatalogueVersion.State.DRAFT),
    }
    creation = _keeps_catalogue


@register
class RuleSetPolicy(Policy):
    """Drafts are edited by the officer; another person puts them in force; what is in force is read for ever."""

    model = RuleSet
    rules = {
        "view": _catalogue_readers,
        "change": lambda user: _catalogue_keepers(user) & Q(state=RuleSet.State.DRAFT),
        "propose": lambda user: _catalogue_keepers(user) & Q(state=RuleSet.State.DRAFT),
        "rehearse": lambda user: (
            keeps_common(user, Role.OFFICER, Role.APPROVER)
            & Q(state__in=[RuleSet.State.DRAFT, RuleSet.State.PROPOSED])
        ),
        "confirm": lambda user: keeps_common(user, Role.APPROVER),
        "reject": lambda user: keeps_common(user, Role.APPROVER),
    }
    creation = _keeps_catalogue


def _rehearsing(user: Any) -> Q:
    """Offices that keep the rule sets."""
    return keeps_common(user, *OFFICE_ROLES)


def _rehearsed(user: Any) -> Q:
    return _rehearsing(user) & within_area(user, "department")


@register
class RehearsalPolicy(Policy):
    """What a draft would do to all departments' records is to see for an office that keeps it; the records, of its area."""

    model = Rehearsal
    rules = {"view": _rehearsing}


@register
class RehearsedRecordPolicy(Policy):
    model = RehearsedRecord
    rules = {"view": _rehearsed, "export": _rehearsed}


def _findings(user: Any) -> Q:
    return in_sight(user, "record__department")


@register
class SeverityFindingPolicy(Policy):
    """A finding is seen by whoever sees the record; it is made by the verb of the record."""

    model = SeverityFinding
    rules = {"view": _findings}
