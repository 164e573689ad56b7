"""The page of an objection: who sees what of it, what it says, what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from casework.models import Comment
from casework.services import assignment

from ..filing import at
from .conftest import as_user, case_of, page, text_of, verb

pytestmark = pytest.mark.django_db

# Session and person 2, roles 1, the case 1, its rights 1, and one for each kind of thing on it. A page that asks for
# every row anew shows at once: the number does not grow with points, letters or events.
QUERIES = 25


def steps_of(text: str) -> str:
    return text.partition('aria-label="可办理的步骤"')[2].partition("</section>")[0]


# --- who sees it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "approver", "supervisor"])
def test_the_office_reads_the_whole_case(city, of_two_bodies, who):
    of_two_bodies.accept().ask()
    text = text_of(as_user(getattr(city, who)).get(page(of_two_bodies.objection)))
    for part in ("银市监罚〔2026〕1号", "银环罚〔2026〕7号", "复议决定书", "内部意见", "在谁手上多久"):
        assert part in text


def test_a_supervisor_has_no_step_to_take(city, way):
    assert steps_of(text_of(as_user(city.supervisor).get(page(way.objection)))) == ""


def test_nobody_can_write_by_posting_to_the_page(city, way):
    assert as_user(city.officer).post(page(way.objection), {"wish": "改"}).status_code == 405


@pytest.mark.parametrize("who", ["stranger", "auditor", "sysadmin", "secadmin"])
def test_whoever_is_not_concerned_finds_no_case(city, way, who):
    way.accept().ask()
    for name in ("change", "answer", "propose", "decide", "evidence", "add_point"):
        assert as_user(getattr(city, who)).get(page(way.objection, name)).status_code == 404


def test_a_department_finds_the_case_once_it_is_asked(city, way):
    assert as_user(city.clerk).get(page(way.objection)).status_code == 404
    way.accept().ask()
    assert as_user(city.clerk).get(page(way.objection)).status_code == 200


def test_a_department_sees_its_own_points_and_nothing_of_the_office(city, of_two_bodies):
    way = of_two_bodies
    way.accept().ask()
    assignment.comment(way.fresh().case, actor=city.officer, reason="只给本办看的话")
    text = text_of(as_user(city.clerk).get(page(way.objection)))
    assert "银市监罚〔2026〕1号" in text
    assert "市监决定书" in text
    for hidden in ("银环罚〔2026〕7号", "复议决定书", "处罚已被复议撤销", "只给本办看的话", "在谁手上多久", "生态环境",
                   "银市信用办", "示例路1号"):  # fmt: skip
        assert hidden not in text
    assert "答复协查" in steps_of(text)


def test_a_proposal_stays_in_the_office_until_it_is_approved(city, way, on_day):
    way.accept().ask().answer().propose()
    on_day(at(19, 15))
    assert "依据决定书原件" in text_of(as_user(city.approver).get(page(way.objection)))
    assert "依据决定书原件" not in text_of(as_user(city.clerk).get(page(way.objection)))
    way.decide()
    on_day(at(20, 15))
    text = text_of(as_user(city.clerk).get(page(way.objection)))
    assert "依据决定书原件" in text
    assert "审批意见" not in text


def test_nobody_reads_the_whole_phone_number(city, way):
    way.accept().ask()
    for user in (city.officer, city.clerk):
        text = text_of(as_user(user).get(page(way.objection)))
        assert "138****0000" in text
        assert "13800000000" not in text


# --- what it says -------------------------------------------------------------------------------------------


def test_the_head_says_when_it_must_be_done_and_why(city, way):
    text = text_of(as_user(city.officer).get(page(way.objection)))
    for part in (
        "剩4个工作日", "11-23 24:00", "目标 5 日", "法定 10 日 11-30", "为什么是这一天", "收到当日不计",
        "周六不计", "目标到期", "法定到期", "应受理",
    ):  # fmt: skip
        assert part in text


def test_a_pause_is_shown_in_head_calendar_and_list(city, way, on_day):
    way.accept()
    on_day(at(18))
    client = as_user(city.officer)
    client.post(verb(way.objection, "ask_correction"), {"asks": "请补交决定书。"})
    on_day(at(20))
    text = text_of(client.get(page(way.objection)))
    assert "停时 1 次" in text
    assert "停时(补正)不计" in text
    assert "停时(补正)，还剩4个工作日" in text


def test_the_present_stage_is_marked(city, way):
    way.accept().ask()
    text = text_of(as_user(city.officer).get(page(way.objection)))
    here = re.search(r'aria-current="step">\s*<span class="ca-stage-title">(.*?)<', text)
    assert here is not None
    assert here[1] == "协查"


def test_a_step_that_cannot_be_done_is_greyed_with_the_reason(city, way):
    text = steps_of(text_of(as_user(city.officer).get(page(way.objection))))
    assert "案件现为“已收件”，只有“已受理、拟办中”的案件可以发出协查。" in text
    assert 'data-dialog="verb-accept"' in text
    assert 'data-dialog="verb-ask_departments"' not in text


def test_what_a_person_may_not_do_at_all_is_not_shown(city, way):
    text = steps_of(text_of(as_user(city.officer).get(page(way.objection))))
    assert ">审批<" not in text
    text = steps_of(text_of(as_user(city.approver).get(page(way.objection))))
    assert ">受理<" not in text
    assert ">审批<" in text


def test_a_correction_is_shown_before_and_after(city, way, on_day, records):
    way.accept().ask().answer().propose()
    on_day(at(19, 15))
    text = text_of(as_user(city.approver).get(page(way.objection)))
    assert "批准后对记录的处理" in text
    assert '<span class="bo-before">0.5万元</span>' in text
    assert '<span class="bo-after">0.3万元</span>' in text
    way.decide()
    text = text_of(as_user(city.approver).get(page(way.objection)))
    assert "记录异议前后对照" in text
    assert "<td>0.5万元</td><td>0.3万元" in text


def test_two_records_stand_side_by_side_with_their_differences(city, file_objection, records):
    from objections.models import Point
    from objections.services.registering import Claim

    objection = file_objection(
        Claim(Point.Ground.DUPLICATE, records[0], "公示了两次。", other_record=records[1])
    )
    text = text_of(as_user(city.officer).get(page(objection)))
    differing = text.partition("两条记录并排")[2].partition("相同的")[0]
    assert "<td>银市监罚〔2026〕1号</td><td>银市监罚〔2026〕2号" in differing
    assert "罚款金额" not in differing


def test_the_other_record_of_a_duplicate_is_not_opened_to_a_department(
    city, file_objection, records, foreign_record, way
):
    from objections.models import Point
    from objections.services.registering import Claim

    objection = file_objection(
        Claim(Point.Ground.DUPLICATE, records[0], "公示了两次。", other_record=foreign_record)
    )
    way.objection = objection
    way.accept().ask()
    text = text_of(as_user(city.clerk).get(page(objection)))
    assert "两条记录并排" not in text
    assert reverse("admin:credit_records_record_change", args=[foreign_record.pk]) not in text


def test_the_timeline_tells_the_way_of_the_case_newest_first(city, way, on_day):
    way.accept().ask().answer()
    on_day(at(18, 15))
    text = text_of(as_user(city.officer).get(page(way.objection))).partition("时间线")[2]
    places = [
        text.index(part) for part in ("<b>答复协查</b>", "<b>发出协查</b>", "<b>受理</b>", "<b>登记案件</b>")
    ]
    assert places == sorted(places, reverse=False)
    assert "关于协助核查" in text


def test_texts_of_others_are_shown_as_text(city, file_objection, records):
    from ..filing import fine_claim

    objection = file_objection(fine_claim(records[0], value="<script>alert(1)</script>"), wish="<b>粗</b>")
    text = text_of(as_user(city.officer).get(page(objection)))
    assert "<script>alert(1)" not in text
    assert "<b>粗</b>" not in text


# --- beside it ----------------------------------------------------------------------------------------------


def test_the_next_case_is_one_click_away_and_the_list_keeps_its_place(city, way, file_objection, records):
    from ..filing import fine_claim

    second = file_objection(fine_claim(records[1]))
    kept = "?_changelist_filters=kind%3Dobjection"
    text = text_of(as_user(city.officer).get(page(way.objection) + kept))
    assert f'href="{page(second)}{kept}" rel="next"' in text
    assert f'href="{reverse("admin:casework_case_changelist")}?kind=objection"' in text
    text = text_of(as_user(city.officer).get(page(second)))
    assert f'href="{page(way.objection)}" rel="prev"' in text


def test_the_list_of_objections_is_the_work_list(city, way):
    response = as_user(city.officer).get(reverse("admin:objections_objection_changelist"))
    assert response.status_code == 302
    assert response.url == reverse("admin:casework_case_changelist") + "?kind=objection"


def test_record_and_subject_tell_of_the_case(city, way, records):
    for url in (
        reverse("admin:credit_records_record_change", args=[records[0].pk]),
        reverse("admin:credit_records_subject_change", args=[records[0].subject_id]),
    ):
        text = text_of(as_user(city.officer).get(url))
        assert "<h2>异议</h2>" in text
        assert page(way.objection) in text
        assert reverse("admin:objections_objection_add") in text
        assert page(way.objection) not in text_of(as_user(city.clerk).get(url))


def test_only_who_takes_objections_in_is_offered_to(city, records):
    url = reverse("admin:credit_records_record_change", args=[records[0].pk])
    assert reverse("admin:objections_objection_add") in text_of(as_user(city.clerk).get(url))
    assert reverse("admin:objections_objection_add") not in text_of(as_user(city.reviewer).get(url))


# --- what it costs ------------------------------------------------------------------------------------------


def queries_of(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_page_asks_a_fixed_number_of_questions(
    city, of_two_bodies, on_day, django_assert_max_num_queries
):
    way = of_two_bodies
    way.accept().ask()
    client = as_user(city.officer)
    asked = queries_of(client, page(way.objection))
    assert 10 < asked <= QUERIES
    for _ in range(5):
        assignment.comment(way.fresh().case, actor=city.officer, reason="再说一句")
    assert Comment.objects.count() == 5
    assert queries_of(client, page(way.objection)) == asked


def test_the_state_of_the_case_is_read_anew(city, way):
    client = as_user(city.officer)
    client.get(page(way.objection))
    way.accept()
    assert "已受理" in text_of(client.get(page(way.objection)))
    assert case_of(way.objection).state == "accepted"
