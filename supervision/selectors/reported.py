"""What was reported, when for the first time, and what stood of it at the end of a day: facts with their times, out of the history of records.

A record counts from the first day on which it was more than a draft; it counts no longer from the day on which it was
withdrawn. In time is what was first reported within the limit `report` after the day of the decision (发改办财金〔2018〕424号).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from worktime.models import Limit
from worktime.selectors import calendar_for

from .known_records import KnownRecords, known_records
from .one_view import in_view
from .standing import COUNTED, as_of

_NEVER = date.min
_LOOKED_BACK = 90
"""Days before the span for which due days are worked out: whatever was decided earlier is late on its first day."""


@dataclass(frozen=True)
class Asked:
    """Which records are meant: first reported, or decided, from one day to another, as known at the end of a day."""

    first: date
    last: date
    as_of: date
    departments: frozenset[int] | None = None
    """None: all that the product holds."""
    items: frozenset[int] | None = None

    @property
    def until(self) -> date:
        return min(self.last, self.as_of)


@dataclass(frozen=True)
class Line:
    """The reports of one department and item in one month."""

    department: int
    item: int
    month: date
    reported: int
    in_time: int

    @property
    def late(self) -> int:
        return self.reported - self.in_time


def _due_days(asked: Asked) -> dict[str, Any]:
    """Until when a decision of each day was to be reported, day by day; those older than the first are late anyway."""
    calendar = calendar_for("")
    limits = list(Limit.objects.filter(kind="report", state=Limit.State.IN_FORCE))
    earliest = asked.first - timedelta(days=_LOOKED_BACK)
    days = (earliest + timedelta(days=n) for n in range((asked.until - earliest).days + 1))
    due: list[date] = []
    for limit, of_limit in groupby(days, lambda day: next((one for one in limits if _holds(one, day)), None)):
        held = list(of_limit)
        if limit is None:
            due += [_NEVER] * len(held)
        else:
            due += calendar.due_days(held[0], held[-1], limit.target_days)
    return {"due": due, "due_from": earliest}


def _holds(limit: Limit, day: date) -> bool:
    return limit.in_force_from <= day and (limit.in_force_to is None or day <= limit.in_force_to)


def _parameters(asked: Asked) -> dict[str, Any]:
    return {
        **as_of(asked.as_of),
        **in_view(("due", asked.first, asked.until), lambda: _due_days(asked)),
        "first": asked.first,
        "last": asked.until,
        "departments": _ids(asked.departments),
        "items": _ids(asked.items),
    }


def _ids(given: Collection[int] | None) -> list[int] | None:
    return None if given is None else sorted(given)


_MEANT = """
    (%(departments)s::bigint[] IS NULL OR department_id = ANY (%(departments)s))
    AND (%(items)s::bigint[] IS NULL OR item_id = ANY (%(items)s))
"""
# A place in a list instead of a join: the order of an index stays.
_IN_TIME = "reported_on <= (%(due)s::date[])[decision_date - %(due_from)s::date + 1]"
_REPORTED = "reported_on BETWEEN %(first)s AND %(last)s"
_DECIDED = "decision_date BETWEEN %(first)s AND %(last)s"
_LINES = f"""
    SELECT department_id, item_id, {{reported}} AS reported, {{decided}} AS decided,
           sum(number)::int, coalesce(sum(number) FILTER (WHERE {_IN_TIME}), 0)::int
    FROM ({COUNTED}) AS counted
    WHERE ({{meant}}) AND {_MEANT} GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0 ORDER BY 1, 2, 3, 4
"""
_REPORT_MONTH = "date_trunc('month', reported_on)::date"
_DECISION_MONTH = "date_trunc('month', decision_date)::date"


def _counted(reported: str, decided: str, meant: str, asked: Asked) -> list[tuple[Any, ...]]:
    statement = _LINES.format(reported=reported, decided=decided, meant=meant)
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(asked))
        return cursor.fetchall()


def first_reports(asked: Asked) -> list[Line]:
    """First reports of the span by department, item and month of the report (及时率)."""
    return [
        Line(department, item, month, reported, in_time)
        for department, item, month, _, reported, in_time in _counted(
            _REPORT_MONTH, "NULL::date", _REPORTED, asked
        )
    ]


def decisions_reported(asked: Asked) -> list[Line]:
    """Reported decisions of the span by department, item and month of the decision (上报率)."""
    return [
        Line(department, item, month, reported, in_time)
        for department, item, _, month, reported, in_time in _counted(
            "NULL::date", _DECISION_MONTH, _DECIDED, asked
        )
    ]


def reports_and_decisions(asked: Asked) -> tuple[list[Line], list[Line]]:
    """`first_reports` and `decisions_reported` out of one pass over the sums."""
    found = _counted(
        f"CASE WHEN {_REPORTED} THEN {_REPORT_MONTH} END",
        f"CASE WHEN {_DECIDED} THEN {_DECISION_MONTH} END",
        f"{_REPORTED} OR {_DECIDED}",
        asked,
    )
    return (
        _summed((department, item, reported, *numbers) for department, item, reported, _, *numbers in found),
        _summed((department, item, decided, *numbers) for department, item, _, decided, *numbers in found),
    )


def _summed(lines: Iterable[tuple[Any, ...]]) -> list[Line]:
    """Lines of a body, item and month put together; those without a month are out of the span."""
    found: dict[tuple[int, int, date], tuple[int, int]] = {}
    for department, item, month, reported, in_time in lines:
        if month is not None:
            before = found.get((department, item, month), (0, 0))
            found[department, item, month] = before[0] + reported, before[1] + in_time
    return [Line(*key, *numbers) for key, numbers in sorted(found.items()) if numbers[0]]


def _rows(span: str, asked: Asked, condition: str = "true") -> KnownRecords:
    given = _parameters(asked)
    meant = f"{span} AND {_MEANT} AND {condition}"
    return known_records(
        f"counted AND {meant}", given, bodies=asked.departments, number=lambda: _number(meant, given)
    )


def _number(meant: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(number), 0)::int FROM ({COUNTED}) AS counted WHERE {meant}", given
        )
        return int(cursor.fetchone()[0])


def rows_of_first_reports(asked: Asked, *, in_time: bool | None = None) -> KnownRecords:
    """The records behind `first_reports`; with `in_time` those in time, or those late."""
    condition = {None: "true", True: _IN_TIME, False: f"({_IN_TIME}) IS NOT TRUE"}[in_time]
    return _rows(_REPORTED, asked, condition)


def rows_of_decisions(asked: Asked) -> KnownRecords:
    """The records behind `decisions_reported`."""
    return _rows(_DECIDED, asked)
