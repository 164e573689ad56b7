"""登记异议: three steps, nothing lost on an error, objection and files together or not at all."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from casework.models import Case, Evidence, Register
from objections.models import Objection, Point

from ...casework.evidence.samples import pdf
from ..filing import at
from .conftest import as_user, page, text_of

pytestmark = pytest.mark.django_db
ADD = "/admin/objections/objection/add/"


def answers(record, **changes):
    return {
        "points": "1",
        "p0-target": f"{record.pk}:CF_NR_FK",
        "p0-ground": "content",
        "p0-other": "",
        "p0-claimed": "0.3",
        "p0-statement": "决定书载明罚款0.3万元。",
        "applicant_name": "示例人甲",
        "applicant_role": "representative",
        "identity_check": "documents",
        "phone": "13800000000",
        "address": "银川市示例路1号",
        "channel": "window",
        "channel_number": "",
        "received_on": "2026-11-17",
        "received_time": "09:30",
        "late_entry_reason": "",
        "wish": "请更正。",
        "do": "register",
        **changes,
    }


def send(user, record, **changes):
    return as_user(user).post(f"{ADD}?record={record.pk}", answers(record, **changes))


# --- the way there ------------------------------------------------------------------------------------------


def test_the_subject_is_found_by_name_or_code(city, subject):
    client = as_user(city.officer)
    assert "先找到提出异议的主体" in text_of(client.get(ADD))
    for text in ("示例第1", subject.code):
        assert f"?subject={subject.pk}" in text_of(client.get(ADD, {"q": text}))
    assert "没有找到" in text_of(client.get(ADD, {"q": "并不存在的公司"}))


def test_the_records_of_the_subject_are_ticked(city, subject, records):
    client = as_user(city.officer)
    text = text_of(client.get(ADD, {"subject": subject.pk}))
    assert all(record.document_number in text for record in records)
    assert "请至少勾选一条记录。" in text_of(client.get(ADD, {"subject": subject.pk, "chosen": "1"}))
    text = text_of(client.get(ADD, {"subject": subject.pk, "record": [r.pk for r in records]}))
    assert 'name="p1-target"' in text
    assert "罚款金额(万元)：0.5万元" in text


def test_a_record_brings_its_subject_along(city, records):
    text = text_of(as_user(city.officer).get(ADD, {"record": records[1].pk}))
    assert "已选 1 条记录" in text
    assert f'value="{records[1].pk}:" selected' in text
    assert 'value="2026-11-17"' in text


@pytest.mark.parametrize("query", ["record=999999", "subject=999999", "subject=x", "record=x&subject=0"])
def test_what_is_not_there_is_not_found(city, records, query):
    assert as_user(city.officer).get(f"{ADD}?{query}").status_code == 404


def test_a_stranger_cannot_reach_another_departments_record(city, records):
    assert as_user(city.stranger).get(ADD, {"record": records[0].pk}).status_code == 404


@pytest.mark.parametrize("who", ["reviewer", "approver", "supervisor", "auditor"])
def test_only_windows_and_officers_register(city, records, who):
    assert as_user(getattr(city, who)).get(ADD).status_code == 403
    assert send(getattr(city, who), records[0]).status_code == 403
    assert not Objection.objects.exists()


# --- good input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "clerk"])
def test_an_objection_is_registered(city, records, who):
    response = send(getattr(city, who), records[0])
    objection = Objection.objects.get()
    assert response.status_code == 302
    assert response.url == page(objection)
    case, point = objection.case, objection.points.get()
    assert (case.applicant_name, case.phone_masked, case.received_at) == (
        "示例人甲",
        "138****0000",
        at(17, 9).replace(minute=30),
    )
    assert (point.field_title, point.current_value, point.claimed_value) == (
        "罚款金额(万元)",
        "0.5万元",
        "0.3",
    )


def test_several_points_and_empty_rows(city, records):
    more = {
        "points": "4",
        "p1-target": f"{records[0].pk}:", "p1-ground": "", "p1-other": "", "p1-claimed": "", "p1-statement": "",
        "p2-target": f"{records[0].pk}:", "p2-ground": "duplicate", "p2-other": str(records[1].pk),
        "p2-claimed": "", "p2-statement": "公示了两次。",
    }  # fmt: skip
    assert send(city.officer, records[0], **more).status_code == 302
    grounds = list(Point.objects.order_by("number").values_list("number", "ground"))
    assert grounds == [(1, "content"), (2, "duplicate")]


def test_files_are_kept_with_the_point_they_belong_to(city, records):
    files = {
        "p0-files": [SimpleUploadedFile("决定书.pdf", pdf())],
        "application": [
            SimpleUploadedFile("申请书.pdf", pdf() + b"\n%2"),
            SimpleUploadedFile("附件.pdf", pdf() + b"\n%3"),
        ],
    }
    assert send(city.officer, records[0], **files).status_code == 302
    kept = Evidence.objects.order_by("number").values_list("title", "kind", "point_number", "provided_by")
    assert list(kept) == [
        ("决定书", "proof", 1, "applicant"),
        ("申请书", "application", None, "applicant"),
        ("附件", "application", None, "applicant"),
    ]


def test_an_earlier_receipt_is_entered_with_its_reason(city, records):
    response = send(city.officer, records[0], received_on="2026-11-12")
    assert response.status_code == 422
    assert "请写明迟登理由" in text_of(response)
    assert 'value="2026-11-12"' in text_of(response)
    send(city.officer, records[0], received_on="2026-11-12", late_entry_reason="窗口系统停机。")
    assert Case.objects.get().due_on == at(19).date()


# --- wrong input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"applicant_name": ""}, "请填写申请人姓名或名称。"),
        ({"p0-statement": ""}, "请写明异议理由。"),
        ({"p0-ground": ""}, "请选择异议事由。"),
        ({"p0-target": "1:NOTHING"}, "请从列表中选择记录和栏目。"),
        ({"p0-ground": "duplicate"}, "请选择与之重复的另一条记录。"),
        ({"received_on": "2026-11-18"}, "收到时间不能晚于现在，请核对。"),
        ({"received_on": "17.11.2026"}, "日期应写成2026-11-21这样。"),
        ({"received_time": "25:00"}, "时间应写成09:30这样。"),
        (
            {"p0-target": "", "p0-ground": "", "p0-claimed": "", "p0-statement": ""},
            "请至少写明一个异议点。",
        ),
    ],
)
def test_an_error_is_said_and_nothing_typed_is_lost(city, records, changes, sentence):
    response = send(city.officer, records[0], **changes)
    text = text_of(response)
    assert response.status_code == 422
    assert sentence in text
    assert not Objection.objects.exists()
    typed = {"wish": "请更正。", "address": "银川市示例路1号", "p0-statement": "决定书载明罚款0.3万元。"}
    assert all(value in text for name, value in typed.items() if name not in changes)


def test_a_whole_record_does_not_do_where_a_column_is_asked_for(city, records):
    response = send(city.officer, records[0], **{"p0-target": f"{records[0].pk}:"})
    assert "请选择有异议的栏目，不能只选整条记录。" in text_of(response)


def test_a_file_that_is_refused_leaves_no_objection_and_no_number(city, records):
    bad = SimpleUploadedFile("程序.pdf", b"MZ\x00\x00program")
    response = send(city.officer, records[0], **{"p0-files": [bad]})
    assert response.status_code == 422
    assert "“程序.pdf”" in text_of(response)
    assert not Case.objects.exists()
    assert not Register.objects.filter(key="case.objection", last__gt=0).exists()


def test_one_more_row_without_scripts(city, records):
    response = send(city.officer, records[0], do="more")
    text = text_of(response)
    assert response.status_code == 200
    assert 'name="p1-target"' in text
    assert 'name="points" value="2"' in text
    assert "决定书载明罚款0.3万元。" in text
    assert not Objection.objects.exists()


# --- 补充异议点 ----------------------------------------------------------------------------------------------


def test_a_point_is_added_before_acceptance(city, way, records):
    client, url = as_user(city.officer), page(way.objection, "add_point")
    assert records[1].document_number in text_of(client.get(url))
    url = f"{url}?record={records[1].pk}"
    wrong = client.post(url, {"target": f"{records[1].pk}:", "ground": "not_public", "statement": ""})
    assert wrong.status_code == 422
    good = {
        "target": f"{records[1].pk}:",
        "ground": "not_public",
        "statement": "已撤销。",
        "claimed": "",
        "other": "",
    }
    assert client.post(url, good).status_code == 302
    assert way.objection.points.count() == 2


def test_no_point_is_added_after_acceptance(city, way, records):
    way.accept()
    response = as_user(city.officer).get(page(way.objection, "add_point"))
    assert response.status_code == 302
