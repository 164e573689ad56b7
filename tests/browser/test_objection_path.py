"""An objection led by four people from the window to the letter: nothing but what stands on their pages."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from casework.models import Case, Letter
from credit_records.models import Record
from objections.models import Objection

from ..casework.evidence.samples import pdf
from ..objections.filing import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def on_day(monkeypatch):
    from audit import clock

    moment: list[datetime] = [at(16, 10)]
    monkeypatch.setattr(clock.timezone, "now", lambda: moment[0])
    return lambda day: moment.__setitem__(0, day)


def _page(name: str = "change") -> str:
    return reverse(f"admin:objections_objection_{name}", args=[Objection.objects.get().pk])


def _step(desk, label: str, **answers: str) -> None:
    """Click a step of the case page and answer its dialog."""
    desk.page.click(f".ca-steps button:has-text('{label}') >> nth=0")
    dialog = desk.page.locator("dialog[open]")
    for name, text in answers.items():
        dialog.locator(f"[name={name}]").fill(text)
    desk.submit(dialog.locator("button[type=submit]"))


def test_four_people_settle_an_objection(desk, city, records, on_day, tmp_path):
    record = records[0]
    proof = tmp_path / "处罚决定书.pdf"
    proof.write_bytes(pdf())

    # The clerk at the window takes it in, from the record's own page.
    desk.sign_in("clerk")
    desk.open(reverse("admin:credit_records_record_change", args=[record.pk]))
    desk.page.click(f"a[href*='record={record.pk}']:has-text('登记异议')")
    desk.page.select_option("select[name=p0-target]", f"{record.pk}:CF_NR_FK")
    desk.page.select_option("select[name=p0-ground]", "content")
    desk.page.fill("input[name=p0-claimed]", "0.3")
    desk.page.fill("textarea[name=p0-statement]", "决定书载明罚款0.3万元。")
    desk.page.set_input_files("input[name=p0-files]", proof)
    # The theme would write its name into a field.
    assert desk.page.locator(f"input[value='{proof.name}']").count() == 0
    desk.page.fill("input[name=applicant_name]", "示例人甲")
    desk.page.select_option("select[name=identity_check]", "documents")
    desk.page.fill("input[name=received_time]", "09:30")
    desk.picture("path-1-registered-by-the-window")
    desk.submit("button[name=do][value=register]")
    desk.page.wait_for_url("**/change/")
    case = Case.objects.get()
    assert (case.state, case.entered_by, case.due_on) == ("received", city.clerk, date(2026, 11, 23))
    desk.sign_out()

    # The officer finds it on the workbench's list, accepts it and asks the source department.
    on_day(at(16, 15))
    desk.sign_in("officer")
    desk.picture("path-2-workbench-of-the-officer")
    desk.open(reverse("admin:casework_case_changelist"))
    desk.page.click(f"a:has-text('{case.number}') >> nth=0")
    _step(desk, "受理")
    on_day(at(17, 9))
    desk.open(_page())
    _step(desk, "发出协查", asks="请对照决定书原件核实罚款金额。")
    assert desk.page.is_visible("text=待答复")
    desk.picture("path-3-sent-to-the-department")
    desk.sign_out()
    assert Record.objects.get(pk=record.pk).disputed

    # The department answers with what it found.
    on_day(at(18, 10))
    desk.sign_in("reviewer")
    assert desk.page.is_visible("text=待答复协查")
    desk.picture("path-4-workbench-of-the-department")
    desk.open(_page("answer"))
    desk.page.check("input[name=p1-finding][value=true]")
    desk.page.fill("textarea[name=p1-text]", "经核对决定书原件，原录入有误。")
    desk.page.fill("input[name=p1-value]", "0.3")
    desk.submit("button:has-text('提交答复')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()

    # The officer proposes.
    on_day(at(19, 9))
    desk.sign_in("officer")
    desk.open(_page("propose"))
    desk.page.check("input[name=p1-outcome][value=corrected]")
    desk.page.fill("textarea[name=p1-reasons]", "来源单位核实属实，决定书载明罚款0.3万元。")
    desk.page.fill("textarea[name=reason]", "事实清楚，证据充分。")
    desk.submit("button:has-text('提交审批')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()

    # The approver decides: the record is corrected with the same click.
    on_day(at(20, 9))
    desk.sign_in("approver")
    desk.open(_page("decide"))
    desk.page.fill("textarea[name=opinion]", "同意。")
    desk.submit("button:has-text('批准')")
    desk.page.wait_for_url("**/change/")
    desk.sign_out()
    assert str(Record.objects.get(pk=record.pk).fine) == "0.300000"

    # The officer hands the letter over and closes in time.
    on_day(at(23, 16))
    desk.sign_in("officer")
    letter = Letter.objects.get(kind="decision")
    desk.open(reverse("admin:casework_letter_change", args=[letter.pk]))
    desk.picture("path-5-letter")
    with desk.page.expect_download() as download:
        desk.page.click("a:has-text('下载') >> nth=0")
    text = "".join(
        page.extract_text() for page in PdfReader(BytesIO(download.value.path().read_bytes())).pages
    )
    words = "".join(text.split())
    assert letter.number in words
    assert "更正为“0.3万元”" in words
    desk.page.click("button:has-text('登记送达') >> nth=0")
    dialog = desk.page.locator("dialog[open]")
    dialog.locator("[name=method]").select_option("direct")
    dialog.locator("[name=delivered_on]").fill("2026-11-23")
    dialog.locator("[name=received_by]").fill("示例人甲")
    desk.submit(dialog.locator("button[type=submit]"))
    desk.open(_page())
    _step(desk, "办结")
    desk.picture("path-6-closed")
    case = Case.objects.get()
    assert (case.state, case.closed_on, case.outcome) == ("closed", date(2026, 11, 23), "upheld")
    assert Letter.objects.get(pk=letter.pk).delivered_on == date(2026, 11, 23)
    desk.sign_out()

    # The record tells it all, and the mark is gone.
    desk.sign_in("clerk")
    desk.open(reverse("admin:credit_records_record_change", args=[record.pk]))
    assert desk.page.is_visible(f"text={case.number}")
    assert not desk.page.is_visible(".cr-head >> text=异议中")
    desk.picture("path-7-record-corrected")
