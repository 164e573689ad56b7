"""The pages of intake as clerk, reviewer, officer, stranger and nobody: who sees, who does, what is said."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import User
from audit.acts import act
from audit.clock import now
from audit.models import Event
from credit_records.models import CatalogueItem, IntakeBatch, IntakeRow, IntakeRun, Record
from credit_records.rules.identifiers import check_resident_id
from credit_records.selectors import batches as read
from credit_records.services import batches, records

from ..builders import company_code, licence, penalty

pytestmark = pytest.mark.django_db
CODE, NAME, FINE = "行政相对人代码_1(统一社会信用代码)", "行政相对人名称", "罚款金额(万元)"
LIST = "admin:credit_records_intakebatch_changelist"
UPLOAD = "admin:credit_records_intakebatch_add"
PAGE = "admin:credit_records_intakebatch_change"
VERB = "admin:credit_records_intakebatch_verb"
ANNOTATED = "admin:credit_records_intakebatch_annotated"
PROGRESS = "admin:credit_records_intakebatch_progress"


def workbook(*rows, name="处罚.xlsx"):
    book = Workbook()
    sheet = book.active
    sheet.append(["行政处罚信息报送表"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    stream = io.BytesIO()
    book.save(stream)
    return SimpleUploadedFile(name, stream.getvalue())


def page_of(batch, **query):
    return reverse(PAGE, args=[batch.pk]) + (
        "?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""
    )


def verb_url(batch, name):
    return reverse(VERB, args=[batch.pk, name])


def text_of(response):
    return response.content.decode()


def said(response):
    return [str(message) for message in response.context["messages"]]


@pytest.fixture
def as_user(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def clerk(as_user, city):
    return as_user(city.clerk)


@pytest.fixture
def send(clerk, penalties):
    """Upload rows through the page as the clerk; the batch it became."""

    def run(*rows, name="处罚.xlsx", file=None, **more):
        data = {"item": penalties.pk, "file": file or workbook(*rows, name=name), **more}
        data.setdefault("department", _department_of(clerk))
        response = clerk.post(reverse(UPLOAD), data, follow=True)
        assert response.status_code == 200, text_of(response)[:2000]
        return IntakeBatch.objects.order_by("-pk").first()

    return run


def _department_of(client):
    return User.objects.get(pk=client.session["_auth_user_id"]).department_id


BAD = penalty(2, **{CODE: company_code(2)[:-1] + "?"})


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
    assert said(response) == ["已提交审核:处罚_批注.xlsx。请由本单位审核员发布。"]
    reviewer = as_user(city.reviewer)
    response = reviewer.post(verb_url(again, "publish"), follow=True)
    assert said(response) == ["已发布:处罚_批注.xlsx"]
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
    assert client.get(verb_url(batch, verb)).status_code == 405
    batch.refresh_from_db()
    assert (batch.state, IntakeBatch.history.count()) == (state, before)
    assert client.post(verb_url(batch, verb), data).status_code == 302
    assert IntakeBatch.history.count() > before


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
    assert said(response) == ["第3行已说明,计入可入库。"]
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


QUERIES = {"reject": 10, "update": 12, "create": 10}


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
