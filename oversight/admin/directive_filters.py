"""Filters of the list of letters."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.policy import policy_for
from audit.clock import today
from backoffice.filters import DropdownFilter
from oversight.models import Addressee


class StandingFilter(DropdownFilter):
    """By how the replies stand, as far as the reader sees them."""

    title = "回复情况"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "待回复"), ("late", "逾期"), ("replied", "待审核回复")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        seen: Any = policy_for(Addressee).scope(request.user)
        if self.value() == "waiting":
            return queryset.filter(pk__in=seen.filter(state__in=Addressee.WAITING).values("directive"))
        if self.value() == "late":
            return queryset.filter(pk__in=seen.late(today()).values("directive"))
        if self.value() == "replied":
            return queryset.filter(pk__in=seen.filter(state=Addressee.State.REPLIED).values("directive"))
        return queryset
