"""The check in the background: it judges anew what may be judged, and leaves alone what has gone on meanwhile."""

from __future__ import annotations

import pytest

from audit.acts import act
from credit_records import tasks
from credit_records.models import IntakeBatch
from credit_records.services import batches

from .builders import penalty

pytestmark = pytest.mark.django_db


def test_a_large_file_is_checked_again_by_what_the_house_holds_now(report, city):
    batch = report(penalty(1))
    report(penalty(1), publish=True)
    before = batch.checked_at
    tasks.check_batch(batch_id=batch.pk, actor_id=city.clerk.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created, batch.unchanged) == ("checked", 0, 1)
    assert batch.checked_at > before


def test_a_refused_file_is_checked_again(report, city):
    batch = report(penalty(1))
    with act("test.state", actor=city.system):
        batch.state = IntakeBatch.State.REFUSED
        batch.save(update_fields=["state"])
    tasks.check_batch(batch_id=batch.pk, actor_id=city.clerk.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.created) == ("checked", 1)


def test_a_batch_submitted_meanwhile_is_left_alone(report, city):
    batch = report(penalty(1), submit=True)
    history = IntakeBatch.history.count()
    tasks.check_batch(batch_id=batch.pk, actor_id=city.clerk.pk)
    batch.refresh_from_db()
    assert (batch.state, IntakeBatch.history.count()) == ("submitted", history)


def test_a_batch_taken_back_meanwhile_is_left_alone(report, city):
    batch = batches.take_back(report(penalty(1)), actor=city.clerk, reason="示例")
    tasks.check_batch(batch_id=batch.pk, actor_id=city.clerk.pk)
    batch.refresh_from_db()
    assert batch.state == "taken_back"
