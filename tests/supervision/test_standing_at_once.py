"""Two transactions that really overlap: what the slow one commits late is counted, and the mark never passes it by."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connections, transaction

from supervision.models import RecordStanding
from supervision.selectors import standing as table
from supervision.selectors.reported import Asked, rows_of_first_reports
from supervision.selectors.standing_check import differences
from supervision.services.standing import refresh_standing

from .test_standing import _ids, _write

pytestmark = pytest.mark.django_db(transaction=True)
SLOW, QUICK = 9_000_001, 9_000_002
ASKED = Asked(date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1))


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def _submitted(record: int) -> None:
    _write([(record - 9_000_000, 0, "submitted", 1, 1, 0)])


def test_what_a_slow_transaction_commits_late_is_counted(db):
    refresh_standing()
    written, go_on, failures = threading.Event(), threading.Event(), []

    def slow() -> None:
        try:
            with transaction.atomic():
                _submitted(SLOW)
                written.set()
                assert go_on.wait(20)
        except BaseException as failure:
            failures.append(failure)
        finally:
            written.set()
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert written.wait(20)
        before = table.settled()
        _submitted(QUICK)  # a higher number, committed first
        for _ in range(2):
            assert refresh_standing().settled == before
        assert _ids(rows_of_first_reports(ASKED)) == [QUICK]
    finally:
        go_on.set()
        thread.join()
    assert failures == []
    assert _ids(rows_of_first_reports(ASKED)) == [SLOW, QUICK]
    refresh_standing()
    assert (table.tail(), differences()) == (0, [])
    assert set(RecordStanding.objects.values_list("record", flat=True)) == {SLOW, QUICK}
    assert _ids(rows_of_first_reports(ASKED)) == [SLOW, QUICK]
