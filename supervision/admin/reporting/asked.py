"""What the pages of the reporting board were asked: beside day and body the span of months and the item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest

from accounts.models import Department
from credit_records.models import CatalogueItem
from credit_records.selectors.reporting import in_reading_order
from supervision.admin.asked import Asked
from supervision.selectors.reported import Asked as Meant
from supervision.selectors.reporting_board.ledgers import last_day

_YEARS = range(2014, 2100)
"""Nothing was reported before the plan of 2014 (国发〔2014〕21号), and nothing is looked for beyond."""


def day_of(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in _YEARS else None


def month_of(text: str) -> date | None:
    return day_of(f"{text}-01")


@dataclass(frozen=True)
class Span:
    """From the first day of a month to a day, as known at its end; of one item or of all that become records."""

    board: Asked
    first: date
    item: CatalogueItem | None
    items: list[CatalogueItem]

    @classmethod
    def of(cls, request: HttpRequest) -> Span:
        board = Asked.of(request)
        if board.day.year not in _YEARS:
            raise Http404("没有这一天。")
        items = list(
            in_reading_order(
                CatalogueItem.objects.exclude(
                    kind__in=(*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
                )
            )
        )
        wanted = request.GET.get("item", "")
        item = next((one for one in items if str(one.pk) == wanted), None)
        if wanted and item is None:
            raise Http404("没有这个事项。")
        first = month_of(request.GET.get("from", "")) or board.question.first
        return cls(board, min(first, board.day.replace(day=1)), item, items)

    @property
    def day(self) -> date:
        return self.board.day

    @property
    def department(self) -> Department | None:
        return self.board.department

    @property
    def bodies(self) -> frozenset[int]:
        return self.board.question.departments or frozenset()

    def names(self) -> dict[int, str]:
        return {one.pk: one.short_name or one.name for one in self.board.departments}

    def item_names(self) -> dict[int, str]:
        return {one.pk: one.name for one in self.items}

    def meant(self, departments: Iterable[int] | None = None, month: date | None = None) -> Meant:
        """The question to the selectors; `departments` instead of the bodies asked about."""
        bodies = self.bodies if departments is None else frozenset(departments)
        items = frozenset({self.item.pk} if self.item else (one.pk for one in self.items))
        first, last = (month, last_day(month)) if month is not None else (self.first, self.day)
        return Meant(first, min(last, self.day), self.day, bodies, items)

    def address(self, **more: Any) -> str:
        """The same question as the query of an address; a department, item or month in `more` narrows it."""
        told = {"on": self.day.isoformat(), "from": f"{self.first:%Y-%m}"}
        if self.department is not None:
            told["department"] = str(self.department.pk)
        if self.item is not None:
            told["item"] = str(self.item.pk)
        return urlencode({**told, **{name: value for name, value in more.items() if value not in (None, "")}})
