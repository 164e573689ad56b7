"""The standing table says what the history of records says: on every day, however much of it is worked in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django import app

from audit.clock import local_day
from credit_records.models import Record
from supervision import tasks
from supervision.models import PublicationCount, RecordStanding, ReportCount, StandingMark
from supervision.selectors import standing as table
from supervision.selectors.figures import figures
from supervision.selectors.indicators.registry import Question
from supervision.selectors.known_records import rows_published_by
from supervision.selectors.reported import (
    Asked,
    decisions_reported,
    first_reports,
    reports_and_decisions,
    rows_of_decisions,
    rows_of_first_reports,
)
from supervision.selectors.standing_check import differences
from supervision.services import standing
from supervision.services.standing import Busy, rebuild_standing, refresh_standing

from .test_reporting_rates import BY_HAND, _told

QUERIES = 21
"""Of all indicators together, whatever there is to count."""


def _by_hand_on_every_day() -> None:
    for (month, day), *by_hand in BY_HAND:
        assert _told(Question.of_year(date(2026, month, day))) == by_hand, (month, day)


def test_the_figures_by_hand_come_out_of_the_table_as_of_the_history(counted):
    """Worked in step by step, again without news, and anew; with the same queries as over an empty table."""
    figures(Question.of_year(date(2026, 6, 2)))  # the calendar is kept from here on
    with CaptureQueriesContext(connection) as before:
        of_history = figures(Question.of_year(date(2026, 6, 3)))
    assert refresh_standing(at_once=2).rows > 0
    assert (RecordStanding.objects.count(), table.tail(), differences()) == (6, 0, [])  # one was withdrawn
    _by_hand_on_every_day()
    stored = list(ReportCount.objects.order_by("pk").values_list("pk", "change"))
    assert refresh_standing().rows == 0
    assert list(ReportCount.objects.order_by("pk").values_list("pk", "change")) == stored
    rebuild_standing()
    assert differences() == []
    _by_hand_on_every_day()
    with CaptureQueriesContext(connection) as after:
        of_table = figures(Question.of_year(date(2026, 6, 3)))
    assert [(one.indicator.code, one.value) for one in of_table] == [
        (one.indicator.code, one.value) for one in of_history
    ]
    with CaptureQueriesContext(connection) as none_yet:
        figures(Question.of_year(date(2026, 1, 1)))
    assert [len(one) for one in (before, after, none_yet)] == [QUERIES] * 3


def test_a_difference_is_named_and_made_good(counted, capsys):
    refresh_standing()
    RecordStanding.objects.filter(pk=RecordStanding.objects.order_by("pk")[0].pk).delete()
    PublicationCount.objects.update(change=7)
    with pytest.raises(SystemExit) as ended:
        call_command("check_standing")
    told = capsys.readouterr().out
    assert ended.value.code == 1
    assert all(words in told for words in ("记录报送情况缺：", "公示计数多：", "--rebuild"))
    call_command("refresh_standing", rebuild=True)
    with pytest.raises(SystemExit) as ended:
        call_command("check_standing")
    assert ended.value.code == 0


def test_a_run_that_is_killed_leaves_nothing_and_two_are_never_at_it(counted, monkeypatch):
    def killed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(standing, "_without_nothing", killed)
        with pytest.raises(KeyboardInterrupt):
            refresh_standing()
    assert [one.objects.count() for one in (RecordStanding, ReportCount, StandingMark)] == [0, 0, 0]
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [standing._LOCK])
        with pytest.raises(Busy):
            refresh_standing()
        with pytest.raises(CommandError):
            call_command("refresh_standing", rebuild=True)
    finally:
        other.close()
    _by_hand_on_every_day()


def test_the_worker_refreshes_every_minute_and_leaves_it_to_another(db, monkeypatch):
    due = {one.task.name: one.cron for one in app.periodic_registry.periodic_tasks.values()}
    assert due["supervision.refresh_standing"] == "* * * * *"
    tasks.refresh(0)
    assert StandingMark.objects.count() == 1

    def busy() -> None:
        raise Busy

    monkeypatch.setattr(tasks, "refresh_standing", busy)
    tasks.refresh(0)


@pytest.mark.parametrize(
    ("before", "top", "writing", "safe", "after"),
    [
        ((5, 5, []), 9, set(), 9, (9, [])),
        ((5, 5, []), 9, {"3/1"}, 5, (9, ["3/1"])),
        # The old writer is still there: nothing moves, not even when others came.
        ((5, 9, ["3/1"]), 12, {"3/1", "4/1"}, 5, (9, ["3/1"])),
        # It is gone; who came after it can only have numbers above the old ceiling.
        ((5, 9, ["3/1"]), 12, {"4/1"}, 9, (12, ["4/1"])),
        ((5, 9, ["3/1"]), 12, set(), 12, (12, [])),
    ],
)
def test_a_lower_number_that_may_still_be_committed_is_waited_for(
    monkeypatch, before, top, writing, safe, after
):
    monkeypatch.setattr(standing, "ceiling", lambda _: top)
    monkeypatch.setattr(standing, "writers", lambda _: writing)
    mark = StandingMark(settled=before[0], ceiling=before[1], waiting=before[2])
    assert standing._safe(mark) == safe
    assert (mark.ceiling, mark.waiting) == after


# --- against histories that nobody would think of ----------------------------------------------------------------

_FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
_STATES = ("draft", "submitted", "published", "withdrawn", "ended")
_told_rows = st.lists(
    st.tuples(
        st.integers(1, 3),  # record
        st.integers(0, 5 * 24),  # hours after the first: days change at 16:00 UTC
        st.sampled_from(_STATES),
        st.integers(1, 2),  # body
        st.integers(1, 2),  # item
        st.integers(0, 3),  # day of decision
    ),
    min_size=1,
    max_size=9,
)


def _write(rows) -> list[SimpleNamespace]:
    """Rows of the history of records that do not exist, in the order of their numbers."""
    told = [
        SimpleNamespace(
            record=9_000_000 + record,
            at=_FIRST + timedelta(hours=hours),
            state=state,
            department=body,
            item=item,
            decided=date(2026, 2, 27) + timedelta(days=day),
        )
        for record, hours, state, body, item, day in rows
    ]
    history = Record.history.model
    history.objects.bulk_create(
        history(
            id=one.record, history_date=one.at, history_type="~", state=one.state, department_id=one.department,
            item_id=one.item, decision_date=one.decided, version_id=1, subject_id=1, entered_by_id=1, entered_at=one.at,
        )
        for one in told
    )  # fmt: skip
    return told


def _stood(told, day: date) -> tuple[dict[int, tuple], set[tuple[int, int]]]:
    """What is known at the end of a day, worked out row by row: body, item, decision, first report; and all published."""
    reported, published = {}, set()
    for record in {one.record for one in told}:
        known = [one for one in told if one.record == record and local_day(one.at) <= day]
        if any(one.state == "published" for one in known):
            published.add(
                (record, max(enumerate(known), key=lambda pair: (pair[1].at, pair[0]))[1].department)
            )
        came = [one.at for one in known if one.state != "draft"]
        if not came:
            continue
        _, last = max(enumerate(known), key=lambda pair: (pair[1].at, pair[0]))
        if last.state not in ("draft", "withdrawn"):
            reported[record] = (last.department, last.item, last.decided, local_day(min(came)))
    return reported, published


def _ids(rows) -> list[int]:
    """Of records that are in the history alone, out of the statement of the query set."""
    [inner] = [one.rhs for one in rows.query.where.children]
    with connection.cursor() as cursor:
        cursor.execute(inner.sql, inner.params)
        return sorted(pk for (pk,) in cursor.fetchall())


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worked_in=_told_rows, not_yet=_told_rows, at_once=st.integers(1, 4))
def test_any_history_gives_the_same_on_any_day_however_much_is_worked_in(db, worked_in, not_yet, at_once):
    with transaction.atomic():
        told = _write(worked_in)
        if at_once == 4:
            rebuild_standing()
        else:
            refresh_standing(at_once)
        told += _write(not_yet)
        for day in (date(2026, 3, 1) + timedelta(days=n) for n in (0, 1, 2, 5)):
            reported, published = _stood(told, day)
            asked = Asked(date(2026, 2, 28), date(2026, 3, 3), day)
            by_report = {pk for pk, one in reported.items() if asked.first <= one[3] <= asked.until}
            by_decision = {pk for pk, one in reported.items() if asked.first <= one[2] <= asked.until}
            assert _ids(rows_of_first_reports(asked)) == sorted(by_report)
            assert _ids(rows_of_decisions(asked)) == sorted(by_decision)
            both = reports_and_decisions(asked)
            assert _lines(both[0]) == _expected(reported, by_report, 3)
            assert _lines(both[1]) == _expected(reported, by_decision, 2)
            assert table.published_by(day, [1]) == sum(body == 1 for _, body in published)
            assert _ids(rows_published_by(day, None)) == sorted(pk for pk, _ in published)
        assert both == (first_reports(asked), decisions_reported(asked))
        assert differences() == []
        refresh_standing()
        assert (differences(), table.tail()) == ([], 0)
        transaction.set_rollback(True)


def _lines(lines) -> dict[tuple[int, int, date], int]:
    return {(one.department, one.item, one.month): one.reported for one in lines}


def _expected(reported, meant, place) -> dict[tuple[int, int, date], int]:
    found: dict[tuple[int, int, date], int] = {}
    for pk in meant:
        body, item, *_ = reported[pk]
        key = body, item, reported[pk][place].replace(day=1)
        found[key] = found.get(key, 0) + 1
    return found
