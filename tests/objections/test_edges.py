"""Where objections go wrong in practice: contradictory rulings, a source that corrects by itself, a second round."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from audit.faults import Refused
from casework.models import Case, CaseRound, Decision, Evidence, EvidenceShare, Extension, Letter, Notice
from casework.services import decisions, evidence, extensions
from casework.services.assignment import substitute
from casework.services.opening import Applicant
from credit_records.models import Correction, IntakeFinding, Record
from credit_records.services import batches as record_batches
from credit_records.services import records as record_steps
from objections.models import Point
from objections.services import deciding, handling
from objections.services.deciding import Ruling
from objections.services.registering import Claim

from ..credit_records.builders import penalty
from .filing import RECEIVED, Way, at, fine_claim

CORRECTED, WITHDRAWN = Point.Outcome.CORRECTED, Point.Outcome.WITHDRAWN


@pytest.mark.parametrize(
    "second",
    [Ruling(CORRECTED, "另据。", "0.2"), Ruling(WITHDRAWN, "应当撤回。")],
    ids=["another value", "withdrawn"],
)
def test_rulings_that_contradict_each_other_are_not_proposed(city, file_objection, records, second):
    objection = file_objection(fine_claim(records[0]), fine_claim(records[0], "0.2"))
    way = Way(city, objection).accept().ask().answer()
    rulings = {1: Ruling(CORRECTED, "依据决定书。", "0.3"), 2: second}
    with pytest.raises(Refused) as refusal:
        deciding.propose(objection, actor=city.officer, rulings=rulings, reason="清楚。", now=at(19))
    assert refusal.value.code == "objection.contradiction"
    assert Case.objects.get(pk=way.objection.pk).state == Case.State.DRAFTING


def test_an_objection_is_upheld_though_the_source_has_corrected_the_record_itself(city, way, records, report):
    way.accept().ask()
    fixed = penalty(1, 行政处罚决定书文号="银市监罚〔2026〕1号", **{"罚款金额(万元)": 0.3})
    report(fixed, publish=True)
    way.answer().propose().decide()
    record = Record.objects.get(pk=records[0].pk)
    assert (str(record.fine), record.state) == ("0.300000", Record.State.PUBLISHED)
    assert Case.objects.get(pk=way.objection.pk).outcome == Decision.Outcome.UPHELD
    assert Letter.objects.filter(case=way.objection.pk, kind="decision").count() == 1


def test_in_a_second_round_no_point_carries_the_conclusion_of_the_first(city, way):
    way.accept().ask().answer().propose().decide().close()
    handling.reopen(way.objection, actor=city.approver, reason="发现新证据。", now=at(25))
    point = Point.objects.get()
    assert (point.outcome, point.outcome_value, point.outcome_reasons, point.decided_on) == ("", "", "", None)
    assert point.history.order_by("-history_id")[1].outcome == CORRECTED
    assert Decision.objects.get(state="approved").content["points"][0]["outcome"] == CORRECTED
    assert Notice.objects.filter(person=city.officer, text__startswith="重新办理").exists()


def test_papers_of_the_subject_alone_do_not_prove_an_agent(city, file_objection):
    agent = Applicant("示例人乙", Case.ApplicantRole.AGENT, Case.IdentityCheck.DOCUMENTS)
    with pytest.raises(Refused) as refusal:
        file_objection(applicant=agent)
    assert refusal.value.code == "case.identity_agent"
    assert not Case.objects.exists()


def test_an_extension_moves_the_target_and_never_the_statutory_limit(city, way):
    way.accept()
    case = way.objection.case
    with pytest.raises(Refused) as refusal:
        extensions.ask_extension(case, actor=city.officer, days=6, reason="复杂。", now=at(17))
    assert refusal.value.code == "extension.beyond_law"
    extensions.ask_extension(case, actor=city.officer, days=5, reason="复杂。", now=at(17))
    handling.grant_extension(way.objection, actor=city.approver, now=at(18))
    case = Case.objects.get(pk=case.pk)
    assert (case.due_on, case.legal_due_on) == (date(2026, 11, 30), date(2026, 11, 30))


def test_an_extension_that_waits_is_closed_with_the_case(city, way):
    way.accept()
    extensions.ask_extension(way.objection.case, actor=city.officer, days=2, reason="复杂。", now=at(17))
    handling.withdraw(way.objection, actor=city.officer, reason="当事人撤回。", now=at(18))
    extension = Extension.objects.get()
    assert (extension.state, extension.opinion) == (
        Extension.State.DENIED,
        "案件申请人撤回，不再需要延期。",
    )


def test_what_one_department_hands_in_does_not_travel_to_another(city, file_objection, records):
    objection = file_objection()
    handling.accept(objection, actor=city.officer, now=at(16, 14))

    def hand_in(title: str, **more) -> Evidence:
        file = ContentFile(title.encode(), name=f"{title}.txt")
        return evidence.add(
            objection.case, file, actor=city.officer, kind=Evidence.Kind.PROOF, title=title, now=at(16, 15), **more
        )  # fmt: skip

    own = hand_in("当事人的证据", provided_by=Evidence.ProvidedBy.APPLICANT)
    hand_in("别的单位的内部材料", provided_by=Evidence.ProvidedBy.DEPARTMENT, department=city.sthj)
    handling.ask_departments(objection, actor=city.officer, asks="请核实。", now=at(17))
    shares = EvidenceShare.objects.filter(department=city.scjg)
    assert list(shares.values_list("evidence", flat=True)) == [own.pk]


def test_who_stands_in_for_the_officer_hears_of_the_answer(city, way):
    other = city.person("officer2", "卫示例", "officer", city.office)
    way.accept()
    today = RECEIVED.date()
    substitute(
        city.officer, actor=city.officer, by=other, since=today, until=today + timedelta(days=7), now=at(16)
    )
    way.ask().answer()
    assert set(Notice.objects.filter(text__contains="已答复协查").values_list("person", flat=True)) == {
        city.officer.pk,
        other.pk,
    }


def test_a_department_that_was_not_asked_is_led_to_its_record(city, way, records, client):
    way.accept().propose(outcome=WITHDRAWN, value="").decide()
    notice = Notice.objects.get(person=city.clerk)
    client.force_login(city.clerk)
    assert notice.url == reverse("admin:credit_records_record_change", args=[records[0].pk])
    assert client.get(notice.url).status_code == 200


def test_a_department_does_not_read_the_offices_words_in_the_history_of_the_case(city, way, client):
    way.accept().ask().answer().propose()
    decisions.send_back(way.objection.case, actor=city.approver, reason="内部退回理由。", now=at(19, 15))
    history = reverse("admin:casework_case_history", args=[way.objection.pk])
    page = reverse("admin:objections_objection_change", args=[way.objection.pk])
    for person, status in ((city.officer, 200), (city.clerk, 403), (city.stranger, 404)):
        client.force_login(person)
        response = client.get(history)
        assert response.status_code == status
        assert ("内部退回理由。" in response.content.decode()) == (status == 200)
    client.force_login(city.clerk)
    shown = client.get(page).content.decode()
    assert "内部退回理由。" not in shown
    assert history not in shown


def test_a_late_round_stays_late_though_the_case_is_taken_up_again_and_closed_in_time(city, way):
    way.accept().ask().answer().propose(outcome=Point.Outcome.NOT_UPHELD, value="").decide()
    handling.close(
        way.objection, actor=city.officer, breach_reason="送达受阻。", reason="送达受阻。", now=at(24)
    )
    handling.reopen(way.fresh(), actor=city.approver, reason="发现新证据。", now=at(25))
    handling.withdraw(way.fresh(), actor=city.officer, reason="当事人撤回。", now=at(26))
    case = Case.objects.get(pk=way.objection.pk)
    assert (case.breach_reason, case.outcome) == ("", "")
    first, second = CaseRound.objects.filter(case=case).order_by("round")
    assert (first.state, first.ending, first.outcome) == ("closed", "逾期办结", "not_upheld")
    assert (first.due_on, first.closed_on, first.breach_reason) == (
        date(2026, 11, 23), date(2026, 11, 24), "送达受阻。",
    )  # fmt: skip
    assert (second.state, second.ending, second.outcome) == ("withdrawn", Case.State.WITHDRAWN.label, "")
    today = date(2026, 11, 26)
    assert not Case.objects.overdue(today).exists()
    assert Case.objects.ever_overdue(today).get() == case


def test_every_ending_keeps_its_round_and_no_other_step_writes_one(city, file_objection):
    refused, withdrawn, going_on = file_objection(), file_objection(), file_objection()
    handling.refuse(refused, actor=city.officer, reason="不属于异议。", breach_reason="漏办。", now=at(24))
    handling.withdraw(withdrawn, actor=city.officer, reason="当事人撤回。", now=at(17))
    handling.accept(going_on, actor=city.officer, now=at(17))
    found = {one.case_id: (one.state, one.ending) for one in CaseRound.objects.all()}
    assert found == {
        refused.pk: ("refused", "逾期不予受理"),
        withdrawn.pk: ("withdrawn", Case.State.WITHDRAWN.label),
    }


FINE, FIRST = "罚款金额(万元)", {"行政处罚决定书文号": "银市监罚〔2026〕1号"}


def _remarks(batch):
    return set(
        IntakeFinding.objects.filter(batch=batch).exclude(severity="hint").values_list("code", "column")
    )


def test_a_value_that_the_source_put_right_before_the_decision_does_not_go_wrong_again(
    city, way, records, report
):
    way.accept().ask()
    report(penalty(1, **FIRST, **{FINE: 0.3}), publish=True)
    way.answer().propose()
    waiting = report(penalty(1, **FIRST, 备注="再报"), submit=True)
    way.decide()
    kept = Correction.objects.get()
    assert (kept.record, kept.field_code, kept.wrong, kept.right) == (records[0], "CF_NR_FK", "0.5", "0.3")
    assert kept.reason == "经来源单位核实，依据决定书原件。"
    assert _remarks(report(penalty(1, **FIRST))) == {("record.corrected", FINE)}
    waiting = record_batches.publish(waiting, actor=city.reviewer)
    assert (waiting.updated, waiting.rejected) == (0, 1)
    assert str(Record.objects.get(pk=records[0].pk).fine) == "0.300000"


def test_of_two_columns_the_source_put_one_right_and_both_are_guarded(city, file_objection, records, report):
    words = Claim(
        Point.Ground.CONTENT, records[0], "同上。", field_code="CF_NR", claimed_value="处以罚款0.3万元。"
    )
    way = Way(city, file_objection(fine_claim(records[0]), words)).accept().ask()
    report(penalty(1, **FIRST, **{FINE: 0.3}), publish=True)
    way.answer()
    rulings = {1: Ruling(CORRECTED, "决定书。", "0.3"), 2: Ruling(CORRECTED, "决定书。", "处以罚款0.3万元。")}
    deciding.propose(way.objection, actor=city.officer, rulings=rulings, reason="清楚。", now=at(19))
    way.decide()
    kept = {one.field_code: (one.wrong, one.right) for one in Correction.objects.all()}
    assert kept.keys() == {"CF_NR_FK", "CF_NR"}
    assert kept["CF_NR_FK"] == ("0.5", "0.3")
    assert kept["CF_NR"][1] == "处以罚款0.3万元。"
    assert _remarks(report(penalty(1, **FIRST))) == {
        ("record.corrected", FINE),
        ("record.corrected", "处罚内容"),
    }


@pytest.mark.parametrize("by_itself", [False, True], ids=["the office alone", "the source first"])
def test_what_a_decision_withdrew_the_source_does_not_report_again(city, way, records, report, by_itself):
    way.accept().ask()
    if by_itself:
        record_steps.withdraw(
            records[0], actor=city.reviewer, reason="已被撤销", legal_basis="银市监撤〔2026〕1号"
        )
    way.answer().propose(outcome=WITHDRAWN, value="").decide()
    record = Record.objects.get(pk=records[0].pk)
    assert record.state == Record.State.WITHDRAWN
    assert record.withdrawn_by in record.state_reason
    batch = report(penalty(1, **FIRST))
    assert (batch.held, batch.rejected) == (0, 1)
    said = IntakeFinding.objects.get(batch=batch)
    assert said.code == "record.withdrawn_by_decision"
    assert record.withdrawn_by in said.message


def test_no_proposal_waits_on_an_objection_that_has_ended(city, file_objection):
    way = Way(city, file_objection()).accept().ask().answer().propose()
    handling.withdraw(way.objection, actor=city.officer, reason="撤回。", now=at(20))
    assert Decision.objects.get(case=way.objection.case).state == "superseded"
