"""A repaired record on the pages: what is said of it, what is no longer offered, and who else sees it."""

from __future__ import annotations

import pytest
from django.db.models import Q

from accounts.policy import policy_for
from credit_records import policies
from credit_records.models import Record
from credit_records.services import records, repairs
from objections.services.registering import OPEN_TO_OBJECTION

from ..builders import penalty
from ..reporting import NOW
from .pages import as_user, text_of, url

pytestmark = pytest.mark.django_db
DECISION = "信用修复决定书银信修决〔2026〕3号"


@pytest.fixture
def record(report, city) -> Record:
    """The repaired one of two."""
    report(penalty(1), penalty(2), publish=True)
    return repairs.repair_by_decision(
        Record.objects.order_by("document_number")[0],
        actor=city.approver,
        reference=DECISION,
        reason="义务已履行完毕",
        now=NOW,
    )


def page_of(record: Record) -> str:
    return url("record", "change", record.pk)


def test_the_page_says_that_publicity_has_ended_and_by_which_decision(record, city):
    for user in (city.clerk, city.reviewer, city.officer, city.approver, city.supervisor):
        shown = text_of(as_user(user).get(page_of(record)))
        assert "已修复，公示终止" in shown
        assert "记录已修复，公示终止，也不再共享和使用。" in shown
        assert DECISION in shown
        assert "恢复公示" not in shown
        assert "恢复记录" not in shown
    for user in (city.stranger, city.strange_reviewer, city.upper):
        assert as_user(user).get(page_of(record)).status_code == 404


def test_its_department_may_still_withdraw_it_and_mends_it_no_more(record, city):
    assert "撤回" in text_of(as_user(city.reviewer).get(page_of(record)))
    edit = url("record", "edit", record.pk)
    assert edit not in text_of(as_user(city.clerk).get(page_of(record)))
    answered = as_user(city.clerk).get(edit, follow=True)
    assert "记录已修复，不能在此修改。" in text_of(answered)
    assert Record.State.REPAIRED in OPEN_TO_OBJECTION


def test_what_was_withdrawn_after_its_repair_can_be_put_back_by_the_office_alone(record, city):
    records.withdraw(record, actor=city.reviewer, reason="误撤", legal_basis="银市监撤〔2026〕1号")
    assert "恢复记录" in text_of(as_user(city.approver).get(page_of(record)))
    assert "恢复记录" not in text_of(as_user(city.reviewer).get(page_of(record)))


def test_a_case_opens_the_page_of_its_record_to_the_office_above(record, city, monkeypatch):
    """What the rooms above say of their cases, and nothing beyond it."""
    monkeypatch.setattr(policies, "_by_case", [lambda user: Q(pk=record.pk)])
    assert as_user(city.upper).get(page_of(record)).status_code == 200
    assert policy_for(Record).scope(city.upper).get() == record
    other = Record.objects.exclude(pk=record.pk).get()
    assert as_user(city.upper).get(page_of(other)).status_code == 404
    for verb in ("correct", "suspend", "withdraw_by_decision", "export", "change"):
        assert not policy_for(Record).scope(city.upper, verb).exists()
