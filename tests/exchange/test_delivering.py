"""Exactly once to a platform that fails, delays and repeats; in order per record; whatever is killed when."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.policy import NotAllowed
from audit.clock import now as present
from audit.models import Event
from credit_records.models import Record
from exchange import tasks
from exchange.models import Attempt, Entry
from exchange.services import delivering, handling
from exchange.services.delivering import LEASE, deliver, deliver_due, pause_after

from ..credit_records.builders import penalty
from .receiver import KEY, TRANSIENT, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
MADE = datetime(2026, 11, 20, 4, tzinfo=UTC)
QUICK = [trouble for trouble in TRANSIENT if trouble not in ("take_and_hang", "take_and_trickle")]


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: the platform is never asked inside a transaction."""


def sweep_until_quiet(system, start: datetime, runs: int = 40) -> datetime:
    """Run after run, each when something is due again."""
    moment = start
    for _ in range(runs):
        deliver_due(actor=system, now=moment)
        if not Entry.objects.filter(state__in=("waiting", "sending")).exists():
            return moment
        moment += timedelta(minutes=31)
    raise AssertionError("the outbox never came to rest")


def same_row(entry: Entry) -> None:
    """The newest history row says what the row says."""
    entry.refresh_from_db()
    newest = entry.history.latest("history_id")
    for field in Entry._meta.concrete_fields:
        assert getattr(newest, field.attname) == getattr(entry, field.attname), field.name


def test_an_entry_is_delivered_with_key_digest_and_signature(system, receiver, put_entry):
    entry = put_entry(key="修复/XF-2026-0001:1 甲", now=MADE)
    answer = deliver(entry.pk, actor=system, now=MADE)
    assert answer.outcome == "delivered"
    entry.refresh_from_db()
    assert (entry.state, entry.receipt, entry.attempts, entry.delivered_at) == (
        "delivered",
        "R-0001",
        1,
        MADE,
    )
    (kept,) = receiver.taken.values()
    assert kept["content"] == entry.payload
    assert receiver.forgeries == []
    assert deliver(entry.pk, actor=system, now=MADE) is None
    assert len(receiver.heard) == 1
    assert list(Event.objects.filter(verb__startswith="outbox.").values_list("verb", flat=True).order_by("pk")) == [
        "outbox.put", "outbox.send", "outbox.answer",
    ]  # fmt: skip
    same_row(entry)


@pytest.mark.parametrize("trouble", TRANSIENT)
def test_trouble_is_tried_again_and_taken_once(system, receiver, put_entry, trouble):
    entry = put_entry(now=MADE)
    receiver.misbehave(trouble)
    answer = deliver(entry.pk, actor=system, now=MADE)
    assert answer.outcome == "again"
    entry.refresh_from_db()
    assert entry.state == "waiting"
    assert entry.last_error == answer.message != ""
    assert entry.next_try_at >= MADE + timedelta(seconds=30)
    assert deliver(entry.pk, actor=system, now=MADE + timedelta(seconds=29)) is None
    assert deliver(entry.pk, actor=system, now=entry.next_try_at).outcome == "delivered"
    assert len(receiver.taken) == 1
    assert len(receiver.heard) == 2
    assert receiver.forgeries == []
    assert [(a.number, a.outcome) for a in entry.tries.all()] == [(1, "again"), (2, "delivered")]
    same_row(entry)
    assert entry.last_error == ""


@pytest.mark.parametrize("repeats", ["take", "repeat"])
def test_a_known_key_is_delivered_with_the_first_receipt(system, receiver, put_entry, repeats):
    entry = put_entry(now=MADE)
    receiver.misbehave("take_and_cut", repeats)
    deliver(entry.pk, actor=system, now=MADE)
    assert deliver(entry.pk, actor=system, now=MADE + timedelta(hours=1)).outcome == "delivered"
    entry.refresh_from_db()
    assert entry.receipt == receiver.taken[next(iter(receiver.taken))]["receipt"] == "R-0001"


def test_a_refusal_is_final_and_says_what_the_platform_said(system, receiver, put_entry):
    entry = put_entry(now=MADE)
    receiver.misbehave("refuse")
    deliver(entry.pk, actor=system, now=MADE)
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert entry.last_error.startswith("平台退回(422)：主体代码不在登记库中")
    assert "19491231" not in entry.last_error
    assert deliver_due(actor=system, now=MADE + timedelta(days=3)).delivered == 0
    assert len(receiver.heard) == 1
    same_row(entry)


def test_a_wrong_key_is_told_by_the_platform(system, receiver, put_entry, settings):
    settings.UPPER_PLATFORM_KEY = b"another key, as long as the first one is"
    entry = put_entry(now=MADE)
    assert deliver(entry.pk, actor=system, now=MADE).status == 401
    assert receiver.taken == {}


def test_the_platform_may_ask_for_more_time(system, receiver, put_entry):
    entry = put_entry(now=MADE)
    receiver.misbehave("later")
    deliver(entry.pk, actor=system, now=MADE)
    entry.refresh_from_db()
    assert entry.next_try_at == MADE + timedelta(seconds=90)


def test_pauses_grow_to_half_an_hour():
    assert [pause_after(n).total_seconds() for n in (1, 2, 3, 7, 8, 1000)] == [30, 60, 120, 1800, 1800, 1800]
    assert pause_after(1, 10**9) == timedelta(hours=6)


def test_entries_of_one_record_arrive_in_the_order_made(system, receiver, put_entry, report):
    report(penalty(1), penalty(2), publish=True)
    first, second = Record.objects.order_by("pk")
    granted = put_entry(1, record=first, now=MADE)
    revoked = put_entry(2, record=first, topic="repair.revoked", now=MADE)
    other = put_entry(3, record=second, now=MADE)
    loose = put_entry(4, now=MADE)
    receiver.misbehave("fail")
    swept = deliver_due(actor=system, now=MADE)
    assert (swept.delivered, swept.again) == (2, 1)
    assert list(receiver.taken) == [other.key, loose.key]
    assert deliver(revoked.pk, actor=system, now=MADE + timedelta(days=1)) is None
    swept = deliver_due(actor=system, now=MADE + timedelta(minutes=5))
    assert swept.delivered == 2
    assert list(receiver.taken)[2:] == [granted.key, revoked.key]


def test_what_waits_behind_a_refused_entry_goes_when_the_office_has_dealt_with_it(
    city, receiver, put_entry, report
):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    granted = put_entry(1, record=record, now=MADE)
    revoked = put_entry(2, record=record, now=MADE)
    receiver.misbehave("refuse")
    deliver_due(actor=city.system, now=MADE)
    assert deliver_due(actor=city.system, now=MADE + timedelta(hours=1)).delivered == 0
    handling.register_by_hand(
        granted, actor=city.officer, reason="平台登记库缺主体，已电话报送。", number="示例-1", now=MADE
    )
    assert deliver_due(actor=city.system, now=MADE + timedelta(hours=1)).delivered == 1
    assert list(receiver.taken) == [revoked.key]


def test_a_delivery_wakes_the_next_entry_of_the_record(system, receiver, put_entry, report, jobs):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    first, second = put_entry(1, record=record), put_entry(2, record=record)
    assert len(jobs()) == 2
    deliver(first.pk, actor=system)
    assert [job.args for job in jobs()[2:]] == [{"entry_id": second.pk}]


def test_early_tries_have_their_own_jobs_and_later_ones_are_the_sweeps(system, receiver, put_entry, jobs):
    entry = put_entry(now=MADE)
    moment, planned = MADE, []
    for _ in range(5):
        receiver.misbehave("fail")
        deliver(entry.pk, actor=system, now=moment)
        entry.refresh_from_db()
        moment = entry.next_try_at
        planned.append(len(jobs()))
    assert planned == [2, 3, 4, 4, 4]
    assert jobs()[1].scheduled_at == MADE + timedelta(seconds=30)


def test_a_platform_that_is_down_ends_the_sweep_early(system, receiver, put_entry):
    for number in range(6):
        put_entry(number, now=MADE)
    receiver.misbehave(*["cut_at_once"] * 6)
    swept = deliver_due(actor=system, now=MADE)
    assert (swept.again, swept.unreachable) == (3, True)
    assert len(receiver.heard) == 3
    receiver.behave()
    assert deliver_due(actor=system, now=MADE + timedelta(minutes=5)).delivered == 6


def test_one_entrys_fault_keeps_no_other_back_and_is_told(system, receiver, put_entry, monkeypatch, caplog):
    broken, sound = put_entry(1, now=MADE), put_entry(2, now=MADE)
    real = delivering.send

    def send(message, *, now):
        if message.key == broken.key:
            raise ArithmeticError("a bug")
        return real(message, now=now)

    monkeypatch.setattr(delivering, "send", send)
    swept = deliver_due(actor=system, now=MADE)
    assert (swept.delivered, swept.faulty) == (1, 1)
    (line,) = (record for record in caplog.records if record.name == "exchange.services.delivering")
    assert str(broken.pk) in line.getMessage()
    assert line.exc_info[0] is ArithmeticError
    assert list(receiver.taken) == [sound.key]
    monkeypatch.setattr(delivering, "send", real)
    assert deliver_due(actor=system, now=MADE + LEASE + timedelta(seconds=1)).delivered == 1


def test_content_that_was_tampered_with_is_not_sent(system, receiver, put_entry):
    entry = put_entry(now=MADE)
    with connection.cursor() as cursor:
        cursor.execute('UPDATE exchange_entry SET payload = \'{"case": "other"}\' WHERE id = %s', [entry.pk])
    deliver_due(actor=system, now=MADE)
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert "摘要不一致" in entry.last_error
    assert receiver.heard == []


def test_nothing_is_sent_without_an_address_and_everything_once_there_is_one(
    system, put_entry, settings, receiver, jobs
):
    url, settings.UPPER_PLATFORM_URL = settings.UPPER_PLATFORM_URL, ""
    entry = put_entry(now=MADE)
    assert jobs() == []
    assert deliver(entry.pk, actor=system, now=MADE) is None
    assert deliver_due(actor=system, now=MADE).counts()["delivered"] == 0
    settings.UPPER_PLATFORM_URL = url
    assert deliver_due(actor=system, now=MADE).delivered == 1


def test_the_platform_is_never_asked_inside_a_transaction(system, receiver, put_entry):
    entry = put_entry()
    with pytest.raises(RuntimeError, match="never asked inside"), transaction.atomic():
        deliver(entry.pk, actor=system)
    with pytest.raises(RuntimeError, match="never asked inside"), transaction.atomic():
        deliver_due(actor=system)


def test_people_do_not_send_in_the_systems_place(city, receiver, put_entry):
    entry = put_entry()
    with pytest.raises(NotAllowed):
        deliver(entry.pk, actor=city.officer)
    with pytest.raises(NotAllowed):
        deliver_due(actor=city.officer)


def test_the_tasks_of_the_worker_do_both(system, receiver, put_entry):
    tasks.deliver(entry_id=put_entry(1).pk)
    put_entry(2)
    tasks.deliver_outbox(timestamp=0)
    assert len(receiver.taken) == 2


# --- two at once --------------------------------------------------------------------------------------------


def test_two_senders_at_once_ask_the_platform_once(system, receiver, put_entry):
    entries = [put_entry(number, now=MADE) for number in range(4)]
    start, faults = threading.Barrier(3), []

    def run() -> None:
        try:
            start.wait()
            for entry in entries:
                deliver(entry.pk, actor=system, now=MADE)
            deliver_due(actor=system, now=MADE)
        except Exception as fault:
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(receiver.heard) == sorted(entry.key for entry in entries)
    assert receiver.most_at_once == 1
    assert set(Entry.objects.values_list("state", "attempts")) == {("delivered", 1)}


def test_a_sender_whose_claim_has_passed_on_leaves_the_entry_to_the_other(
    system, receiver, put_entry, monkeypatch
):
    """It wakes after its lease is over, with an answer that no longer counts."""
    entry = put_entry(now=MADE)
    real = delivering.send

    def slow(message, *, now):
        monkeypatch.setattr(delivering, "send", real)
        later = MADE + LEASE + timedelta(seconds=1)
        assert deliver(entry.pk, actor=system, now=later).outcome == "delivered"
        return delivering.Answer("refused", "平台退回(400)", 400)

    monkeypatch.setattr(delivering, "send", slow)
    deliver(entry.pk, actor=system, now=MADE)
    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == ("delivered", 2)
    assert [a.outcome for a in entry.tries.all()] == ["refused", "delivered"]
    same_row(entry)


# --- killed -------------------------------------------------------------------------------------------------

_SENDER = """
import os, signal, sys
import django
django.setup()
from django.conf import settings
from accounts.services import system_account
from exchange.services import delivering

def killed(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

point, entry = sys.argv[1], int(sys.argv[2])
if point == "before sending":
    delivering.send = killed
if point == "before writing down":
    delivering._write_down = killed
if point == "while writing down":
    delivering._go_on = killed
delivering.deliver(entry, actor=system_account())
"""


def _sender(point: str, entry: Entry) -> subprocess.Popen:
    import base64

    host = connection.settings_dict["HOST"].replace("/", "%2F")
    base = django_settings.DATABASE_URL.rsplit("/", 1)[0]
    assert host in base
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}",
        "UPPER_PLATFORM_URL": django_settings.UPPER_PLATFORM_URL,
        "UPPER_PLATFORM_KEY": base64.b64encode(KEY).decode(),
    }
    return subprocess.Popen(
        [sys.executable, "-c", _SENDER, point, str(entry.pk)], env=environment, cwd=django_settings.BASE_DIR
    )


@pytest.mark.parametrize(
    ("point", "taken"),
    [("before sending", 0), ("while sending", 1), ("before writing down", 1), ("while writing down", 1)],
)
def test_a_sender_killed_anywhere_is_followed_by_another_and_the_platform_takes_it_once(
    system, receiver, put_entry, point, taken
):
    entry = put_entry()
    if point == "while sending":
        receiver.misbehave("take_and_hang")
    sender = _sender(point, entry)
    if point == "while sending":
        wait_until(lambda: len(receiver.taken) == 1)
        sender.kill()
    assert sender.wait(60) == -signal.SIGKILL
    assert len(receiver.taken) == taken
    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == ("sending", 1)
    assert deliver_due(actor=system).delivered == 0
    later = present() + LEASE + timedelta(seconds=1)
    assert deliver_due(actor=system, now=later).delivered == 1
    assert len(receiver.taken) == 1
    assert receiver.forgeries == []
    assert [a.outcome for a in entry.tries.all()] == ["lost", "delivered"]
    assert not Attempt.objects.filter(outcome="open").exists()
    same_row(entry)


# --- any trouble, any length --------------------------------------------------------------------------------


@given(
    troubles=st.lists(st.sampled_from([*QUICK, "repeat", "take"]), min_size=2, max_size=8),
    on_record=st.lists(st.booleans(), min_size=2, max_size=4).filter(lambda which: sum(which) > 1),
)
@example(troubles=["fail", "take"], on_record=[True, True])
@example(troubles=["page", "take_and_cut", "repeat"], on_record=[True, False, True])
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_the_platform_does_each_entry_gets_there_exactly_once_and_in_order(
    system, receiver, put_entry, shared_record, troubles, on_record
):
    stamp = f"{Entry.objects.count()}"
    made = [
        put_entry(number, key=f"{stamp}:{number}", record=shared_record if yes else None, now=MADE)
        for number, yes in enumerate(on_record)
    ]
    known = len(receiver.taken)
    receiver.misbehave(*troubles)
    sweep_until_quiet(system, MADE)
    receiver.behave()
    assert set(list(receiver.taken)[known:]) == {entry.key for entry in made}
    in_order = [entry.key for entry, yes in zip(made, on_record, strict=True) if yes]
    assert [key for key in list(receiver.taken)[known:] if key in in_order] == in_order
    assert receiver.forgeries == []
    for entry in made:
        same_row(entry)
        assert entry.state == "delivered"
        assert entry.receipt == receiver.taken[entry.key.replace(" ", "%20")]["receipt"]


@pytest.fixture
def shared_record(report) -> Record:
    report(penalty(1), publish=True)
    return Record.objects.get()
