"""The steps as buttons: by POST only, through the services, with every refusal in words."""

from __future__ import annotations

import pytest

from casework.models import Case, Comment, Evidence, Extension, Pause, Request
from casework.services.opening import Applicant
from objections.admin.objections import ObjectionAdmin
from objections.machine import MACHINE

from ...credit_records.admin.pages import said
from ..filing import APPLICANT, at
from .conftest import as_user, case_of, hand_in, page, text_of, verb

pytestmark = pytest.mark.django_db


def do(user, objection, name, **answers):
    return as_user(user).post(verb(objection, name), answers)


# --- the whole table ----------------------------------------------------------------------------------------


def test_every_step_of_the_table_is_on_the_page():
    verbs = {one.name for one in ObjectionAdmin.verbs}
    assert verbs | set(ObjectionAdmin.pages) == set(MACHINE.steps)
    assert not verbs & set(ObjectionAdmin.pages)


@pytest.mark.parametrize("name", [one.name for one in ObjectionAdmin.verbs])
def test_opening_a_steps_address_changes_nothing(city, way, name):
    before = Case.objects.values().get(pk=way.objection.pk)
    response = as_user(city.officer).get(verb(way.objection, name))
    assert response.status_code == 302
    assert Case.objects.values().get(pk=way.objection.pk) == before


@pytest.mark.parametrize("name", ["evidence", "add_point", "answer", "propose", "decide"])
def test_opening_a_steps_page_changes_nothing(city, way, name):
    before = Case.objects.values().get(pk=way.objection.pk)
    for user in (city.officer, city.approver):
        assert as_user(user).get(page(way.objection, name)).status_code in (200, 302, 403)
    assert Case.objects.values().get(pk=way.objection.pk) == before


@pytest.mark.parametrize("name", [one.name for one in ObjectionAdmin.verbs])
def test_a_supervisor_may_do_nothing_and_a_stranger_finds_nothing(city, way, name):
    assert do(city.supervisor, way.objection, name).status_code == 403
    assert do(city.stranger, way.objection, name).status_code == 404


# --- one by one ---------------------------------------------------------------------------------------------


def test_accepting_marks_the_records_and_issues_the_letter(city, way):
    do(city.officer, way.objection, "accept")
    case = case_of(way.objection)
    assert (case.state, case.assignee) == ("accepted", city.officer)
    assert case.letters.get().kind == "acceptance"


def test_without_identity_there_is_no_accepting(city, file_objection):
    objection = file_objection(applicant=Applicant("示例人甲"))
    text = text_of(as_user(city.officer).get(page(objection)))
    assert "申请人身份尚未核验，请先用“核验身份”登记核验方式。" in text
    assert said(do(city.officer, objection, "accept")) == [
        "申请人身份尚未核验，请先用“核验身份”登记核验方式。"
    ]
    do(city.officer, objection, "check_identity", how="documents")
    do(city.officer, objection, "accept")
    assert case_of(objection).state == "accepted"


def test_a_missing_reason_is_asked_for_again(city, way):
    response = do(city.officer, way.objection, "refuse", reason="")
    assert response.status_code == 422
    assert "不予受理必须写明理由。" in text_of(response)


def test_refusing_ends_the_case(city, way):
    do(city.officer, way.objection, "refuse", reason="不属于异议受理范围。")
    assert case_of(way.objection).state == "refused"


def test_who_is_in_charge_is_chosen_among_officers(city, way):
    assert do(city.approver, way.objection, "assign", officer=city.clerk.pk, reason="").status_code == 422
    do(city.approver, way.objection, "assign", officer=city.officer.pk, reason="")
    assert case_of(way.objection).assignee == city.officer
    assert "本案已由您经办。" in text_of(as_user(city.officer).get(page(way.objection)))


def test_taking_a_case_that_nobody_has(city, way):
    do(city.officer, way.objection, "take")
    assert case_of(way.objection).assignee == city.officer


def test_a_correction_is_asked_for_and_comes_in(city, way, on_day):
    assert do(city.officer, way.objection, "ask_correction", asks="").status_code == 422
    do(city.officer, way.objection, "ask_correction", asks="请补交授权委托书。")
    assert case_of(way.objection).state == "correcting"
    text = text_of(as_user(city.officer).get(page(way.objection)))
    assert "补正期限到" in text
    on_day(at(18))
    do(city.officer, way.objection, "record_correction", answer="已补交。")
    assert case_of(way.objection).state == "received"
    assert Request.objects.get().answer == "已补交。"


def test_a_correction_lapses_only_after_its_limit(city, way, on_day):
    do(city.officer, way.objection, "ask_correction", asks="请补交授权委托书。")
    assert "期限内不能按逾期处理" in said(do(city.officer, way.objection, "lapse_correction", reason=""))[0]
    on_day(at(10, month=12))
    do(city.officer, way.objection, "lapse_correction", reason="")
    assert case_of(way.objection).state == "withdrawn"


def test_a_pause_names_its_evidence_by_number(city, way, on_day):
    hand_in(way.objection.case, city.officer, "听证通知书")
    wrong = do(city.officer, way.objection, "pause", kind="hearing", evidence="9", reason="举行听证。")
    assert said(wrong) == ["依据材料不属于本案。"]
    do(city.officer, way.objection, "pause", kind="hearing", evidence="1", reason="举行听证。")
    pause = Pause.objects.get()
    assert (pause.kind, pause.evidence.title) == ("hearing", "听证通知书")
    on_day(at(19))
    do(city.officer, way.objection, "resume", reason="")
    assert Pause.objects.get().ended_on == at(19).date()


def test_more_time_is_asked_for_and_granted_by_another(city, way, on_day):
    text = text_of(as_user(city.approver).get(page(way.objection)))
    assert "本案没有待批准的延期申请。" in text
    assert do(city.officer, way.objection, "ask_extension", days="0", reason="复杂").status_code == 422
    do(city.officer, way.objection, "ask_extension", days="3", reason="需要鉴定。")
    assert "延期申请正在等待批准。" in text_of(as_user(city.officer).get(page(way.objection)))
    do(city.approver, way.objection, "grant_extension", reason="同意。")
    assert Extension.objects.get().state == "granted"
    assert case_of(way.objection).due_on == at(26).date()
    text = text_of(as_user(city.officer).get(page(way.objection)))
    assert "已延期" in text


def test_an_extension_can_be_denied(city, way):
    do(city.officer, way.objection, "ask_extension", days="3", reason="需要鉴定。")
    do(city.approver, way.objection, "deny_extension", reason="不需要。")
    assert Extension.objects.get().state == "denied"


def test_departments_are_asked_urged_and_let_go(city, way):
    way.accept()
    do(city.officer, way.objection, "ask_departments", asks="")
    assert case_of(way.objection).state == "verifying"
    do(city.officer, way.objection, "urge", reason="请尽快。")
    do(city.officer, way.objection, "end_verification", reason="期限已到。")
    assert case_of(way.objection).state == "drafting"
    assert Request.objects.get().state == "recalled"


def test_a_word_among_colleagues(city, way):
    do(city.officer, way.objection, "comment", reason="请注意。")
    assert Comment.objects.get().text == "请注意。"


def test_closing_late_asks_for_the_cause(city, way, on_day):
    way.accept().ask().answer().propose().decide()
    on_day(at(25))
    assert "请写明逾期原因" in said(do(city.officer, way.objection, "close", breach_reason="", reason=""))[0]
    way.deliver()
    do(city.officer, way.objection, "close", breach_reason="来源单位答复迟延。", reason="")
    assert case_of(way.objection).state == "closed"
    assert "逾期原因：来源单位答复迟延。" in text_of(as_user(city.officer).get(page(way.objection)))


def test_a_statement_stands_beside_a_record_that_was_maintained(city, way, on_day):
    way.accept().ask().answer(finding="not_true").propose(outcome="not_upheld")
    on_day(at(20))
    way.decide()
    do(city.officer, way.objection, "add_statement", point="1", text="本单位已缴清罚款。")
    record = way.objection.points.get().record
    assert record.statements.get().text == "本单位已缴清罚款。"
    wrong = do(city.officer, way.objection, "add_statement", point="2", text="本单位已缴清罚款。")
    assert said(wrong) == ["声明只能附在经异议予以维持的记录旁。"]


def test_without_a_maintained_record_there_is_no_place_for_a_statement(city, way, on_day):
    way.accept().ask().answer().propose().decide()
    on_day(at(20, 15))
    assert "声明只能附在经异议予以维持的记录旁。" in text_of(as_user(city.officer).get(page(way.objection)))


def test_an_ended_case_is_taken_up_again_by_the_approver(city, way, on_day):
    way.accept().ask().answer().propose().decide().close()
    on_day(at(24))
    do(city.approver, way.objection, "reopen", reason="发现新证据。")
    case = case_of(way.objection)
    assert (case.state, case.round) == ("accepted", 2)
    assert "第2轮办理" in text_of(as_user(city.officer).get(page(way.objection)))


def test_evidence_is_handed_in_on_its_own_page(city, way, tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from ...casework.evidence.samples import pdf

    client, url = as_user(city.officer), page(way.objection, "evidence")
    assert client.get(url).status_code == 200
    answers = {"kind": "proof", "provided_by": "applicant", "point_number": "1", "title": "决定书"}
    bad = client.post(url, {**answers, "file": SimpleUploadedFile("a.exe", b"MZ\x00\x00program")})
    assert bad.status_code == 422
    assert 'value="决定书"' in text_of(bad)
    assert not Evidence.objects.exists()
    good = client.post(url, {**answers, "file": SimpleUploadedFile("决定书.pdf", pdf())})
    assert good.status_code == 302
    assert Evidence.objects.get().title == "决定书"
    assert APPLICANT.name in text_of(client.get(page(way.objection)))
