"""The way of a repair up to the proposal, and its ends beside the decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile

from accounts.models import User
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from casework.models import Case, CaseRound, Evidence, EvidenceShare, Letter, Notice, Request
from casework.services import evidence, extensions, verifying
from casework.services.engine import Work, locked, requeue
from casework.services.opening import upper_office
from casework.services.requests import ask_upper_office
from credit_records.models import Record
from credit_records.services import batches
from repair.models import Application, Item, Material
from repair.services import handling
from repair.services.handling import ItemAnswer
from repair.services.registering import Claim

from ..credit_records.builders import OTHER_SOURCE, penalty
from .applying import APPLICANT, FULFILLED, RECEIVED, RepairWay, at, check_all, fulfilled

FULL, PARTLY, NOT, UNKNOWN = Item.Finding.values


@contextmanager
def refused(code: str) -> Iterator[Any]:
    with pytest.raises(Refused) as error:
        yield error
    assert error.value.code == code


@pytest.fixture
def two_departments(city, report, records, apply_for_repair) -> Application:
    """One record of each of two departments in one application."""
    row = penalty(
        1, 行政处罚决定书文号="银环罚〔2026〕9号", 处罚机关=OTHER_SOURCE[0], 处罚机关统一社会信用代码=OTHER_SOURCE[1],
        数据来源单位=OTHER_SOURCE[0], 数据来源单位统一社会信用代码=OTHER_SOURCE[1],
    )  # fmt: skip
    batch = report(row, actor=city.stranger, submit=True)
    batches.publish(batch, actor=city.strange_reviewer, now=RECEIVED)
    other = Record.objects.select_related("item", "subject", "department").get(department=city.sthj)
    return apply_for_repair(Claim(records[0], FULFILLED), Claim(other))


def items(application: Application) -> list[Item]:
    return list(Item.objects.filter(application=application).order_by("number"))


# --- acceptance and asking -----------------------------------------------------------------------------------


def test_the_way_to_the_answer_moves_stage_queue_and_letters(city, repair_way):
    repair_way.accept()
    case = repair_way.case
    assert (case.state, case.assignee, case.accepted_on) == ("accepted", city.officer, date(2026, 11, 16))
    repair_way.ask()
    assert [m.body for m in case.movements.filter(until=None)] == [city.scjg]
    request = case.requests.get()
    assert (request.kind, request.department, request.due_on) == (
        "verification",
        city.scjg,
        date(2026, 11, 18),
    )
    repair_way.answer()
    (item,) = items(repair_way.application)
    assert (item.finding, item.fulfilled_on, item.answered_by) == ("fulfilled", FULFILLED, city.clerk)
    assert repair_way.fresh().case.state == "drafting"
    letters = Letter.objects.filter(case=case).order_by("pk")
    assert [(one.kind, one.number, one.addressee_department) for one in letters] == [
        ("acceptance", "银信修受〔2026〕1号", None),
        ("verification", "银信修协〔2026〕1号", city.scjg),
    ]
    said = letters[1].content["paragraphs"]
    assert any("银市监罚〔2026〕1号" in one["text"] for one in said)
    told = set(
        Notice.objects.filter(case=case, text__startswith="协查函").values_list("person__username", flat=True)
    )
    assert told == {"clerk", "clerk2", "reviewer"}


def test_the_office_accepts_only_whom_it_knows(city, apply_for_repair):
    application = apply_for_repair(applicant=replace(APPLICANT, identity_check=Case.IdentityCheck.NONE))
    check_all(application, actor=city.officer, now=at(16, 11))
    with refused("case.identity_missing"):
        handling.accept(application, actor=city.officer, now=at(16, 14))


def test_the_newest_history_row_of_an_item_is_the_row(repair_way):
    for stretch in (repair_way.accept, repair_way.ask, repair_way.answer):
        stretch()
        item = Item.objects.get()
        newest = item.history.order_by("-history_id")[0]
        names = [f.attname for f in Item._meta.concrete_fields]
        assert {n: getattr(newest, n) for n in names} == {n: getattr(item, n) for n in names}


def test_every_department_of_an_item_is_asked_about_its_own(city, two_departments):
    way = RepairWay(city, two_departments).accept().ask()
    first, second = items(two_departments)
    assert (first.request.department, second.request.department) == (city.scjg, city.sthj)
    letters = Letter.objects.filter(kind="verification").order_by("pk")
    for letter, own, foreign in ((letters[0], "银市监罚", "银环罚"), (letters[1], "银环罚", "银市监罚")):
        said = "".join(one["text"] for one in letter.content["paragraphs"])
        assert own in said
        assert foreign not in said
    way.answer()
    assert way.fresh().case.state == "verifying"  # the other department has not answered yet
    assert not policy_for(Item).scope(city.clerk).filter(pk=second.pk).exists()
    way.answer(actor=city.stranger)
    assert way.fresh().case.state == "drafting"
    assert [item.finding for item in items(two_departments)] == [FULL, FULL]


def test_who_is_asked_again_is_asked_about_what_is_open_only(city, two_departments):
    way = RepairWay(city, two_departments).accept().ask().answer()
    verifying.end_verification(two_departments.case, actor=city.officer, reason="不再等。", now=at(18))
    assert [item.finding for item in items(two_departments)] == [FULL, ""]
    handling.ask_departments(two_departments, actor=city.officer, now=at(18, 11))
    assert [r.department for r in Request.objects.open()] == [city.sthj]
    assert items(two_departments)[0].finding == FULL
    way.answer(ItemAnswer(NOT, "罚款没有缴纳。"), actor=city.stranger)
    handling.ask_departments(two_departments, actor=city.officer, asks="请复核。", now=at(18, 15))
    assert {r.department for r in Request.objects.open()} == {city.scjg, city.sthj}
    assert [item.finding for item in items(two_departments)] == ["", ""]


def test_papers_about_persons_stay_in_the_office(city, repair_way):
    repair_way.accept()
    pieces = {
        kind: evidence.add(
            repair_way.case, ContentFile(kind.encode() * 99, name=f"{kind}.txt"), actor=city.officer, kind=kind,
            provided_by="applicant", now=at(16, 14),
        )
        for kind in ("identity", "authorisation", "application", "proof")
    }  # fmt: skip
    repair_way.ask()
    shared = set(EvidenceShare.objects.filter(department=city.scjg).values_list("evidence__kind", flat=True))
    assert shared == {"application", "proof"}
    seen = policy_for(Evidence).scope(city.clerk)
    assert set(seen) == {pieces["application"], pieces["proof"]}
    assert not policy_for(Evidence).scope(city.stranger).exists()


# --- answers ------------------------------------------------------------------------------------------------


ANSWERS = {
    "no finding": (ItemAnswer("", "已核。"), "repair.finding"),
    "an unknown finding": (ItemAnswer("granted", "已核。"), "repair.finding"),
    "no words": (ItemAnswer(NOT, "  "), "repair.answer_missing"),
    "fulfilled without a day": (fulfilled(None), "repair.fulfilled_day"),
    "fulfilled tomorrow": (fulfilled(date(2026, 11, 18)), "repair.day_in_future"),
    "fulfilled before the decision": (fulfilled(date(2026, 5, 19)), "repair.fulfilled_before_decision"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_faulty_answer_is_refused_and_nothing_kept(repair_way, name):
    given, code = ANSWERS[name]
    repair_way.accept().ask()
    with refused(code):
        repair_way.answer(given)
    assert items(repair_way.application)[0].finding == ""
    assert Request.objects.open().exists()


@pytest.mark.parametrize("day", [date(2026, 5, 20), date(2026, 11, 17)])
def test_the_first_and_the_last_day_of_fulfilment(repair_way, day):
    repair_way.accept().ask().answer(fulfilled(day))
    assert items(repair_way.application)[0].fulfilled_on == day


@pytest.mark.parametrize("finding", [PARTLY, NOT, UNKNOWN])
def test_what_is_not_fulfilled_has_no_day(repair_way, finding):
    repair_way.accept().ask().answer(ItemAnswer(finding, "经核实。", FULFILLED))
    (item,) = items(repair_way.application)
    assert (item.finding, item.fulfilled_on, item.answer) == (finding, None, "经核实。")


def test_every_record_is_answered_and_no_other(city, apply_for_repair, records):
    application = apply_for_repair(Claim(records[0]), Claim(records[1]))
    RepairWay(city, application).accept().ask()
    request = application.case.requests.get()

    def answer(numbers, actor=city.clerk):
        answers = {n: fulfilled() for n in numbers}
        handling.answer(application, actor=actor, request=request, answers=answers, now=at(17))

    with refused("repair.unanswered") as error:
        answer([1])
    assert "第2项" in error.value.message
    with refused("repair.foreign_item"):
        answer([1, 2, 3])
    with pytest.raises(NotVisible):
        answer([1, 2], city.stranger)
    with pytest.raises(NotAllowed):
        answer([1, 2], city.officer)
    answer([1, 2], city.reviewer)
    assert Request.objects.get().answer == "第1项已履行完毕；第2项已履行完毕"
    told = Notice.objects.filter(case=application.case, text__contains="已答复协查")
    assert [notice.person for notice in told] == [city.officer]


# --- urging --------------------------------------------------------------------------------------------------


def _told(case: Case) -> set[str]:
    return set(
        Notice.objects.filter(case=case, kind=Notice.Kind.URGED).values_list("person__username", flat=True)
    )


def test_a_department_is_urged_and_the_approver_hears_when_it_is_late(city, repair_way):
    repair_way.accept().ask()
    verifying.urge(repair_way.application.case, actor=city.officer, now=at(18))
    assert _told(repair_way.case) == {"clerk", "clerk2", "reviewer"}
    verifying.urge(repair_way.application.case, actor=city.officer, now=at(19))
    assert _told(repair_way.case) == {"clerk", "clerk2", "reviewer", "approver"}


def test_the_upper_office_is_urged(city, repair_way):
    repair_way.accept().ask().answer()
    lay_before_upper(city, repair_way.case)
    verifying.urge(repair_way.application.case, actor=city.officer, now=at(19))
    assert _told(repair_way.case) == {"upper"}
    assert "上级审核" in Notice.objects.get(kind=Notice.Kind.URGED).text


def lay_before_upper(city, case: Case) -> Request:
    """The case as it lies before the upper office, whatever was decided."""
    with act("test.review", actor=city.approver, on=case) as event:
        held = locked(case.pk)
        work = Work(held, None, city.approver, "", at(18), at(18).date(), event)
        request = ask_upper_office(
            work, upper_office(held.owning_body), asks="请审核。", limit="repair-review"
        )
        held.state = Case.State.UPPER_REVIEW
        held.save(update_fields=["state"])
        requeue(held, now=at(18))
    case.refresh_from_db()
    return request


# --- ends ---------------------------------------------------------------------------------------------------


def test_a_refusal_names_reasons_and_remedies(city, repair_way):
    handling.refuse(repair_way.application, actor=city.officer, reason="未满最短公示期。", now=at(17))
    letter = Letter.objects.get()
    said = "".join(one["text"] for one in letter.content["paragraphs"])
    assert (letter.kind, letter.number) == ("refusal", "银信修不受〔2026〕1号")
    for words in ("未满最短公示期。", "救济途径", city.upper_office.name, "行政复议或者提起行政诉讼"):
        assert words in said
    assert repair_way.case.closed_on == date(2026, 11, 17)
    assert CaseRound.objects.get().state == "refused"


def test_a_late_refusal_says_why(city, repair_way):
    with refused("case.breach_reason"):
        handling.refuse(repair_way.application, actor=city.officer, reason="不属于。", now=at(20))
    handling.refuse(
        repair_way.application,
        actor=city.officer,
        reason="不属于。",
        breach_reason="材料转交迟。",
        now=at(20),
    )
    assert repair_way.case.breach_reason == "材料转交迟。"


@pytest.mark.parametrize("stretches", [[], ["accept"], ["accept", "ask"], ["accept", "ask", "answer"]])
def test_an_application_is_withdrawn_in_writing(city, repair_way, stretches):
    for name in stretches:
        getattr(repair_way, name)()
    handling.withdraw(repair_way.application, actor=city.officer, reason="另行申请。", now=at(17, 15))
    case = repair_way.case
    assert (case.state, case.state_reason) == ("withdrawn", "申请人撤回。另行申请。")
    assert items(repair_way.application)[0].pending is False
    assert not Request.objects.open().exists()
    assert Letter.objects.filter(kind="termination", number="银信修终〔2026〕1号").exists()
    assert Record.objects.get(pk=items(repair_way.application)[0].record_id).state == "published"


def test_a_correction_that_does_not_come_ends_it(city, repair_way):
    handling.ask_correction(repair_way.application, actor=city.officer, asks="缺承诺书。", now=at(16, 14))
    due = repair_way.case.requests.get().due_on
    assert due == date(2026, 11, 23)
    assert repair_way.case.paused_since == date(2026, 11, 16)
    with refused("request.not_lapsed"):
        handling.lapse_correction(repair_way.application, actor=city.officer, now=at(23))
    handling.lapse_correction(repair_way.application, actor=city.officer, now=at(24))
    assert repair_way.case.state_reason.startswith("逾期未补正")
    assert items(repair_way.application)[0].pending is False


def test_an_extension_is_granted_by_another_and_the_applicant_told(city, repair_way):
    repair_way.accept()
    extensions.ask_extension(repair_way.case, actor=city.officer, days=2, reason="案情复杂。", now=at(17))
    handling.grant_extension(repair_way.application, actor=city.approver, now=at(18))
    assert repair_way.case.due_on == date(2026, 11, 23)
    letter = Letter.objects.get(kind="extension")
    assert "案情复杂" in "".join(one["text"] for one in letter.content["paragraphs"])


# --- taken up again -------------------------------------------------------------------------------------------


def test_a_refused_application_is_taken_up_again_with_a_clock_of_its_own(city, repair_way):
    handling.refuse(repair_way.application, actor=city.officer, reason="不属于。", now=at(17))
    handling.reopen(repair_way.application, actor=city.approver, reason="审查有误。", now=at(18))
    case = repair_way.case
    assert (case.state, case.round, case.due_on) == ("received", 2, date(2026, 11, 23))
    assert items(repair_way.application)[0].pending is True
    states = set(Material.objects.values_list("state", flat=True))
    assert states == {"unchecked"}
    told = Notice.objects.filter(text__startswith="重新办理").values_list("person__username", flat=True)
    assert set(told) == {"officer"}


def test_what_another_application_has_in_hand_stays_there(city, apply_for_repair, records):
    first = apply_for_repair(Claim(records[0]), Claim(records[1]))
    handling.withdraw(first, actor=city.officer, reason="撤回。", now=at(17))
    apply_for_repair(Claim(records[0]), received_at=at(17), now=at(17, 11))
    handling.reopen(first, actor=city.approver, reason="并案。", now=at(18))
    assert [item.pending for item in items(first)] == [False, True]
    assert "第1项在另一件申请中办理" in Notice.objects.filter(case=first.case).order_by("-pk")[0].text


def test_nothing_left_is_not_taken_up_again(city, apply_for_repair, records):
    first = apply_for_repair()
    handling.withdraw(first, actor=city.officer, reason="撤回。", now=at(17))
    second = apply_for_repair(received_at=at(17), now=at(17, 11))
    with refused("repair.record_in_other_case"):
        handling.reopen(first, actor=city.approver, reason="再办。", now=at(18))
    handling.withdraw(second, actor=city.officer, reason="撤回。", now=at(18))
    with act("test.ended", actor=city.system):
        record = Record.objects.get(pk=records[0].pk)
        record.state = Record.State.ENDED
        record.save()
    with refused("repair.nothing_to_reopen"):
        handling.reopen(first, actor=city.approver, reason="再办。", now=at(18, 15))
    assert Case.objects.get(pk=first.pk).state == "withdrawn"


def test_reopening_is_the_approvers(city, repair_way):
    handling.withdraw(repair_way.application, actor=city.officer, reason="撤回。", now=at(17))
    for person in (city.officer, city.supervisor):
        with pytest.raises(NotAllowed):
            handling.reopen(repair_way.application, actor=person, reason="再办。", now=at(18))
    for person in (city.clerk, city.stranger, city.upper):
        with pytest.raises(NotVisible):
            handling.reopen(
                repair_way.application, actor=User.objects.get(pk=person.pk), reason="再办。", now=at(18)
            )
