"""The mark 异议中 and the subject's own statement: beside the record, never in its state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Dispute, Record, SubjectStatement
from credit_records.services import disputes, records

from ..builders import penalty
from ..reporting import NOW
from .test_records import newest_history_equals_the_row

pytestmark = pytest.mark.django_db
FIRST, SECOND = "银信异〔2026〕12号", "银信异〔2026〕13号"


@pytest.fixture
def record(report):
    report(penalty(1), publish=True)
    return Record.objects.get()


def newest_equals(row):
    row.refresh_from_db()
    history = row.history.order_by("-history_id").first()
    for field in row._meta.concrete_fields:
        assert getattr(history, field.attname) == getattr(row, field.attname), field.name


def test_the_mark_stands_beside_the_state_and_publicity_goes_on(record, city):
    before = Record.objects.values().get()
    mark = disputes.mark_disputed(record, actor=city.officer, reference=FIRST, url="/x/", now=NOW)
    assert Record.objects.values().get() == {**before, "disputed": True}
    assert Record.objects.public(NOW.date()).count() == 1
    assert (mark.opened_at, mark.closed_at, mark.url) == (NOW, None, "/x/")
    newest_history_equals_the_row(record)
    newest_equals(mark)
    history = record.history.order_by("-history_id").first()
    event = Event.objects.get(pk=history.event_id)
    assert (event.verb, event.reason, event.actor) == ("record.mark_disputed", FIRST, city.officer)


def test_the_mark_falls_with_the_last_objection_only(record, city):
    for reference in (FIRST, SECOND):
        disputes.mark_disputed(record, actor=city.officer, reference=reference, now=NOW)
    later = NOW + timedelta(days=2)
    assert disputes.lift_dispute(record, actor=city.approver, reference=FIRST, now=later).disputed
    assert not disputes.lift_dispute(record, actor=city.approver, reference=SECOND, now=later).disputed
    newest_history_equals_the_row(record)
    assert not record.disputed
    closed = Dispute.objects.get(reference=FIRST)
    assert closed.closed_at == later
    newest_equals(closed)


def test_marking_and_lifting_twice_changes_nothing_more(record, city):
    for _ in range(2):
        disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    assert Dispute.objects.count() == 1
    told = record.history.count()
    for _ in range(2):
        disputes.lift_dispute(record, actor=city.officer, reference=FIRST, now=NOW)
    assert record.history.count() == told + 1
    assert Dispute.objects.get().closed_at == NOW
    disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    assert Dispute.objects.filter(closed_at=None).count() == 1
    record.refresh_from_db()
    assert record.disputed


def test_the_database_refuses_a_second_running_objection_of_one_number(record, city):
    disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), act("test", actor=city.system):
        Dispute.objects.create(record=record, reference=FIRST, opened_at=NOW)


@pytest.mark.parametrize("state", Record.State.values)
def test_a_record_is_marked_in_whatever_state_it_is(record, city, state):
    with act("test", actor=city.system):
        record.state, record.repaired_by = state, "信用修复决定书" if state == "repaired" else ""
        record.save(update_fields=["state", "repaired_by"])
    disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    record.refresh_from_db()
    assert (record.state, record.disputed) == (state, True)


def test_the_mark_outlives_uploads_and_every_step(record, city, report):
    disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    report(penalty(1, 备注="补充"), publish=True)
    record.refresh_from_db()
    assert (record.details["BZ"], record.disputed) == ("补充", True)
    newest_history_equals_the_row(record)
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    newest_history_equals_the_row(record)
    assert record.disputed


def test_a_stale_object_writes_nothing_of_its_own(record, city):
    record.document_number = "never saved"
    disputes.mark_disputed(record, actor=city.officer, reference=FIRST, now=NOW)
    newest_history_equals_the_row(record)
    assert record.document_number != "never saved"


VERBS = {
    "mark": lambda record, actor: disputes.mark_disputed(record, actor=actor, reference=FIRST),
    "lift": lambda record, actor: disputes.lift_dispute(record, actor=actor, reference=FIRST),
    "statement": lambda record, actor: disputes.record_statement(
        record, actor=actor, text="当事人认为处罚过重。", reference=FIRST
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_only_who_handles_objections_does_it(record, city, verb):
    for actor in (city.officer, city.approver):
        VERBS[verb](record, actor)
    written = (Event.objects.count(), Dispute.objects.count(), SubjectStatement.objects.count())
    for actor in (city.clerk, city.reviewer, city.supervisor):
        with pytest.raises(NotAllowed):
            VERBS[verb](record, actor)
    for actor in (city.stranger, city.strange_reviewer, city.auditor, city.sysadmin, city.system):
        with pytest.raises(NotVisible):
            VERBS[verb](record, actor)
    assert (Event.objects.count(), Dispute.objects.count(), SubjectStatement.objects.count()) == written


@pytest.mark.parametrize("reference", ["", "  ", "号" * 201])
def test_nothing_is_done_without_a_case(record, city, reference):
    for run in (
        lambda: disputes.mark_disputed(record, actor=city.officer, reference=reference),
        lambda: disputes.lift_dispute(record, actor=city.officer, reference=reference),
        lambda: disputes.record_statement(record, actor=city.officer, text="声明", reference=reference),
    ):
        with pytest.raises(Refused, match="案件编号"):
            run()


def test_a_statement_is_kept_with_its_source(record, city):
    said = disputes.record_statement(
        record, actor=city.officer, text="  当事人认为处罚过重。\n已提起诉讼。 ", reference=FIRST, now=NOW
    )
    assert (said.text, said.made_at, said.recorded_by) == (
        "当事人认为处罚过重。\n已提起诉讼。", NOW, city.officer,
    )  # fmt: skip
    newest_equals(said)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n", "statement.missing"),
        ("长" * 1001, "statement.too_long"),
        ("本人号码640104199001010018。", "statement.number_in_text"),
    ],
)
def test_a_statement_that_cannot_be_shown_is_refused(record, city, text, code):
    with pytest.raises(Refused) as refused:
        disputes.record_statement(record, actor=city.officer, text=text, reference=FIRST)
    assert refused.value.code == code
    assert not SubjectStatement.objects.exists()
