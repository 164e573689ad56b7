"""The few filters of the batch list."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from audit.clock import today
from credit_records.models import CatalogueItem
from credit_records.selectors.reporting import (
    in_reading_order,
    judged_first_uploads,
    month_batches,
    month_start,
    waiting,
)

_MONTHS = 12


class ItemFilter(SimpleListFilter):
    """By catalogue item: a dozen, shown as they are."""

    title = "事项"
    parameter_name = "item"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(in_reading_order(CatalogueItem.objects.all()).values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(item__code=self.value()) if self.value() else queryset


class MonthFilter(SimpleListFilter):
    """By the month of the upload, one year back."""

    title = "上传月份"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        months = [month_start(today(), back) for back in range(_MONTHS)]
        return [(f"{month:%Y-%m}", f"{month.year}年{month.month}月") for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for month in (month_start(today(), back) for back in range(_MONTHS)):
            if self.value() == f"{month:%Y-%m}":
                return self.of_month(queryset, month)
        return queryset

    def of_month(self, queryset: QuerySet, month: date) -> QuerySet:
        return month_batches(queryset, month)


class ComplianceFilter(MonthFilter):
    """The batches of which a month's 合规率 is made: first uploads that have been judged."""

    title = "计入合规率的月份"
    parameter_name = "judged"

    def of_month(self, queryset: QuerySet, month: date) -> QuerySet:
        return judged_first_uploads(queryset, month)


class WaitingFilter(SimpleListFilter):
    """What somebody still has to do something about, as the workbench counts it."""

    title = "待办"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("returned", "退回待改"), ("submit", "待提交"), ("review", "待审核")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = {name for name, _ in self.lookup_choices}
        return waiting(queryset, self.value()) if self.value() in known else queryset
