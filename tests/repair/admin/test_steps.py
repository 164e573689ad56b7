"""The pages of the steps: material, confirmation, proposal, decision, the office above, and what is taken back."""

from __future__ import annotations

from datetime import date

import pytest

from casework.models import Decision, Evidence
from commitments.models import Commitment
from credit_records.models import Record
from repair.models import Application, Bar, Material, Shielding
from repair.services.handling import ItemAnswer

from ...casework.evidence.samples import pdf
from ..applying import ORDER, RepairWay, at
from .conftest import as_user, case_of, hand_in, items_of, page, text_of

pytestmark = pytest.mark.django_db


# --- 核对材料 -------------------------------------------------------------------------------------------------


def checked(way: RepairWay, **changes: str) -> dict[str, str]:
    given = {}
    for line in Material.objects.filter(application=way.application):
        given |= {
            f"m{line.pk}-state": changes.get(line.kind, "present"),
            f"m{line.pk}-remark": changes.get(f"{line.kind}_remark", ""),
            f"m{line.pk}-evidence": changes.get(f"{line.kind}_file", ""),
        }
    return given | {"committed_on": changes.get("committed_on", "2026-11-12"), "commitment": "承诺依法经营。"}


def test_the_material_is_checked_with_its_files(city, repair_way):
    piece = hand_in(repair_way.case, city.officer, "缴款回执")
    client = as_user(city.officer)
    assert "缴款回执" in text_of(client.get(page(repair_way, "materials")))
    response = client.post(page(repair_way, "materials"), checked(repair_way, fulfilment_file=str(piece.pk)))
    assert response.status_code == 302
    assert set(Material.objects.values_list("state", flat=True)) == {"present"}
    assert Material.objects.get(kind="fulfilment").evidence == piece
    assert Application.objects.get().committed_on == date(2026, 11, 12)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"licence": "faulty"}, "不合要求的，请写明哪里不合要求。"),
        ({"committed_on": ""}, "信用修复承诺书已收到，请填写承诺书上的日期。"),
        ({"committed_on": "2026-11-30"}, "承诺书日期不能晚于今天，请核对。"),
        ({"licence": "lost"}, "请选择齐全、缺少或不合要求。"),
        ({"fulfilment_file": "999999"}, "请从本案的证据材料中选择。"),
        ({"licence": "", "licence_remark": "原件"}, "填写了说明或者选了文件的，请选择齐全、缺少或不合要求。"),
    ],
)
def test_a_wrong_check_is_said_and_keeps_what_was_typed(city, repair_way, changes, sentence):
    given = checked(repair_way, application_form_remark="原件", **changes)
    response = as_user(city.officer).post(page(repair_way, "materials"), given)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "原件" in text_of(response)
    assert set(Material.objects.values_list("state", flat=True)) == {"unchecked"}


def test_a_file_without_a_verdict_is_asked_about_and_stays_chosen(city, repair_way):
    piece = hand_in(repair_way.case, city.officer, "营业执照")
    given = checked(repair_way, licence="", licence_file=str(piece.pk))
    response = as_user(city.officer).post(page(repair_way, "materials"), given)
    assert response.status_code == 422
    form = next(one for one in response.context["forms"] if one.row.line.kind == "licence")
    assert form.errors == {"state": ["填写了说明或者选了文件的，请选择齐全、缺少或不合要求。"]}
    assert form["evidence"].value() == str(piece.pk)


def test_a_line_of_which_nothing_is_said_stays_as_it_was(city, repair_way):
    given = checked(repair_way, licence="")
    assert as_user(city.officer).post(page(repair_way, "materials"), given).status_code == 302
    assert Material.objects.get(kind="licence").state == "unchecked"


def test_no_verdict_at_all_is_refused(city, repair_way):
    response = as_user(city.officer).post(page(repair_way, "materials"), {})
    assert response.status_code == 422
    assert "请至少核对一项材料" in text_of(response)


def test_the_window_checks_what_it_took_in_and_a_stranger_nothing(city, apply_for_repair):
    way = RepairWay(city, apply_for_repair(actor=city.clerk))
    assert as_user(city.stranger).post(page(way, "materials"), checked(way)).status_code == 404
    assert as_user(city.clerk).post(page(way, "materials"), checked(way)).status_code == 302


# --- 确认履行情况 ---------------------------------------------------------------------------------------------


def answered(**changes: object) -> dict[str, object]:
    return {
        "i1-finding": "fulfilled",
        "i1-fulfilled_on": "2026-06-10",
        "i1-text": "经查缴款系统，已缴清。",
        "summary": "",
        **changes,
    }


def test_a_department_confirms_with_day_and_evidence(city, repair_way, on_day):
    from django.core.files.uploadedfile import SimpleUploadedFile

    repair_way.accept().ask()
    on_day(at(17))
    client = as_user(city.clerk)
    assert 'value="2026-06-10"' in text_of(client.get(page(repair_way, "answer")))
    files = {"i1-files": [SimpleUploadedFile("缴款回执.pdf", pdf())]}
    assert client.post(page(repair_way, "answer"), answered(**files)).status_code == 302
    (item,) = items_of(repair_way)
    assert (item.finding, item.fulfilled_on, item.answered_by) == ("fulfilled", date(2026, 6, 10), city.clerk)
    assert Evidence.objects.get().point_number == 1
    assert case_of(repair_way).state == "drafting"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"i1-finding": ""}, "请选择核实结果。"),
        ({"i1-text": ""}, "请写明核实情况和依据。"),
        ({"i1-fulfilled_on": ""}, "已履行完毕的，请填写履行完毕日期。"),
        ({"i1-fulfilled_on": "六月十日"}, "日期应写成2026-11-21这样。"),
        ({"i1-fulfilled_on": "2026-05-01"}, "早于决定日期2026-05-20"),
        ({"i1-fulfilled_on": "2026-12-01"}, "不能晚于今天"),
    ],
)
def test_a_wrong_confirmation_is_said_and_keeps_what_was_typed(city, repair_way, on_day, changes, sentence):
    repair_way.accept().ask()
    on_day(at(17))
    response = as_user(city.clerk).post(page(repair_way, "answer"), answered(summary="总的意见", **changes))
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "总的意见" in text_of(response)
    assert items_of(repair_way)[0].finding == ""


def test_what_is_not_fulfilled_needs_no_day(city, repair_way, on_day):
    repair_way.accept().ask()
    on_day(at(17))
    given = answered(**{"i1-finding": "not", "i1-fulfilled_on": "2026-06-10"})
    assert as_user(city.clerk).post(page(repair_way, "answer"), given).status_code == 302
    assert items_of(repair_way)[0].fulfilled_on is None


def test_a_department_answers_for_its_own_records_only(city, of_two_bodies, on_day):
    of_two_bodies.accept().ask()
    on_day(at(17))
    text = text_of(as_user(city.stranger).get(page(of_two_bodies, "answer")))
    assert "银环罚〔2026〕7号" in text
    assert "银市监罚〔2026〕1号" not in text
    assert as_user(city.officer).get(page(of_two_bodies, "answer")).status_code == 403


# --- 拟办 -----------------------------------------------------------------------------------------------------


def proposed(*outcomes: str, **changes: str) -> dict[str, str]:
    given = {}
    for number, outcome in enumerate(outcomes, start=1):
        given |= {f"i{number}-outcome": outcome, f"i{number}-reasons": "经逐项核对。"}
    return given | {"reason": "材料齐全。", "do": "propose", **changes}


def test_the_form_opens_with_what_the_conditions_suggest(city, repair_way, on_day):
    repair_way.accept().ask().answer()
    on_day(at(18))
    form = as_user(city.officer).get(page(repair_way, "propose")).context["forms"][0]
    assert form.initial["outcome"] == "granted"
    assert "履行完毕" in form.initial["reasons"]
    assert form.obstacles == ()


def test_what_is_not_fulfilled_cannot_be_granted_and_says_why(city, repair_way, on_day):
    repair_way.accept().ask().answer(ItemAnswer("not", "没有缴款。"))
    on_day(at(18))
    client = as_user(city.officer)
    text = text_of(client.get(page(repair_way, "propose")))
    assert "不能准予：" in text
    granted = text.partition('value="granted"')[2].partition(">")[0]
    assert "disabled" in granted
    response = client.post(page(repair_way, "propose"), proposed("granted"))
    assert response.status_code == 422
    assert "没有履行完毕的证明" in text_of(response)
    assert not Decision.objects.exists()
    assert client.post(page(repair_way, "propose"), proposed("denied")).status_code == 302
    assert Decision.objects.get().outcome == "denied"


def test_a_preview_writes_nothing_and_shows_the_effect(city, repair_way, on_day):
    repair_way.accept().ask().answer()
    on_day(at(18))
    response = as_user(city.officer).post(page(repair_way, "propose"), proposed("granted", do="preview"))
    assert response.status_code == 200
    for part in ("终止公示", "不再共享和使用", "记入信用修复型承诺", "当日同步"):
        assert part in text_of(response)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"i1-outcome": ""}, "请选择处理结论。"),
        ({"i1-reasons": ""}, "请写明理由，结论要经得起复核。"),
        ({"reason": ""}, "拟办必须写明理由。"),
        ({"i1-outcome": "revoked"}, "revoked 不在可用的选项中"),
    ],
)
def test_a_wrong_proposal_is_said_and_keeps_what_was_typed(city, repair_way, on_day, changes, sentence):
    repair_way.accept().ask().answer()
    on_day(at(18))
    response = as_user(city.officer).post(page(repair_way, "propose"), proposed("granted", **changes))
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not Decision.objects.exists()
    assert ("经逐项核对。" in text_of(response)) == ("i1-reasons" not in changes)


def test_records_of_one_application_are_ruled_each_by_itself(city, of_two_bodies, on_day):
    of_two_bodies.accept().ask().answer().answer(ItemAnswer("partly", "尚欠一期。"), actor=city.stranger)
    on_day(at(18))
    response = as_user(city.officer).post(page(of_two_bodies, "propose"), proposed("granted", "denied"))
    assert response.status_code == 302
    assert Decision.objects.get().outcome == "partly_granted"


# --- 审批, 上级审核 -------------------------------------------------------------------------------------------


def approve(user, way, name: str = "decide", **changes: str):
    client = as_user(user)
    form = client.get(page(way, name)).context["form"]
    given = {"digest": form.initial["digest"], "opinion": "同意。", "do": "decide", **changes}
    return client.post(page(way, name), given)


def test_the_approver_decides_and_everything_follows(city, repair_way, records, on_day):
    repair_way.accept().ask().answer().propose()
    on_day(at(18, 15))
    assert approve(city.approver, repair_way).status_code == 302
    assert Record.objects.get(pk=records[0].pk).state == "repaired"
    assert items_of(repair_way)[0].outcome == "granted"
    assert Commitment.objects.count() == 1


def test_a_proposal_that_changed_meanwhile_is_read_anew(city, repair_way, on_day):
    repair_way.accept().ask().answer().propose()
    on_day(at(18, 15))
    response = approve(city.approver, repair_way, digest="0" * 64)
    assert response.status_code == 409
    assert "拟办意见已经变了" in text_of(response)
    assert "同意。" in text_of(response)
    assert case_of(repair_way).state == "approving"


def test_sending_back_needs_a_reason(city, repair_way, on_day):
    repair_way.accept().ask().answer().propose()
    on_day(at(18, 15))
    assert approve(city.approver, repair_way, do="back", opinion="").status_code == 422
    assert approve(city.approver, repair_way, do="back", opinion="请补充依据。").status_code == 302
    assert "请补充依据。" in text_of(as_user(city.officer).get(page(repair_way, "propose")))


def test_only_the_approver_decides_and_a_stranger_finds_nothing(city, repair_way, on_day):
    repair_way.accept().ask().answer().propose()
    on_day(at(18, 15))
    assert as_user(city.officer).get(page(repair_way, "decide")).status_code == 403
    for who in (city.stranger, city.upper):
        assert as_user(who).get(page(repair_way, "decide")).status_code == 404


def test_the_office_above_agrees_to_what_it_read(city, for_review, serious, on_day):
    for_review.accept().ask().answer().propose()
    on_day(at(18, 15))
    client = as_user(city.approver)
    assert "须经上级审核" in text_of(client.get(page(for_review, "decide")))
    assert approve(city.approver, for_review).status_code == 302
    assert (case_of(for_review).state, Record.objects.get(pk=serious.pk).state) == (
        "upper_review",
        "published",
    )
    assert as_user(city.approver).get(page(for_review, "confirm")).status_code == 403
    on_day(at(19, 9))
    text = text_of(as_user(city.upper).get(page(for_review, "confirm")))
    assert "本级同意" in text
    assert approve(city.upper, for_review, "confirm").status_code == 302
    assert Record.objects.get(pk=serious.pk).state == "repaired"


def test_the_office_above_returns_with_a_reason(city, for_review, serious, on_day):
    for_review.accept().ask().answer().propose().decide()
    on_day(at(19, 9))
    assert approve(city.upper, for_review, "confirm", do="back", opinion="").status_code == 422
    assert approve(city.upper, for_review, "confirm", do="back", opinion="证明不足。").status_code == 302
    assert (case_of(for_review).state, Record.objects.get(pk=serious.pk).state) == ("drafting", "published")


# --- what is taken back -------------------------------------------------------------------------------------


@pytest.fixture
def closed(repair_way, on_day) -> RepairWay:
    repair_way.accept().ask().answer().propose().decide().close()
    on_day(at(20, 9))
    return repair_way


def test_false_material_begins_a_round_about_revoking(city, closed, records, on_day):
    client = as_user(city.approver)
    text = text_of(client.get(page(closed, "false_material")))
    assert records[0].document_number in text
    assert client.post(page(closed, "false_material"), {"reason": ""}).status_code == 422
    assert client.post(page(closed, "false_material"), {"reason": "回执系伪造。"}).status_code == 302
    case = case_of(closed)
    assert (case.state, case.round) == ("drafting", 2)
    page_text = text_of(as_user(city.officer).get(page(closed)))
    assert "回执系伪造。" in page_text
    form = as_user(city.officer).get(page(closed, "propose")).context["forms"][0]
    assert [value for value, _ in form.fields["outcome"].choices] == ["revoked", "kept"]
    assert as_user(city.officer).post(page(closed, "propose"), proposed("revoked")).status_code == 302
    on_day(at(20, 15))
    assert "恢复公示" in text_of(client.get(page(closed, "decide")))
    assert approve(city.approver, closed).status_code == 302
    assert Record.objects.get(pk=records[0].pk).state == "published"
    assert Bar.objects.get().reason == "回执系伪造。"
    assert "限制申请" in text_of(client.get(page(closed)))


def test_a_repair_that_was_kept_may_be_asked_about_again_and_is_named(city, closed, records, on_day):
    from repair.services import deciding, handling, revoking

    application = closed.fresh()
    revoking.report_false_material(application, actor=city.approver, reason="有人反映。", now=at(20, 10))
    rulings = {1: deciding.Ruling("kept", "反映不实。")}
    deciding.propose(application, actor=city.officer, rulings=rulings, reason="已经核实。", now=at(20, 11))
    digest = application.case.decisions.get(state="proposed").digest
    deciding.decide(application, actor=city.approver, digest=digest, reason="同意。", now=at(20, 12))
    handling.close(application, actor=city.officer, reason="没有文书需要送达。", now=at(20, 13))
    on_day(at(20, 15))
    shown = as_user(city.approver).get(page(closed, "false_material")).context["cards"]
    assert [card.item.record for card in shown] == [records[0]]


def test_a_bar_is_lifted_by_an_approver_with_a_reason(city, closed, on_day):
    from repair.services import revoking

    application = closed.fresh()
    revoking.report_false_material(application, actor=city.approver, reason="回执系伪造。", now=at(20, 9))
    closed.propose("revoked").decide()
    on_day(at(23, 9))
    bar = Bar.objects.get()
    url = page(closed, "lift_bar", bar.pk)
    assert as_user(city.officer).get(url).status_code == 403
    assert as_user(city.stranger).get(url).status_code == 404
    client = as_user(city.approver)
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "经复核材料真实。"}).status_code == 302
    assert Bar.objects.get().lifted_reason == "经复核材料真实。"
    assert client.get(url).status_code == 302


def test_a_shielding_ends_on_its_page(city, records, apply_for_repair, on_day):
    way = RepairWay(city, apply_for_repair(**ORDER)).accept().propose().decide()
    on_day(at(19, 9))
    shielding = Shielding.objects.get()
    url = page(way, "end_shielding", shielding.pk)
    client = as_user(city.approver)
    assert url in text_of(client.get(page(way)))
    assert url not in text_of(as_user(city.officer).get(page(way)))
    assert as_user(city.officer).get(url).status_code == 403
    assert as_user(city.stranger).get(url).status_code == 404
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "重整程序终结。"}).status_code == 302
    assert Shielding.objects.get().ended_on == date(2026, 11, 19)
    assert Record.objects.get(pk=records[0].pk).state == "published"
    assert "重整程序终结。" in text_of(client.get(page(way)))


@pytest.mark.parametrize(
    ("who", "name"), [("officer", "propose"), ("approver", "decide"), ("approver", "false_material")]
)
def test_a_page_of_a_step_that_cannot_be_done_now_leads_back(city, repair_way, who, name):
    response = as_user(getattr(city, who)).get(page(repair_way, name), follow=True)
    assert response.redirect_chain[0][0] == page(repair_way)
    assert "案件现为“已收件”" in text_of(response)
