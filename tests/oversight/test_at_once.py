"""Two officers at once, on real connections: numbers without a gap, one escalation, and nothing half done."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, connections, transaction

from accounts.models import User
from audit.acts import act
from audit.clock import CHINA
from audit.faults import Refused
from casework.models import Notice
from oversight.models import Addressee, Directive, Proposal, Reply
from oversight.services import attachments, directives, proposals, reminders, replies, reply_drafts

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def at_once(*attempts):
    start, outcomes = threading.Barrier(len(attempts)), [""] * len(attempts)

    def run(place, attempt):
        try:
            start.wait()
            attempt()
            outcomes[place] = "done"
        except Refused as refusal:
            outcomes[place] = refusal.code
        except Exception as other:  # a deadlock, for instance: told, not swallowed
            outcomes[place] = repr(other)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_letters_are_signed_and_escalated_by_two_at_once(city, on, drafted, monkeypatch):
    """One world for all of it: every test that commits costs a new database."""
    second = city.person("approver2", "褚示例", "approver", city.office)
    other = city.person("officer2", "卫示例", "officer", city.office)
    drafts = [drafted() for _ in range(4)]

    def again(user):
        return User.objects.get(pk=user.pk)

    def signs(letter, person):
        return lambda: directives.sign(Directive.objects.get(pk=letter.pk), actor=again(person))

    with on(3, 2):
        for one in drafts:
            directives.submit(one, actor=city.officer)

        # the same letter by two approvers
        assert at_once(signs(drafts[0], city.approver), signs(drafts[0], second)) == [
            "done",
            "oversight.state",
        ]

        # a failure in the same transaction gives the number back
        with transaction.atomic():
            assert directives.sign(drafts[1], actor=city.approver).serial == 2
            transaction.set_rollback(True)
        drafts[1].refresh_from_db()
        assert drafts[1].state == "submitted"
        assert at_once(*(signs(one, city.approver) for one in drafts[1:])) == ["done"] * 3
    serials = Directive.objects.order_by("serial").values_list("serial", flat=True)
    assert list(serials) == [1, 2, 3, 4]

    letter = Directive.objects.get(serial=1)
    wording = {"bodies": [city.scjg], "facts": "仍未报送。", "demands": "补报。"}

    def escalates(person):
        return lambda: directives.escalate(
            Directive.objects.get(pk=letter.pk), actor=again(person), **wording
        )

    monkeypatch.setattr("oversight.services.directives.local_day", lambda moment: date(2099, 12, 31))
    assert at_once(escalates(city.officer), escalates(other)) == ["directive.followed", "done"]

    # the body answers while the next letter, which says that it has not, is signed: one of the two finds it changed
    answered = Directive.objects.get(serial=2)
    second = directives.escalate(answered, actor=city.officer, **wording)
    directives.submit(second, actor=city.officer)
    part = answered.addressees.get()
    reply_drafts.write(part, actor=city.clerk, text="已补报。")
    reply_drafts.hand_on(part, actor=city.clerk)

    def answers():
        reply_drafts.confirm(Addressee.objects.get(pk=part.pk), actor=again(city.reviewer))

    assert at_once(answers, signs(second, city.approver)) in (
        ["directive.not_behind", "done"],
        ["done", "oversight.state"],
    )
    part.refresh_from_db()
    second.refresh_from_db()
    assert (part.state, second.state) in (("replied", "submitted"), ("escalated", "issued"))
    monkeypatch.undo()

    # two reviewers send the same answer
    third = city.person("reviewer2", "沈示例", "reviewer", city.scjg)
    own = letter.addressees.get()

    def sends(part, person):
        return lambda: reply_drafts.confirm(Addressee.objects.get(pk=part.pk), actor=again(person))

    with on(3, 3):
        reply_drafts.write(own, actor=city.clerk, text="已补报。")
        reply_drafts.hand_on(own, actor=city.clerk)
        assert at_once(sends(own, city.reviewer), sends(own, third)) == ["done", "oversight.state"]
        # one sends it while the office closes the part: one of them is done
        other_part = Directive.objects.get(serial=3).addressees.get()
        reply_drafts.write(other_part, actor=city.clerk, text="已补报。")
        reply_drafts.hand_on(other_part, actor=city.clerk)

        def closes():
            part = Addressee.objects.get(pk=other_part.pk)
            replies.close(part, actor=again(city.officer), reason="示例")

        outcome = at_once(sends(other_part, city.reviewer), closes)
    assert outcome == ["done", "oversight.state"]
    other_part.refresh_from_db()
    sent = other_part.replies.count()
    assert (other_part.state, sent, other_part.drafts.get().state) in (
        ("replied", 1, "sent"),
        ("accepted", 0, "void"),
    )

    # one sends it while the clerk takes it back: one of them is done, and two runs remind once
    third_part = Directive.objects.get(serial=4).addressees.get()
    with on(3, 10):
        reply_drafts.write(third_part, actor=city.clerk, text="已补报。")
        reply_drafts.hand_on(third_part, actor=city.clerk)
        morning = datetime.combine(third_part.due_on + timedelta(days=1), time(8), CHINA)

        def reminds():
            reminders.remind(actor=again(city.system), now=morning)

        assert at_once(reminds, reminds) == ["done"] * 2
        reminded = list(Notice.objects.filter(kind="urged").values_list("person", "url", "about_day"))
        assert len(set(reminded)) == len(reminded) > 0

        def takes_back():
            reply_drafts.take_back(Addressee.objects.get(pk=third_part.pk), actor=again(city.clerk))

        assert at_once(sends(third_part, city.reviewer), takes_back) == ["done", "oversight.state"]
    assert (third_part.replies.count(), third_part.drafts.get().state) in ((1, "sent"), (0, "draft"))

    # a proposal is taken up while the morning's run finds that its fact is gone
    fact = proposals.Fact("late-case", "示例", city.office, "示例", [city.scjg], "示例。")
    made = proposals.offer(fact, actor=city.system)
    monkeypatch.setattr(proposals, "_checks", {"late-case": lambda rows, at: {made.pk: "示例。"}})
    at_once(
        lambda: proposals.take(Proposal.objects.get(pk=made.pk), actor=again(city.officer)),
        lambda: proposals.close_gone(actor=again(city.system)),
    )
    made.refresh_from_db()
    drafted_from = Directive.objects.filter(matter__title="示例").count()
    assert (made.state, drafted_from) in (("taken", 1), ("gone", 0))

    # what was issued is kept by the database itself
    for statement in (
        "UPDATE oversight_directive SET facts = 'x' WHERE number <> ''",
        "UPDATE oversight_directive SET number = 'x' WHERE number <> ''",
        "DELETE FROM oversight_directive",
        "UPDATE oversight_reply SET text = 'x'",
        "DELETE FROM oversight_reply",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert set(Reply.objects.values_list("text", flat=True)) == {"已补报。"}

    # two officers judge the same reply, one of them while the body would still hand in a file

    def judges(verb, person):
        return lambda: verb(Addressee.objects.get(pk=own.pk), actor=again(person), reason="示例")

    def hands_in():
        file = ContentFile("示例".encode(), name="示例.txt")
        attachments.attach(Addressee.objects.get(pk=own.pk), file, actor=again(city.clerk))

    outcome = at_once(judges(replies.accept, city.officer), judges(replies.accept, other), hands_in)
    assert outcome == ["done", "oversight.state", "oversight.state"]
    with act("test", actor=city.system):
        letter.save(update_fields=["closed_on"])
