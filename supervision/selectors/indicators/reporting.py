"""上报率, 合规率, 及时率 of 双公示 (licences and penalties, 第22项) and of all reported kinds (十公示, 第5项)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from credit_records.models import CatalogueItem
from supervision.selectors.reported import Asked, rows_of_decisions, rows_of_first_reports
from supervision.selectors.reporting import first_uploads, passed_at_first, reconciled, timely

from .registry import Computed, Part, Question, computes

_DOUBLE = (CatalogueItem.Kind.LICENCE, CatalogueItem.Kind.PENALTY)


def _items(double_only: bool) -> frozenset[int]:
    """双公示 are licences and penalties; 十公示 whatever the catalogue has reported as records."""
    if double_only:
        found = CatalogueItem.objects.filter(kind__in=_DOUBLE)
    else:
        found = CatalogueItem.objects.exclude(
            kind__in=(*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
        )
    return frozenset(found.values_list("pk", flat=True))


def _asked(question: Question, *, double_only: bool) -> Asked:
    return Asked(question.first, question.as_of, question.as_of, question.departments, _items(double_only))


def _reported(question: Question, *, double_only: bool) -> Computed:
    """上报率: of what the monthly ledgers say was due, the part that was reported."""
    asked = _asked(question, double_only=double_only)
    lines = reconciled(asked)
    told = [one for one in lines if one.told is not None]
    untold = sum(one.reported for one in lines if one.told is None)
    remarks = []
    if untold:
        months = sum(1 for one in lines if one.told is None and one.reported)
        remarks.append(f"有{months}个单位事项月没有产生台账(已报送{untold}条)，未计入。")
    beyond = sum(one.untold for one in told)
    if beyond:
        remarks.append(f"报送多于台账{beyond}条，多出的不计入。")
    return Computed(
        Part(
            "台账内已报送",
            sum(one.counted for one in told),
            lambda: rows_of_decisions(asked),
            counts_rows=False,
        ),
        Part("台账应报送", sum(one.told.due for one in told if one.told)),
        tuple(remarks),
    )


def _compliant(question: Question, *, double_only: bool) -> Computed:
    """合规率: rows that passed every check at first submission / rows submitted."""
    asked = _asked(question, double_only=double_only)
    found = passed_at_first(asked)
    return Computed(
        Part(
            "首次报送即合规的行",
            sum(one.accepted for one in found),
            lambda: first_uploads(asked),
            counts_rows=False,
        ),
        Part("首次报送的行", sum(one.rows for one in found), lambda: first_uploads(asked), counts_rows=False),
    )


def _timely(question: Question, *, double_only: bool) -> Computed:
    """及时率: first reported within the limit after the decision / first reported in the period."""
    asked = _asked(question, double_only=double_only)
    lines = timely(asked)
    return Computed(
        Part(
            "按时首报", sum(one.in_time for one in lines), lambda: rows_of_first_reports(asked, in_time=True)
        ),
        Part("首报", sum(one.reported for one in lines), lambda: rows_of_first_reports(asked)),
    )


_RATES: dict[str, Callable[..., Computed]] = {
    "reported": _reported,
    "compliant": _compliant,
    "timely": _timely,
}
for _name, _rate in _RATES.items():
    computes(f"double-{_name}")(partial(_rate, double_only=True))
    computes(f"all-{_name}")(partial(_rate, double_only=False))
