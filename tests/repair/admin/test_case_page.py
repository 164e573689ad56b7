"""The page of an application for repair: who sees what of it, what it says, what it costs."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casework.services import assignment
from repair.models import Material
from repair.services.materials import Verdict

from ..applying import APPLICANT, FULFILLED, ORDER, RepairWay, at
from .conftest import as_user, hand_in, page, steps_of, text_of, verb

pytestmark = pytest.mark.django_db

QUERIES = 33
"""Those of every case, and of its own: items, records in sight, rule sets, bars, shieldings, material, bars set, outbox."""


# --- who sees it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor"])
def test_the_office_reads_the_whole_case(city, of_two_bodies, who):
    of_two_bodies.accept().ask()
    text = text_of(as_user(getattr(city, who)).get(page(of_two_bodies)))
    for part in (
        "银市监罚〔2026〕1号",
        "银环罚〔2026〕7号",
        "材料清单",
        "修复条件",
        "内部意见",
        "罚款已缴清，已完成整改。",
    ):
        assert part in text


@pytest.mark.parametrize("who", ["stranger", "auditor", "sysadmin", "secadmin", "upper"])
def test_whoever_is_not_concerned_finds_no_case(city, repair_way, who):
    repair_way.accept().ask()
    names = (
        "change", "materials", "answer", "propose", "decide", "confirm", "false_material", "evidence", "add_item",
    )  # fmt: skip
    for name in names:
        assert as_user(getattr(city, who)).get(page(repair_way, name)).status_code == 404


def test_a_department_finds_the_case_once_it_is_asked_and_its_own_records_only(city, of_two_bodies):
    assert as_user(city.clerk).get(page(of_two_bodies)).status_code == 404
    of_two_bodies.accept().ask()
    assignment.comment(of_two_bodies.fresh().case, actor=city.officer, reason="只给本办看的话")
    text = text_of(as_user(city.clerk).get(page(of_two_bodies)))
    assert "银市监罚〔2026〕1号" in text
    assert "确认履行情况" in steps_of(text)
    for hidden in ("银环罚〔2026〕7号", "只给本办看的话", "示例路1号"):
        assert hidden not in text


def test_a_window_does_not_read_what_another_body_confirmed_before_the_decision(
    city, records, foreign_record, apply_for_repair, on_day
):
    from repair.services import registering
    from repair.services.handling import ItemAnswer
    from repair.services.registering import Claim

    way = RepairWay(city, apply_for_repair(Claim(records[0]), actor=city.clerk))
    registering.add_item(way.application, Claim(foreign_record), actor=city.officer, now=at(16, 10))
    way.accept().ask()
    way.answer(ItemAnswer("not", "他单位说的话"), actor=city.stranger)
    on_day(at(17, 15))
    text = text_of(as_user(city.clerk).get(page(way)))
    assert "银环罚〔2026〕7号" in text
    assert "由来源单位确认，作出决定后可以查看" in text
    assert "他单位说的话" not in text
    assert "他单位说的话" in text_of(as_user(city.officer).get(page(way)))


def test_in_a_round_about_revoking_what_others_confirm_and_what_was_found_stays_closed_until_it_is_decided(
    city, records, foreign_record, apply_for_repair, on_day
):
    from repair.services import deciding, registering, revoking
    from repair.services.handling import ItemAnswer
    from repair.services.registering import Claim

    way = RepairWay(city, apply_for_repair(Claim(records[0]), actor=city.clerk))
    registering.add_item(way.application, Claim(foreign_record), actor=city.officer, now=at(16, 10))
    said = ItemAnswer("fulfilled", "他单位说的话", FULFILLED)
    way.accept().ask().answer().answer(said, actor=city.stranger).propose().decide().close()
    on_day(at(20, 9))
    assert "他单位说的话" in text_of(as_user(city.clerk).get(page(way)))
    revoking.report_false_material(way.fresh(), actor=city.approver, reason="回执系伪造。", now=at(20, 10))
    on_day(at(20, 11))
    for who in (city.clerk, city.stranger):  # the window, and a department that was asked
        assert "回执系伪造。" not in text_of(as_user(who).get(page(way)))
    assert "他单位说的话" not in text_of(as_user(city.clerk).get(page(way)))
    assert "回执系伪造。" in text_of(as_user(city.officer).get(page(way)))
    rulings = {number: deciding.Ruling("kept", "不影响修复条件。") for number in (1, 2)}
    deciding.propose(way.fresh(), actor=city.officer, rulings=rulings, reason="已经核实。", now=at(20, 12))
    digest = way.case.decisions.get(state="proposed").digest
    deciding.decide(way.application, actor=city.approver, digest=digest, reason="同意。", now=at(20, 13))
    on_day(at(20, 15))
    text = text_of(as_user(city.clerk).get(page(way)))
    assert "回执系伪造。" in text
    assert "他单位说的话" in text


def test_a_department_that_is_asked_reads_no_papers_about_persons_nor_numbers_of_files_it_was_not_given(
    city, records, foreign_record, apply_for_repair
):
    from casework.models import Case, Evidence
    from repair.services import handling, materials, registering
    from repair.services.registering import Claim

    agent = replace(APPLICANT, role=Case.ApplicantRole.AGENT, identity_check=Case.IdentityCheck.AUTHORISATION)
    way = RepairWay(city, apply_for_repair(Claim(records[0]), actor=city.clerk, applicant=agent))
    registering.add_item(way.application, Claim(foreign_record), actor=city.officer, now=at(16, 10))
    way.check()
    withheld = hand_in(way.case, city.officer, "证件合订本", kind=Evidence.Kind.IDENTITY)
    given = hand_in(way.case, city.officer, "缴款回执")
    lines = Material.objects.filter(application=way.application)
    files = {"licence": withheld, "application_form": given}
    verdicts = {line.pk: Verdict("present", "", files[line.kind]) for line in lines.filter(kind__in=files)}
    materials.check_materials(way.application, actor=city.officer, verdicts=verdicts, now=at(16, 12))
    handling.accept(way.application, actor=city.officer, now=at(16, 14))
    way.ask()
    read = {
        who: text_of(as_user(getattr(city, who)).get(page(way)))
        .partition("材料清单")[2]
        .partition("</section>")[0]
        for who in ("officer", "clerk", "stranger")
    }
    about_persons = ("法定代表人(负责人)身份证明", "授权委托书和代理人身份证明", f"{withheld.number}号")
    for who in ("officer", "clerk"):  # the window reads the whole list
        assert all(part in read[who] for part in about_persons)
    assert not any(part in read["stranger"] for part in about_persons)
    assert "营业执照(登记证书)复印件" in read["stranger"]
    assert f"{given.number}号" in read["stranger"]


def test_the_way_of_a_repair_is_told_in_the_words_of_its_steps(city, repair_way, on_day):
    repair_way.accept().ask().answer()
    on_day(at(17, 11))
    told = text_of(as_user(city.officer).get(page(repair_way))).partition("时间线")[2]
    for label in ("请单位确认", "确认履行情况"):
        assert f"<b>{label}</b>" in told


def test_the_office_above_sees_what_was_laid_before_it_and_its_two_steps(city, for_review, on_day):
    for_review.accept().ask().answer().propose()
    assert as_user(city.upper).get(page(for_review)).status_code == 404
    for_review.decide()
    on_day(at(18, 16))
    text = text_of(as_user(city.upper).get(page(for_review)))
    assert "银市监罚〔2025〕8号" in text
    assert "上级同意" in steps_of(text)
    assert "审核" in text
    assert "内部意见" not in text


def test_a_supervisor_has_no_step_to_take(city, repair_way):
    assert steps_of(text_of(as_user(city.supervisor).get(page(repair_way)))) == ""


def test_nobody_can_write_by_posting_to_the_page(city, repair_way):
    assert as_user(city.officer).post(page(repair_way), {"statement": "改"}).status_code == 405


# --- what it says -------------------------------------------------------------------------------------------


def test_the_head_says_when_it_must_be_done(city, repair_way):
    text = text_of(as_user(city.officer).get(page(repair_way)))
    for part in ("11-19 24:00", "目标 3 日", "为什么是这一天", "收到当日不计"):
        assert part in text


def test_material_that_is_missing_is_red_and_fills_the_request_for_correction(city, repair_way):
    client = as_user(city.officer)
    text = text_of(client.get(page(repair_way)))
    assert "还有 5 项没有齐全" in text
    assert "缺少履行义务证明材料" not in text  # nothing was checked yet: nothing is known to be missing
    repair_way.check(
        fulfilment=Verdict(Material.State.MISSING), licence=Verdict(Material.State.FAULTY, "复印件模糊")
    )
    text = text_of(client.get(page(repair_way)))
    assert "还有 2 项没有齐全" in text
    dialog = text.partition('id="verb-ask_correction"')[2].partition("</dialog>")[0]
    assert "1．缺少履行义务证明材料(第1项)。" in dialog
    assert "2．营业执照(登记证书)复印件不合要求：复印件模糊。" in dialog
    assert "材料不齐全，还缺2项" in steps_of(text)


def test_acceptance_waits_for_identity_and_material(city, repair_way, apply_for_repair):
    assert "请先“核对材料”" in steps_of(text_of(as_user(city.officer).get(page(repair_way))))
    repair_way.check()
    assert "请先“核对材料”" not in steps_of(text_of(as_user(city.officer).get(page(repair_way))))


def test_conditions_stand_with_verdict_fact_and_source(city, repair_way):
    text = text_of(as_user(city.officer).get(page(repair_way)))
    for part in ("已满最短公示期", "待提供", "没有履行完毕的证明", "国办发〔2025〕22号"):
        assert part in text


def test_after_the_decision_the_conditions_are_those_of_the_decision(city, repair_way, on_day):
    repair_way.accept().ask().answer().propose().decide()
    on_day(at(18, 16))
    text = text_of(as_user(city.officer).get(page(repair_way)))
    assert "决定时，适用《信用修复管理办法（第36号令）》" in text
    assert "记录已经修复" not in text
    assert "准予修复" in text
    assert "待同步" in text


def test_a_proposal_shows_what_it_would_do(city, repair_way, on_day):
    repair_way.accept().ask().answer().propose()
    on_day(at(18, 11))
    text = text_of(as_user(city.approver).get(page(repair_way)))
    for part in ("批准后对记录的处理", "终止公示", "不再共享和使用", "出具信用修复决定书", "当日同步"):
        assert part in text
    assert "终止公示" not in text_of(as_user(city.clerk).get(page(repair_way)))


@pytest.mark.parametrize(
    ("stretch", "stage"),
    [((), "收到"), (("accept",), "受理"), (("accept", "ask"), "确认"), (("accept", "ask", "answer"), "拟办")],
)
def test_the_present_stage_is_marked(city, repair_way, on_day, stretch, stage):
    for name in stretch:
        getattr(repair_way, name)()
    on_day(at(17, 11))
    text = text_of(as_user(city.officer).get(page(repair_way)))
    here = re.search(r'ca-stage-here" aria-current="step">\s*<span class="ca-stage-title">([^<]+)', text)
    assert here is not None
    assert here[1] == stage


def test_the_upper_review_is_a_station_only_where_it_is_asked_for(city, repair_way, for_review, on_day):
    assert "上级审核(按需)" in text_of(as_user(city.officer).get(page(repair_way)))
    for_review.accept().ask().answer().propose().decide()
    on_day(at(18, 16))
    text = text_of(as_user(city.officer).get(page(for_review)))
    assert "上级审核(按需)" not in text
    assert "上级审核" in text


def test_a_shielding_names_court_and_order(city, records, apply_for_repair):
    way = RepairWay(city, apply_for_repair(**ORDER))
    text = text_of(as_user(city.officer).get(page(way)))
    for part in ("银川市示例人民法院", "(2026)宁01破1号", "可以屏蔽", "人民法院裁定书"):
        assert part in text


def test_what_is_granted_to_a_shielding_is_no_repair(city, records, apply_for_repair, on_day):
    way = RepairWay(city, apply_for_repair(**ORDER)).accept().propose()
    on_day(at(18, 11))
    for name in ("change", "decide"):
        text = text_of(as_user(city.approver).get(page(way, name)))
        assert "准予屏蔽" in text
        assert "准予修复" not in text
        assert "重整期间屏蔽，裁定终结后恢复" in text


def test_the_line_above_a_case_leads_to_the_list(city, repair_way):
    for name in ("change", "materials", "add_item"):
        context = as_user(city.officer).get(page(repair_way, name)).context
        assert context["original"]._meta.verbose_name_plural == "案件列表"


def test_the_wrong_list_leads_to_the_work_list(city, repair_way):
    response = as_user(city.officer).get(reverse("admin:repair_application_changelist"))
    assert response.url.endswith("?kind=repair")


# --- what it costs ------------------------------------------------------------------------------------------


def _queries(client, url) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_records(
    city, records, foreign_record, apply_for_repair, on_day
):
    from repair.services.registering import Claim

    one = RepairWay(city, apply_for_repair(Claim(records[1])))
    three = RepairWay(city, apply_for_repair(Claim(records[0]), Claim(foreign_record)))
    for way in (one, three):
        way.accept().ask()
    client = as_user(city.officer)
    first, second = _queries(client, page(one)), _queries(client, page(three))
    assert first == second
    assert second <= QUERIES


def test_a_step_from_the_page_is_carried_out(city, repair_way):
    repair_way.check()
    response = as_user(city.officer).post(verb(repair_way, "accept"), {"reason": ""})
    assert response.status_code == 302
    assert repair_way.fresh().case.state == "accepted"
