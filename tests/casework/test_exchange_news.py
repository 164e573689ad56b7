"""What the upper platform refuses is told to whoever has the case in hand, once per refusal; what it takes is told to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.acts import act
from audit.clock import CHINA
from casework.models import Case, Notice
from exchange import events, tasks
from exchange.models import Entry
from exchange.services import handling
from exchange.services.delivering import deliver

from ..exchange.conftest import put_entry, receiver  # noqa: F401
from .evidence.conftest import new_case

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=CHINA)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: the platform is never asked inside a transaction."""


@pytest.fixture
def case(city) -> Case:
    return in_hands_of(new_case(city), city.officer, city)


def in_hands_of(case: Case, person, city) -> Case:
    with act("test.assign", actor=city.system):
        case.assignee = person
        case.save(update_fields=["assignee"])
    return case


@pytest.fixture
def tell(db) -> Callable[[], int]:
    """Run all jobs that tell, made since the test began; again those that have run before."""
    newest = ProcrastinateJob.objects.order_by("-id").values_list("id", flat=True).first() or 0

    def run() -> int:
        jobs = ProcrastinateJob.objects.filter(task_name=events.TASK, id__gt=newest).order_by("id")
        for job in jobs:
            tasks.tell_refusal(**job.args)
        return len(jobs)

    return run


@pytest.fixture
def refuse(city, receiver) -> Callable[..., None]:  # noqa: F811
    def run(entry: Entry, now: datetime = NOW) -> None:
        receiver.misbehave("refuse")
        assert deliver(entry.pk, actor=city.system, now=now).outcome == "refused"

    return run


def told() -> list[str]:
    return sorted(Notice.objects.values_list("person__username", flat=True))


def test_each_refusal_is_told_once_and_a_delivery_to_nobody(city, case, put_entry, refuse, tell):  # noqa: F811
    entry = put_entry(reference=case.number, now=NOW)
    refuse(entry)
    assert told() == []
    assert tell() == 1
    notice = Notice.objects.get()
    assert (notice.person, notice.case, notice.kind, notice.created_at) == (city.officer, case, "news", NOW)
    assert notice.url == reverse("admin:exchange_entry_change", args=[entry.pk])
    assert f"{case.number}的信用修复决定没有同步到上级平台" in notice.text
    assert "主体代码不在登记库中" in notice.text
    tell()
    assert told() == ["officer"]

    later = NOW + timedelta(hours=1)
    handling.retry(entry, actor=city.officer, now=later)
    refuse(entry, later)
    assert tell() == 2
    assert told() == ["officer", "officer"]

    last = later + timedelta(hours=1)
    handling.retry(entry, actor=city.officer, now=last)
    assert deliver(entry.pk, actor=city.system, now=last).outcome == "delivered"
    assert tell() == 2
    assert told() == ["officer", "officer"]


@pytest.mark.parametrize("known", [True, False], ids=["a case that nobody has in hand", "no case at all"])
def test_without_an_officer_in_charge_the_approvers_are_told(city, put_entry, refuse, tell, known):  # noqa: F811
    reference = in_hands_of(new_case(city), None, city).number if known else "示例函1号"
    refuse(put_entry(reference=reference, now=NOW))
    tell()
    assert told() == ["approver"]
    assert f"{reference}的信用修复决定" in Notice.objects.get().text


def test_what_was_reported_by_hand_meanwhile_is_told_to_nobody(city, case, put_entry, refuse, tell):  # noqa: F811
    entry = put_entry(reference=case.number, now=NOW)
    refuse(entry)
    handling.register_by_hand(entry, actor=city.officer, reason="已按函报送。", number="示例函1号", now=NOW)
    assert tell() == 1
    assert told() == []


def test_what_is_tried_again_by_itself_is_told_to_nobody(city, case, put_entry, receiver, tell):  # noqa: F811
    entry = put_entry(reference=case.number, now=NOW)
    receiver.misbehave("cut_at_once")
    assert deliver(entry.pk, actor=city.system, now=NOW).outcome == "again"
    assert tell() == 0


def test_a_receiver_that_fails_is_told_again_and_the_refusal_stands(city, case, put_entry, refuse, tell):  # noqa: F811
    def fails(**facts):
        raise ZeroDivisionError

    entry = put_entry(reference=case.number, now=NOW)
    refuse(entry)
    events.entry_refused.connect(fails)
    try:
        with pytest.raises(ZeroDivisionError):
            tell()
    finally:
        events.entry_refused.disconnect(fails)
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert tasks.tell_refusal.retry_strategy.max_attempts > 1
    tell()
    assert told() == ["officer"]
