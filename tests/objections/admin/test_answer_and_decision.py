"""答复协查, 拟办, 审批: good and wrong input, and a proposal that has changed since it was read."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from casework.models import Decision, Evidence, Request
from casework.services import decisions
from credit_records.models import Record
from objections.models import Point

from ...casework.evidence.samples import pdf
from ...credit_records.admin.pages import said
from ...credit_records.builders import penalty
from ...roles import holds_besides
from ..filing import at
from .conftest import as_user, case_of, page, text_of

pytestmark = pytest.mark.django_db


# --- 答复协查 ------------------------------------------------------------------------------------------------


def test_a_department_sees_record_claim_and_shared_evidence(city, of_two_bodies):
    of_two_bodies.accept().ask()
    text = text_of(as_user(city.clerk).get(page(of_two_bodies.objection, "answer")))
    assert "银市监罚〔2026〕1号" in text
    assert "0.5万元" in text
    assert "市监决定书" in text
    assert 'name="p2-finding"' not in text
    assert "复议决定书" not in text


def test_a_department_answers_with_its_evidence(city, way, on_day):
    way.accept().ask()
    on_day(at(18))
    answers = {
        "p1-finding": "true", "p1-text": "原录入有误。", "p1-value": "0.3", "summary": "详见附件。",
        "p1-files": [SimpleUploadedFile("更正决定.pdf", pdf())],
    }  # fmt: skip
    response = as_user(city.clerk).post(page(way.objection, "answer"), answers)
    assert response.status_code == 302
    point = Point.objects.get()
    assert (point.finding, point.answered_value, point.answered_by) == ("true", "0.3", city.clerk)
    evidence = Evidence.objects.get()
    assert (evidence.department, evidence.point_number, evidence.request) == (
        city.scjg,
        1,
        Request.objects.get(),
    )
    assert Request.objects.get().answer == "详见附件。"
    assert case_of(way.objection).state == "drafting"


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"p1-text": "原录入有误。"}, "请选择核实结果。"),
        ({"p1-finding": "not_true"}, "请写明核实情况和依据。"),
        ({"p1-finding": "true", "p1-text": "原录入有误。"}, "核实后的值"),
        ({"p1-finding": "never", "p1-text": "原录入有误。"}, "原录入有误。"),
    ],
)
def test_a_wrong_answer_is_not_taken(city, way, answers, sentence):
    way.accept().ask()
    response = as_user(city.clerk).post(page(way.objection, "answer"), answers)
    text = text_of(response)
    assert response.status_code == 422
    assert sentence in text
    assert answers.get("p1-text", "") in text
    assert Point.objects.get().finding == ""


def test_a_file_that_is_refused_leaves_no_answer(city, way):
    way.accept().ask()
    answers = {
        "p1-finding": "not_true", "p1-text": "与决定书一致。", "p1-value": "",
        "p1-files": [SimpleUploadedFile("好.pdf", pdf()), SimpleUploadedFile("坏.pdf", b"MZ\x00\x00")],
    }  # fmt: skip
    response = as_user(city.clerk).post(page(way.objection, "answer"), answers)
    assert response.status_code == 422
    assert "“坏.pdf”" in text_of(response)
    assert not Evidence.objects.exists()
    assert case_of(way.objection).state == "verifying"


def test_only_who_was_asked_answers(city, way):
    way.accept().ask()
    assert as_user(city.officer).get(page(way.objection, "answer")).status_code == 403
    assert as_user(city.stranger).get(page(way.objection, "answer")).status_code == 404


def test_answered_once_is_answered(city, of_two_bodies, on_day):
    of_two_bodies.accept().ask()
    client, url = as_user(city.clerk), page(of_two_bodies.objection, "answer")
    assert (
        client.post(url, {"p1-finding": "not_true", "p1-text": "一致。", "p1-value": ""}).status_code == 302
    )
    assert case_of(of_two_bodies.objection).state == "verifying"
    assert client.get(url).status_code == 403


# --- 拟办 ----------------------------------------------------------------------------------------------------


@pytest.fixture
def answered(way, on_day):
    way.accept().ask().answer()
    on_day(at(19))
    return way


RULING = {
    "p1-outcome": "corrected",
    "p1-value": "0.3",
    "p1-reasons": "来源单位核实属实。",
    "reason": "事实清楚。",
}


def test_the_form_shows_the_answer_and_offers_its_value(city, answered):
    text = text_of(as_user(city.officer).get(page(answered.objection, "propose")))
    assert "经核对决定书，原录入有误。" in text
    assert 'name="p1-value" value="0.3"' in text
    assert "由来源单位补报" not in text


def test_a_preview_writes_nothing(city, answered):
    response = as_user(city.officer).post(page(answered.objection, "propose"), {**RULING, "do": "preview"})
    text = text_of(response)
    assert response.status_code == 200
    assert "总的结论：支持" in text
    assert '<span class="bo-before">0.5万元</span>' in text
    assert '<span class="bo-after">0.3万元</span>' in text
    assert not Decision.objects.exists()


def test_what_the_source_has_corrected_itself_is_no_obstacle_on_the_page(city, answered, report):
    fixed = penalty(1, 行政处罚决定书文号="银市监罚〔2026〕1号", **{"罚款金额(万元)": 0.3})
    report(fixed, publish=True)
    client, address = as_user(city.officer), page(answered.objection, "propose")
    text = text_of(client.post(address, {**RULING, "do": "preview"}))
    assert "来源单位已自行更正，记录不再改动。" in text
    assert "不能这样处理" not in text
    assert "与现有内容相同" not in text
    other = text_of(client.post(address, {**RULING, "p1-value": "0.2", "do": "preview"}))
    assert "来源单位已自行更正" not in other
    assert "更正记录，立即生效。" in other
    assert client.post(address, {**RULING, "do": "propose"}).status_code == 302
    text = text_of(as_user(city.approver).get(page(answered.objection, "decide")))
    assert "来源单位已自行更正，记录不再改动。" in text
    assert "不能这样处理" not in text
    assert as_user(city.stranger).get(page(answered.objection, "decide")).status_code == 404


def test_a_proposal_goes_to_the_approver(city, answered):
    response = as_user(city.officer).post(page(answered.objection, "propose"), {**RULING, "do": "propose"})
    assert response.status_code == 302
    decision = Decision.objects.get()
    assert decision.content["points"][0] == {
        "number": 1, "outcome": "corrected", "reasons": "来源单位核实属实。", "value": "0.3",
    }  # fmt: skip
    assert case_of(answered.objection).state == "approving"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"p1-outcome": ""}, "请选择处理结论。"),
        ({"p1-outcome": "reported"}, "选择一个有效的选项"),
        ({"p1-reasons": ""}, "请写明理由，结论要经得起复核。"),
        ({"p1-value": ""}, "请写明更正后的值。"),
        ({"reason": ""}, "拟办必须写明理由。"),
        ({"p1-value": "三千元"}, "不能这样处理"),
    ],
)
def test_a_wrong_proposal_is_not_taken(city, answered, changes, sentence):
    response = as_user(city.officer).post(
        page(answered.objection, "propose"), {**RULING, "do": "propose", **changes}
    )
    text = text_of(response)
    assert response.status_code == 422
    assert sentence in text
    assert not Decision.objects.exists()
    assert all(
        value in text for name, value in RULING.items() if name not in changes and name.endswith("reasons")
    )


def test_what_was_sent_back_is_filled_in_again(city, answered, on_day):
    answered.propose()
    decisions.send_back(answered.objection.case, actor=city.approver, reason="理由不充分。")
    text = text_of(as_user(city.officer).get(page(answered.objection, "propose")))
    assert "理由不充分。" in text
    assert "经来源单位核实，依据决定书原件。" in text
    assert "checked" in text


def test_a_step_out_of_turn_leads_back_with_the_reason(city, way):
    response = as_user(city.officer).get(page(way.objection, "propose"))
    assert response.status_code == 302
    assert "可以拟办" in said(response)[0]


# --- 审批 ----------------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(answered):
    answered.propose()
    return answered


def digest_on(text: str) -> str:
    return text.partition('name="digest" value="')[2].partition('"')[0]


def test_the_approver_reads_what_will_be_written_and_approves_it(city, proposed, records):
    client, url = as_user(city.approver), page(proposed.objection, "decide")
    text = text_of(client.get(url))
    assert '<span class="bo-after">0.3万元</span>' in text
    assert (
        client.post(url, {"digest": digest_on(text), "opinion": "同意。", "do": "decide"}).status_code == 302
    )
    assert Decision.objects.get().state == "approved"
    assert str(Record.objects.get(pk=records[0].pk).fine) == "0.300000"


def test_a_proposal_that_has_changed_must_be_read_again(city, proposed):
    client, url = as_user(city.approver), page(proposed.objection, "decide")
    read = digest_on(text_of(client.get(url)))
    decisions.recall_proposal(proposed.objection.case, actor=city.officer)
    proposed.propose(outcome="not_upheld")
    response = client.post(url, {"digest": read, "opinion": "同意第一稿。", "do": "decide"})
    text = text_of(response)
    assert response.status_code == 409
    assert "没有批准：拟办意见已经变了。" in text
    assert "同意第一稿。" in text
    assert digest_on(text) not in ("", read)
    assert Decision.objects.filter(state="approved").count() == 0


def test_sending_back_asks_for_the_reason(city, proposed):
    client, url = as_user(city.approver), page(proposed.objection, "decide")
    digest = digest_on(text_of(client.get(url)))
    response = client.post(url, {"digest": digest, "opinion": "", "do": "send_back"})
    assert response.status_code == 422
    assert "退回重拟必须写明理由。" in text_of(response)
    client.post(url, {"digest": digest, "opinion": "请补充依据。", "do": "send_back"})
    assert Decision.objects.get().state == "sent_back"
    assert case_of(proposed.objection).state == "drafting"


def test_who_proposed_cannot_approve(city, proposed, on_day):

    holds_besides(city.officer, "approver", city.office)
    client, url = as_user(city.officer), page(proposed.objection, "decide")
    text = text_of(client.get(url))
    assert "这是您自己的拟办意见，须由其他审批人审批。" in text
    response = client.post(url, {"digest": digest_on(text), "opinion": "", "do": "decide"})
    assert response.status_code == 422
    assert Decision.objects.get().state == "proposed"
    assert "拟办人不能审批自己的拟办意见" in text_of(client.get(page(proposed.objection)))


@pytest.mark.parametrize("who", ["officer", "supervisor"])
def test_nobody_else_decides(city, proposed, who):
    url = page(proposed.objection, "decide")
    assert as_user(getattr(city, who)).get(url).status_code == 403
    assert as_user(getattr(city, who)).post(url, {"digest": "x", "do": "decide"}).status_code == 403
