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
