"""Server time and queries of the boards on a million records and a hundred thousand cases.

    .venv/bin/python -m bench.supervision [--records 1000000] [--cases 100000] [--keep | --reuse]

Requests go through the whole web stack in this process, as the supervisor of an office that sees all departments. Beside them, in one run: the
same figures out of the history (as if nothing were worked in), a loop over rows as it is commonly written, and the plain count of a table.
Works in a database of its own, which it drops at the end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, connections, reset_queries
from django.test import override_settings
from django.urls import reverse

from accounts.models import Department
from audit.clock import local_day, today
from bench import scene
from bench.supervision_fill import fill_city
from bench.supervision_people import half_the_city, office, people, signed_in
from credit_records.models import Record
from supervision.models import StandingMark
from supervision.selectors.figures import figures
from supervision.selectors.indicators.registry import Question
from supervision.selectors.reported import Asked, decisions_reported, first_reports
from supervision.services.standing import rebuild_standing, refresh_standing

ROUNDS = 5
TABS = (
    ("board", "三率"),
    ("reconcile", "对账"),
    ("quiet", "沉默和少报"),
    ("faults", "错误和一次通过率"),
    ("codes", "重错码"),
)
_SAMPLE = 500
_BOARDS = (
    ("指标看板", "admin:supervision_indicator_changelist", ""),
    ("指标看板, a past day", "admin:supervision_indicator_changelist", "?on={past}"),
    ("指标看板, one department", "admin:supervision_indicator_changelist", "?department={one}"),
    ("rows of 及时率, first of 400,000", "admin:supervision_indicator_rows", "?code=y22-22-timely&part=denominator"),
    ("rows of 已公示, first of 900,000", "admin:supervision_indicator_rows", "?code=y22-21-objection-share&part=denominator"),
    ("rows of 已公示, the middle of 900,000", "admin:supervision_indicator_rows", "?code=y22-21-objection-share&part=denominator&p={middle}"),
    ("rows of 异议成立的记录", "admin:supervision_indicator_rows", "?code=y22-21-objection-share&part=numerator"),
    ("时限看板", "admin:supervision_sla", ""),
    ("时限看板, a past day", "admin:supervision_sla", "?on={past}"),
    ("rows of 承诺, a past day", "admin:supervision_indicator_rows", "?code=y22-28-performed&part=denominator&on={past}"),
    *((f"报送看板, {title}", f"admin:supervision_monthlyproduction_{name}", "") for name, title in TABS),
    *((f"报送看板, {title}, a past day", f"admin:supervision_monthlyproduction_{name}", "?on={past}") for name, title in TABS),
    ("报送看板, rows of 首报", "admin:supervision_monthlyproduction_board_rows", "?what=first"),
)  # fmt: skip

_OF_A_DISTRICT = tuple(
    one
    for one in _BOARDS
    if "one department" not in one[0] and "middle" not in one[0] and "报送" not in one[0]
)


def measure(name: str, ask: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The quickest of some rounds: others use the machine too. In seconds."""
    best, database, queries = None, 0.0, 0
    for _ in range(rounds):
        reset_queries()
        start = time.perf_counter()
        answer = ask()
        spent = time.perf_counter() - start
        if getattr(answer, "status_code", 200) != 200:
            raise RuntimeError(f"{name}: {answer.status_code}")
        if best is None or spent < best:
            best, queries = spent, len(connection.queries)
            database = sum(float(query["time"]) for query in connection.queries)
    print(f"| {name} | {(best or 0) * 1000:.0f} | {database * 1000:.0f} | {queries} |", flush=True)
    return best or 0


def _history_alone(asked: Asked) -> None:
    """What a figure costs when nothing is worked in."""
    settled = StandingMark.objects.get(pk=1).settled
    StandingMark.objects.filter(pk=1).update(settled=0)
    try:
        first_reports(asked)
    finally:
        StandingMark.objects.filter(pk=1).update(settled=settled)


def _row_by_row(asked: Asked) -> float:
    """及时率 as it is commonly written: each record's history read and looked through; seconds for all, from a sample."""
    start = time.perf_counter()
    for record in Record.objects.order_by("pk")[:_SAMPLE]:
        rows = list(record.history.filter(history_date__date__lte=asked.as_of).order_by("history_date"))
        came = [one.history_date for one in rows if one.state != "draft"]
        bool(came and rows[-1].state != "withdrawn" and local_day(came[0]) >= asked.first)
    return (time.perf_counter() - start) / _SAMPLE * Record.objects.count()


_PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@override_settings(STORAGES={**settings.STORAGES, "staticfiles": _PLAIN})
def run() -> None:
    client, day = signed_in(), today()
    one = Department.objects.order_by("pk")[3].pk
    past = day - timedelta(days=145)
    connection.force_debug_cursor = True
    print("\n| asked | ms | of it database ms | queries |\n|---|---|---|---|")
    for name, address, query in _BOARDS:
        url = reverse(address) + query.format(past=past, one=one, middle=Record.objects.count() // 100)
        measure(name, lambda url=url: client.get(url))
    with half_the_city():
        for name, address, query in _OF_A_DISTRICT:
            url = reverse(address) + query.format(past=past)
            measure(f"half of the departments: {name}", lambda url=url: client.get(url))
    bodies = frozenset(Department.objects.values_list("pk", flat=True))
    for name, asked in (
        ("all indicators, today", Question.of_year(day, bodies)),
        ("all indicators, a past day", Question.of_year(past, bodies)),
        ("all indicators, one department", Question.of_year(day, frozenset({one}))),
    ):
        measure(name, lambda asked=asked: figures(asked))
    meant = Asked(date(day.year, 1, 1), day, day)
    quick = measure("及时率 by department, item and month", lambda: first_reports(meant))
    measure("上报率 by department, item and month", lambda: decisions_reported(meant))
    slow = measure("及时率 with nothing worked in", lambda: _history_alone(meant), rounds=1)
    floor = measure("floor: count of the records", lambda: Record.objects.order_by().count())
    stock = _row_by_row(meant)
    print(f"| 及时率 row by row, from {_SAMPLE} records | {stock * 1000:,.0f} | | |")
    print(f"\nA row-by-row loop takes {stock / quick:,.0f} times as long, the history alone {slow / quick:.0f} times;"
          f" the plain count {floor / quick:.1f} times.")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="do not drop the database at the end")
    parser.add_argument("--reuse", action="store_true", help="measure on what an earlier run kept")
    options = parser.parse_args()
    name = f"{connection.settings_dict['NAME']}_supervision"
    scene.use_database(name, create=not options.reuse)
    try:
        if not options.reuse:
            people()
            seconds = fill_city(options.records, options.cases, scene.scene(), people(), office())
            print(f"{options.records:,} records and {options.cases:,} cases made in {seconds:.0f} s")
            start = time.perf_counter()
            rebuild_standing()
            print(f"standing table made in {time.perf_counter() - start:.1f} s")
            scene.analyze()
        refresh_standing()
        run()
    finally:
        connections.close_all()
        if not options.keep and not options.reuse:
            scene.drop_database(name)


if __name__ == "__main__":
    main()
