"""The office deals with what the upper platform has not got: sees it is late, takes the file, registers it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from audit.acts import act
from audit.clock import now
from credit_records.models import Record
from exchange.models import Entry
from exchange.services import outbox

from ..credit_records.builders import penalty
from ..exchange.test_handling import stand

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def entries(city, report) -> list[Entry]:
    report(penalty(1), penalty(2), publish=True)
    first, second = Record.objects.order_by("pk")
    told = [
        ("repair.granted", first, 2),
        ("repair.revoked", first, 0),
        ("objection.decided", second, 0),
        ("repair.granted", second, 1),
    ]
    with act("test.decide", actor=city.approver):
        return [_put(city, number, *one) for number, one in enumerate(told, start=1)]


def _put(city, number: int, topic: str, record: Record, days: int) -> Entry:
    case = f"XF-2026-{number:04}"
    return outbox.put(
        topic=topic,
        key=f"{topic}:{case}",
        reference=case,
        record=record,
        actor=city.approver,
        now=now() - timedelta(days=days),
        payload={
            "case_number": case,
            "letter_number": f"银信修决〔2026〕{number}号",
            "decided_on": "2026-11-20",
            "subject_name": "示例商贸有限公司",
            "record": {"document_number": record.document_number, "state": "repaired"},
            "points": [{"number": 1, "reasons": "已经履行完毕，纠正了失信行为。"}],
        },
    )


def test_the_office_reports_by_hand_what_the_platform_has_not_got(desk, city, entries):
    stand(entries[2], city.system, "failed", last_error="平台退回(422)：主体代码不在登记库中")
    desk.sign_in("officer")
    desk.page.get_by_text("2件决定逾期未同步到上级平台").wait_for()
    desk.picture("outbox-workbench")
    desk.page.locator('a[href$="light=pending"]').first.click()
    desk.page.get_by_text("没有配置上级平台地址").wait_for()
    desk.picture("outbox-list")
    with desk.page.expect_download() as waiting:
        desk.page.get_by_role("button", name="JSON").click()
    document = json.loads(waiting.value.path().read_text("utf-8"))
    assert document["count"] == 4
    desk.open(f"/admin/exchange/entry/{entries[1].pk}/change/")
    desk.page.get_by_text("排在它之后").wait_for()
    desk.picture("outbox-behind")
    desk.open(f"/admin/exchange/entry/{entries[2].pk}/change/")
    desk.page.get_by_text("主体代码不在登记库中").wait_for()
    desk.picture("outbox-failed")
    desk.open(f"/admin/exchange/entry/{entries[0].pk}/change/")
    desk.page.get_by_role("button", name="登记已人工报送").click()
    desk.page.fill("dialog[open] input[name=number]", "示例函1号")
    desk.page.fill("dialog[open] textarea[name=reason]", "尚未接通平台，按函报送。")
    desk.picture("outbox-dialog")
    desk.page.locator("dialog[open]").get_by_role("button", name="登记已人工报送").click()
    desk.page.get_by_text("已登记人工报送").first.wait_for()
    desk.picture("outbox-by-hand")
    entries[0].refresh_from_db()
    assert (entries[0].state, entries[0].by_hand_by) == ("by_hand", city.officer)
