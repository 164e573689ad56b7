"""The invented tasks and letters: every state of a task, every grade of a letter, and nothing twice."""

from __future__ import annotations

from datetime import datetime

import pytest

from audit.clock import CHINA
from oversight import demo
from oversight.models import Addressee, Directive, Duty, ReplyDraft

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 17, tzinfo=CHINA)


@pytest.fixture
def demo_city(city, settings):
    settings.DEMO = True
    city.person("clerk.scjg", "张示例", "clerk", city.scjg)
    city.person("clerk.sthj", "王示例", "clerk", city.sthj)
    city.person("reviewer.scjg", "李示例", "reviewer", city.scjg)
    city.person("reviewer.sthj", "周示例", "reviewer", city.sthj)
    return city


def test_the_demo_shows_every_state_and_is_loaded_once(demo_city):
    assert demo.load(NOW) > 10
    assert set(Duty.objects.values_list("state", flat=True)) == {"not_started", "working", "reported", "done"}
    assert Duty.objects.late(NOW.date()).exists()
    grades = Directive.objects.exclude(number="").values_list("grade", flat=True)
    assert set(grades) == {"prompt", "supervise", "circular"}
    assert {"draft", "submitted", "issued", "closed"} == set(
        Directive.objects.values_list("state", flat=True)
    )
    assert {"sent", "replied", "accepted", "escalated"} <= set(
        Addressee.objects.values_list("state", flat=True)
    )
    assert set(ReplyDraft.objects.values_list("state", flat=True)) == {"submitted", "sent"}
    assert demo.load(NOW) == 0
