"""暂停公示: what cannot be verified is off publicity until the office resumes it, whatever is uploaded meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import IntakeFinding, Record
from credit_records.selectors import record_pages as read
from credit_records.services import batches, entry, records
from credit_records.services.entry_values import texts_of

from ..builders import penalty
from ..reporting import NOW
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
State = Record.State
WHY = "依据 银信异决〔2026〕12号，处罚机关不能提供决定书"
FINE = "罚款金额(万元)"


@pytest.fixture
def record(report):
    report(penalty(1), publish=True)
    return Record.objects.get()


@pytest.fixture
def suspended(record, city):
    records.suspend(record, actor=city.approver, reason=WHY)
    record.refresh_from_db()
    return record


def test_a_suspended_record_is_not_public_and_resumes(suspended, city):
    assert (suspended.state, suspended.state_reason) == (State.SUSPENDED, WHY)
    newest_history_equals_the_row(suspended)
    assert not Record.objects.public(NOW.date()).exists()
    assert read.public_or_not(suspended, today=NOW.date()) == (
        False, "记录已暂停公示，恢复之前不向社会公开。",
    )  # fmt: skip
    records.resume(suspended, actor=city.approver, reason="已核实")
    newest_history_equals_the_row(suspended)
    assert suspended.state == State.PUBLISHED
    assert Record.objects.public(NOW.date()).count() == 1
    verbs = Event.objects.filter(verb__in=("record.suspend", "record.resume")).order_by("pk")
    assert list(verbs.values_list("verb", "actor")) == [
        ("record.suspend", city.approver.pk),
        ("record.resume", city.approver.pk),
    ]


@pytest.mark.parametrize("verb", ["suspend", "resume"])
@pytest.mark.parametrize("state", State.values)
def test_each_state_allows_just_its_own_step(record, city, verb, state):
    with act("test", actor=city.system):
        record.state, record.repaired_by = state, "信用修复决定书" if state == "repaired" else ""
        record.save(update_fields=["state", "repaired_by"])
    run = getattr(records, verb)
    if state in records.TRANSITIONS[verb].sources:
        assert run(record, actor=city.approver, reason=WHY) == 1
        newest_history_equals_the_row(record)
        assert record.state == records.TRANSITIONS[verb].target
    else:
        with pytest.raises(Refused, match=record.get_state_display()):
            run(record, actor=city.approver, reason=WHY)
        record.refresh_from_db()
        assert record.state == state


@pytest.mark.parametrize("verb", ["suspend", "resume"])
def test_the_approver_decides_and_says_why(suspended, city, verb):
    run = getattr(records, verb)
    for actor in (city.clerk, city.reviewer, city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            run(suspended, actor=actor, reason=WHY)
    for actor in (city.stranger, city.strange_reviewer, city.auditor):
        with pytest.raises(NotVisible):
            run(suspended, actor=actor, reason=WHY)
    with pytest.raises(Refused, match="理由"):
        run(suspended, actor=city.approver, reason=" ")


def test_publicity_of_a_suspended_record_ends_with_its_period(suspended, city):
    last = suspended.publicity_latest_end
    assert records.end_publicity(actor=city.system, on=last) == 0
    assert records.end_publicity(actor=city.system, on=last + timedelta(days=1)) == 1
    newest_history_equals_the_row(suspended)
    assert suspended.state == State.ENDED


def test_a_suspended_record_is_withdrawn_as_a_published_one(suspended, city):
    records.withdraw(suspended, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    newest_history_equals_the_row(suspended)
    assert suspended.state == State.WITHDRAWN


def test_the_same_content_again_brings_nothing_back(suspended, report):
    batch = report(penalty(1), submit=True)
    assert batch.unchanged == 1
    suspended.refresh_from_db()
    assert suspended.state == State.SUSPENDED


def test_another_content_is_held_and_even_explained_does_not_resume(suspended, report, city):
    batch = report(penalty(1, **{FINE: 0.3}))
    assert (batch.held, batch.updated) == (1, 0)
    assert IntakeFinding.objects.get(batch=batch, severity="hold").code == "record.suspended"
    batch = batches.explain(batch, 2, actor=city.clerk, explanation="更正决定书已送达")
    assert batch.updated == 1
    batch = batches.submit(batch, actor=city.clerk, now=NOW)
    suspended.refresh_from_db()
    assert str(suspended.fine) == "0.500000"
    batches.publish(batch, actor=city.reviewer, now=NOW)
    newest_history_equals_the_row(suspended)
    assert (str(suspended.fine), suspended.state) == ("0.300000", State.SUSPENDED)
    assert suspended.state_reason == WHY


def test_a_change_that_waited_when_the_record_was_suspended_stays_outside(record, report, city):
    batch = report(penalty(1, **{FINE: 0.3}), submit=True)
    records.suspend(record, actor=city.approver, reason=WHY)
    batches.publish(batch, actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    assert (str(record.fine), record.state) == ("0.500000", State.SUSPENDED)


@pytest.mark.parametrize("step", ["suspend", "withdraw"])
def test_an_explanation_of_something_else_brings_nothing_back(record, report, city, step):
    """The row was held for its fine of nothing, and explained, before the record left force."""
    waiting = report(penalty(1, **{FINE: 0}))
    waiting = batches.explain(waiting, 2, actor=city.clerk, explanation="确为零元")
    waiting = batches.submit(waiting, actor=city.clerk, now=NOW)
    checked = report(penalty(1, **{FINE: 0, "备注": "再报"}))
    checked = batches.explain(checked, 2, actor=city.clerk, explanation="确为零元")
    if step == "suspend":
        records.suspend(record, actor=city.approver, reason=WHY)
    else:
        records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    batches.publish(waiting, actor=city.reviewer, now=NOW)
    record.refresh_from_db()
    assert (str(record.fine), record.state) == ("0.500000", records.TRANSITIONS[step].target)
    with pytest.raises(Refused, match="没有可入库的行"):
        batches.submit(checked, actor=city.clerk, now=NOW)
    held = batches.rematch(checked)
    assert held.held == 1
    new = report(penalty(1, **{FINE: 0, "备注": "又报"}))
    code = {"suspend": "record.suspended", "withdraw": "record.withdrawn"}[step]
    codes = set(IntakeFinding.objects.filter(batch=new, severity="hold").values_list("code", flat=True))
    assert codes == {"fine.zero", code}


def test_the_form_does_not_mend_it(suspended, city):
    with pytest.raises(Refused, match="暂停公示"):
        entry.enter(
            {**texts_of(suspended), "BZ": "更正"}, actor=city.clerk, department=city.scjg, item=suspended.item,
            record=suspended, now=NOW,
        )  # fmt: skip


def test_a_batch_with_a_suspended_record_is_not_taken_back(report, city):
    batch = report(penalty(1), penalty(2), submit=True)
    record = Record.objects.first()
    records.publish(record, actor=city.reviewer)
    records.suspend(record, actor=city.approver, reason=WHY)
    with pytest.raises(Refused, match="已有记录发布"):
        batches.take_back(batch, actor=city.clerk, reason="报错")
