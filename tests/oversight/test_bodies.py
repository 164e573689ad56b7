"""Who stands where: an office that is addressed itself, what one body sees of another, and who goes away."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.files.base import ContentFile
from django.test import RequestFactory
from django.urls import reverse

from accounts.policy import NotAllowed, NotVisible, policy_for
from accounts.services import give_role, leaving
from audit.clock import today
from audit.faults import Refused
from casework.models import Notice
from oversight import workbench
from oversight.models import Addressee, Directive, Proposal, Reply
from oversight.services import attachments, directives, proposals, reminders, replies, reply_drafts

from .given import answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def from_above(city, on):
    """A letter of the region's office to the city's office."""
    officer = city.person("upper.officer", "韩示例", "officer", city.upper_office)
    approver = city.person("upper.approver", "杨示例", "approver", city.upper_office)
    with on(3, 2):
        letter = directives.draft(
            actor=officer, office=city.upper_office, matter="示例事项", grade="prompt", bodies=[city.office],
            facts="示例。", demands="示例。",
        )  # fmt: skip
        directives.submit(letter, actor=officer)
        return directives.sign(letter, actor=approver), officer, approver


def test_an_office_that_is_addressed_answers_by_its_officers_and_approver_and_sees_nothing_else_above(
    city, on, signed_in, from_above
):
    letter, officer, approver = from_above
    ours = letter.addressees.get()
    seen = {
        name for name in ("officer", "approver", "supervisor", "clerk", "stranger", "upper")
        if policy_for(Directive).allows(getattr(city, name), "view", letter)
    }  # fmt: skip
    assert seen == {"officer", "approver"}
    with on(3, 4):
        for one in (city.approver, city.supervisor, city.clerk, officer):
            with pytest.raises((NotAllowed, NotVisible)):
                reply_drafts.write(ours, actor=one, text="x")
        reply_drafts.write(ours, actor=city.officer, text="已办。")
        reply_drafts.hand_on(ours, actor=city.officer)
        with on(3, 5):
            reminders.remind(actor=city.system)
        request = RequestFactory().get("/admin/")
        request.user = type(city.approver).objects.get(pk=city.approver.pk)
        lines = {line.label: line for line in workbench.own_panel(request).lines}
        assert lines["待确认的督办回复"].value == 1
        listed = signed_in("approver").get(lines["待确认的督办回复"].url).context["cl"].result_list
        assert list(listed) == [ours]
        told = Notice.objects.filter(person=city.approver).order_by("pk").values_list("text", flat=True)
        assert [text.split("，")[-1] for text in told] == ["应于2026-03-09前发出。", "即将到期。"]
        # Who reviews the office's own batches does not speak for the office.
        reviewer = city.person("office.reviewer", "蒋示例", "reviewer", city.office)
        with pytest.raises((NotAllowed, NotVisible)):
            reply_drafts.confirm(ours, actor=reviewer)
        with pytest.raises((NotAllowed, NotVisible)):
            reply_drafts.take_back(ours, actor=reviewer)
        request.user = reviewer
        assert not {"待确认的督办回复", "待回复的督办文书"} & {
            line.label for line in workbench.own_panel(request).lines
        }
        reply_drafts.confirm(ours, actor=city.approver)
        for one in (city.officer, city.supervisor, approver):
            with pytest.raises((NotAllowed, NotVisible)):
                replies.accept(ours, actor=one)
        assert replies.accept(ours, actor=officer).state == "accepted"


@pytest.mark.parametrize(
    "hand", ["worded", "confirmed", "worded an earlier version", "handed on", "added a file"]
)
def test_nobody_judges_a_reply_in_which_they_had_a_hand(city, on, from_above, hand):
    letter, officer, _ = from_above
    role = "approver" if hand == "confirmed" else "officer"
    both = city.person("two.offices", "朱示例", role, city.office)
    give_role(both, "officer", actor=city.system, department=city.upper_office, since=date(2020, 1, 1))
    both = type(both).objects.get(pk=both.pk)
    ours = letter.addressees.get()
    with on(3, 4):
        drafter = both if hand.startswith("worded") else city.officer
        reply_drafts.write(ours, actor=drafter, text="已报。")
        if hand == "worded an earlier version":
            reply_drafts.write(ours, actor=city.officer, text="已报二件。")
        if hand == "added a file":
            attachments.attach(ours, ContentFile("示例。".encode(), name="示例.txt"), actor=both)
        reply_drafts.hand_on(ours, actor=both if hand == "handed on" else city.officer)
        reply_drafts.confirm(ours, actor=both if hand == "confirmed" else city.approver)
        with pytest.raises(Refused) as refused:
            replies.accept(ours, actor=both)
        assert refused.value.code == "four_eyes"
        assert replies.accept(ours, actor=officer).state == "accepted"


def test_a_body_reads_its_own_standing_in_list_page_and_export(city, on, signed_in, issued):
    """The other's round two is later: neither its day nor its state, nor that the letter is still open, is told."""
    letter = issued(city.scjg, city.sthj)
    ours, theirs = letter.addressees.order_by("department__code")
    with on(3, 5):
        for one, people in (
            (ours, (city.clerk, city.reviewer, "已报。")),
            (theirs, (city.stranger, city.strange_reviewer, "秘密")),
        ):
            answer(one, *people)
        replies.accept(ours, actor=city.officer)
        replies.send_back(theirs, actor=city.officer, reason="不够。")
        client = signed_in("clerk")
        listed = client.get(reverse("admin:oversight_directive_changelist")).content.decode()
        page = client.get(reverse("admin:oversight_directive_change", args=[letter.pk])).content.decode()
        sent = client.post(reverse("admin:oversight_directive_export"), {"format": "csv"})
        table = sent.content.decode("utf-8-sig").split("导出人")[0]
        for text in (listed, table):
            assert "生态环境" not in text
        for text in (listed, page, table):
            assert "已认可" in text
            assert "已签发</span>" not in text
            assert ",已签发," not in text
            assert "2026-03-12" not in text
        assert set(policy_for(Reply).scope(city.clerk)) == set(ours.replies.all())
        assert set(policy_for(Addressee).scope(city.clerk)) == {ours}


def test_the_button_makes_proposals_for_the_own_office_alone(city, on, monkeypatch):
    facts = [
        proposals.Fact("late-case", str(office.pk), office, "示例", [city.scjg], "示例。")
        for office in (city.office, city.upper_office)
    ]
    monkeypatch.setattr(proposals, "_sources", [lambda moment: facts])
    with on(3, 2):
        assert proposals.gather(actor=city.officer) == 1
        assert Proposal.objects.get().office == city.office
        assert proposals.gather(actor=city.system) == 1
        letter = proposals.take(Proposal.objects.get(office=city.office), actor=city.officer)
    with on(6, 2):
        assert proposals.gather(actor=city.officer) == 0  # its letter is still under way
        directives.drop(letter, actor=city.officer, reason="不发了。")
        assert proposals.gather(actor=city.officer) == 1


def test_whoever_leaves_hands_over_the_drafts_and_the_successor_may_not_sign_them(city, drafted, issued):
    issued()
    draft = drafted()
    other = city.person("officer2", "卫示例", "officer", city.office)
    with pytest.raises(Refused, match="督办文书草稿1件"):
        leaving.leave(city.officer, actor=city.sysadmin, last_day=today(), reason="调离")
    done = leaving.leave(city.officer, actor=city.sysadmin, last_day=today(), reason="调离", successor=other)
    assert done == {"督办文书草稿": 1}
    draft.refresh_from_db()
    assert draft.drafted_by == other
    assert set(draft.history.values_list("drafted_by__username", flat=True)) == {"officer", "officer2"}


def test_the_office_reads_the_texts_of_the_letters(city, signed_in):
    listed = reverse("admin:oversight_directivetemplate_changelist")
    page = signed_in("officer").get(listed).content.decode()
    assert "工作提示单" in page
    address = re.search(r'href="([^"]+/directivetemplate/\d+/change/)', page)[1]
    shown = signed_in("approver").get(address).content.decode()
    assert "【督办事项】" in shown
    assert "案件类型" not in shown
    assert signed_in("clerk").get(address).status_code == 404


def test_what_waits_in_the_office_below_does_not_wait_above(city, on, signed_in, from_above, issued, task):
    """The region reads what the city's office does; the figures on its workbench are its own, and lead to as many rows."""
    with on(3, 4):
        answer(issued().addressees.get(), city.clerk, city.reviewer, "已报。")
    with on(3, 20):
        for name, waits in {"officer": True, "upper.officer": False}.items():
            client, request = signed_in(name), RequestFactory().get("/admin/")
            request.user = type(city.officer).objects.get(username=name)
            found = {line.label: line for line in workbench.office_panel(request).lines}
            assert ("待审核的督办回复" in found) == waits
            assert ("督办逾期未回复" in found) != waits
            for line in found.values():
                assert len(client.get(line.url).context["cl"].result_list) == line.value, line.label
