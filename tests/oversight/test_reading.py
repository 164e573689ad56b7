"""What is decided is what was read: a page that is no longer true signs, accepts and carries over nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile

from accounts.models import Membership
from audit.acts import act
from audit.clock import today
from audit.faults import Refused
from oversight.models import Addressee
from oversight.selectors.papers import mark_of_draft
from oversight.services import attachments, directives, duties, replies

from .given import answer

pytestmark = pytest.mark.django_db


def refused(code, verb, *args, **values):
    with pytest.raises(Refused) as refusal:
        verb(*args, **values)
    assert refusal.value.code == code


def also(city, person, role):
    """Another role in the office for the same person."""
    with act("test.role", actor=city.system):
        Membership.objects.create(user=person, role=role, department=city.office, since=date(2020, 1, 1))
    return type(person).objects.get(pk=person.pk)


@pytest.mark.parametrize("change", ["words", "bodies", "day"])
def test_a_letter_that_has_changed_since_it_was_read_is_not_signed(city, on, drafted, change):
    draft = drafted()
    with on(3, 2):
        read = mark_of_draft(directives.submit(draft, actor=city.officer), today())
        directives.recall(draft, actor=city.officer)
        wording = {"bodies": [city.scjg], "facts": "二月份没有报送。", "demands": "请补报。"}
        other = {"words": {"demands": "请说明。"}, "bodies": {"bodies": [city.scjg, city.sthj]}, "day": {}}
        directives.amend(draft, actor=city.officer, **{**wording, **other[change]})
        directives.submit(draft, actor=city.officer)
    with on(3, 3 if change == "day" else 2):
        refused("directive.changed", directives.sign, draft, actor=city.approver, read=read)
        draft.refresh_from_db()
        signed = directives.sign(draft, actor=city.approver, read=mark_of_draft(draft, today()))
    assert signed.serial == 1  # what was refused has used no number


def test_nobody_who_worded_any_version_of_it_signs_it(city, on, drafted):
    both = also(city, city.officer, "approver")
    draft = drafted(actor=both)
    with on(3, 2):
        directives.amend(draft, actor=city.supervisor, bodies=[city.scjg], facts="一", demands="二")
        directives.submit(draft, actor=city.supervisor)
        refused("four_eyes", directives.sign, draft, actor=both)


def test_a_reply_that_came_in_meanwhile_is_not_judged_unread(city, on, issued):
    ours = issued().addressees.get()
    with on(3, 3):
        answer(ours, city.clerk, city.reviewer, "一")
        replies.send_back(ours, actor=city.officer, reason="不够。", round=1)
        answer(ours, city.clerk, city.reviewer, "二")
        refused("oversight.state", replies.accept, ours, actor=city.officer, round=1)
        assert replies.accept(ours, actor=city.officer, round=2).state == "accepted"


def test_a_body_that_has_answered_before_the_signature_is_not_escalated(city, on, issued):
    letter = issued(city.scjg, city.sthj)
    ours, theirs = letter.addressees.order_by("department__code")
    words = {"facts": "仍未报送。", "demands": "补报。"}
    with on(3, 10):
        second = directives.escalate(letter, actor=city.officer, bodies=[city.scjg, city.sthj], **words)
        directives.submit(second, actor=city.officer)
        answer(ours, city.clerk, city.reviewer, "已补报。")
        refused("directive.strangers", directives.sign, second, actor=city.approver)
        directives.return_draft(second, actor=city.approver, reason="市场监管已回复。")
        directives.amend(second, actor=city.officer, bodies=[city.sthj], **words)
        directives.sign(directives.submit(second, actor=city.officer), actor=city.approver)
        assert replies.accept(ours, actor=city.officer).state == "accepted"
    letter.refresh_from_db()
    assert letter.state == "closed"
    assert Addressee.objects.get(pk=theirs.pk).state == "escalated"


def test_a_circular_ends_only_the_parts_that_are_behind(city, on, issued):
    letter = issued(city.scjg, city.sthj, grade="supervise")
    ours = letter.addressees.get(department=city.scjg)
    with on(3, 3):
        answer(ours, city.clerk, city.reviewer, "已办。")
    with on(3, 31):
        last = directives.escalate(
            letter, actor=city.officer, bodies=[city.scjg, city.sthj], facts="通报。", demands="引以为戒。"
        )
        directives.sign(directives.submit(last, actor=city.officer), actor=city.approver)
        assert replies.accept(ours, actor=city.officer).state == "accepted"


def test_a_circular_takes_no_files_and_an_old_deadline_is_not_given(city, on, issued, task):
    ours = issued(grade="circular").addressees.get()
    with on(4, 2):
        file = ContentFile("示例".encode(), name="示例.txt")
        refused("directive.no_reply", attachments.attach, ours, file, actor=city.clerk)
        duty = task.duties.get()
        refused("duty.due", duties.move_due, duty, actor=city.officer, due_on=date(2026, 4, 1), reason="示例")
        moved = duties.move_due(duty, actor=city.officer, due_on=date(2026, 4, 2), reason="示例")
    assert moved.due_on == date(2026, 4, 2)
