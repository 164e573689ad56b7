"""The page of a batch: progress of the check, rows by tab and page, changes field by field."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from audit.clock import now
from credit_records.models import CatalogueItem, IntakeBatch, IntakeRow, IntakeRun, Record
from credit_records.rules.identifiers import check_resident_id
from credit_records.selectors import batches as read
from credit_records.services import records

from ..builders import company_code, licence, penalty
from .batch_pages import (
    BAD,
    CODE,
    FINE,
    NAME,
    PROGRESS,
    UPLOAD,
    page_of,
    said,
    text_of,
    verb_url,
    workbook,
)

pytestmark = pytest.mark.django_db


# --- a large file -------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(report, penalties, city, monkeypatch):
    """A file large enough for the worker, which has not come yet."""
    monkeypatch.setattr("credit_records.admin.batch_verbs.CHECKED_AT_ONCE", 10)
    return lambda send: send(penalty(1))


def test_a_large_file_is_checked_by_the_worker_while_the_page_shows_rows(
    waiting, send, clerk, django_capture_on_commit_callbacks, monkeypatch
):
    deferred = []
    monkeypatch.setattr(
        "credit_records.tasks.check_batch.configure",
        lambda **options: type("Job", (), {"defer": staticmethod(lambda **args: deferred.append(args))}),
    )
    with django_capture_on_commit_callbacks(execute=True):
        batch = waiting(send)
    assert deferred == [{"batch_id": batch.pk, "actor_id": batch.uploaded_by_id}]
    assert batch.state == "uploaded"
    IntakeRun.objects.filter(batch=batch).update(
        rows_done=30000, rows_total=120000, step="检查中", beat_at=now()
    )
    page = text_of(clerk.get(page_of(batch)))
    assert "已检查 30,000 / 120,000 行" in page
    assert 'http-equiv="refresh"' in page
    assert "可以关闭网页" in page
    assert "重新检查" not in page
    answer = clerk.get(reverse(PROGRESS, args=[batch.pk])).json()
    assert answer == {
        "state": "uploaded", "done": 30000, "total": 120000, "percent": 25, "step": "检查中", "silent": False,
    }  # fmt: skip


def test_a_check_without_a_sign_of_life_is_said_and_can_be_started_again(waiting, send, clerk, monkeypatch):
    batch = waiting(send)
    IntakeRun.objects.filter(batch=batch).update(beat_at=now() - timedelta(seconds=61))
    page = text_of(clerk.get(page_of(batch)))
    assert "超过1分钟没有进展" in page
    assert "重新检查" in page
    assert clerk.get(reverse(PROGRESS, args=[batch.pk])).json()["silent"] is True
    monkeypatch.setattr("credit_records.admin.batch_verbs.CHECKED_AT_ONCE", 10**6)
    clerk.post(verb_url(batch, "check"))
    batch.refresh_from_db()
    assert (batch.state, batch.created) == ("checked", 1)
    assert clerk.get(reverse(PROGRESS, args=[batch.pk])).json() == {"state": "checked"}


def test_a_file_keeps_its_name_in_the_head_of_the_page(send, clerk):
    page = text_of(clerk.get(page_of(send(penalty(1), name="anno.xlsx"))))
    assert "anno.xlsx" in page
    assert "Anno.xlsx" not in page


# --- rows ---------------------------------------------------------------------------------------------------


def test_rejected_rows_say_row_subject_number_column_value_and_what_to_do(send, clerk):
    batch = send(penalty(1), BAD)
    page = text_of(clerk.get(page_of(batch, tab="reject")))
    finding = batch.findings.get(severity="reject")
    assert finding.row == 4
    for shown in (
        "银川示例第2商贸有限公司",
        "银市监罚〔2026〕2号",
        finding.column,
        finding.value,
        finding.message,
        f">{finding.code}</small>",
    ):
        assert shown in page
    assert "银川示例第1商贸有限公司" not in page


def test_a_held_row_is_explained_on_the_page_and_then_counts_as_accepted(report, send, clerk, as_user, city):
    published = report(penalty(1), publish=True)
    records.withdraw(
        Record.objects.get(batch=published), actor=city.reviewer, reason="示例", legal_basis="示例决定书"
    )
    batch = send(penalty(1))
    assert batch.held == 1
    url = verb_url(batch, "explain")
    page = text_of(clerk.get(page_of(batch, tab="hold")))
    assert url in page
    assert clerk.post(url, {"row": 3, "explanation": " "}).status_code == 422
    response = clerk.post(url, {"row": 3, "explanation": "示例说明:重新作出决定"}, follow=True)
    assert said(response) == ["第3行已说明，计入可入库。"]
    assert response.redirect_chain[-1][0].startswith(page_of(batch) + "?tab=hold")
    batch.refresh_from_db()
    assert (batch.held, batch.updated) == (0, 1)
    clerk.post(verb_url(batch, "submit"))
    reviewer = as_user(city.reviewer)
    assert "示例说明:重新作出决定" in text_of(reviewer.get(page_of(batch, tab="explained")))
    assert reviewer.post(url, {"row": 3, "explanation": "x"}).status_code == 403


def test_updates_are_compared_field_by_field_before_and_after_they_are_merged(
    report, send, clerk, as_user, city
):
    report(penalty(1), publish=True)
    batch = send(penalty(1, **{FINE: 0.3, "处罚内容": "处以罚款0.3万元。"}))
    assert batch.updated == 1

    def compared():
        page = read.rows_page(IntakeBatch.objects.get(pk=batch.pk), read.Tab.UPDATE)
        return [(change.title, change.old, change.new) for change in page.rows[0].changes]

    expected = [("处罚内容", "处以罚款0.5万元。", "处以罚款0.3万元。"), (FINE, "0.5万元", "0.3万元")]
    assert compared() == expected
    page = text_of(clerk.get(page_of(batch, tab="update")))
    assert "0.5万元" in page
    assert "0.3万元" in page
    clerk.post(verb_url(batch, "submit"))
    assert compared() == expected
    as_user(city.reviewer).post(verb_url(batch, "publish"))
    assert str(Record.objects.get().fine) == "0.300000"
    assert compared() == expected


def test_new_and_unchanged_rows_have_their_tabs(report, send, clerk):
    report(penalty(1), publish=True)
    batch = send(penalty(1), penalty(2))
    assert (batch.created, batch.unchanged) == (1, 1)
    new, same = (text_of(clerk.get(page_of(batch, tab=tab))) for tab in ("create", "unchanged"))
    assert company_code(2) in new
    assert company_code(1) not in new
    assert company_code(1) in same
    assert company_code(2) not in same


@pytest.fixture
def long_batch(report):
    """A batch of 120 rows, of which 110 are rejected."""
    return report(
        *[penalty(n) for n in range(1, 11)],
        *[penalty(n, **{CODE: company_code(n)[:-1] + "?"}) for n in range(11, 121)],
    )


def test_rows_are_paged_by_row_number_forwards_and_back(long_batch, clerk):
    first = clerk.get(page_of(long_batch, tab="reject")).context["page"]
    assert [one.row.row for one in first.rows] == list(range(12, 62))
    assert (first.earlier, first.later) == (None, 61)
    second = clerk.get(page_of(long_batch, tab="reject", after=first.later)).context["page"]
    assert [one.row.row for one in second.rows] == list(range(62, 112))
    third = clerk.get(page_of(long_batch, tab="reject", after=second.later)).context["page"]
    assert [one.row.row for one in third.rows] == list(range(112, 122))
    assert third.later is None
    back = clerk.get(page_of(long_batch, tab="reject", before=third.earlier)).context["page"]
    assert [one.row.row for one in back.rows] == [one.row.row for one in second.rows]
    start = clerk.get(page_of(long_batch, tab="reject", before=back.earlier)).context["page"]
    assert [one.row.row for one in start.rows] == [one.row.row for one in first.rows]
    assert start.earlier is None


@pytest.mark.parametrize(
    "query", ["tab=nonsense", "after=-1", "after=x", "before=99999999999", "tab=hold&after=²"]
)
def test_odd_addresses_show_a_page(long_batch, clerk, query):
    assert clerk.get(f"{page_of(long_batch)}?{query}").status_code == 200


QUERIES = {"reject": 11, "update": 14, "create": 12}


@pytest.mark.parametrize("tab", QUERIES)
def test_the_batch_page_asks_the_same_few_questions_whatever_the_number_of_rows(
    report, clerk, tab, django_assert_num_queries
):
    report(*[penalty(n) for n in range(1, 42)], publish=True)

    def batch_of(each, new):
        return report(
            *[penalty(n, **{FINE: 0.2}) for n in range(1, 1 + each)],
            *[penalty(n, **{CODE: "x"}) for n in range(300, 300 + each)],
            *[penalty(n) for n in range(new, new + each)],
            submit=True,
        )

    large, small = batch_of(40, 400), batch_of(1, 900)
    clerk.get(page_of(small))
    for batch in (small, large):
        with django_assert_num_queries(QUERIES[tab]):
            clerk.get(page_of(batch, tab=tab))
    assert IntakeRow.objects.filter(batch=large).count() == 120


def test_identity_numbers_are_shown_masked_only(city, clerk, catalogue):
    item = CatalogueItem.objects.get(code="licence-person")
    number = "640104199003070018"
    for last in "0123456789X":
        found, fault = check_resident_id(number[:-1] + last, today=now().date())
        if fault is None:
            number = found
            break
    person = {"行政相对人类别": "自然人", "证件类型": "身份证", "证件号码": number}
    rest = {k: v for k, v in licence(1).items() if not k.startswith("行政相对人") and k != "法定代表人"}
    row = {NAME: "示例人乙", **person, **rest}
    data = {"department": city.scjg.pk, "item": item.pk, "file": workbook(row)}
    clerk.post(reverse(UPLOAD), data)
    batch = IntakeBatch.objects.get()
    assert batch.created == 1, list(batch.findings.values_list("column", "message"))
    page = text_of(clerk.get(page_of(batch, tab="create")))
    assert number not in page
    assert IntakeRow.objects.get().id_masked in page
