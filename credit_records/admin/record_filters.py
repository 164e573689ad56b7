"""The few filters of the record list; none of them counts or reads the records to draw itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from audit.clock import today
from backoffice.filters import DropdownFilter
from credit_records.models import CatalogueItem
from credit_records.selectors.reporting import month_start, reported_records

_MONTHS = 24
_MONTH = re.compile(r"([1-8][0-9]{3})-(0[1-9]|1[0-2])").fullmatch


def _first_day(month: str | None) -> date | None:
    read = _MONTH(month or "")
    return date(int(read[1]), int(read[2]), 1) if read else None


class RecordItemFilter(DropdownFilter):
    """By catalogue item: a dozen, shown as they are."""

    title = "事项"
    parameter_name = "item"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        items = CatalogueItem.objects.exclude(kind__in=CatalogueItem.NOT_RECORDS)
        return list(items.order_by("pk").values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        # By id, found first: a join would keep the planner from the index that has the order of the list.
        wanted = CatalogueItem.objects.filter(code=self.value()).values_list("pk", flat=True).first()
        return queryset.filter(item=wanted) if wanted is not None else queryset.none()


class DisputedFilter(DropdownFilter):
    """Records against which an objection runs."""

    title = "异议标记"
    parameter_name = "disputed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "异议中")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(disputed=True) if self.value() == "yes" else queryset


class DecisionMonthFilter(DropdownFilter):
    """By the month of the decision: two years to choose from, any month by address."""

    title = "决定月份"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = [month_start(today(), back) for back in range(_MONTHS)]
        return [(f"{month:%Y-%m}", f"{month.year}年{month.month}月") for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        first = _first_day(self.value())
        if first is None:
            return queryset
        return queryset.filter(decision_date__gte=first, decision_date__lt=month_start(first, -1))


class ReportedMonthFilter(DropdownFilter):
    """By the month of the upload, of what has been submitted: the records that the workbench counts."""

    title = "报送月份"
    parameter_name = "reported"
    lookups = DecisionMonthFilter.lookups

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        first = _first_day(self.value())
        return queryset if first is None else reported_records(queryset, first)
