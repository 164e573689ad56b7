"""An objection from receipt to closing: the record corrected, everyone told, nothing by halves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.faults import Refused
from casework.models import Case, Letter, Notice
from casework.services import correcting, decisions, verifying
from casework.services.extensions import ask_extension
from credit_records.models import Record
from objections.models import Objection, Point
from objections.services import deciding, handling
from objections.services.deciding import Ruling
from objections.services.registering import Claim

from ..roles import holds_besides
from .filing import APPLICANT, at, fine_claim


def test_the_whole_way_corrects_the_record_and_tells_everyone(city, way, records):
    case = way.objection.case
    assert (case.number, case.due_on, case.legal_due_on) == (
        "YY-2026-0001",
        date(2026, 11, 23),
        date(2026, 11, 30),
    )
    assert case.accept_due_on == date(2026, 11, 17)

    way.accept()
    assert Record.objects.get(pk=records[0].pk).disputed
    way.ask().answer().propose().decide()
    record = Record.objects.get(pk=records[0].pk)
    assert str(record.fine) == "0.300000"
    assert record.state == Record.State.PUBLISHED
    assert record.disputed
    decision = Letter.objects.get(case=case, kind="decision")
    assert decision.number in record.history.order_by("-history_id")[0].history_change_reason or ""
    way.close()
    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.closed_on, case.outcome) == ("closed", date(2026, 11, 23), "upheld")
    assert not Record.objects.get(pk=records[0].pk).disputed
    kinds = list(Letter.objects.filter(case=case).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["acceptance", "verification", "decision"]
    assert Notice.objects.filter(case=case, person=city.clerk).exists()


def test_the_newest_history_row_is_the_row_after_every_step(way):
    """Trap 19: history tells what the table holds."""
    for stretch in (way.accept, way.ask, way.answer, way.propose, way.decide, way.close):
        stretch()
        case = Case.objects.get(pk=way.objection.pk)
        newest = case.history.order_by("-history_id").first()
        names = [f.attname for f in Case._meta.concrete_fields]
        assert {n: getattr(newest, n) for n in names} == {n: getattr(case, n) for n in names}


def test_the_office_cannot_accept_before_it_knows_who_objects(city, file_objection):
    objection = file_objection(applicant=replace(APPLICANT, identity_check=Case.IdentityCheck.NONE))
    with pytest.raises(Refused) as refusal:
        handling.accept(objection, actor=city.officer, now=at(16, 14))
    assert refusal.value.code == "case.identity_missing"


def test_who_proposes_does_not_decide(city, way):
    way.accept().ask().answer().propose()
    holds_besides(city.officer, "approver", city.office)
    officer = type(city.officer).objects.get(pk=city.officer.pk)
    digest = way.objection.case.decisions.get(state="proposed").digest
    with pytest.raises(Refused) as refusal:
        deciding.decide(way.objection, actor=officer, digest=digest, now=at(20))
    assert refusal.value.code == "four_eyes"


def test_a_changed_proposal_invalidates_the_approval(city, way):
    way.accept().ask().answer().propose()
    read = way.objection.case.decisions.get(state="proposed").digest
    decisions.recall_proposal(way.objection.case, actor=city.officer, now=at(19, 15))
    way.propose(value="0.2")
    with pytest.raises(Refused) as refusal:
        deciding.decide(way.objection, actor=city.approver, digest=read, now=at(20))
    assert refusal.value.code == "decision.changed"
    assert str(Record.objects.order_by("pk")[0].fine) == "0.500000"


def test_correction_pauses_the_clock_and_may_be_asked_once(city, way):
    handling.ask_correction(way.objection, actor=city.officer, asks="缺少授权委托书。", now=at(17))
    case = Case.objects.get(pk=way.objection.pk)
    assert (case.state, case.due_on, case.paused_since, case.days_left) == (
        "correcting", None, date(2026, 11, 17), 5,
    )  # fmt: skip
    correcting.record_correction(way.objection.case, actor=city.officer, answer="已补齐。", now=at(19))
    case = Case.objects.get(pk=way.objection.pk)
    # The 17th to the 19th do not count: the five days are the 20th, 23rd to 26th.
    assert (case.state, case.due_on) == ("received", date(2026, 11, 26))
    with pytest.raises(Refused) as refusal:
        handling.ask_correction(way.objection, actor=city.officer, asks="再补。", now=at(20))
    assert refusal.value.code == "case.state"


def test_a_department_sees_only_the_cases_that_concern_it(city, way):
    scope = policy_for(Objection).scope
    assert not scope(city.clerk).exists()
    way.accept().ask()
    assert scope(city.clerk).exists()
    assert not scope(city.stranger).exists()
    assert not scope(city.auditor).exists()
    with pytest.raises(NotVisible):
        verifying.urge(way.objection.case, actor=city.stranger)
    with pytest.raises(NotAllowed):
        verifying.urge(way.objection.case, actor=city.clerk, now=at(18))


@pytest.mark.parametrize(
    ("outcome", "state", "conclusion"),
    [
        (Point.Outcome.WITHDRAWN, Record.State.WITHDRAWN, "upheld"),
        (Point.Outcome.UNVERIFIABLE, Record.State.SUSPENDED, "unverifiable"),
        (Point.Outcome.NOT_UPHELD, Record.State.PUBLISHED, "not_upheld"),
    ],
)
def test_every_outcome_has_its_effect_on_the_record(way, records, outcome, state, conclusion):
    way.accept().ask().answer().propose(outcome=outcome, value="").decide()
    assert Record.objects.get(pk=records[0].pk).state == state
    assert Case.objects.get(pk=way.objection.pk).outcome == conclusion


def test_a_late_closing_says_why(city, way):
    way.accept().ask().answer().propose().decide()
    with pytest.raises(Refused) as refusal:
        handling.close(way.objection, actor=city.officer, now=at(24))
    assert refusal.value.code == "case.breach_reason"
    way.deliver()
    handling.close(way.objection, actor=city.officer, breach_reason="送达耗时。", now=at(24))
    case = Case.objects.get(pk=way.objection.pk)
    assert case.breach_reason == "送达耗时。"
    assert Case.objects.overdue(date(2026, 11, 24)).filter(pk=case.pk).exists()


def test_every_point_needs_a_conclusion_with_reasons(city, way):
    way.accept().ask().answer()
    with pytest.raises(Refused) as refusal:
        deciding.propose(way.objection, actor=city.officer, rulings={}, reason="无。", now=at(19))
    assert refusal.value.code == "objection.undecided"
    rulings = {1: Ruling(Point.Outcome.NOT_UPHELD, " ")}
    with pytest.raises(Refused) as refusal:
        deciding.propose(way.objection, actor=city.officer, rulings=rulings, reason="无。", now=at(19))
    assert refusal.value.code == "objection.reasons_missing"


def test_a_correction_that_the_rules_refuse_cannot_be_proposed(city, way):
    way.accept().ask().answer()
    with pytest.raises(Refused) as refusal:
        way.propose(value="叁仟元左右")
    assert refusal.value.code == "objection.correction_faulty"


def test_an_ended_objection_is_reopened_with_a_clock_of_its_own(city, way, records):
    way.accept().ask().answer().propose(outcome=Point.Outcome.NOT_UPHELD, value="").decide().close()
    handling.reopen(way.objection, actor=city.approver, reason="发现新证据。", now=at(25))
    case = Case.objects.get(pk=way.objection.pk)
    assert (case.state, case.round, case.due_on) == ("accepted", 2, date(2026, 12, 2))
    assert Record.objects.get(pk=records[0].pk).disputed
    way.objection = Objection.objects.get(pk=case.pk)
    handling.ask_departments(way.objection, actor=city.officer, asks="请再核实。", now=at(26))


def test_an_extension_is_asked_by_one_and_granted_by_another(city, way):
    way.accept()
    ask_extension(way.objection.case, actor=city.officer, days=3, reason="案情复杂。", now=at(18))
    handling.grant_extension(way.objection, actor=city.approver, now=at(19))
    case = Case.objects.get(pk=way.objection.pk)
    assert case.due_on == date(2026, 11, 26)
    assert Letter.objects.filter(case=case, kind="extension").exists()


def test_numbers_of_cases_have_no_gap_after_a_refusal(city, file_objection, records):
    file_objection()
    itself = Claim(Point.Ground.DUPLICATE, records[0], "重复。", other_record=records[0])
    with pytest.raises(Refused):
        file_objection(fine_claim(records[0]), itself)
    assert file_objection().case.number == "YY-2026-0002"
