"""Zero reports: when a department may say that a month brought no decisions, and when not."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import CatalogueItem, Record, ZeroReport
from credit_records.services.batches import take_back
from credit_records.services.records import withdraw
from credit_records.services.zero_reports import report_zero, withdraw_zero_report

from ..builders import penalty

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MAY = date(2026, 5, 1)


@pytest.fixture
def declare(city, penalties):
    def run(month=MAY, *, actor=None, department=None, now=NOON):
        return report_zero(
            department=department or city.scjg,
            item=penalties,
            month=month,
            actor=actor or city.clerk,
            now=now,
        )

    return run


def test_a_zero_report_keeps_who_when_and_leaves_history_and_event(declare, city):
    report = declare(date(2026, 5, 17))
    assert (report.month, report.reported_by, report.reported_at) == (MAY, city.clerk, NOON)
    event = Event.objects.get(verb="zero_report.report")
    assert event.data == {"item": "penalty-org", "month": "2026-05"}
    assert report.history.get().event_id == event.pk


@pytest.mark.parametrize(
    ("month", "now", "allowed"),
    [
        (date(2026, 11, 1), NOON, True),
        (date(2026, 12, 1), NOON, False),
        # 2026-11-30 17:00 UTC is December in China.
        (date(2026, 12, 1), datetime(2026, 11, 30, 17, 0, tzinfo=UTC), True),
        (date(2027, 1, 1), datetime(2026, 12, 31, 15, 59, tzinfo=UTC), False),
        (date(2027, 1, 1), datetime(2026, 12, 31, 16, 0, tzinfo=UTC), True),
    ],
)
def test_a_month_is_declared_from_its_first_day_in_china_on(declare, month, now, allowed):
    if allowed:
        assert declare(month, now=now).month == month
    else:
        with pytest.raises(Refused) as refusal:
            declare(month, now=now)
        assert refusal.value.code == "zero_report.future"


def test_a_month_is_declared_once_until_it_is_withdrawn(declare, city):
    first = declare()
    with pytest.raises(Refused) as refusal:
        declare(actor=city.second_clerk)
    assert refusal.value.code == "zero_report.twice"
    withdraw_zero_report(first, actor=city.second_clerk, reason="示例:补报", now=NOON)
    assert declare().pk != first.pk
    assert Event.objects.filter(verb="zero_report.report").count() == 2


@pytest.mark.parametrize("decided", ["2026/05/01", "2026/05/31"])
def test_a_month_with_records_is_not_zero(report, declare, decided):
    report(penalty(1, 处罚决定日期=decided), submit=True)
    with pytest.raises(Refused) as refusal:
        declare()
    assert refusal.value.code == "zero_report.records_exist"
    assert not ZeroReport.objects.exists()


@pytest.mark.parametrize("decided", ["2026/04/30", "2026/06/01"])
def test_records_of_the_months_beside_do_not_matter(report, declare, decided):
    report(penalty(1, 处罚决定日期=decided), submit=True)
    assert declare().month == MAY


def test_records_of_another_item_or_department_do_not_matter(report, declare, city):
    report(penalty(1), submit=True)
    licences = CatalogueItem.objects.get(code="licence-org")
    assert report_zero(department=city.scjg, item=licences, month=MAY, actor=city.clerk, now=NOON)
    assert declare(department=city.sthj, actor=city.stranger)


def test_what_was_taken_back_or_withdrawn_is_no_decision_any_more(report, declare, city):
    take_back(report(penalty(1), submit=True), actor=city.clerk, reason="示例")
    report(penalty(2), publish=True)
    with pytest.raises(Refused):
        declare()
    published = Record.objects.get(state="published")
    withdraw(published, actor=city.reviewer, reason="示例", legal_basis="示例撤销决定书")
    assert declare()


def test_records_that_come_later_make_the_declaration_void(report, declare):
    zero = declare()
    report(penalty(1), submit=True)
    zero.refresh_from_db()
    assert zero.withdrawn_at is not None


def test_an_item_that_was_not_in_force_in_the_month_is_not_reported(declare, penalties, system):
    with act("test.end", actor=system):
        for version in penalties.versions.all():
            version.in_force_to = date(2026, 5, 1)
            version.save()
    assert declare(MAY)
    with pytest.raises(Refused) as refusal:
        declare(date(2026, 6, 1))
    assert refusal.value.code == "catalogue.not_in_force"


@pytest.mark.parametrize("code", ["commitment", "performance"])
def test_months_without_commitments_are_not_declared(city, catalogue, code):
    item = CatalogueItem.objects.get(code=code)
    with pytest.raises(Refused) as refusal:
        report_zero(department=city.scjg, item=item, month=date(2026, 10, 1), actor=city.clerk)
    assert refusal.value.code == "zero_report.no_decisions"


@pytest.mark.parametrize("who", ["reviewer", "stranger", "officer", "auditor"])
def test_only_a_clerk_of_the_department_declares(declare, city, who):
    with pytest.raises(NotAllowed):
        declare(actor=getattr(city, who))


def test_withdrawal_needs_the_right_a_reason_and_a_standing_declaration(declare, city):
    report = declare()
    with pytest.raises(NotVisible):
        withdraw_zero_report(report, actor=city.stranger, reason="示例")
    with pytest.raises(NotAllowed):
        withdraw_zero_report(report, actor=city.officer, reason="示例")
    with pytest.raises(Refused) as refusal:
        withdraw_zero_report(report, actor=city.clerk, reason="  ")
    assert refusal.value.code == "reason.missing"
    withdraw_zero_report(report, actor=city.clerk, reason="示例")
    with pytest.raises(Refused) as refusal:
        withdraw_zero_report(report, actor=city.clerk, reason="示例")
    assert refusal.value.code == "zero_report.withdrawn"
    assert [row.history_type for row in report.history.order_by("history_id")] == ["+", "~"]
