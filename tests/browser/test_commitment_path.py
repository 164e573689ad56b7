"""A commitment from the counter to its verification, through the pages alone; the ratios and the letter looked at."""

from __future__ import annotations

from datetime import date

import pytest

from casework.letters.typesetting import fonts_available
from commitments.models import Commitment, CommitmentMatter, Performance
from credit_records.rules.identifiers import make_uscc

from ..commitments.counter import Counter, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def db(transactional_db):
    """The server works on connections of its own."""


@pytest.fixture(autouse=True)
def _the_day(monkeypatch):
    from audit import clock

    monkeypatch.setattr(clock.timezone, "now", lambda: at(17, 11))


def test_from_the_counter_to_the_verification(desk, city, tmp_path):
    counter = Counter(city)
    page = desk.page
    desk.sign_in("clerk")
    page.click("text=登记承诺 >> nth=0")
    page.fill("#id_q", "示例1号")
    page.click("text=查找")
    desk.picture("commitment-1-subject")
    page.click("table >> text=选择")
    desk.picture("commitment-2-matter")
    page.click("table >> text=选择")
    assert "银川示例1号有限公司承诺符合条件。" in page.input_value("#id_content")
    page.select_option("#id_disclosure", "public")
    desk.picture("commitment-3-form")
    page.click(".cr-submit >> text=登记")
    commitment = Commitment.objects.get()
    assert page.inner_text(".cr-head h1") == commitment.code
    desk.picture("commitment-4-page")

    if fonts_available():
        page.click(".cr-head-links >> text=打印承诺书")
        with page.expect_download() as download:
            page.click("text=下载PDF")
        download.value.save_as(tmp_path / "letter.pdf")
        assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF")
        desk.picture("commitment-5-letter")
        page.click("text=返回承诺")

    page.click("text=第1次核查")
    desk.picture("commitment-6-verification")
    page.click("button:has-text('办理核查') >> nth=0")
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=how]").fill("实地核查，设施齐全。")
    dialog.locator("[name=status]").select_option("part")
    dialog.locator("[name=determined_on]").fill("2026-11-17")
    dialog.locator("[name=unfulfilled]").fill("尚未公示许可证。")
    dialog.locator("[name=liability_pursued]").fill("责令5日内改正。")
    desk.picture("commitment-7-dialog")
    dialog.locator("button[type=submit]").click()
    page.wait_for_selector("text=已核查")
    assert Performance.objects.get().status == "part"

    desk.open("/admin/commitments/commitment/")
    desk.picture("commitment-8-list")
    desk.open(f"/admin/commitments/commitment/{commitment.pk}/change/")
    desk.picture("commitment-9-after")
    desk.open(f"/admin/credit_records/subject/{counter.company.pk}/change/")
    desk.picture("commitment-10-subject")
    desk.sign_out()

    desk.sign_in("supervisor")
    page.click("text=践诺指标")
    desk.picture("commitment-11-figures")
    page.click("table >> nth=0 >> a >> nth=0")
    page.wait_for_selector(f"text={commitment.code}")
    desk.picture("commitment-12-rows")
    desk.open("/admin/commitments/verification/")
    desk.picture("commitment-13-tasks")
    assert CommitmentMatter.objects.get().published_on == date(2026, 1, 5)
    desk.open(f"/admin/commitments/commitmentmatter/{counter.matter.pk}/change/")
    desk.picture("commitment-14-matter")


def test_a_new_promisor_a_broken_promise_and_what_the_office_sees_of_it(desk, city):
    Counter(city)
    page = desk.page
    desk.sign_in("clerk")
    desk.picture("commitment-20-workbench-clerk")
    page.click("text=登记承诺 >> nth=0")
    page.fill("#id_q", "银川示例新设")
    page.click("text=查找")
    desk.picture("commitment-21-not-found")
    page.click("text=登记新承诺人")
    page.click("table >> text=选择")
    page.select_option("#id_subject_kind", "legal_person")
    page.fill("#id_new_name", "银川示例新设有限公司")
    page.fill("#id_subject_code", "91640104DEM0A0011X")
    page.select_option("#id_disclosure", "public")
    page.click(".cr-submit >> text=登记")
    page.wait_for_selector("text=没有登记")
    desk.problems.clear()  # the browser notes the 422 that was asked for
    assert page.input_value("#id_new_name") == "银川示例新设有限公司"
    desk.picture("commitment-22-wrong-code")
    page.fill("#id_subject_code", make_uscc("91", "640104", "DEM0A001"))
    page.click(".cr-submit >> text=登记")
    one = Commitment.objects.get()
    assert "银川示例新设有限公司" in one.content
    page.click("button:has-text('报告履约') >> nth=0")
    dialog = page.locator("dialog[open]")
    dialog.locator("[name=status]").select_option("none")
    dialog.locator("[name=determined_on]").fill("2026-11-17")
    dialog.locator("[name=unfulfilled]").fill("未取得许可即开业。")
    dialog.locator("[name=liability_pursued]").fill("责令停业。")
    dialog.locator("button[type=submit]").click()
    page.wait_for_selector("text=以此为准")
    desk.picture("commitment-23-broken")
    desk.open(f"/admin/credit_records/subject/{one.subject_id}/change/")
    page.wait_for_selector(f"text={one.made_on}")
    desk.picture("commitment-24-subject")
    desk.sign_out()

    desk.sign_in("officer")
    desk.picture("commitment-25-workbench-officer")
    page.click("text=逾期与违诺")
    page.wait_for_selector(f"text={one.code}")
    desk.picture("commitment-26-overdue")
    page.click("text=践诺指标")
    page.wait_for_selector("h1:has-text('承诺践诺指标')")
    page.select_option("#id_department", str(city.scjg.pk))
    page.click("button:has-text('计算')")
    page.wait_for_selector("text=银川市市场监督管理局 · 截至")
    desk.picture("commitment-27-figures-of-department")
    assert page.locator("#id_department option").all_inner_texts() == ["全市", "市场监管"]
    page.click(".cr-notice >> text=指标口径")
    desk.picture("commitment-28-bases")
    page.click("text=拟订新口径")
    desk.picture("commitment-29-basis-form")
    desk.open("/admin/commitments/figurebasis/")
    page.click("tbody >> a >> nth=0")
    page.wait_for_selector("text=各版本")
    desk.picture("commitment-30-basis")
