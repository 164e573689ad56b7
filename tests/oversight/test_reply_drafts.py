"""A body's answer before it is one: worded by its clerk, sent by its reviewer, and seen by nobody else until then."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from accounts.policy import NotAllowed, NotVisible, policy_for
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from casework.models import Notice
from oversight.machine import OF_REPLY_DRAFTS, obstacle
from oversight.models import Addressee, Attachment, Reply, ReplyDraft
from oversight.services import attachments, directives, replies, reply_drafts

from .given import answer
from .test_reading import refused
from .test_steps import BODY, PEOPLE

pytestmark = pytest.mark.django_db
CONFIRM = {"reviewer"}
DRAFT = {
    "draft": {"reply": BODY, "attach": BODY, "hand_on": BODY, "discard": BODY},
    "submitted": {"take_back": BODY, "confirm": CONFIRM, "return_reply": CONFIRM},
    "returned": {"reply": BODY, "attach": BODY, "hand_on": BODY, "discard": BODY},
    "sent": {},
    "void": {},
}
EVERYBODY = [*PEOPLE, "upper"]


@pytest.fixture
def ours(city, issued):
    return issued(city.scjg, city.sthj).addressees.get(department=city.scjg)


@pytest.fixture
def laid(city, on, ours):
    """Worded with a file and handed on by the clerk on the 5th of March; due on the 9th."""
    with on(3, 5):
        file = ContentFile("佐证示例。".encode(), name="佐证.txt")
        reply_drafts.write(ours, actor=city.clerk, text="已补报(内部稿)。", file=file)
        reply_drafts.hand_on(ours, actor=city.clerk)
    return ours


def page(part):
    return reverse("admin:oversight_addressee_change", args=[part.pk])


def told():
    """Who was told since it was last asked, with what."""
    found = {
        (one.person.username, one.text)
        for one in Notice.objects.filter(read_at=None).select_related("person")
    }
    Notice.objects.update(read_at=Notice.objects.earliest("pk").created_at)
    return found


def test_every_state_step_and_person(city, ours):
    policy = policy_for(Addressee)
    steps = [one for one in OF_REPLY_DRAFTS if one.verb != "remove"]  # a verb of the file, by the same people
    found = {
        state: {
            one.verb: {name for name in PEOPLE if policy.allows(getattr(city, name), one.verb, ours)}
            for one in steps
            if not obstacle(OF_REPLY_DRAFTS, one.verb, ReplyDraft(state=state))
        }
        for state in ReplyDraft.State.values
    }
    assert found == DRAFT


def test_nobody_outside_the_body_sees_draft_or_file_before_it_is_sent(city, on, signed_in, laid):
    file = Attachment.objects.get()
    address = reverse("admin:oversight_addressee_file", args=[laid.pk, file.pk])

    def seen_by(model):
        return {name for name in EVERYBODY if policy_for(model).scope(getattr(city, name)).exists()}

    assert seen_by(ReplyDraft) == seen_by(Attachment) == BODY
    assert seen_by(Reply) == set()
    with on(3, 6):
        for name in ("officer", "supervisor", "approver", "stranger"):
            client = signed_in(name)
            for shown in (
                client.get(page(laid)),
                client.get(reverse("admin:oversight_addressee_changelist")),
            ):
                text = shown.content.decode()
                assert "内部稿" not in text, name
                assert "回复稿待确认" not in text, name
                assert "佐证.txt" not in text, name
            history = client.get(
                reverse("admin:oversight_addressee_history", args=[laid.pk])
            ).content.decode()
            assert "回复稿" not in history
            assert "起草督办回复" not in history
            assert client.get(address).status_code == 404
        own = signed_in("reviewer").get(page(laid)).content.decode()
        assert "内部稿" in own
        reply_drafts.confirm(laid, actor=city.reviewer)
        assert seen_by(Attachment) == {*BODY, "officer", "supervisor", "approver"}
        assert "内部稿" in signed_in("officer").get(page(laid)).content.decode()
        assert signed_in("officer").get(address).status_code == 200
        assert seen_by(ReplyDraft) == BODY


def test_the_moment_of_the_confirmation_is_the_day_of_the_reply(city, on, laid):
    with on(3, 9, 23):
        assert not Addressee.objects.late(date(2026, 3, 9)).exists()
    with on(3, 10):
        given = reply_drafts.confirm(laid, actor=city.reviewer)
    assert (given.given_on, given.due_on, given.given_by, given.drafted_by) == (
        date(2026, 3, 10), date(2026, 3, 9), city.reviewer, city.clerk,
    )  # fmt: skip
    assert laid in Addressee.objects.late(date(2026, 6, 1))
    draft = ReplyDraft.objects.get()
    assert (draft.state, draft.reply) == ("sent", given)
    assert [one.verb for one in Event.objects.filter(target_type="oversight.addressee").order_by("pk")] == [
        "oversight.attach", "reply.write", "reply.hand_on", "addressee.reply",
    ]  # fmt: skip
    assert list(draft.history.order_by("history_id").values_list("state", flat=True)) == [
        "draft", "submitted", "sent",
    ]  # fmt: skip


def test_who_had_a_hand_in_it_neither_confirms_nor_returns_it(city, on, signed_in, ours, monkeypatch):
    other = city.person("reviewer2", "卫示例", "reviewer", city.scjg)
    third = city.person("reviewer3", "沈示例", "reviewer", city.scjg)
    with on(3, 5):
        reply_drafts.write(ours, actor=city.reviewer, text="一")
        reply_drafts.write(ours, actor=city.clerk, text="二")
        attachments.attach(ours, ContentFile("示例".encode(), name="示例.txt"), actor=other)
        told()
        reply_drafts.hand_on(ours, actor=city.clerk)
        assert {name for name, _ in told()} == {"reviewer3"}  # whoever may not send it is not asked to
        for one in (city.reviewer, other):
            assert "请由其他审核员" in signed_in(one.username).get(page(ours)).content.decode()
            refused("four_eyes", reply_drafts.confirm, ours, actor=one)
            refused("four_eyes", reply_drafts.return_reply, ours, actor=one, reason="示例")
        reply_drafts.return_reply(ours, actor=third, reason="补充。")
        refused("reply.nobody_confirms", reply_drafts.hand_on, ours, actor=third)
        reply_drafts.hand_on(ours, actor=city.second_clerk)
        assert "上次退回修改：补充。" in signed_in("reviewer3").get(page(ours)).content.decode()
        with monkeypatch.context() as unasked:
            unasked.setattr(reply_drafts, "_require_another", lambda draft, actor: None)
            reply_drafts.take_back(ours, actor=city.clerk)
            reply_drafts.write(ours, actor=city.reviewer, text="三")
            reply_drafts.hand_on(ours, actor=city.clerk)
            with pytest.raises(IntegrityError, match="reply_draft_sent_by_another"), transaction.atomic():
                reply_drafts.confirm(ours, actor=city.reviewer)
        assert reply_drafts.confirm(ours, actor=third).drafted_by == city.reviewer


def test_a_body_without_a_second_person_keeps_its_draft_and_is_told_the_way_out(city, on, signed_in, ours):
    """As everywhere in the house the second person is not waived; the office may close the part on paper."""
    client = signed_in("reviewer")
    with on(3, 5):
        sent = {"text": "本人起草。", "seen": 0, "hand_on": "1"}
        done = client.post(reverse("admin:oversight_addressee_reply", args=[ours.pk]), sent, follow=True)
        text = done.content.decode()
        assert "本单位没有未参与起草的另一名审核员可以确认" in text
        assert "直接办结" in text
        assert ReplyDraft.objects.get().state == "draft"
        refused("reply.nobody_confirms", reply_drafts.hand_on, ours, actor=city.reviewer)
        # The clerk who hands it on makes no second reviewer of the one who worded it.
        refused("reply.nobody_confirms", reply_drafts.hand_on, ours, actor=city.clerk)
        reply_drafts.discard(ours, actor=city.clerk, reason="由录入员重新起草。")
        reply_drafts.write(ours, actor=city.clerk, text="重新起草。", seen=0)
        reply_drafts.hand_on(ours, actor=city.clerk)
        assert reply_drafts.confirm(ours, actor=city.reviewer).text == "重新起草。"
        for name, reads in {"clerk": True, "officer": False, "approver": False}.items():
            assert ("本人起草。" in signed_in(name).get(page(ours)).content.decode()) == reads, name
    assert list(ReplyDraft.objects.order_by("pk").values_list("state", flat=True)) == ["void", "sent"]


@pytest.mark.parametrize("end", ["closed", "escalated"])
def test_a_letter_that_was_ended_meanwhile_takes_no_reply(city, on, laid, end):
    with on(3, 10):
        if end == "closed":
            replies.close(laid, actor=city.officer, reason="误发。")
        else:
            words = {"facts": "仍未回复。", "demands": "回复。"}
            second = directives.escalate(laid.directive, actor=city.officer, bodies=[city.scjg], **words)
            directives.sign(directives.submit(second, actor=city.officer), actor=city.approver)
        for verb, more in ((reply_drafts.confirm, {}), (reply_drafts.return_reply, {"reason": "示例"})):
            refused("oversight.state", verb, laid, actor=city.reviewer, **more)
        for verb, more in ((reply_drafts.write, {"text": "x"}), (reply_drafts.take_back, {})):
            refused("oversight.state", verb, laid, actor=city.clerk, **more)
    assert ReplyDraft.objects.get().state == "void"
    assert not Reply.objects.exists()


def test_what_is_confirmed_is_what_was_read(city, on, signed_in, laid):
    read = reply_drafts.version(ReplyDraft.objects.get())
    file = Attachment.objects.get()
    with on(3, 6):
        form = signed_in("clerk").get(reverse("admin:oversight_addressee_reply", args=[laid.pk]), follow=True)
        assert "现在是“待确认”，只有“起草中、退回修改”的可以修改。" in form.content.decode()
        refused("oversight.state", reply_drafts.write, laid, actor=city.clerk, text="另一种。")
        refused("oversight.state", attachments.remove, file, actor=city.clerk, reason="重复")
        more = ContentFile("另一份".encode(), name="另一份.txt")
        refused("oversight.state", attachments.attach, laid, more, actor=city.clerk)
        reply_drafts.take_back(laid, actor=city.clerk)
        refused("oversight.state", reply_drafts.confirm, laid, actor=city.reviewer)
        refused("oversight.stale", reply_drafts.write, laid, actor=city.clerk, text="三", seen=read)
        refused("reply.changed", reply_drafts.hand_on, laid, actor=city.clerk, seen=read)
        attachments.remove(file, actor=city.clerk, reason="重复")
        reply_drafts.hand_on(laid, actor=city.clerk)
        refused("reply.changed", reply_drafts.confirm, laid, actor=city.reviewer, seen=read)
        now = reply_drafts.version(ReplyDraft.objects.get())
        assert reply_drafts.confirm(laid, actor=city.reviewer, seen=now).round == 1
    file.refresh_from_db()
    assert file.delivered_at is None  # crossed out before it went: nobody in the office reads it


def test_a_page_without_its_version_sends_nothing(city, on, signed_in, laid):
    with on(3, 6):
        verb = reverse("admin:oversight_addressee_verb", args=[laid.pk, "confirm"])
        said = signed_in("reviewer").post(verb, follow=True).content.decode()
    assert "您打开页面以后回复稿有变动" in said
    assert not Reply.objects.exists()


def test_nothing_typed_is_lost(city, on, signed_in, ours):
    address = reverse("admin:oversight_addressee_reply", args=[ours.pk])
    client = signed_in("clerk")
    with on(3, 5):
        assert client.get(address).status_code == 200
        reply_drafts.write(ours, actor=city.second_clerk, text="同事的稿子。")
        late = client.post(address, {"text": "我的稿子。", "seen": 0})
        assert late.status_code == 422
        assert "您打开页面以后别人已经修改" in late.content.decode()
        assert "我的稿子。" in late.content.decode()
        assert client.post(address, {"text": " ", "seen": 0}).status_code == 422
        assert ReplyDraft.objects.get().text == "同事的稿子。"
        assert signed_in("stranger").get(address).status_code == 404
        assert signed_in("officer").post(address, {"text": "x", "seen": 0}).status_code == 403


def test_each_round_has_a_draft_of_its_own_and_the_database_keeps_what_was_sent(city, on, laid):
    with on(3, 6):
        reply_drafts.confirm(laid, actor=city.reviewer)
        replies.send_back(laid, actor=city.officer, reason="请附台账。")
        answer(laid, city.clerk, city.reviewer, "台账随文。")
    assert list(ReplyDraft.objects.order_by("pk").values_list("state", "reply__round")) == [
        ("sent", 1), ("sent", 2),
    ]  # fmt: skip
    for statement in (
        "UPDATE oversight_replydraft SET text = 'x'",
        "DELETE FROM oversight_replydraft",
        "UPDATE oversight_reply SET drafted_by_id = NULL",
        "UPDATE oversight_attachment SET delivered_at = NULL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_everybody_concerned_is_told_once_of_each_step_and_nobody_of_their_own(city, on, issued):
    letter = issued()
    ours = letter.addressees.get()
    body, office = {"clerk", "clerk2", "reviewer"}, {"officer", "supervisor"}
    assert told() == {
        (name, f"收到工作提示单{letter.number}《双公示报送(示例)》，请签收并于2026-03-09前回复。")
        for name in body
    }
    words = f"工作提示单{letter.number}"
    with on(3, 5):
        reply_drafts.write(ours, actor=city.clerk, text="一")
        assert told() == set()
        reply_drafts.hand_on(ours, actor=city.clerk)
        assert told() == {("reviewer", f"{words}的回复稿待您确认，应于2026-03-09前发出。")}
        reply_drafts.return_reply(ours, actor=city.reviewer, reason="补充。")
        assert told() == {("clerk", f"{words}的回复稿被退回修改，应于2026-03-09前发出。")}
        reply_drafts.hand_on(ours, actor=city.second_clerk)
        told()
        reply_drafts.confirm(ours, actor=city.reviewer)
        assert told() == {
            *((name, f"市场监管回复了{words}，请审核。") for name in office),
            ("clerk", f"{words}的回复已确认发出。"),
        }
        replies.send_back(ours, actor=city.officer, reason="不够。")
        assert told() == {(name, f"{words}的回复被退回，请于2026-03-12前重新回复。") for name in body}
        answer(ours, city.clerk, city.reviewer)
        told()
        replies.accept(ours, actor=city.supervisor)
        assert told() == {(name, f"{words}的回复已认可。") for name in body}
        other = issued().addressees.get()
        told()
        replies.close(other, actor=city.officer, reason="误发。")
        assert {name for name, text in told() if "直接办结" in text} == body


def test_a_stranger_takes_no_step(city, laid):
    for verb, more in (
        (reply_drafts.write, {"text": "x"}),
        (reply_drafts.hand_on, {}),
        (reply_drafts.take_back, {}),
        (reply_drafts.discard, {"reason": "x"}),
        (reply_drafts.confirm, {}),
        (reply_drafts.return_reply, {"reason": "x"}),
    ):
        for one in (city.stranger, city.strange_reviewer, city.officer, city.auditor):
            with pytest.raises((NotAllowed, NotVisible)):
                verb(laid, actor=one, **more)
    with pytest.raises((NotAllowed, NotVisible)):
        reply_drafts.confirm(laid, actor=city.clerk)
    with pytest.raises(Refused, match="必须写明理由"):
        reply_drafts.return_reply(laid, actor=city.reviewer, reason=" ")


def test_what_was_worded_by_somebody_who_has_left_is_told_to_those_who_are_there(city, on, laid):
    with act("test.left", actor=city.system):
        held = Membership.objects.get(user=city.clerk)
        held.until = date(2026, 3, 5)
        held.save(update_fields=["until"])
    told()
    with on(3, 6):
        reply_drafts.return_reply(laid, actor=city.reviewer, reason="补充。")
    assert {name for name, _ in told()} == {"clerk2"}


def test_the_page_asks_the_same_number_of_queries_after_one_round_and_after_three(city, on, signed_in, laid):
    client = signed_in("reviewer")

    def asked():
        client.get(page(laid))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(laid)).status_code == 200
        return len(queries)

    with on(3, 6):
        one = asked()
        reply_drafts.confirm(laid, actor=city.reviewer)
        for number in range(2):
            replies.send_back(laid, actor=city.officer, reason="不够。")
            file = ContentFile(f"示例{number}".encode(), name=f"示例{number}.txt")
            reply_drafts.write(laid, actor=city.clerk, text="又一次。", file=file)
            reply_drafts.hand_on(laid, actor=city.clerk)
            if not number:
                reply_drafts.confirm(laid, actor=city.reviewer)
        assert asked() == one <= 24
