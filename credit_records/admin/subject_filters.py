"""The filter of the subject list that the workbench leads to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from backoffice.filters import DropdownFilter
from credit_records.selectors.subject_pages import with_doubtful_names


class NamesFilter(DropdownFilter):
    """Subjects that were reported under a name which the office has not judged yet."""

    title = "名称核定"
    parameter_name = "names"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("doubtful", "有存疑名称")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return with_doubtful_names(queryset) if self.value() == "doubtful" else queryset
