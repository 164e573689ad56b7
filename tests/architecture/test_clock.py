"""The clock moves for the invented past of the demo, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import Department
from audit.acts import act
from audit.clock import now, telling_of
from audit.models import Event

THEN = datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_journal_and_history_of_the_demo_bear_the_time_that_is_told(city, settings):
    settings.DEMO = True
    with telling_of(THEN), act("test.rename", actor=city.system, on=city.scjg):
        city.scjg.short_name = "示例"
        city.scjg.save(update_fields=["short_name"])
    assert Event.objects.get(verb="test.rename").at == THEN
    assert Department.history.filter(short_name="示例").get().history_date == THEN
    assert now() > THEN


def test_outside_the_demo_the_clock_does_not_move(settings):
    settings.DEMO = False
    with pytest.raises(RuntimeError), telling_of(THEN):
        pass
