"""Two people at once, on real threads and a real database: nothing doubles, nothing is lost, one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from audit.faults import Refused
from credit_records.models import Record, Subject
from credit_records.services import batches, records

from ..builders import penalty

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run the calls side by side; the outcome of each is its result or its refusal."""
    outcomes: list[object] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(position: int, call: Callable[[], object]) -> None:
        start.wait()
        try:
            outcomes[position] = call()
        except Refused as refusal:
            outcomes[position] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_two_files_with_the_same_rows_submitted_at_once_make_one_set_of_records(report, city):
    rows = [penalty(number) for number in range(1, 40)]
    first, second = report(*rows), report(*rows)
    at_once(lambda: batches.submit(first, actor=city.clerk), lambda: batches.submit(second, actor=city.clerk))
    assert Record.objects.count() == len(rows)
    assert Subject.objects.count() == len(rows)
    assert Record.history.filter(history_type="+").count() == len(rows)


def test_the_same_batch_submitted_twice_at_once_is_submitted_once(report, city):
    batch = report(penalty(1))
    outcomes = at_once(*[lambda: batches.submit(batch, actor=city.clerk)] * 2)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert Record.objects.count() == 1


def test_two_reviewers_at_once_one_publishes_and_the_other_is_told(report, city):
    report(penalty(1), submit=True)
    record = Record.objects.get()
    outcomes = at_once(
        lambda: records.publish(record, actor=city.reviewer),
        lambda: records.send_back(record, actor=city.reviewer, reason="不完整"),
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert Record.history.filter(id=record.pk, history_type="~").count() == 1
