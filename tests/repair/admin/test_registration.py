"""登记修复申请: a verdict beside every record, nothing lost on an error, application and files together or not at all."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from casework.models import Case, Evidence, Register
from repair.models import Application, Item, Material
from repair.services.registering import Claim

from ...casework.evidence.samples import pdf
from ..applying import RepairWay, at
from .conftest import as_user, page, published, text_of

pytestmark = pytest.mark.django_db
ADD = "/admin/repair/application/add/"
QUERIES = 26
"""Of the page with any number of records."""


def answers(*records, **changes):
    return {
        "record": [str(record.pk) for record in records],
        **{f"day-{record.pk}": "2026-06-10" for record in records},
        "kind": "repair",
        "statement": "罚款已缴清。",
        "committed_on": "2026-11-12",
        "commitment": "承诺依法经营。",
        "court": "",
        "order_number": "",
        "ordered_on": "",
        "applicant_name": "示例人甲",
        "applicant_role": "representative",
        "identity_check": "documents",
        "phone": "13800000000",
        "address": "银川市示例路1号",
        "channel": "window",
        "channel_number": "",
        "received_on": "2026-11-16",
        "received_time": "09:30",
        "late_entry_reason": "",
        "do": "register",
        **changes,
    }


def send(user, *records, **changes):
    return as_user(user).post(f"{ADD}?record={records[0].pk}", answers(*records, **changes))


def row_of(text: str, record) -> str:
    """The line of the table about one record."""
    return text.partition(f'id="record-{record.pk}"')[2].partition("</tr>")[0]


# --- the way there ------------------------------------------------------------------------------------------


def test_the_subject_is_found_by_name_or_code(city, subject):
    client = as_user(city.officer)
    assert "先找到申请修复的主体" in text_of(client.get(ADD))
    for text in ("示例第1", subject.code):
        assert f"?subject={subject.pk}" in text_of(client.get(ADD, {"q": text}))
    assert "没有找到" in text_of(client.get(ADD, {"q": "并不存在的公司"}))


def test_every_record_says_whether_and_from_when(city, subject, records, too_early):
    text = text_of(as_user(city.officer).get(ADD, {"subject": subject.pk}))
    assert "可申请" in row_of(text, records[0])
    assert "2026-05-20" in row_of(text, records[0])
    assert "自 2027-01-13 起可申请" in row_of(text, too_early)
    assert "disabled" not in row_of(text, too_early)


def test_a_decision_that_is_not_repaired_says_why(city, report, records):
    record = published(
        report, city, "银市监罚〔2026〕5号", 处罚内容="限制从业，终身不得从事食品生产经营管理工作。"
    )
    row = row_of(text_of(as_user(city.officer).get(ADD, {"record": record.pk})), record)
    assert "不可修复" in row


def test_a_record_in_another_application_cannot_be_ticked(city, repair_way, records):
    text = text_of(as_user(city.officer).get(ADD, {"record": [r.pk for r in records]}))
    row = row_of(text, records[0])
    assert "disabled" in row
    assert f"正在{repair_way.case.number}中办理" in row
    assert "checked" in row_of(text, records[1]).partition(">")[0]


def test_a_repaired_record_is_shown_and_cannot_be_ticked(city, repair_way, records):
    repair_way.accept().ask().answer().propose().decide()
    row = row_of(text_of(as_user(city.officer).get(ADD, {"record": records[1].pk})), records[0])
    assert "已修复，不需要申请" in row
    assert "disabled" in row


def test_a_record_brings_its_subject_along_and_is_ticked(city, records):
    text = text_of(as_user(city.officer).get(ADD, {"record": records[1].pk}))
    assert "checked" in row_of(text, records[1]).partition(">")[0]
    assert "checked" not in row_of(text, records[0]).partition(">")[0]
    assert 'value="2026-11-16"' in text


@pytest.mark.parametrize("query", ["record=999999", "subject=999999", "subject=x", "record=x&subject=0"])
def test_what_is_not_there_is_not_found(city, records, query):
    assert as_user(city.officer).get(f"{ADD}?{query}").status_code == 404


def test_a_stranger_cannot_reach_another_departments_record(city, records):
    assert as_user(city.stranger).get(ADD, {"record": records[0].pk}).status_code == 404
    assert send(city.stranger, records[0]).status_code == 404
    assert not Application.objects.exists()


def test_a_window_sees_its_own_records_only(city, subject, records, foreign_record):
    text = text_of(as_user(city.clerk).get(ADD, {"subject": subject.pk}))
    assert records[0].document_number in text
    assert foreign_record.document_number not in text
    assert foreign_record.document_number in text_of(as_user(city.officer).get(ADD, {"subject": subject.pk}))


def test_a_subject_without_penalties_says_what_to_do(city, subject, records):
    text = text_of(as_user(city.stranger).get(ADD, {"subject": subject.pk}))
    assert "请当事人到信用办登记" in text
    assert 'name="record"' not in text


@pytest.mark.parametrize("who", ["reviewer", "approver", "supervisor", "auditor", "upper"])
def test_only_windows_and_officers_register(city, records, who):
    assert as_user(getattr(city, who)).get(ADD).status_code == 403
    assert send(getattr(city, who), records[0]).status_code == 403
    assert not Application.objects.exists()


# --- good input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "clerk"])
def test_an_application_is_registered(city, records, who):
    response = send(getattr(city, who), records[0], records[1])
    application = Application.objects.get()
    assert response.status_code == 302
    assert response.url == page(application)
    case = application.case
    assert (case.applicant_name, case.phone_masked, case.received_at) == (
        "示例人甲", "138****0000", at(16, 9).replace(minute=30),
    )  # fmt: skip
    assert {i.record_id for i in application.items.all()} == {r.pk for r in records}
    assert {str(i.claimed_fulfilled_on) for i in application.items.all()} == {"2026-06-10"}
    assert (str(application.committed_on), application.statement) == ("2026-11-12", "罚款已缴清。")


def test_a_shielding_is_registered_with_the_courts_order(city, records):
    order = {"kind": "shield", "court": "银川市示例人民法院", "order_number": "(2026)宁01破1号"}
    assert send(city.officer, records[0], **order, ordered_on="2026-11-09").status_code == 302
    application = Application.objects.get()
    assert (application.kind, application.order_number) == ("shield", "(2026)宁01破1号")


def test_files_are_kept_with_their_kind(city, records):
    files = {
        "proof": [SimpleUploadedFile("缴款回执.pdf", pdf())],
        "identity": [SimpleUploadedFile("执照.pdf", pdf() + b"\n%2")],
    }
    assert send(city.officer, records[0], **files).status_code == 302
    kept = Evidence.objects.order_by("number").values_list("title", "kind", "provided_by")
    assert list(kept) == [("缴款回执", "proof", "applicant"), ("执照", "identity", "applicant")]


# --- wrong input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"applicant_name": ""}, "请填写申请人姓名或名称。"),
        ({"record": []}, "请至少选择一条申请修复的记录。"),
        ({"kind": ""}, "请选择申请类型。"),
        ({"kind": "shield"}, "破产重整屏蔽须填写裁定法院。"),
        ({"committed_on": "12.11.2026"}, "日期应写成2026-11-21这样。"),
        ({"committed_on": "2026-11-30"}, "承诺书日期不能晚于今天，请核对。"),
        ({"received_on": "2026-11-18"}, "收到时间不能晚于现在，请核对。"),
        ({"received_on": "2026-11-11"}, "请写明迟登理由"),
        ({"applicant_role": "agent"}, "由代理人提出的，应核验授权委托书"),
    ],
)
def test_an_error_is_said_and_nothing_typed_is_lost(city, records, changes, sentence):
    response = send(city.officer, records[0], **changes)
    text = text_of(response)
    assert response.status_code == 422
    assert sentence in text
    assert not Application.objects.exists()
    assert not Register.objects.filter(key="case.repair", last__gt=0).exists()
    typed = {"statement": "罚款已缴清。", "address": "银川市示例路1号", "commitment": "承诺依法经营。"}
    assert all(value in text for name, value in typed.items() if name not in changes)
    assert 'value="2026-06-10"' in row_of(text, records[0])


def test_a_wrong_day_of_one_record_stands_beside_it(city, records):
    response = send(city.officer, records[0], **{f"day-{records[0].pk}": "昨天"})
    assert response.status_code == 422
    assert "日期应写成2026-11-21这样。" in row_of(text_of(response), records[0])


def test_a_file_that_is_refused_leaves_no_application(city, records):
    bad = SimpleUploadedFile("程序.pdf", b"MZ\x00\x00program")
    response = send(city.officer, records[0], proof=[bad])
    assert response.status_code == 422
    assert "“程序.pdf”" in text_of(response)
    assert not Case.objects.exists()


def test_a_record_that_is_taken_meanwhile_is_refused(city, records, repair_way):
    response = send(city.officer, records[0])
    assert response.status_code == 422
    assert Application.objects.count() == 1


# --- 补充修复事项 ---------------------------------------------------------------------------------------------


def test_a_record_is_added_before_acceptance(city, repair_way, records):
    client, url = as_user(city.officer), page(repair_way, "add_item")
    assert records[1].document_number in text_of(client.get(url))
    assert client.post(url, {}).status_code == 422
    given = {"record": str(records[1].pk), f"day-{records[1].pk}": "2026-06-10"}
    assert client.post(url, given).status_code == 302
    assert [item.record_id for item in Item.objects.order_by("number")] == [r.pk for r in records]
    assert Material.objects.filter(kind="fulfilment").count() == 2


def test_no_record_is_added_after_acceptance(city, repair_way):
    repair_way.accept()
    assert as_user(city.officer).get(page(repair_way, "add_item")).status_code == 302


# --- what it costs ------------------------------------------------------------------------------------------


def test_the_page_costs_the_same_for_one_record_and_for_many(city, report, records, subject):
    client = as_user(city.officer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ADD, {"subject": subject.pk}).status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(11, 15):
        published(report, city, f"银市监罚〔2026〕{number}号")
    assert cost() == few
    assert few <= QUERIES


def test_the_ways_of_repairs_are_the_cases_own(city, apply_for_repair, records):
    """Registered by the service or by the page, an application goes the same way."""
    RepairWay(city, apply_for_repair(Claim(records[1]))).accept()
    send(city.officer, records[0])
    assert Application.objects.count() == 2
