"""Whatever a file holds: reporting it twice changes nothing, and the order of its rows does not matter."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_records.models import IntakeRow, Record, Subject, SubjectName

from ..builders import penalty

FAULTS = st.sampled_from(
    [
        {},
        {},
        {},
        {"处罚类别": "罚款；警告"},
        {"处罚决定日期": "2026年5月20日"},
        {"行政相对人名称": "银川示例另名有限公司"},
        {"罚款金额(万元)": None},
        {"行政处罚决定书文号": None},
        {"行政处罚决定书文号": "银市监罚[2026] 2 号"},
        {"处罚决定日期": "2026-02-30"},
    ]
)
FILES = st.lists(st.tuples(st.integers(1, 5), FAULTS), min_size=1, max_size=8)
HYPOTHESIS = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@contextmanager
def undone_afterwards():
    """Whatever an example wrote is gone before the next one."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Record, Subject, SubjectName)]


@pytest.mark.django_db
@given(file=FILES)
@HYPOTHESIS
def test_the_same_file_twice_changes_nothing(report, file):
    rows = [penalty(number, **changes) for number, changes in file]
    with undone_afterwards():
        first = report(*rows)
        if first.accepted:
            report(*rows, submit=True)
            before = everything()
            again = report(*rows)
            assert (again.created, again.updated, again.rejected) == (0, 0, first.rejected)
            assert again.unchanged == first.accepted
            report(*rows, submit=True)
            assert everything() == before
        else:
            assert not IntakeRow.objects.filter(batch=first, verdict="accept").exists()


@pytest.mark.django_db
@given(file=FILES, seed=st.randoms(use_true_random=False))
@HYPOTHESIS
def test_every_accepted_decision_becomes_one_record_in_whatever_order(report, file, seed):
    rows = [penalty(number, **changes) for number, changes in file]
    shuffled = rows[:]
    seed.shuffle(shuffled)
    with undone_afterwards():
        batch, other = report(*rows), report(*shuffled)
        assert (batch.rows, batch.accepted, batch.rejected) == (other.rows, other.accepted, other.rejected)
        if batch.accepted:
            report(*rows, submit=True)
            assert Record.objects.count() == batch.accepted
            assert (
                Record.history.filter(id__in=Record.objects.values("pk"), history_type="+").count()
                == batch.accepted
            )
