"""Filters of the lists, among them the one behind a figure: the very rows that were counted."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Department
from audit.clock import today
from backoffice.filters import DropdownFilter
from commitments.models import Commitment, Performance
from commitments.selectors.figures import Figures, Scope, commitments_on, reports_on
from commitments.selectors.pages import of_status, open_tasks
from commitments.selectors.task_figures import tasks_on

_STATUSES = {"none_yet": "尚未报告", **dict(Performance.Status.choices)}


class StatusFilter(DropdownFilter):
    """By the report that counts."""

    title = "承诺履行状态"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(_STATUSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return of_status(queryset, value) if value in _STATUSES else queryset


class TaskFilter(DropdownFilter):
    """Open tasks and those past their day: of verifications and of owed material alike."""

    title = "办理情况"
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "待办"), ("overdue", "逾期")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "open":
            return open_tasks(queryset)
        return open_tasks(queryset, overdue_on=today()) if self.value() == "overdue" else queryset


def address_of(figures: Figures) -> str:
    """The scope and day of a figure in one value of an address."""
    scope = figures.scope
    parts = (
        figures.on.isoformat(),
        str(scope.department.pk) if scope.department is not None else "",
        scope.kind,
        f"{scope.month:%Y-%m}" if scope.month is not None else "",
    )
    return "~".join(parts)


def scope_at(address: str) -> tuple[date, Scope] | None:
    """The day and scope that an address names; None when it names nothing that was ever counted."""
    day, department, kind, month = (*address.split("~"), "", "", "", "")[:4]
    try:
        read = date.fromisoformat(day)
        first = date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        return None
    if (kind and kind not in Commitment.Kind.values) or (department and not department.isdecimal()):
        return None
    body = Department.objects.filter(pk=int(department[:18])).first() if department else None
    if department and body is None:
        return None
    return read, Scope(department=body, kind=kind, month=first)


class CountedFilter(DropdownFilter):
    """The rows behind a figure, as they stood on its day."""

    title = "指标明细"
    parameter_name = "counted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(self.parameter_name, "")
        found = scope_at(value)
        return [(value, described(*found))] if found is not None else [("", "从指标页打开")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        found = scope_at(self.value() or "")
        if found is None:
            return queryset.none() if self.value() else queryset
        rows = reports_on(*found) if queryset.model is Performance else commitments_on(*found)
        return queryset.filter(pk__in=rows.values("pk"))


def task_address(on: date, department: Department | None, *, late: bool) -> str:
    """A number of waiting tasks in one value of an address."""
    return "~".join(
        (on.isoformat(), str(department.pk) if department is not None else "", "late" if late else "")
    )


class CountedTaskFilter(DropdownFilter):
    """The tasks behind a number of the figures' page, as they waited on its day."""

    title = "指标明细"
    parameter_name = "counted"

    def _asked(self, value: str) -> tuple[date, int | None, bool] | None:
        day, department, late = (*value.split("~"), "", "")[:3]
        if department and not (department.isdecimal() and len(department) < 19):
            return None
        try:
            return date.fromisoformat(day), int(department) if department else None, late == "late"
        except ValueError:
            return None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get(self.parameter_name, "")
        asked = self._asked(value)
        if asked is None:
            return [("", "从指标页打开")]
        return [(value, f"截至{asked[0]}{'逾期' if asked[2] else '待办'}")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        asked = self._asked(self.value() or "")
        if asked is None:
            return queryset.none() if self.value() else queryset
        day, department, late = asked
        rows = tasks_on(queryset.model, day, department=department, late=late)
        return queryset.filter(pk__in=rows.values("pk"))


def described(day: date, scope: Scope) -> str:
    parts = [f"截至{day}"]
    if scope.department is not None:
        parts.append(scope.department.short_name or scope.department.name)
    if scope.kind:
        parts.append(str(Commitment.Kind(scope.kind).label))
    if scope.month is not None:
        parts.append(f"{scope.month.year}年{scope.month.month}月")
    return " ".join(parts)
