"""Where objections go wrong in practice: contradictory rulings, a source that corrects by itself, a second round."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from audit.faults import Refused
from casework.models import Case, Decision, Evidence, EvidenceShare, Extension, Letter, Notice
from casework.services import evidence, extensions
from casework.services.assignment import substitute
from casework.services.opening import Applicant
from credit_records.models import Record
from objections.models import Point
from objections.services import deciding, handling
from objections.services.deciding import Ruling

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
    deciding.send_back(way.objection, actor=city.approver, reason="内部退回理由。", now=at(19, 15))
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
