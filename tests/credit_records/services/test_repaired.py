"""Repair of a record by decision: out of publicity, sharing and use at once, and back by another decision alone."""

from __future__ import annotations

import logging
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.clock import local_day
from audit.faults import Refused
from audit.models import Event
from credit_records import events, tasks
from credit_records.models import Record
from credit_records.selectors.record_pages import public_or_not, publicity_view, spec_of_record
from credit_records.services import corrections, disputes, records, repairs

from ..builders import penalty
from ..reporting import NOW
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
DECISION, REVOCATION = "信用修复决定书 银信修决〔2026〕3号", "撤销信用修复决定书 银信修撤〔2026〕1号"
WHY = "义务已履行完毕"
State = Record.State
TODAY = local_day(NOW)


@pytest.fixture
def record(report) -> Record:
    report(penalty(1), publish=True)
    return Record.objects.select_related("item", "department", "subject").get()


def repair(record, actor, **changes):
    given = {"reference": DECISION, "reason": WHY, "now": NOW, **changes}
    return repairs.repair_by_decision(record, actor=actor, **given)


def revoke(record, actor, **changes):
    given = {"reference": REVOCATION, "reason": "材料虚假", "now": NOW, **changes}
    return repairs.revoke_repair(record, actor=actor, **given)


def test_a_repaired_record_is_neither_shown_nor_used_from_that_moment(record, city):
    assert Record.objects.public(TODAY).exists()
    repaired = repair(record, city.approver)
    newest_history_equals_the_row(repaired)
    assert (repaired.state, repaired.repaired_by) == (State.REPAIRED, DECISION)
    assert repaired.state_reason == f"依据 {DECISION}，{WHY}"
    for day in (TODAY - timedelta(days=100), TODAY, date(2030, 1, 1)):
        assert not Record.objects.public(day).exists()
        assert not Record.objects.in_use(day).exists()
    event = Event.objects.get(verb="record.repair")
    assert (event.actor, event.reason, event.data) == (
        city.approver,
        repaired.state_reason,
        {"reference": DECISION},
    )
    assert public_or_not(repaired, today=TODAY) == (False, "记录已修复，公示终止，也不再共享和使用。")
    assert publicity_view(repaired, spec_of_record(repaired), today=TODAY).state == "已修复，公示终止"


def test_repair_is_the_approvers_and_names_decision_and_reason(record, city):
    for actor in (city.officer, city.reviewer, city.clerk, city.supervisor):
        for verb in (repair, revoke):
            with pytest.raises(NotAllowed):
                verb(record, actor)
    for actor in (city.stranger, city.strange_reviewer, city.upper, city.auditor):
        with pytest.raises(NotVisible):
            repair(record, actor)
    for name, code in (("reference", "reference.missing"), ("reason", "reason.missing")):
        with pytest.raises(Refused) as refused:
            repair(record, city.approver, **{name: " "})
        assert refused.value.code == code
    record.refresh_from_db()
    assert (record.state, record.repaired_by) == (State.PUBLISHED, "")


def test_what_is_suspended_can_be_repaired_and_what_is_out_of_force_cannot(record, city):
    records.suspend(record, actor=city.approver, reason="核实中")
    assert repair(record, city.approver).state == State.REPAIRED
    with pytest.raises(Refused, match="已修复") as refused:
        repair(record, city.approver)
    assert refused.value.code == "record.state"


@pytest.mark.parametrize(
    "state", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.WITHDRAWN, State.ENDED]
)
def test_only_what_is_in_force_is_repaired(record, city, state):
    with act("test.state", actor=city.system):
        record.state = state
        record.save(update_fields=["state"])
    with pytest.raises(Refused) as refused:
        repair(record, city.approver)
    assert refused.value.code == "record.state"


@pytest.mark.parametrize(("year", "state"), [(2026, State.PUBLISHED), (2030, State.ENDED)])
def test_a_revoked_repair_brings_publicity_back_as_far_as_the_period_runs(record, city, year, state):
    repaired = repair(record, city.approver)
    back = revoke(repaired, city.approver, now=NOW.replace(year=year))
    newest_history_equals_the_row(back)
    assert (back.state, back.repaired_by, back.state_reason) == (state, "", f"依据 {REVOCATION}，材料虚假")
    assert Record.objects.public(TODAY).exists() == (state == State.PUBLISHED)
    with pytest.raises(Refused, match="没有按决定修复"):
        revoke(back, city.approver)


def test_the_nightly_end_of_publicity_leaves_a_repaired_record_as_it_is(record, city):
    repaired = repair(record, city.approver)
    assert records.end_publicity(actor=city.system, on=date(2031, 1, 1)) == 0
    repaired.refresh_from_db()
    assert repaired.state == State.REPAIRED


def test_no_verb_of_publicity_brings_it_back(record, city):
    repaired = repair(record, city.approver)
    for verb in (records.resume, records.suspend):
        with pytest.raises(Refused):
            verb(repaired, actor=city.approver, reason="恢复")
    with pytest.raises(Refused):
        records.publish(repaired, actor=city.reviewer)
    with pytest.raises(Refused, match="已修复"):
        corrections.reinstate(repaired, actor=city.approver, reference="判决", reason="恢复", now=NOW)


def test_its_department_withdraws_a_repaired_record_and_it_stays_under_the_decision(record, city):
    repaired = repair(record, city.approver)
    records.withdraw(repaired, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    repaired.refresh_from_db()
    assert (repaired.state, repaired.repaired_by) == (State.WITHDRAWN, DECISION)
    back = corrections.reinstate(repaired, actor=city.approver, reference="判决书", reason="误撤", now=NOW)
    assert (back.state, back.repaired_by) == (State.REPAIRED, DECISION)


def test_a_repair_of_what_was_withdrawn_is_revoked_without_showing_it(record, city):
    repaired = repair(record, city.approver)
    records.withdraw(repaired, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    back = revoke(repaired, city.approver)
    assert (back.state, back.repaired_by) == (State.WITHDRAWN, "")


def test_the_office_withdraws_and_puts_back_a_repaired_record_as_repaired(record, city):
    repaired = repair(record, city.approver)
    withdrawn = corrections.withdraw_by_decision(
        repaired, actor=city.approver, reference="异议决定", reason="被撤销", legal_basis="判决书"
    )
    assert (withdrawn.state, withdrawn.repaired_by) == (State.WITHDRAWN, DECISION)
    back = corrections.reinstate(withdrawn, actor=city.approver, reference="判决书", reason="恢复", now=NOW)
    assert (back.state, back.withdrawn_by, back.repaired_by) == (State.REPAIRED, "", DECISION)


def test_a_repaired_record_is_corrected_by_decision_and_stays_repaired(record, city):
    repaired = repair(record, city.approver)
    corrected = corrections.correct(
        repaired,
        actor=city.approver,
        changes={"CF_NR_FK": "0.3"},
        reference="异议决定",
        reason="属实",
        now=NOW,
    )
    newest_history_equals_the_row(corrected)
    assert (corrected.state, corrected.repaired_by, str(corrected.fine)) == (
        State.REPAIRED,
        DECISION,
        "0.300000",
    )
    assert not Record.objects.in_use(TODAY).exists()
    disputes.mark_disputed(corrected, actor=city.officer, reference="YY-2026-0001")
    corrected.refresh_from_db()
    assert (corrected.state, corrected.disputed) == (State.REPAIRED, True)


@pytest.mark.parametrize(
    "changes", [{"state": State.REPAIRED}, {"repaired_by": DECISION}], ids=["state", "decision"]
)
def test_the_database_refuses_a_repair_without_decision_and_a_decision_without_effect(record, city, changes):
    def write():
        with transaction.atomic(), act("test.state", actor=city.system):
            for name, value in changes.items():
                setattr(record, name, value)
            record.save(update_fields=list(changes))

    with pytest.raises(IntegrityError, match="record_repaired_by_decision"):
        write()


# --- told to the rooms above ----------------------------------------------------------------------------------


@pytest.fixture
def heard():
    told = []

    def listen(sender, signal, **facts):
        told.append((signal, facts))

    for signal in events.SIGNALS.values():
        signal.connect(listen)
    yield told
    for signal in events.SIGNALS.values():
        signal.disconnect(listen)


@pytest.fixture
def queued(db):
    """The jobs that tell, made since the test began: the queue's tables are emptied by no test."""
    newest = ProcrastinateJob.objects.order_by("-id").values_list("id", flat=True).first() or 0
    rows = ProcrastinateJob.objects.filter(task_name=events.TASK, id__gt=newest)
    return lambda: list(rows.order_by("id"))


def test_others_are_told_by_jobs_that_stand_with_the_decision(record, city, heard, queued):
    repair(record, city.approver)
    revoke(record, city.approver)
    assert heard == []
    jobs = queued()
    # One lock for all of a record's: they are told in the order in which they happened.
    assert len({job.lock for job in jobs}) == 1
    for job in jobs:
        tasks.tell_event(**job.args)
    facts = {"record_id": record.pk, "subject_id": record.subject_id, "on": TODAY}
    assert heard == [
        (events.record_repaired, {**facts, "reference": DECISION}),
        (events.repair_revoked, {**facts, "reference": REVOCATION}),
    ]


def test_a_shielding_is_told_when_it_begins_and_when_it_ends(record, city, heard, queued):
    repairs.shield(record, actor=city.approver, reference=DECISION, reason="示例法院裁定", now=NOW)
    repairs.end_shield(record, actor=city.approver, reason="重整程序终止", now=NOW)
    for job in queued():
        tasks.tell_event(**job.args)
    facts = {"record_id": record.pk, "subject_id": record.subject_id, "on": TODAY}
    assert heard == [
        (events.record_shielded, {**facts, "reference": DECISION}),
        (events.shielding_ended, {**facts, "reference": ""}),
    ]


def test_nobody_is_told_of_what_was_rolled_back(record, city, queued):
    def fails_in_the_end():
        with transaction.atomic():
            repair(record, city.approver)
            assert len(queued()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_in_the_end()
    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_outside_of_a_transaction(record):
    with pytest.raises(RuntimeError, match="inside the transaction"):
        events.announce(events.record_repaired, record, reference=DECISION, on=TODAY)


def test_a_receiver_that_fails_hinders_neither_the_repair_nor_the_others_and_is_told_again(
    record, city, heard, queued, caplog
):
    def fails(**facts):
        raise ZeroDivisionError("示例故障")

    repair(record, city.approver)
    (job,) = queued()
    events.record_repaired.connect(fails)
    try:
        # The failure reaches the queue, which tries again.
        with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError):
            tasks.tell_event(**job.args)
    finally:
        events.record_repaired.disconnect(fails)
    record.refresh_from_db()
    assert (record.state, len(heard)) == (State.REPAIRED, 1)
    assert "示例故障" in caplog.text
    assert tasks.tell_event.retry_strategy.max_attempts > 1
    tasks.tell_event(**job.args)
    assert len(heard) == 2
