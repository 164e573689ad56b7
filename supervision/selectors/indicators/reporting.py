"""上报率, 合规率, 及时率 of 双公示 (licences and penalties, 第22项) and of all reported kinds (十公示, 第5项)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from credit_records.models import CatalogueItem, IntakeBatch, Record
from supervision.models import MonthlyProduction
from supervision.selectors.reported import (
    Asked,
    Line,
    reports_and_decisions,
    rows_of_decisions,
    rows_of_first_reports,
)
from supervision.selectors.reporting import (
    Key,
    Passed,
    Told,
    first_uploads,
    held_against,
    ledger_on,
    passed_by_item,
    rows_of_ledger,
)

from .registry import Computed, Part, Question, Rows, computes

_DOUBLE = (CatalogueItem.Kind.LICENCE, CatalogueItem.Kind.PENALTY)


@dataclass(frozen=True)
class _Ground:
    """What the rates of all kinds and of 双公示 are made of: one pass over the reports, the files and the ledgers."""

    items: Mapping[bool, frozenset[int]]
    """True: those of 双公示."""
    first_reports: list[Line]
    decisions: list[Line]
    ledger: Mapping[Key, Told]
    passed: Mapping[tuple[int, int], Passed]


def _items() -> dict[bool, frozenset[int]]:
    """双公示 are licences and penalties; 十公示 whatever the catalogue has reported as records."""
    kinds = dict(CatalogueItem.objects.order_by().values_list("pk", "kind"))
    unreported = (*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
    return {
        True: frozenset(pk for pk, kind in kinds.items() if kind in _DOUBLE),
        False: frozenset(pk for pk, kind in kinds.items() if kind not in unreported),
    }


def _ground(question: Question) -> _Ground:
    """Five queries, however many rates are asked of a question at once."""
    return question.once("reporting", lambda: _worked_out(question))


def _worked_out(question: Question) -> _Ground:
    items = _items()
    asked = _meant(question, items[True] | items[False])
    first, decisions = reports_and_decisions(asked)
    return _Ground(items, first, decisions, ledger_on(asked), passed_by_item(asked))


def _meant(question: Question, items: frozenset[int]) -> Asked:
    return Asked(question.first, question.until, question.as_of, question.departments, items)


def _reported(question: Question, *, double_only: bool) -> Computed:
    """上报率: of what the monthly ledgers say was due, the part that was reported."""
    ground = _ground(question)
    asked = _meant(question, ground.items[double_only])
    lines = [
        one for one in held_against(ground.ledger, ground.decisions) if one.item in ground.items[double_only]
    ]
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
            Rows(Record, lambda: rows_of_decisions(asked)),
            counts_rows=False,
        ),
        Part(
            "台账应报送",
            sum(one.told.due for one in told if one.told),
            Rows(MonthlyProduction, lambda: rows_of_ledger(asked)),
            counts_rows=False,
        ),
        tuple(remarks),
    )


def _compliant(question: Question, *, double_only: bool) -> Computed:
    """合规率: rows that passed every check at first submission / rows submitted."""
    ground = _ground(question)
    asked = _meant(question, ground.items[double_only])
    found = [one for (_, item), one in ground.passed.items() if item in ground.items[double_only]]
    return Computed(
        Part(
            "首次报送即合规的行",
            sum(one.accepted for one in found),
            Rows(IntakeBatch, lambda: first_uploads(asked)),
            counts_rows=False,
        ),
        Part(
            "首次报送的行",
            sum(one.rows for one in found),
            Rows(IntakeBatch, lambda: first_uploads(asked)),
            counts_rows=False,
        ),
    )


def _timely(question: Question, *, double_only: bool) -> Computed:
    """及时率: first reported within the limit after the decision / first reported in the period."""
    ground = _ground(question)
    asked = _meant(question, ground.items[double_only])
    lines = [one for one in ground.first_reports if one.item in ground.items[double_only]]
    return Computed(
        Part(
            "按时首报",
            sum(one.in_time for one in lines),
            Rows(Record, lambda: rows_of_first_reports(asked, in_time=True)),
        ),
        Part("首报", sum(one.reported for one in lines), Rows(Record, lambda: rows_of_first_reports(asked))),
    )


_RATES: dict[str, Callable[..., Computed]] = {
    "reported": _reported,
    "compliant": _compliant,
    "timely": _timely,
}
for _name, _rate in _RATES.items():
    computes(f"double-{_name}")(partial(_rate, double_only=True))
    computes(f"all-{_name}")(partial(_rate, double_only=False))
