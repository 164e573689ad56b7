"""The office's pages: what is late or broken, the figures with what waits, by what is counted; and a new promisor's form."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import Event
from casework.models import Notice
from commitments.admin import row_actions
from commitments.models import Commitment, FigureBasis
from commitments.services.bases import load_shipped_bases
from commitments.services.performing import report_performance
from credit_records.models import Subject
from credit_records.rules.identifiers import make_uscc

from ..counter import DAY, at
from .conftest import as_user, text_of
from .test_pages import ADD, LIST, answers

pytestmark = pytest.mark.django_db
OVERDUE, FIGURES = f"{LIST}overdue/", f"{LIST}figures/"
BASES = "/admin/commitments/figurebasis/"
NUMBER = "110101199003070011"


@pytest.fixture
def broken(counter):
    one = counter.register()
    report_performance(
        one, actor=counter.city.clerk, status="none", determined_on=DAY, unfulfilled="未补办手续",
        liability_pursued="责令限期改正", now=at(17),
    )  # fmt: skip
    return one


# --- late and broken -----------------------------------------------------------------------------------------------


def test_the_list_shows_chips_days_and_links_and_urges_once(counter, broken, on_day):
    on_day(at(25, 11))
    officer = as_user(counter.city.officer)
    page = text_of(officer.get(OVERDUE))
    assert "逾期2个工作日" in page
    assert "认定后7个工作日" in page
    assert f"{LIST}{broken.pk}/change/" in page
    only = text_of(officer.get(f"{OVERDUE}?series=broken"))
    assert "逾期2个工作日" not in only
    assert "全部未履行：未补办手续" in only
    sent = officer.post(f"{LIST}{broken.pk}/urge/", {"query": "series=broken&next=https://example.org"})
    assert sent.url.startswith(f"{OVERDUE}?series=broken")
    assert Notice.objects.filter(kind="urged").count() == 2
    again = text_of(officer.post(f"{LIST}{broken.pk}/urge/", follow=True))
    assert "今天已催办过" in again
    assert "今天已催办" in again
    assert Notice.objects.filter(kind="urged").count() == 2


def test_a_get_urges_nobody_and_a_clerk_has_no_button(counter, broken, on_day):
    on_day(at(25, 11))
    assert as_user(counter.city.officer).get(f"{LIST}{broken.pk}/urge/").status_code == 405
    clerk = as_user(counter.city.clerk)
    assert "催办" not in text_of(clerk.get(OVERDUE))
    assert clerk.post(f"{LIST}{broken.pk}/urge/").status_code == 403
    assert not Notice.objects.exists()


def test_strangers_see_an_empty_list_or_none(counter, broken, on_day):
    on_day(at(25, 11))
    assert "没有逾期的核查" in text_of(as_user(counter.city.stranger).get(OVERDUE))
    for who in ("auditor", "sysadmin", "upper"):
        client = as_user(getattr(counter.city, who))
        assert client.get(OVERDUE).status_code == 403
        assert client.post(f"{OVERDUE}export/").status_code == 403


def test_the_export_has_what_the_reader_sees(counter, broken, on_day):
    on_day(at(25, 11))
    sheet = as_user(counter.city.officer).post(f"{OVERDUE}export/?series=broken", {"format": "csv"})
    lines = sheet.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "共1行" in lines[3]
    assert broken.code in lines[1]
    assert Event.objects.get(verb="commitment.export_overdue").data["rows"] == 1
    empty = as_user(counter.city.stranger).post(f"{OVERDUE}export/", {"format": "csv"})
    assert "共0行" in empty.content.decode("utf-8-sig").splitlines()[2]


def test_the_list_asks_no_more_for_many_rows(counter, broken, on_day, django_assert_max_num_queries):
    on_day(at(25, 11))
    for _ in range(6):
        counter.register()
    officer = as_user(counter.city.officer)
    officer.get(OVERDUE)
    with django_assert_max_num_queries(26):
        officer.get(OVERDUE)


def test_rooms_above_put_their_buttons_on_broken_ones(counter, broken, monkeypatch, on_day):
    on_day(at(25, 11))
    asked = []

    def provider(request, reports):
        asked.append([one.commitment for one in reports])
        return {one.pk: [row_actions.RowAction("启动示例认定", "/somewhere/")] for one in reports}

    monkeypatch.setattr(row_actions, "_providers", [provider])
    officer = as_user(counter.city.officer)
    assert text_of(officer.get(OVERDUE)).count("启动示例认定") == 1
    assert "启动示例认定" in text_of(officer.get(f"{LIST}{broken.pk}/change/"))
    assert asked == [[broken], [broken]]


# --- figures -----------------------------------------------------------------------------------------------------------


def test_the_figures_show_what_waits_and_each_number_opens_its_rows(counter, broken, on_day):
    on_day(at(25, 11))
    officer = as_user(counter.city.officer)
    page = text_of(officer.get(FIGURES))
    assert "核查和容缺材料" in page
    rows = text_of(
        officer.get(f"/admin/commitments/verification/?counted=2026-11-25~{counter.city.scjg.pk}~late")
    )
    assert broken.code in rows
    assert broken.code not in text_of(officer.get("/admin/commitments/verification/?counted=2026-11-15~~"))
    assert officer.get("/admin/commitments/verification/?counted=x~y~z").status_code == 200


def test_the_office_chooses_a_department_and_a_department_has_its_own(counter, broken, on_day):
    city = counter.city
    chosen = text_of(as_user(city.officer).get(f"{FIGURES}?department={city.scjg.pk}"))
    assert "银川市市场监督管理局 · 截至" in chosen
    foreign = text_of(as_user(city.stranger).get(f"{FIGURES}?department={city.scjg.pk}"))
    assert "银川市生态环境局 · 截至" in foreign


def test_figures_and_enterprises_leave_as_sheets(counter, broken):
    officer = as_user(counter.city.officer)
    sheet = officer.post(f"{FIGURES}export/?on=2026-11-17", {"format": "csv"}).content.decode("utf-8-sig")
    assert "合计,全市,1,1,2,1.00,2,1.00,1" in sheet
    assert "按月份,2026年10月,无数据" in sheet
    bodies = officer.post(f"{LIST}enterprises/export/", {"format": "csv"}).content.decode("utf-8-sig")
    assert counter.company.code in bodies
    assert officer.get(f"{FIGURES}export/").status_code == 405
    assert as_user(counter.city.auditor).post(f"{FIGURES}export/").status_code == 403


# --- by what is counted ----------------------------------------------------------------------------------------------


def test_the_officer_drafts_a_basis_and_the_approver_confirms_it(city):
    load_shipped_bases(actor=city.system)
    officer = as_user(city.officer)
    form = text_of(officer.get(f"{BASES}add/"))
    assert "银党办〔2022〕79号 第28项指标" in form
    given = {
        "in_force_from": "2026-12-01", "pairs": "91，92", "own_definition": "on", "coverage_target": "2.5",
        "performance_target": "1", "source": "示例文件", "note": "", "reason": "",
    }  # fmt: skip
    wrong = officer.post(f"{BASES}add/", given)
    assert wrong.status_code == 422
    assert "91，92" in text_of(wrong)
    assert officer.post(f"{BASES}add/", {**given, "reason": "示例"}).status_code == 302
    basis = FigureBasis.objects.get(state="proposed")
    page = f"{BASES}{basis.pk}/change/"
    assert "本系统口径" in text_of(officer.get(page))
    assert officer.post(f"{BASES}{basis.pk}/verb/confirm/").status_code == 403
    assert as_user(city.approver).post(f"{BASES}{basis.pk}/verb/confirm/").status_code == 302
    basis.refresh_from_db()
    assert (basis.state, basis.decided_by) == ("in_force", city.approver)
    assert text_of(as_user(city.stranger).get(BASES)).count("91") > 1
    assert as_user(city.clerk).get(f"{BASES}add/").status_code == 403
    assert as_user(city.auditor).get(page).status_code in (403, 404)


# --- a new promisor ----------------------------------------------------------------------------------------------------


def new_promisor(counter, user=None, matter="none", **changes):
    given = {
        "subject_kind": "natural_person", "new_name": "示例人甲", "subject_code": "", "id_type": "身份证",
        "id_number": NUMBER,
    }  # fmt: skip
    url = f"{ADD}?subject=new&matter={matter}"
    return as_user(user or counter.city.clerk).post(url, answers(counter.city, **{**given, **changes}))


def test_who_is_not_found_is_registered_with_the_commitment_and_then_opened(counter):
    clerk = as_user(counter.city.clerk)
    assert "登记新承诺人" in text_of(clerk.get(f"{ADD}?q=没有这个人"))
    assert f"subject=new&amp;matter={counter.matter.pk}" in text_of(clerk.get(f"{ADD}?subject=new"))
    sent = new_promisor(counter, disclosure="limited")
    one = Commitment.objects.get()
    assert sent.url == f"{LIST}{one.pk}/change/"
    page = f"/admin/credit_records/subject/{one.subject_id}/change/"
    assert page in text_of(clerk.get(sent.url))
    seen = text_of(clerk.get(page))
    assert "110***********0011" in seen
    assert NUMBER not in seen
    assert as_user(counter.city.stranger).get(page).status_code == 404


def test_the_wording_is_filled_in_with_the_new_promisor(counter):
    code = make_uscc("91", "640104", "DEM0A001")
    url = f"{ADD}?subject=new&matter={counter.matter.pk}"
    assert "{承诺人名称}承诺符合条件。" in text_of(as_user(counter.city.clerk).get(url))
    body = {"subject_kind": "legal_person", "new_name": "银川示例新设有限公司", "subject_code": code, "id_type": "",
            "id_number": ""}  # fmt: skip
    new_promisor(
        counter, matter=str(counter.matter.pk), content="{承诺人名称}({统一社会信用代码})承诺。", **body
    )
    assert Commitment.objects.get().content == f"银川示例新设有限公司({code})承诺。"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id_number": "110101199003070012"}, "校验码不对"),
        ({"new_name": ""}, "请填写名称或者姓名"),
        ({"subject_code": "91"}, "自然人没有统一社会信用代码"),
        ({"content": ""}, "请填写承诺内容"),
    ],
)
def test_a_wrong_answer_loses_nothing_and_leaves_nothing(counter, changes, said):
    before = Subject.objects.count()
    response = new_promisor(counter, **changes)
    assert response.status_code == 422
    page = text_of(response)
    assert said in page
    assert "依法撤销。" in page
    assert Subject.objects.count() == before


def test_only_those_who_register_reach_the_form(counter):
    for who in ("reviewer", "supervisor", "auditor"):
        client = as_user(getattr(counter.city, who))
        assert client.get(f"{ADD}?subject=new&matter=none").status_code == 403


# --- what the public sees ------------------------------------------------------------------------------------------------


def test_the_page_says_what_the_public_was_told(counter, on_day):
    clerk = as_user(counter.city.clerk)
    shown = counter.register(valid_until=date(2026, 11, 20))
    closed = counter.register(disclosure="closed")
    page = text_of(clerk.get(f"{LIST}{shown.pk}/change/"))
    assert "已公开" in page
    assert "公开(第1版)" in page
    assert "上级平台：待同步" in page
    assert "没有报送过上级平台" in text_of(clerk.get(f"{LIST}{closed.pk}/change/"))
    on_day(at(21, 9))
    assert "已到期" in text_of(clerk.get(f"{LIST}{shown.pk}/change/"))
    assert "上级平台：" not in text_of(as_user(counter.city.stranger).get(f"{LIST}{shown.pk}/change/"))
