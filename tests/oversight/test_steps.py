"""Every state × step × person of a letter, of a reply and of a task, against tables written by hand."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import Membership
from accounts.policy import policy_for
from audit.acts import act
from audit.faults import Refused
from oversight.machine import OF_ADDRESSEES, OF_DIRECTIVES, OF_DUTIES, obstacle
from oversight.models import Addressee, Directive
from oversight.services import directives, duties, replies

from .given import answer

pytestmark = pytest.mark.django_db
WORKS, BODY = {"officer", "supervisor"}, {"clerk", "second_clerk", "reviewer"}
PEOPLE = [
    "clerk", "second_clerk", "reviewer", "stranger", "strange_reviewer", "officer", "approver", "supervisor", "upper",
    "auditor", "sysadmin", "secadmin",
]  # fmt: skip
LETTER = {
    "draft": {"amend": WORKS, "submit": WORKS, "drop": WORKS},
    "submitted": {"recall": WORKS, "return_draft": {"approver"}, "sign": {"approver"}},
    "issued": {"escalate": WORKS},
    "closed": {},
    "dropped": {},
}
REPLY = {
    "unsent": {},
    "sent": {"acknowledge": BODY, "reply": BODY, "attach": BODY, "close": WORKS},
    "read": {"reply": BODY, "attach": BODY, "close": WORKS},
    "replied": {"accept": WORKS, "send_back": WORKS},
    "returned": {"reply": BODY, "attach": BODY, "close": WORKS},
    "accepted": {},
    "noted": {},
    "escalated": {},
}
TASK = {
    "not_started": {"begin": BODY, "report": BODY, "attach": BODY, "move_due": {"officer"}, "cancel": {"officer"}},
    "working": {"report": BODY, "attach": BODY, "move_due": {"officer"}, "cancel": {"officer"}},
    "reported": {"accept": {"officer"}, "send_back": {"officer"}},
    "done": {},
    "cancelled": {},
}  # fmt: skip


def who_may(city, steps, thing):
    """What the machine lets happen in each state, and whom the policy lets do it."""
    policy = policy_for(type(thing))
    verbs = {
        one.verb: {name for name in PEOPLE if policy.allows(getattr(city, name), one.verb, thing)}
        for one in steps
    }
    found = {}
    for state in type(thing).State.values:
        thing.state = state
        found[state] = {one.verb: verbs[one.verb] for one in steps if not obstacle(steps, one.verb, thing)}
    return found


def test_letters(city, issued):
    assert who_may(city, OF_DIRECTIVES, issued()) == LETTER


def test_replies(city, issued):
    assert who_may(city, OF_ADDRESSEES, issued().addressees.get()) == REPLY


def test_tasks(city, task):
    assert who_may(city, OF_DUTIES, task.duties.get()) == TASK


def test_nobody_sees_a_letter_before_it_is_issued_but_the_office(city, drafted, on):
    draft = drafted()
    seen = {name for name in PEOPLE if policy_for(Directive).allows(getattr(city, name), "view", draft)}
    assert seen == {"officer", "approver", "supervisor"}
    with on(3, 2):
        directives.sign(directives.submit(draft, actor=city.officer), actor=city.approver)
    seen = {name for name in PEOPLE if policy_for(Directive).allows(getattr(city, name), "view", draft)}
    assert seen == {"officer", "approver", "supervisor", *BODY}


def test_of_two_addressees_each_sees_the_letter_and_its_own_part_alone(city, issued):
    letter = issued(city.scjg, city.sthj)
    ours = letter.addressees.get(department=city.scjg)
    theirs = letter.addressees.get(department=city.sthj)
    assert set(policy_for(Addressee).scope(city.clerk)) == {ours}
    assert set(policy_for(Addressee).scope(city.stranger)) == {theirs}
    assert policy_for(Directive).allows(city.stranger, "view", letter)


def test_whoever_worded_it_last_does_not_sign_it(city, on, drafted):
    both = city.person("both", "卫示例", "officer", city.office)
    with act("test.pair", actor=city.system):
        Membership.objects.create(user=both, role="approver", department=city.office, since=date(2020, 1, 1))
    draft = drafted()
    with on(3, 2):
        directives.amend(draft, actor=both, bodies=[city.scjg], facts="一", demands="二")
        directives.submit(draft, actor=city.officer)
        with pytest.raises(Refused) as refused:
            directives.sign(draft, actor=both)
        assert refused.value.code == "four_eyes"
        assert directives.sign(draft, actor=city.approver).state == "issued"


@pytest.mark.parametrize("step", ["submit", "recall", "sign", "escalate"])
def test_a_step_out_of_turn_says_which_state_it_needs(city, on, drafted, step):
    draft = drafted()
    actor = city.approver if step == "sign" else city.officer
    more = {"bodies": [city.scjg], "facts": "x", "demands": "x"} if step == "escalate" else {}
    with on(3, 2):
        if step == "submit":
            directives.submit(draft, actor=actor)
        with pytest.raises(Refused) as refused:
            getattr(directives, step)(draft, actor=actor, **more)
    assert refused.value.code == "oversight.state"


def test_nobody_accepts_what_they_have_reported_themselves(city, on, task):
    with on(3, 2):
        duty = duties.report(task.duties.get(), actor=city.clerk, text="完成。")
    duty.reported_by = city.officer
    with act("test", actor=city.system):
        duty.save(update_fields=["reported_by"])
    with on(3, 3), pytest.raises(Refused) as refused:
        duties.accept(duty, actor=city.officer)
    assert refused.value.code == "four_eyes"


def test_a_circular_is_acknowledged_and_asks_for_no_reply(city, on, issued):
    letter = issued(city.scjg, city.sthj, grade="circular")
    ours, theirs = letter.addressees.order_by("department__code")
    with on(3, 3):
        with pytest.raises(Refused) as refused:
            answer(ours, city.clerk, city.reviewer, "x")
        assert refused.value.code == "directive.no_reply"
        replies.acknowledge(ours, actor=city.clerk)
        letter.refresh_from_db()
        assert letter.state == "issued"
        replies.acknowledge(theirs, actor=city.stranger)
    letter.refresh_from_db()
    assert (letter.state, letter.number) == ("closed", "银信通〔2026〕1号")


def test_a_part_that_was_settled_otherwise_is_closed_and_what_was_overdue_stays_late(city, on, issued):
    letter = issued(city.scjg, city.sthj)
    ours, theirs = letter.addressees.order_by("department__code")
    with on(3, 9):
        with pytest.raises(Refused) as refused:
            replies.close(ours, actor=city.officer, reason=" ")
        assert refused.value.code == "reason.missing"
        replies.close(ours, actor=city.officer, reason="已书面回复。")
    with on(3, 10):
        replies.close(theirs, actor=city.supervisor, reason="已经解决。")
    letter.refresh_from_db()
    assert letter.state == "closed"
    assert list(Addressee.objects.late(date(2026, 6, 1))) == [theirs]


def test_a_reply_in_time_is_in_time_however_late_the_office_agrees(city, on, issued):
    ours = issued().addressees.get()
    with on(3, 9):
        answer(ours, city.clerk, city.reviewer, "已报。")
    with on(4, 1):
        replies.accept(ours, actor=city.officer)
    assert not Addressee.objects.late(date(2026, 6, 1)).exists()
