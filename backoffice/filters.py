"""Filters of lists. A foreign key is filtered by searching for it, within what the user can see (trap 22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
    TextFilter,
)
from unfold.utils import parse_date_str

from accounts.policy import policy_for
from audit.clock import CHINA, today

__all__ = [
    "ChoiceFilter",
    "DateFilter",
    "DropdownFilter",
    "MomentFilter",
    "RelatedFilter",
    "TextFilter",
    "day_asked",
]


class RelatedFilter(AutocompleteSelectFilter):
    """A foreign key, by search; the chosen one's name is shown only when the user can see it."""

    def __init__(self, field: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(field, request, *args, **kwargs)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            for form_field in choice["form"].fields.values():
                form_field.queryset = policy_for(self.field.remote_field.model).scope(
                    self.request.user, "view"
                )
            yield choice


ChoiceFilter = ChoicesDropdownFilter
"""A field with fixed choices."""
DateFilter = RangeDateFilter
"""From one day to another, both included."""


class MomentFilter(RangeDateFilter):
    """A point in time, asked for by days in China: the last day counts to its end."""

    def queryset(self, request: Any, queryset: QuerySet) -> QuerySet:
        first = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_from") or "")
        last = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_to") or "")
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": datetime.combine(first, time(), CHINA)})
        if last and last < date.max:  # no day follows the last one
            end = datetime.combine(last + timedelta(days=1), time(), CHINA)
            queryset = queryset.filter(**{f"{self.field_path}__lt": end})
        return queryset


def day_asked(text: str) -> date:
    """The day for which a page is asked by its address; today for what is none, or lies ahead."""
    try:
        return min(date.fromisoformat(text), today())
    except ValueError:
        return today()
