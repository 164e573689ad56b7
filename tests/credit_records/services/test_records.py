"""The verbs of single records and of several at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from credit_records.models import Record
from credit_records.services import records

from ..builders import penalty

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(report):
    report(penalty(1), penalty(2), penalty(3), submit=True)
    return list(Record.objects.order_by("pk"))


def newest_history_equals_the_row(record):
    record.refresh_from_db()
    history = record.history.order_by("-history_id").first()
    for field in Record._meta.concrete_fields:
        assert getattr(history, field.attname) == getattr(record, field.attname), field.name


def test_every_verb_leaves_history_equal_to_the_row_even_from_a_stale_object(submitted, city):
    """Trap 19: an object read long ago, with unsaved attributes, must not reach history."""
    stale = Record.objects.get(pk=submitted[0].pk)
    stale.document_number = "never saved"
    records.publish(stale, actor=city.reviewer)
    newest_history_equals_the_row(submitted[0])
    records.withdraw(stale, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    newest_history_equals_the_row(submitted[0])
    assert submitted[0].document_number != "never saved"


def test_reasons_are_kept_and_demanded(submitted, city):
    with pytest.raises(Refused, match="理由"):
        records.send_back(submitted[0], actor=city.reviewer, reason="  ")
    records.send_back(submitted[0], actor=city.reviewer, reason="处罚内容不完整")
    submitted[0].refresh_from_db()
    assert submitted[0].state_reason == "处罚内容不完整"
    history = submitted[0].history.order_by("-history_id").first()
    assert history.history_change_reason == "处罚内容不完整"
    assert Event.objects.get(pk=history.event_id).verb == "record.return"


@pytest.mark.parametrize("basis", ["", "   "])
def test_withdrawal_names_its_legal_basis(submitted, city, basis):
    records.publish(submitted[0], actor=city.reviewer)
    with pytest.raises(Refused, match="法律依据"):
        records.withdraw(submitted[0], actor=city.reviewer, reason="决定被撤销", legal_basis=basis)
    submitted[0].refresh_from_db()
    assert submitted[0].state == Record.State.PUBLISHED


def test_several_records_move_together_or_not_at_all(submitted, city):
    records.publish(submitted[0], actor=city.reviewer)
    with pytest.raises(Refused, match="已发布"):
        records.publish(*submitted, actor=city.reviewer)
    assert Record.objects.filter(state="submitted").count() == 2
    assert records.publish(*submitted[1:], actor=city.reviewer) == 2


def test_who_entered_does_not_review_and_strangers_see_nothing(submitted, city):
    with pytest.raises(NotAllowed):
        records.publish(submitted[0], actor=city.clerk)
    with pytest.raises(NotVisible):
        records.publish(submitted[0], actor=city.strange_reviewer)
    with pytest.raises(NotAllowed):
        records.publish(submitted[0], actor=city.supervisor)
    with pytest.raises(NotVisible):
        records.publish(submitted[0], actor=city.auditor)


def test_withdrawal_by_document_number_and_subject(submitted, city, penalties):
    records.publish(*submitted, actor=city.reviewer)
    record = records.withdraw_by_key(
        actor=city.reviewer,
        item=penalties,
        document_number="银市监罚[2026]2号",
        subject=submitted[1].subject.code,
        reason="决定被撤销",
        legal_basis="银市监撤〔2026〕1号",
    )
    assert record.pk == submitted[1].pk
    assert Record.objects.filter(state="withdrawn").count() == 1
    with pytest.raises(Refused, match="没有找到"):
        records.withdraw_by_key(
            actor=city.strange_reviewer, item=penalties, document_number="银市监罚[2026]2号",
            subject=submitted[1].subject.code, reason="x", legal_basis="x",
        )  # fmt: skip


def test_publicity_ends_by_itself_on_the_day_after_its_last_and_only_once(submitted, city):
    records.publish(*submitted, actor=city.reviewer)
    last = Record.objects.values_list("publicity_latest_end", flat=True).first()
    assert last == date(2027, 5, 20)
    assert Record.objects.public(last).count() == 3
    assert Record.objects.public(last + timedelta(days=1)).count() == 0
    assert records.end_publicity(actor=city.system, on=last) == 0
    assert records.end_publicity(actor=city.system, on=last + timedelta(days=40)) == 3
    assert records.end_publicity(actor=city.system, on=last + timedelta(days=40)) == 0
    newest_history_equals_the_row(submitted[0])
    assert submitted[0].state == Record.State.ENDED


def test_only_what_is_disclosed_and_published_is_public(report, city):
    report(
        penalty(1, 处罚类别="警告", **{"罚款金额(万元)": None, "公示截止期": None}), penalty(2), submit=True
    )
    on = date(2026, 11, 20)
    assert not Record.objects.public(on).exists()
    records.publish(*Record.objects.all(), actor=city.reviewer)
    assert [r.document_number for r in Record.objects.public(on)] == ["银市监罚〔2026〕2号"]
    assert Record.objects.get(document_number="银市监罚〔2026〕1号").severity == "minor"


def test_a_batch_is_decided_with_the_last_of_its_records(submitted, city):
    batch = submitted[0].batch
    records.publish(submitted[0], actor=city.reviewer)
    batch.refresh_from_db()
    assert batch.state == "submitted"
    records.send_back(submitted[1], actor=city.reviewer, reason="不完整")
    records.publish(submitted[2], actor=city.reviewer)
    batch.refresh_from_db()
    assert (batch.state, batch.reviewed_by) == ("published", city.reviewer)


def test_a_batch_returned_record_by_record_comes_back_when_one_is_submitted_again(submitted, city):
    batch = submitted[0].batch
    records.send_back(*submitted, actor=city.reviewer, reason="不完整")
    batch.refresh_from_db()
    assert batch.state == "returned"
    records.submit(submitted[1], actor=city.clerk)
    batch.refresh_from_db()
    assert batch.state == "submitted"
