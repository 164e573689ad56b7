"""异议中, 暂停公示, 更正 and 当事人声明 on the pages: shown wherever the record is, offered to whom it belongs."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from audit.acts import act
from audit.models import Event
from credit_records.admin import boxes
from credit_records.models import DuplicateCodeEntry, IntakeBatch, Record, Subject
from credit_records.services import corrections, disputes, records

from ..builders import penalty
from ..reporting import NOW
from .pages import as_user, text_of, url

pytestmark = pytest.mark.django_db
LIST = "record", "changelist"
CASE, DECISION = "银信异〔2026〕12号", "异议决定 银信异决〔2026〕12号"
MARK = ">异议中</span>"


@pytest.fixture
def both(report):
    report(penalty(1), penalty(2), publish=True)
    return Record.objects.order_by("document_number")


@pytest.fixture
def record(both, city):
    """The disputed one of two records."""
    disputes.mark_disputed(
        both[0], actor=city.officer, reference=CASE, url="/admin/objections/objection/7/change/", now=NOW
    )
    return both[0]


def page_of(record) -> str:
    return url("record", "change", record.pk)


def readers(city):
    return (city.clerk, city.reviewer, city.officer, city.approver, city.supervisor)


# --- the mark -----------------------------------------------------------------------------------------------


def test_the_mark_stands_at_the_head_of_the_page_with_its_cases(record, both, city):
    disputes.mark_disputed(record, actor=city.officer, reference="银信异〔2026〕13号", now=NOW)
    for user in readers(city):
        shown = text_of(as_user(user).get(page_of(record)))
        assert MARK in shown
        # The number only: whether the reader may open the case is known to the box beside the record.
        assert f"异议中：{CASE}，2026-11-20 起。" in shown
        assert "/admin/objections/objection/7/change/" not in shown
        assert "异议中：银信异〔2026〕13号" in shown
        assert MARK not in text_of(as_user(user).get(page_of(both[1])))
    for user in (city.stranger, city.strange_reviewer):
        assert as_user(user).get(page_of(record)).status_code == 404


def test_a_lifted_mark_is_gone_from_the_page(record, city):
    disputes.lift_dispute(record, actor=city.officer, reference=CASE, now=NOW)
    shown = text_of(as_user(city.clerk).get(page_of(record)))
    assert MARK not in shown
    assert "将 异议中 从 是 改为 否" in shown


def test_the_list_shows_the_mark_beside_the_state_and_filters_by_it(record, both, city):
    client = as_user(city.clerk)
    shown = text_of(client.get(url(*LIST)))
    assert shown.count(MARK) == 1
    assert both[1].document_number in shown
    only = text_of(client.get(f"{url(*LIST)}?disputed=yes"))
    assert record.document_number in only
    assert both[1].document_number not in only
    assert "异议标记" in only
    found = text_of(client.get(f"{url(*LIST)}?q=示例第1商贸"))
    assert MARK in found
    assert record.document_number not in text_of(as_user(city.stranger).get(f"{url(*LIST)}?disputed=yes"))


def test_the_subjects_page_and_its_tab_show_the_mark(record, both, city):
    for user in (city.clerk, city.officer):
        shown = text_of(as_user(user).get(url("subject", "change", record.subject_id)))
        assert MARK in shown
        assert "(异议中 1)" in shown
        assert "异议中" not in text_of(as_user(user).get(url("subject", "change", both[1].subject_id)))
    assert "异议中" not in text_of(as_user(city.stranger).get(url("subject", "change", record.subject_id)))


def test_rows_of_a_batch_show_the_mark_of_their_records(record, report, city):
    created = IntakeBatch.objects.get()
    updates = report(penalty(1, 备注="补充"), penalty(2, 备注="补充"))
    unchanged = report(penalty(1), penalty(2))
    for batch, tab in ((created, "create"), (updates, "update"), (unchanged, "unchanged")):
        page = text_of(as_user(city.clerk).get(url("intakebatch", "change", batch.pk) + f"?tab={tab}"))
        assert page.count(MARK) == 1, tab


def test_forms_about_the_record_show_the_mark(record, city):
    assert MARK in text_of(as_user(city.clerk).get(url("record", "edit", record.pk)))
    asked = {
        "item": record.item_id, "document_number": record.document_number, "subject": record.subject.name,
        "reason": "决定被撤销", "legal_basis": "银市监撤〔2026〕1号",
    }  # fmt: skip
    assert MARK in text_of(as_user(city.reviewer).post(url("record", "by_key"), asked))
    ticked = {"action": "publish", "_selected_action": [record.pk]}
    assert "异议中 · " in text_of(as_user(city.reviewer).post(url(*LIST), ticked))


def test_the_ledger_counts_disputed_records_of_both_subjects(record, both, city):
    with act("test", actor=city.system):
        entry = DuplicateCodeEntry.objects.create(
            name="示例", name_key="示例", first=both[0].subject, second=both[1].subject, found_at=NOW
        )
    shown = text_of(as_user(city.officer).get(url("duplicatecodeentry", "change", entry.pk)))
    assert shown.count("(异议中 1 条)") == 1


def exported(client):
    response = client.post(url("record", "export"), {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response) if response.streaming else response.content)).active
    header, *rows, _, _ = [[cell.value for cell in line] for line in sheet.iter_rows()]
    return {row[header.index("决定书文号")]: dict(zip(header, row, strict=True)) for row in rows}


def test_the_export_carries_mark_and_statements(record, both, city, django_assert_max_num_queries):
    for text in ("处罚过重。", "已提起诉讼。"):
        disputes.record_statement(record, actor=city.officer, text=text, reference=DECISION, now=NOW)
    client = as_user(city.clerk)
    rows = exported(client)
    assert rows[record.document_number]["异议标记"] == "异议中"
    assert rows[record.document_number]["当事人声明"] == "处罚过重。；已提起诉讼。"
    assert not rows[both[1].document_number]["异议标记"]
    assert not rows[both[1].document_number]["当事人声明"]
    assert "当事人声明" not in exported(as_user(city.stranger))


# --- statement, correction ----------------------------------------------------------------------------------


def test_a_statement_is_shown_beside_the_record(record, both, city):
    disputes.record_statement(
        record, actor=city.officer, text="处罚过重<b>。\n已提起诉讼。", reference=DECISION, now=NOW
    )
    for user in readers(city):
        shown = text_of(as_user(user).get(page_of(record)))
        assert "当事人声明" in shown
        assert "处罚过重&lt;b&gt;。<br>已提起诉讼。" in shown
        assert DECISION in shown
        assert "当事人声明" not in text_of(as_user(user).get(page_of(both[1])))


def test_history_says_what_was_put_right_and_on_which_decision(both, city):
    corrections.correct(
        both[0],
        actor=city.approver,
        changes={"CF_NR_FK": "0.3"},
        reference=DECISION,
        reason="核查属实",
        now=NOW,
    )
    sentence = f"将 罚款金额(万元) 从 0.5万元 改为 0.3万元，依据 {DECISION}，核查属实"
    for user in readers(city):
        shown = text_of(as_user(user).get(page_of(both[0])))
        assert sentence in " ".join(shown.split())
        assert f"罚款金额(万元)：0.5万元 更正为 0.3万元，依据 {DECISION}，2026-11-20" in shown
        history = text_of(as_user(user).get(url("record", "history", both[0].pk)))
        assert "按决定更正记录" in history
        assert f"依据 {DECISION}" in history
    assert "按决定更正" not in text_of(as_user(city.clerk).get(page_of(both[1])))


def test_the_batch_of_a_correction_shows_what_it_changed(both, city):
    corrections.correct(
        both[0], actor=city.approver, changes={"CF_NR_FK": "0.3", "CF_NR": "处以罚款0.3万元。"},
        reference=DECISION, reason="核查属实", now=NOW,
    )  # fmt: skip
    batch = IntakeBatch.objects.get(file_name=corrections.FILE_NAME)
    for user in (city.clerk, city.reviewer, city.officer):
        shown = text_of(as_user(user).get(url("intakebatch", "change", batch.pk)))
        assert "0.5万元" in shown
        assert "0.3万元" in shown
        assert "处以罚款0.3万元。" in shown
        assert "内容相同" not in shown
    assert as_user(city.stranger).get(url("intakebatch", "change", batch.pk)).status_code == 404


# --- suspension ---------------------------------------------------------------------------------------------


def test_suspension_is_offered_to_the_approver_alone_and_done_with_a_reason(both, city):
    record = both[0]
    address = url("record", "verb", record.pk, "suspend")
    for user in (city.clerk, city.reviewer, city.officer, city.supervisor):
        assert 'data-dialog="verb-suspend"' not in text_of(as_user(user).get(page_of(record)))
        assert as_user(user).post(address, {"reason": "x"}).status_code == 403
    assert as_user(city.strange_reviewer).post(address, {"reason": "x"}).status_code == 404
    client = as_user(city.approver)
    assert client.get(address).status_code == 302
    assert client.post(address, {"reason": ""}).status_code == 422
    record.refresh_from_db()
    assert record.state == "published"
    shown = text_of(client.get(page_of(record)))
    assert 'data-dialog="verb-suspend"' in shown
    assert "恢复公示" not in shown
    client.post(address, {"reason": "处罚机关不能提供决定书"})
    shown = text_of(client.get(page_of(record)))
    assert "已暂停公示" in shown
    assert "暂停公示：处罚机关不能提供决定书" in shown
    assert "记录已暂停公示，恢复之前不向社会公开。" in shown
    assert 'data-dialog="verb-resume"' in shown
    client.post(url("record", "verb", record.pk, "resume"), {"reason": "已核实"})
    record.refresh_from_db()
    assert record.state == "published"
    assert Event.objects.filter(verb="record.resume", actor=city.approver).exists()


def test_a_suspended_record_is_not_mended_by_form(both, city):
    records.suspend(both[0], actor=city.approver, reason="无法核实")
    client = as_user(city.clerk)
    assert "修改内容" not in text_of(client.get(page_of(both[0])))
    assert client.get(url("record", "edit", both[0].pk)).status_code == 302
    assert both[0].document_number in text_of(client.get(f"{url(*LIST)}?state__exact=suspended"))


def test_a_withdrawal_by_decision_is_undone_on_the_page_by_the_approver_alone(both, city):
    corrections.withdraw_by_decision(
        both[0], actor=city.approver, reference=DECISION, reason="已被撤销", legal_basis="银市监撤〔2026〕1号"
    )
    records.withdraw(both[1], actor=city.reviewer, reason="已被撤销", legal_basis="银市监撤〔2026〕1号")
    record, own = both[0], both[1]
    address = url("record", "verb", record.pk, "reinstate")
    asked = {"reference": "行政判决", "reason": "判决撤销异议决定"}
    for user in (city.clerk, city.reviewer, city.officer, city.supervisor):
        assert "恢复记录" not in text_of(as_user(user).get(page_of(record)))
        assert as_user(user).post(address, asked).status_code == 403
    for user in (city.stranger, city.strange_reviewer):
        assert as_user(user).post(address, asked).status_code == 404
    client = as_user(city.approver)
    assert 'data-dialog="verb-reinstate"' in text_of(client.get(page_of(record)))
    assert "恢复记录" not in text_of(client.get(page_of(own)))
    for name in asked:
        assert client.post(address, {**asked, name: ""}).status_code == 422
    record.refresh_from_db()
    assert record.state == "withdrawn"
    client.post(address, asked)
    record.refresh_from_db()
    assert (record.state, record.withdrawn_by) == ("published", "")
    client.post(url("record", "verb", own.pk, "reinstate"), asked)
    own.refresh_from_db()
    assert own.state == "withdrawn"
    shown = text_of(client.get(url("record", "history", record.pk)))
    assert "恢复记录" in shown
    assert "依据 行政判决，判决撤销异议决定" in shown


# --- what rooms above put on the pages ----------------------------------------------------------------------


@pytest.fixture
def hooks(monkeypatch):
    for name in ("_record_boxes", "_subject_boxes", "_record_links"):
        monkeypatch.setattr(boxes, name, [])
    return boxes


def test_rooms_above_add_boxes_and_links_for_the_reader(both, city, hooks):
    @hooks.register_record_box
    def objections(request, record):
        if not request.user.holds("officer"):
            return None
        lines = [hooks.BoxLine(f"异议 {record.pk}", "/case/1/", "warn"), ("已办结异议",)]
        return hooks.Box("异议", lines, order=5)

    @hooks.register_record_box
    def repairs(request, record):
        return hooks.Box("修复", empty="没有修复申请。", order=1)

    @hooks.register_subject_box
    def cases(request, subject):
        return hooks.Box("案件", [("异议一件", reverse("admin:index"), "")])

    @hooks.register_record_link
    def file_objection(request, record):
        return ("示例链接", f"/file/{record.pk}/") if request.user.holds("officer") else None

    record = both[0]
    shown = text_of(as_user(city.officer).get(page_of(record)))
    assert (
        f'<span class="cr-chip cr-warn"><a class="cr-link" href="/case/1/">异议 {record.pk}</a></span>'
        in shown
    )
    assert "<li>已办结异议</li>" in shown
    assert shown.index("<h2>修复</h2>") < shown.index("<h2>异议</h2>")
    assert f'<a class="bo-button" href="/file/{record.pk}/">示例链接</a>' in shown
    clerks = text_of(as_user(city.clerk).get(page_of(record)))
    assert "<h2>异议</h2>" not in clerks
    assert "示例链接" not in clerks
    assert "没有修复申请。" in clerks
    for subject in Subject.objects.all():
        assert "<h2>案件</h2>" in text_of(as_user(city.clerk).get(url("subject", "change", subject.pk)))
