"""The whole way of a task and of a letter, once."""

from __future__ import annotations

from datetime import date

import pytest

from audit.faults import Refused
from oversight.models import Addressee, Duty
from oversight.services import directives, duties, replies

from .given import answer

pytestmark = pytest.mark.django_db


def test_a_task_is_entered_reported_sent_back_reported_again_and_accepted(city, on, task):
    duty = task.duties.get()
    with on(3, 30):
        duties.begin(duty, actor=city.clerk)
        duties.report(duty, actor=city.clerk, text="已完成。")
        duties.send_back(duty, actor=city.officer, reason="缺少台账。")
    assert not Duty.objects.late(date(2026, 3, 31)).exists()
    with on(4, 1):
        assert Duty.objects.late(date(2026, 4, 1)).get().is_late(date(2026, 4, 1))
        duties.report(duty, actor=city.clerk, text="已补充。")
        done = duties.accept(duty, actor=city.officer)
    assert done.state == "done"
    assert Duty.objects.late(date(2026, 5, 1)).exists()
    with pytest.raises(Refused, match="已完成"):
        duties.begin(duty, actor=city.clerk)


def test_a_letter_is_signed_by_another_answered_escalated_and_closed(city, on, issued):
    letter = issued(city.scjg, city.sthj)
    assert letter.number == "银信提〔2026〕1号"
    ours, theirs = letter.addressees.order_by("department__code")
    assert ours.due_on == theirs.due_on == date(2026, 3, 9)
    with on(3, 6):
        answer(ours, city.clerk, city.reviewer, "已补报。")
        replies.accept(ours, actor=city.officer)
    assert list(Addressee.objects.late(date(2026, 3, 9))) == []
    assert list(Addressee.objects.late(date(2026, 3, 10))) == [theirs]
    with on(3, 10):
        second = directives.escalate(
            letter, actor=city.supervisor, bodies=[city.sthj], facts="仍未报送。", demands="立即补报。"
        )
        second = directives.sign(directives.submit(second, actor=city.officer), actor=city.approver)
    said = "".join(one["text"] for one in second.content["paragraphs"])
    assert "《工作提示单》（银信提〔2026〕1号，要求于2026年3月9日前回复），银川市生态环境局逾期未回复" in said
    letter.refresh_from_db()
    assert letter.state == "closed"
    last = second.addressees.get()
    with on(3, 13):
        replies.acknowledge(last, actor=city.stranger)
        answer(last, city.stranger, city.strange_reviewer, "已补报。")
        replies.accept(last, actor=city.supervisor)
    second.refresh_from_db()
    assert (second.state, second.number) == ("closed", "银信督〔2026〕1号")
    assert list(Addressee.objects.late(date(2026, 6, 1))) == [theirs]
