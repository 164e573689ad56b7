"""What a decision enters: checked and merged like a file, in force at once, and out of the department's hands."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from accounts.policy import NotAllowed
from accounts.sealing import unseal
from audit.faults import Refused
from audit.models import Event
from credit_records.models import CatalogueItem, IntakeBatch, Record, SeverityFinding, Subject
from credit_records.selectors.record_pages import public_or_not, publicity_view, spec_of_record
from credit_records.selectors.reporting import (
    items_in_force,
    missing_reports,
    record_items_in_force,
    versions_in_force,
)
from credit_records.services import batches, classifying, corrections, drafting, entry, records
from credit_records.services.catalogue import draft_version
from credit_records.services.entry import Faulty
from credit_records.services.zero_reports import report_zero

from ..builders import penalty
from ..decided import BASIS, DECIDED, REASON, breach_values, enter_breach
from .test_records import newest_history_equals_the_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
State = Record.State
DAY = date(2026, 6, 10)


@pytest.fixture
def item(catalogue) -> CatalogueItem:
    return CatalogueItem.objects.get(code="commitment-breach")


def test_it_is_in_force_at_once_with_both_persons_history_and_event(city):
    record = enter_breach(city, severity="serious")
    assert record.state == State.PUBLISHED
    assert (record.entered_by, record.reviewed_by) == (city.officer, city.approver)
    assert (record.entered_at, record.reviewed_at) == (DECIDED, DECIDED)
    assert record.department == city.scjg
    assert (record.document_number, record.decision_date, record.kinds) == (
        "银诺认〔2026〕1号",
        DAY,
        ["未履行承诺"],
    )
    newest_history_equals_the_row(record)
    event = Event.objects.get(verb="record.enter_by_decision")
    assert (event.actor, event.data["reference"]) == (city.approver, "WN-2026-0001")
    assert {row.event_id for row in record.history.all()} == {event.pk}
    assert [row.state for row in record.history.order_by("history_id")] == [
        "submitted",
        "published",
        "published",
    ]


@pytest.mark.parametrize(
    ("severity", "period"),
    [
        ("minor", (None, None, None)),
        ("general", (DAY, date(2026, 9, 10), date(2027, 6, 10))),
        ("serious", (DAY, date(2027, 6, 10), date(2029, 6, 10))),
    ],
)
def test_the_degree_of_the_decision_gives_the_publicity_of_order_36(city, severity, period):
    record = enter_breach(city, severity=severity)
    assert (record.severity, record.rule_set) == (severity, "order-36")
    assert (record.publicity_start, record.publicity_earliest_end, record.publicity_latest_end) == period
    finding = SeverityFinding.objects.get(record=record, superseded_at=None)
    assert (finding.severity, finding.legal_basis, finding.set_by) == (severity, BASIS, city.approver)
    reasons = publicity_view(record, spec_of_record(record), today=DAY).reasons
    assert f"失信程度由认定决定确定为{Record.Severity(severity).label}" in reasons[0]
    assert REASON in reasons[0]
    assert not any("请核对类别" in one for one in reasons)


def test_it_is_public_like_any_other(city):
    record = enter_breach(city)
    assert Record.objects.public(DAY).get() == record
    assert public_or_not(record, today=DAY)


def test_nobody_decides_what_he_proposed_and_only_an_approver_decides(city):
    with pytest.raises(Refused) as caught:
        enter_breach(city, entered_by=city.approver)
    assert caught.value.code == "four_eyes"
    for actor in (city.clerk, city.reviewer, city.officer, city.supervisor, city.stranger):
        with pytest.raises(NotAllowed):
            enter_breach(city, actor=actor, entered_by=city.second_clerk)
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": " "}, "reason.missing"),
        ({"legal_basis": " "}, "legal_basis.missing"),
        ({"reference": ""}, "reference.missing"),
        ({"severity": "minor", "values": breach_values(WN_CD="轻微", WN_WSH="")}, "record.faulty"),
    ],
)
def test_without_reason_law_case_or_good_content_nothing_is_kept(city, changes, code):
    with pytest.raises(Refused) as caught:
        enter_breach(city, **changes)
    assert caught.value.code == code
    assert not Record.objects.exists()
    assert not IntakeBatch.objects.exists()
    assert not Subject.objects.exists()


def test_what_the_check_rejects_is_told_by_field(city):
    with pytest.raises(Faulty) as caught:
        enter_breach(city, values=breach_values(WN_JDRQ="2027-06-10", WN_XDR_SHXYM="91640100DEM900012K"))
    assert {"decision.in_future", "uscc.check_digit"} <= {one.code for one in caught.value.findings}


def test_only_items_that_a_case_decides_are_entered_so(city):
    with pytest.raises(Refused) as caught:
        enter_breach(city, item=CatalogueItem.objects.get(code="penalty-org"))
    assert caught.value.code == "record.not_by_decision"


def test_a_number_and_subject_that_are_taken_are_refused(city):
    enter_breach(city)
    with pytest.raises(Refused) as caught:
        enter_breach(city, severity="serious")
    assert caught.value.code == "record.key_taken"
    assert Record.objects.count() == IntakeBatch.objects.count() == 1


def test_it_goes_into_the_file_of_the_subject_that_the_case_is_about(city, report):
    report(penalty(1), penalty(2), publish=True)
    first, second = Subject.objects.order_by("pk")
    with pytest.raises(Refused) as caught:
        enter_breach(city, subject=second)
    assert caught.value.code == "record.other_subject"
    assert enter_breach(city, subject=first).subject == first
    assert Subject.objects.count() == 2


def test_it_falls_with_the_transaction_of_its_caller(city):
    class Broken(Exception):
        pass

    def fails_afterwards():
        with transaction.atomic():
            enter_breach(city)
            raise Broken

    with pytest.raises(Broken):
        fails_afterwards()
    for model in (Record, IntakeBatch, Subject, SeverityFinding):
        assert not model.objects.exists()
    assert not Record.history.exists()
    assert not Event.objects.filter(verb="record.enter_by_decision").exists()


def test_the_number_of_a_natural_person_is_sealed(city):
    number = "110101199003070011"
    values = breach_values(
        WN_XDR_MC="示例人丙", WN_XDR_LB="自然人", WN_XDR_SHXYM="", WN_FRDB="", WN_XDR_ZJLX="身份证", WN_XDR_ZJHM=number
    )  # fmt: skip
    record = enter_breach(city, values=values)
    kept = record.details["WN_XDR_ZJHM"]
    assert number not in str(record.details)
    assert unseal(kept["sealed"]) == number
    assert record.subject.kind == Subject.Kind.NATURAL_PERSON
    assert unseal(record.subject.id_sealed) == number


def test_another_body_may_have_decided_on_a_matter_of_the_department(city):
    """Anybody's own report that names another department as the authority is rejected (test_verdicts)."""
    record = enter_breach(city, values=breach_values(WN_JG=city.sthj.name, WN_JGDM=city.sthj.code))
    assert record.authority_code == city.sthj.code


def test_no_file_and_no_form_reaches_it(city, item, report):
    record = enter_breach(city)
    with pytest.raises(Refused) as caught:
        batches.upload(ContentFile(b"x", name="a.csv"), actor=city.clerk, department=city.scjg, item=item)
    assert caught.value.code == "item.by_decision"
    for mended in (None, record):
        with pytest.raises(Refused) as caught:
            entry.enter(
                breach_values(BZ="改"), actor=city.clerk, department=city.scjg, item=item, record=mended
            )
        assert caught.value.code == "item.by_decision"
    with pytest.raises(Refused) as caught:
        report_zero(department=city.scjg, item=item, month=DAY, actor=city.clerk)
    assert caught.value.code == "item.by_decision"
    before = Record.objects.values().get(pk=record.pk)
    report(penalty(1, 行政处罚决定书文号="银诺认〔2026〕1号"), publish=True)
    assert Record.objects.values().get(pk=record.pk) == before
    for listed in (items_in_force(DAY), record_items_in_force(DAY)):
        assert item not in listed
    assert item.pk not in {version.item_id for version in versions_in_force(DAY)}
    assert not missing_reports([city.scjg.pk], date(2026, 10, 1)) or all(
        one.item != item for one in missing_reports([city.scjg.pk], date(2026, 10, 1))
    )


def test_no_second_item_of_the_kind_is_drafted_but_a_new_version_is(city, item):
    with pytest.raises(Refused) as caught:
        drafting.create_item(
            actor=city.officer, code="x", name="甲", kind="breach", in_force_from=DAY, legal_basis="示例",
            subject_kinds=["legal_person"], disclosure="public", cycle="within_7_working_days",
        )  # fmt: skip
    assert caught.value.code == "catalogue.by_decision"
    assert (
        draft_version(item, actor=city.officer, in_force_from=date(2027, 1, 1), reason="依据有变").number == 2
    )


def test_its_department_neither_withdraws_nor_classifies_it(city):
    record = enter_breach(city)
    with pytest.raises(Refused) as caught:
        records.withdraw(record, actor=city.reviewer, reason="报错", legal_basis="无")
    assert caught.value.code == "record.state"
    with pytest.raises(Refused) as caught:
        classifying.classify(record, actor=city.reviewer, severity="minor", reason="裁量", legal_basis="基准")
    assert caught.value.code == "finding.state"
    with pytest.raises(Refused) as caught:
        classifying.lift_finding(record, actor=city.reviewer, reason="不当")
    assert caught.value.code == "finding.state"
    assert Record.objects.get(pk=record.pk).severity == "general"


def test_the_office_suspends_withdraws_and_corrects_it_and_the_class_follows_the_words(city):
    record = Record.objects.select_related("item", "department", "subject").get(pk=enter_breach(city).pk)
    assert records.suspend(record, actor=city.approver, reason="核查") == 1
    assert records.resume(record, actor=city.approver, reason="核实无误") == 1
    foretold = corrections.preview(record, {"BZ": "更正"}, now=DECIDED)
    assert [change.title for change in foretold.changes] == ["备注"]
    foretold = corrections.preview(record, {"WN_CD": "严重"}, now=DECIDED)
    assert {change.title: change.after for change in foretold.changes if change.derived} == {
        "失信程度": "严重",
        "最早可修复": "2027-06-10",
        "最长公示至": "2029-06-10",
    }
    mended = corrections.correct(
        record, actor=city.approver, changes={"WN_CD": "严重", "BZ": "更正"}, reference="YY-2026-0001",
        reason="异议成立", now=DECIDED,
    )  # fmt: skip
    assert (mended.severity, mended.publicity_latest_end) == ("serious", date(2029, 6, 10))
    assert SeverityFinding.objects.filter(record=record).count() == 2
    again = corrections.correct(
        mended, actor=city.approver, changes={"BZ": "再更正"}, reference="YY-2026-0002", reason="异议成立",
        now=DECIDED,
    )  # fmt: skip
    assert again.severity == "serious"
    gone = corrections.withdraw_by_decision(
        mended, actor=city.approver, reference="YY-2026-0003", reason="认定有误", legal_basis="示例"
    )
    assert gone.state == State.WITHDRAWN
