"""An application comes in: which records it may name, who may register it, and that a record stands in one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from accounts.policy import NotVisible, policy_for
from accounts.services import system_account
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, Notice
from credit_records.models import CatalogueItem, Record
from credit_records.services import batches
from repair.models import Application, Bar, Item, Material
from repair.selectors.eligibility import eligibility_of
from repair.services import handling, registering
from repair.services.registering import Claim

from ..credit_records.builders import OTHER_SOURCE, licence, penalty
from .applying import APPLICANT, FULFILLED, ORDER, RECEIVED, RepairWay, at, check_all


def _code(error) -> str:
    return error.value.code


def _put(record: Record, state: str) -> None:
    """The record as it would stand after a decision, a withdrawal, the end of its time."""
    with act("test.state", actor=system_account()):
        record.state = state
        record.withdrawn_by = "异议决定书" if state == "withdrawn" else ""
        record.repaired_by = "信用修复决定书" if state == "repaired" else ""
        record.save()


@pytest.fixture
def elsewhere(city, report) -> Record:
    """A penalty of the same company by the other department."""
    row = penalty(
        1, 行政处罚决定书文号="银环罚〔2026〕9号", 处罚机关=OTHER_SOURCE[0], 处罚机关统一社会信用代码=OTHER_SOURCE[1],
        数据来源单位=OTHER_SOURCE[0], 数据来源单位统一社会信用代码=OTHER_SOURCE[1],
    )  # fmt: skip
    batch = report(row, actor=city.stranger, submit=True)
    batches.publish(batch, actor=city.strange_reviewer, now=RECEIVED)
    return Record.objects.select_related("item", "subject", "department").get(department=city.sthj)


def test_an_application_has_a_number_a_clock_its_records_and_its_list(city, apply_for_repair, records):
    application = apply_for_repair(Claim(records[0], FULFILLED), Claim(records[1]))
    case = application.case
    assert (case.number, case.state, case.window) == ("XF-2026-0001", "received", city.office)
    assert (case.accept_due_on, case.due_on, case.legal_due_on) == (
        date(2026, 11, 17),
        date(2026, 11, 19),
        date(2026, 11, 30),
    )
    items = list(Item.objects.filter(application=application))
    assert [(i.number, i.record, i.pending, i.claimed_fulfilled_on) for i in items] == [
        (1, records[0], True, FULFILLED),
        (2, records[1], True, None),
    ]
    assert items[0].record_version == records[0].history.order_by("-history_id")[0].history_id
    kinds = list(Material.objects.filter(application=application).values_list("kind", "item__number"))
    assert kinds == [
        ("application_form", None),
        ("commitment", None),
        ("fulfilment", 1),
        ("fulfilment", 2),
        ("licence", None),
        ("identity", None),
    ]
    told = set(Notice.objects.filter(case=case).values_list("person__username", flat=True))
    assert told == {"approver"}
    assert not Record.objects.get(pk=records[0].pk).disputed


def test_the_window_of_a_department_registers_and_the_officers_are_told(city, apply_for_repair):
    application = apply_for_repair(actor=city.clerk)
    assert application.case.window == city.scjg
    told = set(Notice.objects.filter(case=application.case).values_list("person__username", flat=True))
    assert told == {"officer", "approver"}
    with pytest.raises(NotVisible):
        check_all(application, actor=city.stranger, now=at(16, 11))
    assert not policy_for(Application).scope(city.stranger).exists()


def test_a_window_finds_records_of_its_own_only(city, apply_for_repair, elsewhere):
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(elsewhere), actor=city.clerk)
    assert _code(refusal) == "repair.record_not_found"
    assert apply_for_repair(Claim(elsewhere), actor=city.officer).items.get().record == elsewhere
    assert not Case.objects.exclude(number="XF-2026-0001").exists()


@pytest.mark.parametrize(
    ("state", "said"),
    [("repaired", "已经修复"), ("withdrawn", "已撤回"), ("ended", "公示已经终止")],
)
def test_what_needs_no_repair_is_refused_with_the_reason(apply_for_repair, records, state, said):
    _put(records[0], state)
    with pytest.raises(Refused) as refusal:
        apply_for_repair()
    assert _code(refusal) == "repair.record_state"
    assert said in refusal.value.message
    assert not Case.objects.exists()


@pytest.mark.parametrize("state", ["draft", "submitted", "returned"])
def test_what_was_never_published_is_not_found(apply_for_repair, records, state):
    _put(records[0], state)
    with pytest.raises(Refused) as refusal:
        apply_for_repair()
    assert _code(refusal) == "repair.record_not_found"


def test_a_suspended_record_can_be_applied_for(apply_for_repair, records):
    _put(records[0], "suspended")
    assert apply_for_repair().items.get().record == records[0]


def test_only_penalties_of_this_subject(city, apply_for_repair, records, report):
    report(penalty(2), publish=True)
    foreign = Record.objects.get(document_number="银市监罚〔2026〕2号", subject__name__contains="第2")
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(records[0]), Claim(foreign))
    assert _code(refusal) == "repair.foreign_record"
    report(licence(1), item=CatalogueItem.objects.get(code="licence-org"), publish=True)
    allowed = Record.objects.select_related("item").get(item__code="licence-org")
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(records[0]), Claim(allowed))
    assert _code(refusal) == "repair.not_a_penalty"


FAULTY = {
    "no record": ([], {}, "repair.no_items"),
    "the same twice": ([0, 0], {}, "repair.record_twice"),
    "an agent without authorisation": (
        [0],
        {"applicant": replace(APPLICANT, role=Case.ApplicantRole.AGENT)},
        "case.identity_agent",
    ),
    "shielding without the order": ([0], {**ORDER, "order_number": " "}, "repair.order_missing"),
    "an order of tomorrow": ([0], {**ORDER, "ordered_on": date(2026, 11, 17)}, "repair.day_in_future"),
    "a commitment of tomorrow": ([0], {"committed_on": date(2026, 11, 17)}, "repair.day_in_future"),
    "a commitment older than the penalty": (
        [0, 1],
        {"committed_on": date(2020, 3, 1)},
        "repair.committed_before_decision",
    ),
    "late without a reason": (
        [0],
        {"received_at": RECEIVED - timedelta(days=5)},
        "case.late_entry",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_registration_leaves_nothing(city, subject, records, name):
    numbers, more, code = FAULTY[name]
    values = {
        "actor": city.officer,
        "applicant": APPLICANT,
        "channel": Case.Channel.WINDOW,
        "received_at": RECEIVED,
        "now": RECEIVED,
        **more,
    }
    with pytest.raises(Refused) as refusal:
        registering.receive(subject, [Claim(records[n]) for n in numbers], **values)
    assert _code(refusal) == code
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2026, 11, 17), "repair.day_in_future"), (date(2026, 5, 19), "repair.fulfilled_before_decision")],
)
def test_a_day_of_fulfilment_that_cannot_be(apply_for_repair, records, day, code):
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(records[0], day))
    assert _code(refusal) == code


def test_too_many_records_go_into_several_applications(city, apply_for_repair, records, monkeypatch):
    monkeypatch.setattr(registering, "MOST_ITEMS", 1)
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(records[0]), Claim(records[1]))
    assert _code(refusal) == "repair.too_many_items"
    application = apply_for_repair()
    with pytest.raises(Refused) as refusal:
        registering.add_item(application, Claim(records[1]), actor=city.officer, now=at(16, 11))
    assert _code(refusal) == "repair.too_many_items"


def test_an_early_application_is_registered_and_refused_by_the_officer(
    city, apply_for_repair, report, subject
):
    fresh = penalty(
        1, 行政处罚决定书文号="银市监罚〔2026〕77号", 处罚决定日期="2026/11/10", 公示截止期="2027/11/10"
    )
    report(fresh, publish=True)
    record = Record.objects.select_related("item").get(document_number__contains="77")
    answer = eligibility_of(record, on=date(2026, 11, 16))
    assert (answer.eligible, answer.from_day) == (False, date(2027, 2, 11))
    application = apply_for_repair(Claim(record))
    handling.refuse(
        application, actor=city.officer, reason="未满最短公示期，自2027年2月11日起可以申请。", now=at(16, 15)
    )
    assert (application.case.state, application.items.get().pending) == ("refused", False)


def test_a_barred_subject_is_registered_too(city, apply_for_repair, records, subject):
    application = apply_for_repair()
    handling.withdraw(application, actor=city.officer, reason="申请人撤回。", now=at(16, 15))
    with act("test.bar", actor=city.system):
        Bar.objects.create(
            subject=subject, application=application, found_on=date(2026, 11, 16), reason="伪造缴款凭证。",
            reference="银信修撤〔2026〕1号", set_by=city.approver, set_at=at(16, 16),
        )  # fmt: skip
    again = apply_for_repair(received_at=at(17), now=at(17))
    assert again.case.state == "received"
    bar = next(c for c in eligibility_of(records[0], on=date(2026, 11, 17)).conditions if c.code == "bar")
    assert bar.verdict == "failed"
    handling.refuse(again, actor=city.officer, reason="限制申请期间。", now=at(17, 15))


# --- one open application per record --------------------------------------------------------------------------


def test_a_record_stands_in_one_open_application(apply_for_repair, records):
    apply_for_repair()
    with pytest.raises(Refused) as refusal:
        apply_for_repair(Claim(records[1]), Claim(records[0]))
    assert _code(refusal) == "repair.record_in_other_case"
    assert "XF-2026-0001" in refusal.value.message
    assert Case.objects.count() == 1


@pytest.mark.parametrize("ending", ["refuse", "withdraw", "lapse"])
def test_every_ending_frees_the_record(city, apply_for_repair, ending):
    application = apply_for_repair()
    officer = city.officer
    match ending:
        case "refuse":
            handling.refuse(application, actor=officer, reason="不属于。", now=at(17))
        case "withdraw":
            RepairWay(city, application).accept().ask()
            handling.withdraw(application, actor=officer, reason="撤回。", now=at(17))
        case "lapse":
            handling.ask_correction(application, actor=officer, asks="缺承诺书。", now=at(17))
            handling.lapse_correction(application, actor=officer, now=at(25))
    assert not Item.objects.filter(pending=True).exists()
    assert apply_for_repair(received_at=at(26), now=at(26)).case.number == "XF-2026-0002"


def test_a_record_is_added_before_acceptance_and_its_proof_joins_the_list(city, apply_for_repair, records):
    application = apply_for_repair()
    item = registering.add_item(application, Claim(records[1], FULFILLED), actor=city.officer, now=at(16, 11))
    assert (item.number, item.pending) == (2, True)
    proofs = Material.objects.filter(application=application, kind="fulfilment")
    assert [line.item.number for line in proofs] == [1, 2]
    with pytest.raises(Refused) as refusal:
        registering.add_item(application, Claim(records[1]), actor=city.officer, now=at(16, 12))
    assert _code(refusal) == "repair.record_twice"
    check_all(application, actor=city.officer, now=at(16, 13))
    handling.accept(application, actor=city.officer, now=at(16, 14))
    with pytest.raises(Refused) as refusal:
        registering.add_item(application, Claim(records[1]), actor=city.officer, now=at(16, 15))
    assert _code(refusal) == "case.state"
