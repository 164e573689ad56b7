"""A commitment from the counter to its verification, through the pages alone; the ratios and the letter looked at."""

from __future__ import annotations

from datetime import date

import pytest

from casework.letters.typesetting import fonts_available
from commitments.models import Commitment, CommitmentMatter, Performance

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
