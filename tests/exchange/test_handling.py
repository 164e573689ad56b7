"""The office's own part: send again, report by hand, take what waits along as a file; who may, and what stands in the way."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from django.core.management import call_command

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Record
from exchange.models import Attempt, Entry
from exchange.selectors.outbox import entries_of, figures, late
from exchange.services import handling
from exchange.services.canonical import canonical, digest_of
from exchange.services.exporting import export_waiting

from ..credit_records.builders import penalty

MADE = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = date(2026, 11, 20)


def stand(entry: Entry, actor, state: str, **more) -> Entry:
    """Put an entry into a state as the sender would have left it."""
    facts = {
        "sending": {
            "claim": "00000000-0000-4000-8000-000000000001",
            "claimed_until": MADE + timedelta(minutes=3),
        },
        "failed": {"last_error": "平台退回(422)"},
        "delivered": {"delivered_at": MADE, "receipt": "R-0001"},
    }[state]
    with act("test.stand", actor=actor):
        for name, value in {"state": state, "next_try_at": None, **facts, **more}.items():
            setattr(entry, name, value)
        entry.save()
    return entry


def by_hand(entry: Entry, actor, **more) -> Entry:
    given = {"reason": "平台接口停用。", "number": "示例函1号", "now": MADE, **more}
    return handling.register_by_hand(entry, actor=actor, **given)


@pytest.mark.parametrize("who", ["officer", "approver"])
def test_the_office_registers_what_it_reported_by_hand(city, put_entry, who):
    actor = getattr(city, who)
    entry = by_hand(put_entry(now=MADE), actor)
    entry.refresh_from_db()
    assert (entry.state, entry.by_hand_by, entry.by_hand_number, entry.by_hand_on) == (
        "by_hand", actor, "示例函1号", DAY,
    )  # fmt: skip
    event = Event.objects.get(verb="outbox.register_by_hand")
    assert (event.actor, event.reason) == (actor, "平台接口停用。")
    assert entry.history.latest("history_id").event_id == event.pk


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"reason": "  "}, "reason.missing"),
        ({"number": " "}, "outbox.number_missing"),
        ({"number": "1" * 101}, "outbox.number_missing"),
        ({"on": DAY + timedelta(days=1)}, "outbox.day"),
        ({"on": DAY - timedelta(days=1)}, "outbox.day"),
    ],
)
def test_by_hand_needs_reason_number_and_a_possible_day(city, put_entry, given, code):
    entry = put_entry(now=MADE)
    with pytest.raises(Refused) as refusal:
        by_hand(entry, city.officer, **given)
    assert refusal.value.code == code
    entry.refresh_from_db()
    assert entry.state == "waiting"


@pytest.mark.parametrize("verb", ["retry", "by_hand"])
@pytest.mark.parametrize(
    ("state", "code"), [("delivered", "outbox.done_already"), ("sending", "outbox.being_sent")]
)
def test_what_is_done_or_on_its_way_is_left_alone(city, put_entry, receiver, verb, state, code):
    entry = stand(put_entry(now=MADE), city.system, state)
    do = {"retry": handling.retry, "by_hand": by_hand}[verb]
    with pytest.raises(Refused) as refusal:
        do(entry, actor=city.officer, now=MADE)
    assert refusal.value.code == code
    entry.refresh_from_db()
    assert entry.state == state


def test_by_hand_is_registered_once(city, put_entry):
    entry = by_hand(put_entry(now=MADE), city.officer)
    with pytest.raises(Refused, match="示例函1号"):
        by_hand(entry, city.approver)


@pytest.mark.parametrize("verb", ["retry", "by_hand"])
def test_what_a_killed_sender_left_may_be_taken_up(city, put_entry, receiver, verb):
    entry = stand(put_entry(now=MADE), city.system, "sending", attempts=1)
    claim = entry.claim
    Attempt.objects.create(entry=entry, number=1, claim=claim, begun_at=MADE)
    later = MADE + timedelta(minutes=4)
    if verb == "retry":
        assert handling.retry(entry, actor=city.officer, now=later).state == "waiting"
    else:
        assert by_hand(entry, city.officer, now=later).state == "by_hand"
    assert Attempt.objects.get().outcome == "lost"


def test_retry_plans_a_job_at_once(city, put_entry, receiver, jobs):
    entry = stand(put_entry(now=MADE), city.system, "failed")
    before = len(jobs())
    later = MADE + timedelta(hours=1)
    entry = handling.retry(entry, actor=city.officer, reason="平台已补录主体。", now=later)
    assert (entry.state, entry.next_try_at) == ("waiting", later)
    assert [job.args for job in jobs()[before:]] == [{"entry_id": entry.pk}]


def test_retry_without_an_address_says_what_to_do_instead(city, put_entry):
    with pytest.raises(Refused, match="人工报送") as refusal:
        handling.retry(put_entry(), actor=city.officer)
    assert refusal.value.code == "outbox.not_set_up"


# --- who ----------------------------------------------------------------------------------------------------


SEES = {"clerk", "second_clerk", "reviewer", "officer", "approver", "supervisor"}
EVERYBODY = SEES | {"stranger", "strange_reviewer", "upper", "auditor", "sysadmin", "secadmin", "system"}


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_the_office_sees_all_and_a_department_its_own(city, put_entry, report, who):
    report(penalty(1), publish=True)
    own, loose = put_entry(1, record=Record.objects.get()), put_entry(2)
    seen = set(policy_for(Entry).scope(getattr(city, who)))
    office = who in {"officer", "approver", "supervisor"}
    assert seen == ({own, loose} if office else {own} if who in SEES else set())


@pytest.mark.parametrize("who", sorted(EVERYBODY - {"officer", "approver"}))
def test_nobody_else_sends_again_or_registers(city, put_entry, report, receiver, who):
    report(penalty(1), publish=True)
    entry, actor = put_entry(record=Record.objects.get(), now=MADE), getattr(city, who)
    expected = NotAllowed if who in SEES else NotVisible
    with pytest.raises(expected):
        handling.retry(entry, actor=actor)
    with pytest.raises(expected):
        by_hand(entry, actor)
    with pytest.raises(NotAllowed):
        export_waiting(actor=actor, kind="csv")
    entry.refresh_from_db()
    assert entry.state == "waiting"


# --- the file -----------------------------------------------------------------------------------------------


@pytest.fixture
def three(city, put_entry):
    done = by_hand(put_entry(1, now=MADE), city.officer)
    waits = put_entry(2, now=MADE, payload={"reasons": "=1+1 示例", "n": 1})
    failed = stand(put_entry(3, now=MADE), city.system, "failed")
    return done, waits, failed


def test_the_document_holds_what_waits_with_digests_that_can_be_checked(city, three):
    made = export_waiting(actor=city.officer, kind="json", now=MADE)
    document = json.loads(made.body)
    assert [one["key"] for one in document["entries"]] == [three[1].key, three[2].key]
    for one in document["entries"]:
        assert digest_of(canonical(one["payload"])) == one["digest"]
    lines = "\n".join(f"{one['key']} {one['digest']}" for one in document["entries"])
    assert hashlib.sha256(lines.encode()).hexdigest() == document["digest"]
    event = Event.objects.get(verb="entry.export")
    assert event.data == {"rows": 2, "format": "json", "sha256": hashlib.sha256(made.body).hexdigest()}
    assert made.digest[:12] in made.name
    assert f"编号：{event.pk}" in document["watermark"]


def test_the_workbook_and_the_table_hold_the_same(city, three):
    book = openpyxl.load_workbook(io.BytesIO(export_waiting(actor=city.officer, kind="xlsx").body)).active
    *rows, _, mark = [[cell.value or "" for cell in row] for row in book.iter_rows(min_row=2)]
    assert f"编号：{Event.objects.get(verb='entry.export').pk}" in mark[0]
    assert [row[6] for row in rows] == [three[1].key, three[2].key]
    assert json.loads(rows[0][8]) == three[1].payload
    text = export_waiting(actor=city.officer, kind="csv").body.decode("utf-8-sig")
    assert len(text.strip().splitlines()) == 5
    assert three[2].digest in text


def test_an_empty_outbox_gives_no_file(city):
    with pytest.raises(Refused) as refusal:
        export_waiting(actor=city.officer, kind="json")
    assert refusal.value.code == "outbox.nothing_waits"
    assert not Event.objects.filter(verb="entry.export").exists()


# --- figures and commands ---------------------------------------------------------------------------------


def test_late_is_what_is_not_there_on_the_day_after(city, three):
    assert set(late(DAY)) == set()
    assert set(late(DAY + timedelta(days=1))) == {three[1], three[2]}
    found = figures(DAY)
    assert (found.pending, found.waiting, found.failed, found.due_today, found.late) == (2, 1, 1, 2, 0)
    assert figures(DAY + timedelta(days=1)).late == 2


def test_what_stands_behind_another_of_its_record_is_counted(put_entry, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    put_entry(1, record=record, now=MADE)
    put_entry(2, record=record, now=MADE)
    assert figures(DAY).held_back == 1


def test_entries_of_a_case_come_in_the_order_made(put_entry):
    first, second = put_entry(7), put_entry(7, key="another")
    put_entry(8)
    assert entries_of("XF-2026-0007") == [first, second]


def _run(capsys, command: str) -> tuple[dict, int]:
    status = 0
    try:
        call_command(command, "--json")
    except SystemExit as ended:
        status = ended.code
    return json.loads(capsys.readouterr().out), status


def test_the_status_command_tells_figures_and_fails_when_something_is_late(put_entry, capsys):
    assert _run(capsys, "outbox_status")[1] == 0
    put_entry(now=MADE)
    told, status = _run(capsys, "outbox_status")
    assert (told["pending"], told["late"], told["set_up"], status) == (1, 1, False, 1)


@pytest.mark.django_db(transaction=True)
def test_the_delivery_command_catches_up_and_can_be_repeated(transactional_db, put_entry, receiver, capsys):
    for number in range(3):
        put_entry(number, now=MADE)
    told, status = _run(capsys, "deliver_outbox")
    assert (told["delivered"], told["left"]["pending"], status) == (3, 0, 0)
    told, status = _run(capsys, "deliver_outbox")
    assert (told["delivered"], status) == (0, 0)
    assert len(receiver.heard) == 3
    receiver.misbehave("fail")
    put_entry(9, now=MADE)
    assert _run(capsys, "deliver_outbox")[1] == 1


@pytest.mark.django_db(transaction=True)
def test_the_delivery_command_says_that_no_address_is_set(transactional_db, put_entry, capsys):
    assert _run(capsys, "deliver_outbox")[1] == 0
    put_entry(now=MADE)
    told, status = _run(capsys, "deliver_outbox")
    assert (told["set_up"], told["left"]["pending"], status) == (False, 1, 1)
