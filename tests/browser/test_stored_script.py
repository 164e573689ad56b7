"""A script written into names and into the name of a file is shown as what it is: text. Nothing runs, nothing is fetched."""

from __future__ import annotations

import pytest
from django.core.files import File

from credit_records.models import IntakeBatch, Record
from credit_records.services import batches

from ..credit_records.builders import penalty, write_xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCRIPT = "<img src=x onerror=window.ran=1>"
NAME = f"银川示例{SCRIPT}公司"
REASON = '违法{{ 7*7 }}<script>window.ran=1</script>" x-init="window.ran=1'


@pytest.fixture
def poisoned(city, penalties, tmp_path) -> IntakeBatch:
    path = write_xlsx(tmp_path / "report.xlsx", [penalty(1, 行政相对人名称=NAME, 违法事实=REASON)])
    with path.open("rb") as stream:
        batch = batches.upload(
            File(stream, name=path.name), actor=city.clerk, department=city.scjg, item=penalties,
            file_name=f"报送{SCRIPT}.xlsx",
        )  # fmt: skip
    return batches.submit(batches.check(batch, actor=city.clerk), actor=city.clerk)


def test_a_script_in_names_and_texts_stays_text(desk, city, poisoned):
    batch, record = poisoned, Record.objects.get()
    dialogs: list[str] = []
    desk.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    desk.sign_in("reviewer")
    shown = 0
    for path in (
        "/admin/",
        "/admin/credit_records/intakebatch/",
        f"/admin/credit_records/intakebatch/{batch.pk}/change/?tab=create",
        "/admin/credit_records/record/?q=银川示例",
        f"/admin/credit_records/record/{record.pk}/change/",
        f"/admin/credit_records/record/{record.pk}/history/",
        "/admin/credit_records/subject/?q=银川示例",
        f"/admin/credit_records/subject/{record.subject_id}/change/",
    ):
        desk.open(path)
        assert desk.page.evaluate("window.ran") is None, path
        assert not desk.page.locator("img[src=x]").count(), path
        shown += SCRIPT in desk.page.locator("body").inner_text()
    assert shown >= 4
    assert dialogs == []
    desk.picture("stored-script")
