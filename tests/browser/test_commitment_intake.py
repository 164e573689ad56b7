"""A department's file of commitments, from the upload to the published commitment and its report, in the browser."""

from __future__ import annotations

import pytest

from commitments.models import Commitment, Performance

from ..commitments.uploading import commitment, performance
from ..credit_records.builders import write_xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def db(transactional_db):
    """The server reads what the test has committed."""


def _upload(desk, path, item: str) -> None:
    desk.open("/admin/credit_records/intakebatch/add/")
    desk.page.select_option("select[name=item]", label=item)
    desk.page.set_input_files("input[name=file]", path)
    desk.page.get_by_role("button", name="上传并检查").click()
    desk.page.wait_for_url("**/change/")


def _press(desk, verb: str) -> None:
    """A verb on the page: opens its dialog, then does it."""
    desk.page.get_by_role("button", name=verb, exact=True).click()
    desk.submit(desk.page.locator("dialog[open]").get_by_role("button", name=verb, exact=True))


def test_a_file_becomes_commitments_and_reports(desk, city, catalogue, tmp_path):
    rows = [
        commitment(1),
        commitment(2, 承诺类型="容缺受理型", 容缺材料="验资报告(5)"),
        commitment(3, 承诺编码="64010020261109000007"),
    ]
    desk.sign_in("clerk")
    _upload(desk, write_xlsx(tmp_path / "承诺.xlsx", rows), "信用承诺")
    desk.page.get_by_text("与承诺作出日期2026-11-10不一致").wait_for()
    desk.picture("commitment-intake-rejected")
    desk.page.get_by_role("link", name="新增").click()
    desk.page.get_by_text("发布后登记为新承诺的行").wait_for()
    _press(desk, "提交审核")
    desk.picture("commitment-intake-submitted")
    address = desk.page.url.removeprefix(desk.address)
    desk.sign_out()
    desk.sign_in("reviewer")
    desk.open(address)
    _press(desk, "发布")
    desk.page.get_by_text("本批次承诺已登记。").wait_for()
    desk.page.get_by_role("link", name="新增").click()
    desk.picture("commitment-intake-published")
    one = Commitment.objects.order_by("code").first()
    desk.page.get_by_role("link", name=one.code).click()
    desk.page.get_by_role("heading", name=one.code, exact=True).wait_for()
    desk.picture("commitment-intake-commitment")
    desk.sign_out()
    desk.sign_in("clerk")
    _upload(desk, write_xlsx(tmp_path / "履约.xlsx", [performance(one.code)]), "履约践诺")
    desk.page.get_by_text("发布后成为承诺的新一次履约践诺的行").wait_for()
    desk.picture("performance-intake")
    assert not Performance.objects.exists()
    assert desk.problems == []
