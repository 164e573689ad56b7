"""The pages of a batch speak of commitments and reports, lead to the commitment, and offer the same steps."""

from __future__ import annotations

import pytest
from django.urls import reverse

from commitments.models import Commitment, Performance
from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.services import batches

from ...credit_records.admin.batch_pages import LIST, UPLOAD, page_of, text_of, verb_url, workbook
from ..uploading import commitment, performance

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


def commitment_url(one: Commitment) -> str:
    return f'href="{reverse("admin:commitments_commitment_change", args=[one.pk])}"'


def test_a_clerk_uploads_through_the_page_and_the_reviewer_publishes(as_user, city, catalogue, upload):
    item = CatalogueItem.objects.get(code="commitment")
    data = {"item": item.pk, "department": city.scjg.pk, "file": workbook(commitment(1), name="承诺.xlsx")}
    clerk = as_user(city.clerk)
    clerk.post(reverse(UPLOAD), data)
    batch = IntakeBatch.objects.get()
    page = text_of(clerk.get(page_of(batch)))
    for words in (
        "承诺编码",
        "承诺作出日期",
        "发布后登记为新承诺的行",
        "可入库的行交审核员审核，发布后登记为承诺",
    ):
        assert words in page
    assert "罚款" not in page
    assert "公示期" not in page
    clerk.post(verb_url(batch, "submit"))
    assert not Commitment.objects.exists()
    reviewer = as_user(city.reviewer)
    assert "没有编码的自动编码，并各派一项核查" in text_of(reviewer.get(page_of(batch)))
    reviewer.post(verb_url(batch, "publish"))
    one = Commitment.objects.get()
    page = text_of(reviewer.get(page_of(batch, tab="create")))
    assert f"{commitment_url(one)}>{one.code}</a>" in page
    assert "本批次承诺已登记。" in page
    assert one.subject_name in page


def test_a_change_shows_what_stands_and_what_stood_once_it_is_published(as_user, city, upload):
    upload(commitment(1, 备注="原备注", 承诺有效期="2099/12/31"), publish=True)
    one = Commitment.objects.get()
    batch = upload(commitment(1, 备注="新备注", 承诺有效期="2099/12/31", 公开类型="不可公开"), submit=True)

    def changes(user):
        response = as_user(user).get(page_of(batch, tab="update"))
        assert commitment_url(one) in text_of(response)
        (row,) = response.context["page"].rows
        return [(change.title, change.old, change.new) for change in row.changes]

    expected = [("公开类型", "可向社会公开", "不可公开"), ("备注", "原备注", "新备注")]
    assert changes(city.clerk) == expected
    batches.publish(batch, actor=city.reviewer)
    assert changes(city.reviewer) == expected


def test_a_changed_report_shows_what_stood(as_user, city, upload):
    upload(commitment(1), publish=True)
    one = Commitment.objects.get()
    upload.performances(performance(one.code), publish=True)
    mended = performance(
        one.code, 承诺履行状态="部分履行", 未履行的承诺内容="第二项。", 违诺责任追究内容="责令改正。"
    )
    batch = upload.performances(mended, submit=True)
    expected = [
        ("承诺履行状态", "全部履行", "部分履行"),
        ("未履行的承诺内容", "(空)", "第二项。"),
        ("违诺责任追究内容", "(空)", "责令改正。"),
    ]
    for _ in range(2):
        response = as_user(city.reviewer).get(page_of(batch, tab="update"))
        (row,) = response.context["page"].rows
        assert [(change.title, change.old, change.new) for change in row.changes] == expected
        assert commitment_url(one) in text_of(response)
        if batch.state == IntakeBatch.State.SUBMITTED:
            batch = batches.publish(batch, actor=city.reviewer)
    assert Performance.objects.get().status == "part"


def test_rejected_rows_are_shown_with_their_column_and_lead_nowhere_they_may_not(
    as_user, city, upload, counter
):
    upload(commitment(1, 承诺编码="64010020261110000007"), publish=True)
    theirs = {"承诺受理单位": city.sthj.name, "承诺受理单位统一社会信用代码": city.sthj.code}
    batch = upload(commitment(1, 承诺编码="64010020261110000007", **theirs), actor=city.stranger)
    page = text_of(as_user(city.stranger).get(page_of(batch)))
    assert "commitment.code_elsewhere" in page
    assert commitment_url(Commitment.objects.get()) not in page
    assert as_user(city.clerk).get(page_of(batch)).status_code == 404
    assert batch.file_name in text_of(as_user(city.stranger).get(reverse(LIST)))


def test_a_page_of_fifty_rows_takes_no_more_queries_than_one_of_two(
    as_user, city, upload, django_assert_max_num_queries
):
    for numbers in (range(1, 3), range(3, 43)):
        batch = upload(*(commitment(number) for number in numbers), publish=True)
        client = as_user(city.reviewer)
        client.get(page_of(batch, tab="create"))
        with django_assert_max_num_queries(24):
            client.get(page_of(batch, tab="create"))


def test_commitments_are_neither_entered_as_records_nor_reported_as_zero(as_user, city, upload):
    clerk = as_user(city.clerk)
    assert "?item=commitment" not in text_of(clerk.get(reverse("admin:credit_records_record_add")))
    lines = clerk.get(reverse("admin:credit_records_zeroreport_add")).context
    offered = {line.item.code for line in (*lines["usual"], *lines["others"])}
    assert "penalty-org" in offered
    assert not offered & {"commitment", "performance"}
    assert "信用承诺" in text_of(clerk.get(reverse(UPLOAD)))
