"""Filters of the list of tasks."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Role
from audit.clock import today
from backoffice.filters import DropdownFilter
from oversight.models import Duty
from oversight.policies import own_bodies
from oversight.rules.periods import months_later


class WhoseFilter(DropdownFilter):
    """Of the own body, of those that it leads, or given by the own office."""

    title = "归属"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("own", "本单位承担"), ("led", "本单位牵头"), ("given", "本办下达")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        own = own_bodies(request.user)
        if self.value() == "given":
            return queryset.filter(task__office__in=request.user.departments_as(Role.OFFICER))
        if self.value() == "own":
            return queryset.filter(department__in=own)
        return queryset.filter(task__lead__in=own) if self.value() == "led" else queryset


class WhenFilter(DropdownFilter):
    """What presses: late, due in this month or the next, waiting for the office."""

    title = "办理情况"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("late", "逾期"), ("open_late", "逾期未报"), ("month", "本月到期"), ("next", "下月到期"),
            ("open", "待报送"), ("check", "待确认"),
        ]  # fmt: skip

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        day = today()
        first = day.replace(day=1)
        value = self.value()
        if value == "late":
            return queryset.late(day)  # type: ignore[attr-defined, no-any-return]
        if value == "open_late":
            return queryset.late(day).filter(state__in=Duty.WAITING)  # type: ignore[attr-defined, no-any-return]
        if value in ("month", "next"):
            begin = first if value == "month" else months_later(first, 1)
            return queryset.filter(due_on__gte=begin, due_on__lt=months_later(begin, 1))
        if value == "open":
            return queryset.filter(state__in=Duty.WAITING)
        return queryset.filter(state=Duty.State.REPORTED) if value == "check" else queryset
