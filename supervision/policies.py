"""Who sees and keeps ledgers and figures: a department its own, an office and its supervisors their area."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.areas import bodies_in_sight, in_own_office, in_sight, keeps_common, within_area
from accounts.models import DEPARTMENT_ROLES, OFFICE_ROLES, Role
from accounts.policy import EVERYTHING, NOTHING, Policy, any_of, register

from .models import (
    EvidencePack,
    FrozenFigure,
    FrozenMonth,
    FrozenRows,
    HandKept,
    HandKeptFile,
    Indicator,
    IssuedReport,
    MonthlyProduction,
    ProductionImport,
    Report,
)


def _when(held: bool) -> Q:
    return EVERYTHING if held else NOTHING


def _own_clerks(user: Any) -> Q:
    own = user.departments_as(Role.CLERK)
    return Q(department__in=own) if own else NOTHING


@register
class MonthlyProductionPolicy(Policy):
    """What a department says of its months is read by it and by those who watch over it."""

    model = MonthlyProduction
    rules = {
        "view": lambda user: in_sight(user, "department"),
        "tell": _own_clerks,
    }
    creation = lambda user: bool(user.departments_as(Role.CLERK))  # noqa: E731


@register
class ProductionImportPolicy(Policy):
    """A preview is seen and confirmed by the clerks of the department for which it was uploaded."""

    model = ProductionImport
    rules = {"view": _own_clerks, "confirm": _own_clerks}
    creation = lambda user: bool(user.departments_as(Role.CLERK))  # noqa: E731


@register
class IndicatorPolicy(Policy):
    """By what all are measured all at work may read; the office that keeps common data drafts, its approver confirms."""

    model = Indicator
    rules = {
        "view": lambda user: _when(user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES)),
        "confirm": lambda user: keeps_common(user, Role.APPROVER),
        "reject": lambda user: keeps_common(user, Role.OFFICER, Role.APPROVER),
    }
    creation = lambda user: user.keeps_common_data(Role.OFFICER)  # noqa: E731


def _those_who_keep(user: Any) -> Q:
    """The clerks of the responsible body, and the officers of the office that answers for it."""
    return any_of(_own_clerks(user), within_area(user, "department", Role.OFFICER))


@register
class HandKeptPolicy(Policy):
    """What a body owes for the plan's table is seen by it and by those who watch over it; the office lays it out and checks it."""

    model = HandKept
    rules = {
        "view": lambda user: in_sight(user, "department"),
        "fill_in": _those_who_keep,
        "report": _those_who_keep,
        "change_terms": lambda user: within_area(user, "department", Role.OFFICER),
        "check": lambda user: within_area(user, "department", Role.OFFICER),
        "send_back": lambda user: within_area(user, "department", Role.OFFICER),
    }
    creation = lambda user: bool(user.area_as(Role.OFFICER))  # noqa: E731


@register
class HandKeptFilePolicy(Policy):
    model = HandKeptFile
    rules = {"view": lambda user: in_sight(user, "entry__department")}


def _frozen_in_sight(user: Any) -> Q:
    """Months of the offices within one's area; of others those in which the own department has figures."""
    own = user.departments_as(*DEPARTMENT_ROLES)
    figures = FrozenFigure.objects.filter(department__in=own).values("frozen")
    return any_of(within_area(user, "office"), Q(pk__in=figures) if own else NOTHING)


@register
class FrozenMonthPolicy(Policy):
    """An approver freezes what the own office answers for."""

    model = FrozenMonth
    rules = {"view": _frozen_in_sight}
    creation = lambda user: bool(user.area_as(Role.APPROVER))  # noqa: E731


def _figures_in_sight(user: Any) -> Q:
    own = user.departments_as(*DEPARTMENT_ROLES)
    return any_of(within_area(user, "frozen__office"), Q(department__in=own) if own else NOTHING)


@register
class FrozenFigurePolicy(Policy):
    """A department sees its own frozen figures, an office those of its area."""

    model = FrozenFigure
    rules = {"view": _figures_in_sight}


@register
class FrozenRowsPolicy(Policy):
    """Keys alone; whoever may see a figure sees of its rows what the policy of those rows shows."""

    model = FrozenRows
    rules = {"view": lambda user: NOTHING}


def _packs_in_sight(user: Any) -> Q:
    """Made by the sight of the own office or department, of bodies that are all still in sight: the same rows.

    What somebody saw by several offices at once is that person's alone.
    """
    sight = bodies_in_sight(user)
    if not sight:
        return NOTHING
    offices, departments = user.departments_as(*OFFICE_ROLES), user.departments_as(*DEPARTMENT_ROLES)
    alone = Q(home=None, asked_by=user.pk)
    colleagues = any_of(
        Q(home__in=offices, as_office=True) if offices else NOTHING,
        Q(home__in=departments, as_office=False) if departments else NOTHING,
        alone if offices else alone & Q(as_office=False),
    )
    return Q(bodies__contained_by=sorted(sight)) & colleagues


@register
class EvidencePackPolicy(Policy):
    """Asked again whenever the file is: whoever has lost sight of a body no longer has the packs with its rows."""

    model = EvidencePack
    rules = {"view": _packs_in_sight, "again": lambda user: Q(asked_by=user.pk)}


@register
class ReportPolicy(Policy):
    """A report compares departments: the offices and supervisors of the area read it, departments get letters instead."""

    model = Report
    rules = {
        "view": lambda user: within_area(user, "office"),
        "write": lambda user: in_own_office(user, "office", Role.OFFICER),
        "drop": lambda user: in_own_office(user, "office", Role.OFFICER, Role.APPROVER),
        "sign": lambda user: in_own_office(user, "office", Role.APPROVER),
    }
    creation = lambda user: bool(user.departments_as(Role.OFFICER))  # noqa: E731


@register
class IssuedReportPolicy(Policy):
    model = IssuedReport
    rules = {"view": lambda user: within_area(user, "report__office")}
