"""Proposals: once while open, quiet after they were dealt with, taken up as a draft or dismissed with the reason."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.policy import NotAllowed
from audit.faults import Refused
from oversight.models import Directive, Proposal
from oversight.services import proposals
from oversight.services.proposals import Fact

pytestmark = pytest.mark.django_db


@pytest.fixture
def fact(city):
    return Fact(
        "silent-department",
        "1:2026-01",
        city.office,
        "信用信息长期未报送",
        [city.scjg],
        "两个月没有报送。",
        "/admin/",
    )


@pytest.fixture
def source(monkeypatch, fact):
    monkeypatch.setattr(proposals, "_sources", [lambda moment: [fact]])


def test_the_same_fact_is_proposed_once_and_not_again_soon_after_it_was_dismissed(city, on, source):
    with on(3, 2):
        assert [proposals.gather(actor=city.system) for _ in range(2)] == [1, 0]
        proposals.dismiss(Proposal.objects.get(), actor=city.supervisor, reason="已电话核实。")
    with on(3, 31):
        assert proposals.gather(actor=city.system) == 0
    with on(4, 2):
        assert proposals.gather(actor=city.officer) == 1
    with pytest.raises(NotAllowed):
        proposals.gather(actor=city.clerk)


def test_a_proposal_becomes_a_draft_with_its_words_or_is_dismissed_with_the_reason(city, signed_in, source):
    office = signed_in("officer")
    listed = reverse("admin:oversight_proposal_changelist")
    assert "没有督办建议" in office.get(listed).content.decode()
    office.post(reverse("admin:oversight_proposal_gather"))
    page = office.get(listed).content.decode()
    assert "市场监管" in page
    one = Proposal.objects.get()
    assert (
        "两个月没有报送。"
        in office.get(reverse("admin:oversight_proposal_change", args=[one.pk])).content.decode()
    )
    taken = office.post(reverse("admin:oversight_proposal_verb", args=[one.pk, "take"]), {"grade": "prompt"})
    letter = Directive.objects.get()
    assert taken.headers["Location"].startswith(reverse("admin:oversight_directive_change", args=[letter.pk]))
    assert (letter.facts, letter.matter.title, letter.state) == (
        "两个月没有报送。",
        "信用信息长期未报送",
        "draft",
    )
    assert letter.addressees.get().department == city.scjg
    with pytest.raises(Refused) as refused:
        proposals.dismiss(one, actor=city.officer, reason="x")
    assert refused.value.code == "oversight.state"
    for name in ("clerk", "sysadmin"):
        assert (
            signed_in(name).get(reverse("admin:oversight_proposal_change", args=[one.pk])).status_code == 404
        )


def gone_by(monkeypatch, why):
    """A check that says of these facts (by key) what has become of them."""

    def check(rows, moment):
        return {one.pk: why[one.fact] for one in rows if one.fact in why}

    monkeypatch.setattr(proposals, "_checks", {"silent-department": check})


def test_a_proposal_whose_fact_is_gone_closes_by_itself_and_one_that_comes_back_is_new(
    city, on, signed_in, source, fact, monkeypatch
):
    why: dict[str, str] = {}
    gone_by(monkeypatch, why)
    with on(3, 2):
        proposals.gather(actor=city.system)
        assert proposals.close_gone(actor=city.system) == 0
    first = Proposal.objects.get()
    monkeypatch.setattr(proposals, "_sources", [])
    why[fact.key] = "该单位已于2026-03-03报送。"
    with on(3, 4):
        assert [proposals.close_gone(actor=city.system) for _ in range(2)] == [1, 0]
        first.refresh_from_db()
        assert (first.state, first.decided_reason, first.decided_by) == ("gone", why[fact.key], None)
        assert list(first.history.order_by("history_id").values_list("state", flat=True)) == ["open", "gone"]
        page = signed_in("officer").get(reverse("admin:oversight_proposal_change", args=[first.pk]))
        for words in ("情况已消除", why[fact.key], "2026-03-04"):
            assert words in page.content.decode()
        with pytest.raises(Refused, match="情况已消除"):
            proposals.take(first, actor=city.officer)
        # Long before 30 days are over: what was gone and is back is news.
        monkeypatch.setattr(proposals, "_sources", [lambda moment: [fact]])
        assert proposals.gather(actor=city.system) == 1
    assert Proposal.objects.filter(state="open").count() == 1
    assert Proposal.objects.count() == 2


def test_what_was_taken_up_stays_with_its_letter_and_the_button_closes_the_own_offices_alone(
    city, on, signed_in, source, fact, monkeypatch
):
    why = {fact.key: "已报送。", "2": "已报送。", "3": "已报送。"}
    with on(3, 2):
        proposals.gather(actor=city.system)
        taken = Proposal.objects.get()
        letter = proposals.take(taken, actor=city.officer)
        for key, office in (("2", city.office), ("3", city.upper_office)):
            proposals.offer(
                Fact("silent-department", key, office, "示例", [city.scjg], "示例。"), actor=city.system
            )
    gone_by(monkeypatch, why)
    with on(3, 3):
        said = signed_in("officer").post(reverse("admin:oversight_proposal_gather"), follow=True)
        assert "1条建议的情况已消除，已自动关闭" in said.content.decode()
        with pytest.raises(NotAllowed):
            proposals.close_gone(actor=city.clerk)
    states = dict(Proposal.objects.values_list("fact", "state"))
    assert states == {fact.key: "taken", "2": "gone", "3": "open"}
    taken.refresh_from_db()
    assert taken.directive == letter
