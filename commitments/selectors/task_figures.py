"""Verifications and owed material that waited at the end of a day, and those of them that were late, with their rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Department
from commitments.models import OwedMaterial, Verification

from .standing import standing

_OPEN = {Verification: Verification.State.OPEN, OwedMaterial: OwedMaterial.State.OWED}


@dataclass(frozen=True)
class Waiting:
    """Of one kind of task: how many waited, how many of them past their day."""

    open: int = 0
    late: int = 0


@dataclass(frozen=True)
class TaskFigures:
    """Of one department, or of the city."""

    on: date
    department: Department | None
    verifications: Waiting
    owed: Waiting


def tasks_on(
    model: type[Verification] | type[OwedMaterial],
    day: date,
    *,
    department: int | None = None,
    late: bool = False,
) -> QuerySet[Any]:
    """The tasks that waited at the end of the day, all or those whose day had passed."""
    rows = _waiting(model, day, None if department is None else [department])
    if late:
        rows = rows.filter(due_on__lt=day)
    return model._default_manager.filter(pk__in=rows.values("id"))


def _waiting(model: Any, day: date, bodies: Collection[int] | None) -> QuerySet[Any]:
    rows = standing(model, day).filter(state=_OPEN[model])
    # A commitment's department is never amended: the row of today says whose it was then.
    return rows if bodies is None else rows.filter(commitment__department__in=bodies)


def task_figures(
    day: date, department: Department | None = None, bodies: Collection[int] | None = None
) -> list[TaskFigures]:
    """The total of the scope first, then (without a department) each of these bodies that had something waiting.

    Two queries and one; `bodies` None: all.
    """
    of = [department.pk] if department is not None else bodies
    verifications, owed = _by_department(Verification, day, of), _by_department(OwedMaterial, day, of)
    total = TaskFigures(day, department, _sum(verifications), _sum(owed))
    if department is not None:
        return [total]
    bodies = Department.objects.filter(pk__in={*verifications, *owed}).order_by("level", "code")
    return [total] + [
        TaskFigures(day, body, verifications.get(body.pk, Waiting()), owed.get(body.pk, Waiting()))
        for body in bodies
    ]


def _by_department(model: Any, day: date, bodies: Collection[int] | None) -> dict[int, Waiting]:
    rows = _waiting(model, day, bodies).order_by().values("commitment__department")
    counted = rows.annotate(open=Count("id"), late=Count("id", filter=Q(due_on__lt=day)))
    return {
        pk: Waiting(waiting, late)
        for pk, waiting, late in counted.values_list("commitment__department", "open", "late")
    }


def _sum(found: dict[int, Waiting]) -> Waiting:
    return Waiting(sum(one.open for one in found.values()), sum(one.late for one in found.values()))
