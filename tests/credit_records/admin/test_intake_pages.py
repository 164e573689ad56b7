"""The pages of intake as clerk, reviewer, officer, stranger and nobody: who sees, who does, what is said."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from audit.acts import act
from audit.models import Event
from credit_records.models import IntakeBatch, Record
from credit_records.services import batches

from ..builders import company_code, penalty
from .batch_pages import (
    ANNOTATED,
    BAD,
    CODE,
    FINE,
    LIST,
    PAGE,
    PROGRESS,
    UPLOAD,
    page_of,
    said,
    text_of,
    verb_url,
    workbook,
)

pytestmark = pytest.mark.django_db


# --- the whole path -----------------------------------------------------------------------------------------


def test_from_upload_to_a_published_record_through_the_pages(send, clerk, as_user, city):
    batch = send(penalty(1), BAD)
    assert (batch.state, batch.created, batch.rejected) == ("checked", 1, 1)
    page = text_of(clerk.get(page_of(batch)))
    assert "下载批注工作簿" in page
    assert "上传改正后的文件" in page

    download = clerk.get(reverse(ANNOTATED, args=[batch.pk]))
    assert "filename*=utf-8''%E5%A4%84%E7%BD%9A_%E6%89%B9%E6%B3%A8.xlsx" in download["Content-Disposition"]
    book = load_workbook(io.BytesIO(b"".join(download.streaming_content)))
    sheet = book.active
    titles = [cell.value for cell in sheet[2]]
    assert "【检查结果】" in titles
    result = titles.index("【检查结果】") + 1
    assert sheet.cell(3, result).value is None
    assert sheet.cell(4, result).value

    sheet.cell(4, titles.index(CODE) + 1).value = company_code(2)
    mended = io.BytesIO()
    book.save(mended)
    again = send(file=SimpleUploadedFile("处罚_批注.xlsx", mended.getvalue()), corrects=batch.pk)
    assert again.corrects_id == batch.pk
    assert (again.created, again.rejected) == (2, 0)

    response = clerk.post(verb_url(again, "submit"), follow=True)
    assert said(response) == ["已提交审核：处罚_批注.xlsx。请由本单位审核员发布。"]
    reviewer = as_user(city.reviewer)
    response = reviewer.post(verb_url(again, "publish"), follow=True)
    assert said(response) == ["已发布：处罚_批注.xlsx"]
    assert Record.objects.filter(state="published", batch=again).count() == 2
    verbs = set(Event.objects.filter(batch_id__in=[batch.pk, again.pk]).values_list("verb", flat=True))
    assert {"batch.check", "batch.download", "batch.submit", "batch.publish"} <= verbs
    assert "本批次记录已生效" in text_of(reviewer.get(page_of(again)))


def test_a_returned_batch_tells_its_clerk_why_and_waits_on_the_workbench(send, clerk, as_user, city):
    batch = send(penalty(1))
    clerk.post(verb_url(batch, "submit"))
    reviewer = as_user(city.reviewer)
    response = reviewer.post(verb_url(batch, "return"), {"reason": ""})
    assert response.status_code == 422
    assert "退回必须写明理由" in text_of(response)
    batch.refresh_from_db()
    assert batch.state == "submitted"
    reviewer.post(verb_url(batch, "return"), {"reason": "示例理由:罚款金额与决定书不符"})
    clerk = as_user(city.clerk)
    page = text_of(clerk.get(page_of(batch)))
    assert "示例理由:罚款金额与决定书不符" in page
    assert "李示例" in page
    bench = text_of(clerk.get(reverse("admin:index")))
    assert "退回待改批次" in bench
    waiting = clerk.get(reverse(LIST) + "?waiting=returned")
    assert [one.pk for one in waiting.context["cl"].result_list] == [batch.pk]
    send(penalty(1, **{FINE: 0.3}), corrects=batch.pk)
    assert not clerk.get(reverse(LIST) + "?waiting=returned").context["cl"].result_list


# --- who sees, who does -------------------------------------------------------------------------------------

ADDRESSES = [
    ("page", lambda b: reverse(PAGE, args=[b.pk]), {"clerk": 200, "reviewer": 200, "officer": 200}),
    ("progress", lambda b: reverse(PROGRESS, args=[b.pk]), {"clerk": 200, "reviewer": 200, "officer": 200}),
    ("annotated", lambda b: reverse(ANNOTATED, args=[b.pk]), {"clerk": 200, "reviewer": 200, "officer": 403}),
    (
        "history",
        lambda b: reverse("admin:credit_records_intakebatch_history", args=[b.pk]),
        {"clerk": 200, "reviewer": 200, "officer": 200},
    ),
]


@pytest.mark.parametrize(
    ("address", "expected"), [(a, e) for _, a, e in ADDRESSES], ids=[n for n, _, _ in ADDRESSES]
)
def test_a_batch_is_seen_by_its_department_and_the_office_and_by_nobody_else(
    report, city, client, address, expected
):
    batch = report(penalty(1))
    everybody = {"stranger": 404, "strange_reviewer": 404, "auditor": 404, "sysadmin": 404, **expected}
    for name, status in everybody.items():
        client.force_login(getattr(city, name))
        assert client.get(address(batch)).status_code == status, name
    client.logout()
    answer = client.get(address(batch))
    assert answer.status_code == 302
    assert reverse("admin:login") in answer["Location"]


@pytest.mark.parametrize(
    ("verb", "state", "data"),
    [
        ("submit", "checked", {}),
        ("take-back", "checked", {"reason": "示例"}),
        ("check", "checked", {}),
        ("publish", "submitted", {}),
        ("return", "submitted", {"reason": "示例"}),
    ],
)
def test_steps_are_taken_by_post_and_only_by_those_whose_they_are(report, city, client, verb, state, data):
    batch = report(penalty(1), submit=state == "submitted")
    owner = city.reviewer if verb in ("publish", "return") else city.clerk
    others = {city.officer: 403, city.stranger: 404, city.strange_reviewer: 404, city.auditor: 404}
    others[city.clerk if owner is city.reviewer else city.reviewer] = 403
    before = IntakeBatch.history.count()
    for user, status in others.items():
        client.force_login(user)
        assert client.post(verb_url(batch, verb), data).status_code == status, user.username
    client.force_login(owner)
    assert client.get(verb_url(batch, verb)).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, IntakeBatch.history.count()) == (state, before)
    assert client.post(verb_url(batch, verb), data).status_code == 302
    assert IntakeBatch.history.count() > before


def test_the_office_reads_a_batch_without_its_file_and_without_steps(report, as_user, city):
    batch = report(penalty(1), BAD)
    response = as_user(city.officer).get(page_of(batch))
    page = text_of(response)
    assert batch.findings.first().message in page
    assert response.context["verb_buttons"] == []
    for offered in ("下载批注工作簿", "上传改正后的文件", "提交审核", "撤销批次"):
        assert offered not in page


def test_the_history_of_a_batch_tells_its_steps_and_not_its_innards(report, as_user, city):
    batch = report(penalty(1), submit=True)
    page = text_of(
        as_user(city.clerk).get(reverse("admin:credit_records_intakebatch_history", args=[batch.pk]))
    )
    assert "提交批次" in page
    assert "待审核" in page
    assert "document_column" not in page


def test_steps_need_the_token_against_forged_forms(report, city):
    batch = report(penalty(1))
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(city.clerk)
    assert strict.post(verb_url(batch, "submit")).status_code == 403
    assert strict.post(reverse(UPLOAD), {}).status_code == 403


def test_the_page_itself_takes_no_post(report, clerk):
    batch = report(penalty(1))
    assert clerk.post(page_of(batch), {"state": "published"}).status_code == 405


@pytest.mark.parametrize(
    ("name", "status"),
    [("clerk", 200), ("reviewer", 403), ("officer", 403), ("auditor", 403), ("sysadmin", 403)],
)
def test_only_clerks_upload_and_report_zero(city, catalogue, client, name, status):
    client.force_login(getattr(city, name))
    for address in (UPLOAD, "admin:credit_records_zeroreport_add"):
        assert client.get(reverse(address)).status_code == status


def test_the_list_shows_the_own_departments_files_to_the_clerk_and_all_to_the_office(report, city, client):
    mine = report(penalty(1))
    other = report(penalty(2), actor=city.stranger)
    for user, expected in (
        (city.clerk, {mine.pk}),
        (city.reviewer, {mine.pk}),
        (city.stranger, {other.pk}),
        (city.officer, {mine.pk, other.pk}),
    ):
        client.force_login(user)
        found = client.get(reverse(LIST))
        assert {one.pk for one in found.context["cl"].result_list} == expected
    client.force_login(city.auditor)
    assert client.get(reverse(LIST)).status_code == 403


# --- upload -------------------------------------------------------------------------------------------------


def test_an_empty_file_is_refused_on_the_form_which_keeps_the_chosen_item(clerk, penalties, city):
    data = {"department": city.scjg.pk, "item": penalties.pk, "file": SimpleUploadedFile("空.xlsx", b"")}
    response = clerk.post(reverse(UPLOAD), data)
    assert response.status_code == 422
    page = text_of(response)
    assert "文件是空的" in page
    assert f'<option value="{penalties.pk}" selected>' in page
    assert not IntakeBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_on_the_form(clerk, penalties, city, monkeypatch):
    monkeypatch.setattr(batches, "LARGEST_FILE", 1000)
    data = {"department": city.scjg.pk, "item": penalties.pk, "file": workbook(penalty(1))}
    response = clerk.post(reverse(UPLOAD), data)
    assert response.status_code == 422
    assert "上限" in text_of(response)
    assert not IntakeBatch.objects.exists()


def test_an_item_that_is_not_in_force_is_not_offered_and_not_taken(clerk, penalties, city, system):
    with act("test.end", actor=system):
        for version in penalties.versions.all():
            version.in_force_to = version.in_force_from + timedelta(days=1)
            version.save()
    assert f'value="{penalties.pk}"' not in text_of(clerk.get(reverse(UPLOAD)))
    data = {"department": city.scjg.pk, "item": penalties.pk, "file": workbook(penalty(1))}
    response = clerk.post(reverse(UPLOAD), data)
    assert response.status_code == 422
    assert "不在施行期内" in text_of(response)


def test_nobody_uploads_for_a_department_that_is_not_theirs(clerk, penalties, city):
    data = {"department": city.sthj.pk, "item": penalties.pk, "file": workbook(penalty(1))}
    assert clerk.post(reverse(UPLOAD), data).status_code == 422
    assert not IntakeBatch.objects.exists()


def test_a_correction_of_another_departments_batch_is_not_found(report, city, client, penalties):
    batch = report(penalty(1))
    client.force_login(city.stranger)
    assert client.get(reverse(UPLOAD) + f"?corrects={batch.pk}").status_code == 404
    data = {
        "corrects": batch.pk,
        "item": penalties.pk,
        "department": city.sthj.pk,
        "file": workbook(penalty(1)),
    }
    assert client.post(reverse(UPLOAD), data).status_code == 404


def test_a_file_that_cannot_be_used_says_why_and_asks_for_another(send, clerk):
    batch = send(file=SimpleUploadedFile("说明.xlsx", b"this is no workbook, only words"))
    assert batch.state == "refused"
    page = text_of(clerk.get(page_of(batch)))
    assert "文件不能使用" in page
    assert batch.refusal in page
    assert "重新上传" in page
    assert 'id="rows"' not in page
    assert clerk.get(reverse(ANNOTATED, args=[batch.pk])).status_code == 404


def test_the_same_file_again_is_said_with_a_link_and_allowed(send, clerk):
    content = workbook(penalty(1)).read()
    first = send(file=SimpleUploadedFile("处罚.xlsx", content))
    second = send(file=SimpleUploadedFile("处罚.xlsx", content))
    assert second.pk != first.pk
    page = text_of(clerk.get(page_of(second)))
    assert "同一个文件已于" in page
    assert page_of(first) in page
    assert "同一个文件已于" not in text_of(clerk.get(page_of(first)))


def test_a_replaced_batch_is_not_submitted_past_its_correction(send, clerk):
    old = send(penalty(1), BAD)
    send(penalty(1), penalty(2), corrects=old.pk)
    response = clerk.get(page_of(old))
    submit = next(button for button in response.context["verb_buttons"] if button.verb.name == "submit")
    assert "请在新批次提交" in submit.obstacle
