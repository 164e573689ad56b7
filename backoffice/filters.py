"""Filters of lists. A foreign key is filtered by searching for it, within what the user can see (trap 22)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
)

from accounts.policy import policy_for

__all__ = ["ChoiceFilter", "DateFilter", "RelatedFilter"]


class RelatedFilter(AutocompleteSelectFilter):
    """A foreign key, by search; the chosen one's name is shown only when the user can see it."""

    def __init__(self, field: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(field, request, *args, **kwargs)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for choice in super().choices(changelist):
            for form_field in choice["form"].fields.values():
                form_field.queryset = policy_for(self.field.remote_field.model).scope(self.request.user, "view")
            yield choice


ChoiceFilter = ChoicesDropdownFilter
"""A field with fixed choices."""
DateFilter = RangeDateFilter
"""From one day to another, both included."""
