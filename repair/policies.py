"""Who sees and does what with repairs: the case's own rules, carried over."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import bodies_in_sight, in_own_office, within_area
from accounts.grants.policies import by_rule_alone
from accounts.models import Role
from accounts.policy import NOTHING, Policy, any_of, policy_for, register
from casework.models import Case
from casework.policies import may_register, rules_of_the_case
from credit_records.models import Record
from credit_records.policies import show_by_case
from repair.rules.eligibility import PENALTY, REPAIRABLE_KINDS

from .models import (
    Application,
    Bar,
    Item,
    Material,
    PenaltyToServe,
    RepairableRecord,
    ServedNotice,
    Shielding,
)


@register
class ApplicationPolicy(Policy):
    model = Application
    rules = rules_of_the_case()
    creation = may_register


def _items(user: Any) -> Q:
    """The office sees those of its area's cases; a department its own records; the window what it took in; the upper office
    what lies before it.
    """
    own = user.departments_as(Role.CLERK, Role.REVIEWER)
    return any_of(
        within_area(user, "application__case__owning_body"),
        Q(record__department__in=own, application__case__in=policy_for(Case).scope(user)) if own else NOTHING,
        _of_whole_cases(user),
    )


def _of_whole_cases(user: Any) -> Q:
    """What belongs to cases that the window of the user took in, or that lie before the user's upper office."""
    own, upper = user.departments_as(Role.CLERK, Role.REVIEWER), user.departments_as(Role.UPPER_REVIEWER)
    visible = policy_for(Case).scope(user)
    return any_of(
        Q(application__case__window__in=own) if own else NOTHING,
        Q(application__case__in=visible.filter(requests__kind="review", requests__department__in=upper))
        if upper
        else NOTHING,
    )


def _records_laid_before(user: Any) -> Q:
    """Records of the repairs that were laid before the upper office of the user (`credit_records.policies`)."""
    laid = Case.objects.filter(
        requests__kind="review", requests__department__in=user.departments_as(Role.UPPER_REVIEWER)
    )
    return Q(pk__in=Item.objects.filter(application__case__in=laid).values("record"))


show_by_case(_records_laid_before)


@register
class ItemPolicy(Policy):
    model = Item
    rules = {"view": _items}


_ABOUT_PERSONS = (Material.Kind.IDENTITY, Material.Kind.AUTHORISATION)


def _materials(user: Any) -> Q:
    """A line about one record goes with the record's item; the rest with the case.

    Papers about persons are none of the business of a department that was asked about its records (个人信息保护法第六条).
    """
    of_the_case = Q(item=None, application__case__in=policy_for(Case).scope(user))
    return any_of(
        within_area(user, "application__case__owning_body"),
        Q(item__in=policy_for(Item).scope(user)),
        of_the_case & ~Q(kind__in=_ABOUT_PERSONS),
        of_the_case & _of_whole_cases(user),
    )


@register
class MaterialPolicy(Policy):
    model = Material
    rules = {"view": _materials}


@register
class BarPolicy(Policy):
    model = Bar
    rules = {
        "view": lambda user: within_area(user, "application__case__owning_body"),
        "lift": lambda user: in_own_office(user, "application__case__owning_body", Role.APPROVER),
    }


@register
class ShieldingPolicy(Policy):
    """Seen with the record's item; ended by an approver, because the record is shown again."""

    model = Shielding
    rules = {
        "view": lambda user: Q(item__in=policy_for(Item).scope(user)),
        "end": lambda user: in_own_office(user, "item__application__case__owning_body", Role.APPROVER),
    }


def _listed(user: Any, *kinds: str) -> Q:
    """The records of these kinds among those that the user sees by rule: of the own department, for the office of its area.

    The upper office, and who was let in by a grant, see single records; a list of what could be done is none of their business.
    """
    if not bodies_in_sight(user):
        return NOTHING
    return policy_for(Record).rule(by_rule_alone(user), "view") & Q(item__kind__in=kinds)


def _repairable(user: Any) -> Q:
    return _listed(user, *REPAIRABLE_KINDS)


def _penalties(user: Any) -> Q:
    return _listed(user, PENALTY)


def _clerks(user: Any) -> Q:
    return Q(department__in=user.departments_as(Role.CLERK))


@register
class RepairableRecordPolicy(Policy):
    """The list of what can be repaired: the record's own rule, narrowed to what can be repaired at all."""

    model = RepairableRecord
    rules = {"view": _repairable, "export": _repairable}


@register
class PenaltyToServePolicy(Policy):
    """Who decided serves both papers: service is recorded by the clerks of the record's own department."""

    model = PenaltyToServe
    rules = {"view": _penalties, "record_served": _clerks, "export": _penalties}


@register
class ServedNoticePolicy(Policy):
    model = ServedNotice
    rules = {
        # With its scan: a grant opens the record, and none of its papers.
        "view": lambda user: Q(record__in=policy_for(Record).scope(by_rule_alone(user), "view")),
        "correct": lambda user: Q(record__department__in=user.departments_as(Role.CLERK)),
        "undo": lambda user: Q(record__department__in=user.departments_as(Role.CLERK, Role.REVIEWER)),
    }
