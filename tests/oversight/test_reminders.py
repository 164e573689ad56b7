"""Who owes a reply or a task is reminded two working days before and once it is late: once for each person and day."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.policy import NotAllowed
from audit.acts import act
from casework.models import Notice
from oversight.services import duties, reminders, reply_drafts

from .given import answer

pytestmark = pytest.mark.django_db
BODY, OTHER = {"clerk", "clerk2", "reviewer"}, {"stranger", "stranger2"}


@pytest.fixture
def run(city, on):
    def remind(month, day):
        Notice.objects.filter(kind="urged").update(read_at=Notice.objects.earliest("pk").created_at)
        with on(month, day, 8):
            count = reminders.remind(actor=city.system)
            assert reminders.remind(actor=city.system) == 0
        new = Notice.objects.filter(kind="urged", read_at=None).select_related("person")
        assert new.count() == count
        found: dict[str, set[str]] = {}
        for one in new:
            found.setdefault(one.text, set()).add(one.person.username)
        return found

    return remind


def test_replies(city, on, run, issued):
    """Issued on Monday the 2nd of March, due on the 9th; a reply that lies with the reviewer is still owed, one that is sent is not."""
    letter = issued(city.scjg, city.sthj)
    ours, theirs = letter.addressees.order_by("department__code")
    issued(grade="circular")
    named = f"前回复工作提示单{letter.number}，"
    assert run(3, 4) == {}
    with on(3, 4):
        answer(theirs, city.stranger, city.strange_reviewer)
        reply_drafts.write(ours, actor=city.clerk, text="一")
        reply_drafts.hand_on(ours, actor=city.clerk)
    assert run(3, 5) == {f"市场监管应于2026-03-09{named}即将到期。": BODY}
    assert run(3, 9) == {}
    assert run(3, 10) == {f"市场监管应于2026-03-09{named}已逾期。": {*BODY, "officer", "supervisor"}}
    assert run(3, 11) == {}
    with on(3, 11):
        reply_drafts.confirm(ours, actor=city.reviewer)
    assert run(3, 20) == {}


def test_tasks_and_who_came_later(city, run, task):
    """Due on Tuesday the 31st of March."""
    Notice.objects.create(person=city.auditor, kind="news", text="示例", created_at="2026-03-01T00:00Z")
    words = "市场监管应于2026-03-31前报送任务2026-01《双公示按月报送(示例)》第1期，"
    assert run(3, 26) == {}
    assert run(3, 27) == {f"{words}即将到期。": BODY}
    assert run(4, 1) == {f"{words}已逾期。": BODY}
    city.person("clerk9", "许示例", "clerk", city.scjg)
    with act("test.named_anew", actor=city.system):
        task.title = "双公示(示例)"
        task.save(update_fields=["title"])
    assert run(4, 2) == {f"{words.replace('双公示按月报送(示例)', '双公示(示例)')}已逾期。": {"clerk9"}}
    with pytest.raises(NotAllowed):
        reminders.remind(actor=city.officer)


def test_a_day_that_was_moved_is_reminded_of_anew(city, on, run, task):
    Notice.objects.create(person=city.auditor, kind="news", text="示例", created_at="2026-03-01T00:00Z")
    assert [len(found) for found in (run(3, 30), run(3, 31))] == [1, 0]
    with on(3, 31):
        duty = task.duties.get()
        duties.move_due(duty, actor=city.officer, due_on=date(2026, 4, 9), reason="示例")
    assert run(4, 1) == {}
    assert [text.split("前")[0] for text in run(4, 8)] == ["市场监管应于2026-04-09"]


def test_a_body_is_told_what_the_office_did_with_its_share(city, on, task):
    duty = task.duties.get()

    def told():
        found = Notice.objects.filter(kind="news").select_related("person")
        return {(one.person.username, one.text.split("第1期")[-1]) for one in found}

    with on(3, 20):
        duties.report(duty, actor=city.clerk, text="已报。")
        assert told() == set()
        duties.send_back(duty, actor=city.officer, reason="缺少台账。")
        assert told() == {(name, "的报送被退回，请于2026-03-31前重新报送。") for name in BODY}
        duties.move_due(duty, actor=city.officer, due_on=date(2026, 4, 9), reason="示例")
        duties.cancel(duty, actor=city.officer, reason="示例")
    said = ("的期限改为2026-04-09。", "已取消，不用报送。")
    assert {(name, words) for name in BODY for words in said} < told()


def test_a_run_asks_the_same_number_of_queries_however_much_is_owed(city, on, issued):
    def asked():
        with on(3, 10):
            reminders.remind(actor=city.system)
            with CaptureQueriesContext(connection) as queries:
                assert reminders.remind(actor=city.system) == 0
        return len(queries)

    issued()
    few = asked()
    for _ in range(3):
        issued(city.scjg, city.sthj)
    assert asked() == few <= 12
