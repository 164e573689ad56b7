"""Lists with their lights and exports, the subject's box, the workbench, the ratios, the list of matters."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commitments.models import Verification
from commitments.rules.fields import Owed
from commitments.services.amending import withdraw
from commitments.services.performing import report_performance

from ..counter import DAY, at
from .conftest import as_user, text_of

pytestmark = pytest.mark.django_db
LIST = "/admin/commitments/commitment/"


def page_of(commitment) -> str:
    return f"{LIST}{commitment.pk}/change/"


def verb(thing, name: str) -> str:
    return f"/admin/commitments/{thing._meta.model_name}/{thing.pk}/verb/{name}/"


# --- lists ---------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_searched_and_limited_to_the_reader(counter):
    city = counter.city
    first, second = (
        counter.register(),
        counter.register(counter.other, kind="proactive", disclosure="limited"),
    )
    report_performance(first, actor=city.clerk, status="full", determined_on=DAY, now=at(17))

    def listed(user, query: str) -> set[str]:
        text = text_of(as_user(user).get(f"{LIST}?{query}"))
        return {one.code for one in (first, second) if one.code in text}

    both = {first.code, second.code}
    assert listed(city.clerk, "") == listed(city.supervisor, "") == both
    assert listed(city.stranger, "") == {first.code}
    assert listed(city.clerk, "status=full") == {first.code}
    assert listed(city.clerk, "status=none_yet") == {second.code}
    assert listed(city.clerk, "kind__exact=proactive") == {second.code}
    assert listed(city.clerk, "q=示例2号") == {second.code}
    assert listed(city.clerk, f"q={first.code}") == {first.code}
    assert listed(city.stranger, "q=示例2号") == set()


def test_tasks_are_listed_with_their_lights(counter, on_day):
    city, commitment = counter.city, counter.missing(Owed("验资报告", 5))

    def listed(model: str, query: str, user=None) -> str:
        return text_of(as_user(user or city.clerk).get(f"/admin/commitments/{model}/?{query}"))

    assert "剩4个工作日" in listed("verification", "task=open")
    assert commitment.code not in listed("verification", "task=overdue")
    on_day(at(25))
    assert "逾期2个工作日" in listed("verification", "task=overdue")
    assert "逾期2个工作日" in listed("owedmaterial", "task=overdue")
    assert commitment.code not in listed("verification", "", city.stranger)
    withdraw(commitment, actor=city.reviewer, reason="重复。", now=at(25))
    assert "不再要求" in listed("verification", "")
    assert "不再要求" in listed("owedmaterial", "")


def test_lists_ask_no_more_for_more_rows(counter):
    clerk = as_user(counter.city.clerk)

    def queries(address: str) -> int:
        clerk.get(address)
        with CaptureQueriesContext(connection) as asked:
            assert clerk.get(address).status_code == 200
        return len(asked)

    addresses = [
        f"/admin/commitments/{model}/"
        for model in ("commitment", "verification", "owedmaterial", "performance")
    ]
    for _ in range(2):
        one = counter.missing()
        report_performance(one, actor=counter.city.clerk, status="full", determined_on=DAY, now=at(17))
    few = [queries(address) for address in addresses]
    for _ in range(8):
        one = counter.missing()
        report_performance(one, actor=counter.city.clerk, status="full", determined_on=DAY, now=at(17))
    assert [queries(address) for address in addresses] == few


def sheet(response) -> list[tuple]:
    return list(openpyxl.load_workbook(io.BytesIO(response.content)).active.values)


def test_exports_hold_what_the_exporter_sees_with_persons_masked(counter):
    city = counter.city
    counter.missing(disclosure="closed")
    shown = counter.register(counter.other, remark="电话告知")
    persons = counter.register(
        counter.known_person(), actor=city.officer, department=city.office, content="示例人丙承诺按期还款。"
    )
    report_performance(
        persons, actor=city.officer, status="part", determined_on=DAY, unfulfilled="示例人丙尚欠一期。",
        liability_pursued="责令限期改正。", now=at(17),
    )  # fmt: skip
    report_performance(shown, actor=city.clerk, status="full", determined_on=DAY, now=at(17))

    def rows(model: str, user) -> list[tuple]:
        response = as_user(user).post(f"/admin/commitments/{model}/export/", {"format": "xlsx"})
        return sheet(response)[1:-2]

    assert len(rows("commitment", city.clerk)) == 2
    assert [row[0] for row in rows("commitment", city.stranger)] == [shown.code]
    assert [row[13] for row in rows("commitment", city.stranger)] == [None]
    assert "电话告知" in [row[13] for row in rows("commitment", city.clerk)]
    office = rows("commitment", city.supervisor)
    assert len(office) == 3
    for model in ("commitment", "performance", "verification"):
        told = str(rows(model, city.supervisor))
        assert "示***" in told
        assert "示例人丙" not in told
    assert "示***承诺按期还款。" in {row[6] for row in office}
    assert "示***尚欠一期。" in {row[3] for row in rows("performance", city.supervisor)}
    assert [row[2] for row in rows("performance", city.stranger)] == ["全部履行"]
    assert len(rows("verification", city.clerk)) == 2
    assert rows("verification", city.stranger) == []
    assert len(rows("owedmaterial", city.clerk)) == 1
    assert rows("owedmaterial", city.stranger) == []
    assert len(rows("commitmentmatter", city.stranger)) == 1


def test_the_subjects_page_shows_its_commitments(counter):
    commitment = counter.register(disclosure="limited")
    url = f"/admin/credit_records/subject/{counter.company.pk}/change/"
    text = text_of(as_user(counter.city.clerk).get(url))
    assert page_of(commitment) in text
    assert "审批替代型 尚未报告履约" in text
    assert page_of(commitment) not in text_of(as_user(counter.city.stranger).get(url))


def test_the_workbench_shows_what_waits(counter, on_day):
    counter.missing()
    on_day(at(25))
    text = text_of(as_user(counter.city.clerk).get("/admin/"))
    assert "承诺核查逾期" in text
    assert "/admin/commitments/verification/?task=overdue" in text


# --- figures -------------------------------------------------------------------------------------------------


def test_figures_open_the_rows_that_were_counted(counter):
    city = counter.city
    first, gone = counter.register(), counter.register(counter.other)
    report_performance(first, actor=city.clerk, status="full", determined_on=DAY)
    officer = as_user(city.supervisor)
    text = text_of(officer.get(f"{LIST}figures/"))
    assert "承诺践诺比" in text
    assert "无数据" in text
    withdraw(gone, actor=city.reviewer, reason="重复。", now=at(17))
    rows = text_of(officer.get(f"{LIST}?counted=2026-11-17~{city.scjg.pk}~approval~2026-11"))
    assert first.code in rows
    assert gone.code not in rows
    assert "截至2026-11-17 市场监管 审批替代型 2026年11月" in rows
    assert first.code not in text_of(officer.get(f"{LIST}?counted=2026-11-16~~~"))
    assert first.code not in text_of(officer.get(f"{LIST}?counted=nonsense"))
    assert "全部履行" in text_of(officer.get("/admin/commitments/performance/?counted=2026-11-17~~~"))
    assert "银川示例1号有限公司" in text_of(officer.get(f"{LIST}enterprises/?on=2026-11-17"))


def test_a_department_counts_itself_and_those_without_business_nothing(counter):
    city = counter.city
    counter.register()
    text = text_of(as_user(city.stranger).get(f"{LIST}figures/"))
    assert "银川市生态环境局" in text
    assert "银川市市场监督管理局" not in text
    for user in (city.auditor, city.sysadmin, city.upper):
        assert as_user(user).get(f"{LIST}figures/").status_code == 403


# --- matters -------------------------------------------------------------------------------------------------


def test_a_matter_is_drafted_and_published_on_the_pages(counter):
    city = counter.city
    given = {"department": str(city.scjg.pk), "name": "烟花零售告知承诺", "kind": "approval", "legal_basis": "示例条例第三条",
             "in_force_from": "2026-11-17", "content": "承诺。", "liability": "撤销。"}  # fmt: skip
    clerk = as_user(city.clerk)
    wrong = clerk.post("/admin/commitments/commitmentmatter/add/", {**given, "content": "{法人}"})
    assert wrong.status_code == 422
    assert "无法填入" in text_of(wrong)
    page = clerk.post("/admin/commitments/commitmentmatter/add/", given).url
    assert "草稿" in text_of(clerk.get(page))
    matter = counter.matter.__class__.objects.get(name="烟花零售告知承诺")
    assert as_user(city.stranger).get(page).status_code == 404
    as_user(city.reviewer).post(verb(matter, "publish"))
    assert "已公布" in text_of(as_user(city.stranger).get(page))
    wording = {"in_force_from": "2026-11-18", "content": "承诺乙。", "liability": "撤销。", "verify_within": "",
               "verify_unit": "", "verify_basis": ""}  # fmt: skip
    clerk.post(verb(matter, "word"), wording)
    assert "待确认" in text_of(clerk.get(page))
    assert "确认新范本" not in text_of(clerk.get(page))
    assert "承诺乙" not in text_of(as_user(city.stranger).get(page))
    assert "确认新范本" in text_of(as_user(city.reviewer).get(page))
    as_user(city.reviewer).post(verb(matter, "confirm_wording"))
    assert "承诺乙" in text_of(as_user(city.stranger).get(page))
    assert "待确认" not in text_of(clerk.get(page))


def test_a_person_kept_by_the_department_is_shown_by_name_on_the_page_and_masked_in_the_list(counter):
    city = counter.city
    one = counter.register(counter.known_person(), actor=city.officer, department=city.office)
    officer = as_user(city.officer)
    assert "示例人丙" in text_of(officer.get(page_of(one)))
    assert "示例人丙" not in text_of(officer.get(LIST))
    assert Verification.objects.filter(commitment=one).exists()
