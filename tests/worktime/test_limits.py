"""Dated limits: two figures with their sources, never two of one kind on one day, confirmed by another person."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError

from accounts import dated
from accounts.policy import NotAllowed, NotVisible
from audit.acts import act
from audit.faults import Refused
from worktime.models import Limit
from worktime.selectors import limit_for, limits_in_force
from worktime.services import propose_limit

from .test_publication import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]
TODAY = date(2026, 11, 22)
SHIPPED = {
    "objection": (5, 10), "objection-acceptance": (1, None), "objection-correction": (5, None),
    "verification": (2, None), "repair": (3, 10), "repair-acceptance": (1, 3), "repair-review": (2, None),
    "repair-correction": (5, None), "report": (7, 7), "withdraw": (3, 3), "commitment-verification": (5, None),
    "notice-reply": (5, None), "breach": (20, None), "breach-acceptance": (2, None), "breach-statement": (5, None),
    "breach-hearing": (7, None), "oversight-prompt": (5, None), "oversight-supervise": (3, None),
    "freeze-month": (10, None),
}  # fmt: skip


def values(city, **more):
    given = {
        "actor": city.officer,
        "target_days": 4,
        "target_source": "本办通知(示例)",
        "in_force_from": date(2027, 1, 1),
        "reason": "提速",
    }
    return {**given, **more}


@pytest.fixture
def objection():
    return limit_for("objection", TODAY)


@pytest.fixture
def proposal(objection, city):
    return propose_limit(objection, **values(city))


def test_the_shipped_limits_stand_with_both_figures_and_a_source_each():
    found = {limit.kind: (limit.target_days, limit.legal_days) for limit in limits_in_force(TODAY)}
    assert found == SHIPPED
    for limit in Limit.objects.all():
        assert limit.target_source
        assert limit.get_target_certainty_display()
        assert bool(limit.legal_days) == bool(limit.legal_source) == bool(limit.legal_certainty)


def test_the_legal_figure_is_as_old_as_its_document():
    assert limit_for("objection", date(2025, 6, 21)).legal_days is None
    assert limit_for("objection", date(2025, 6, 22)).legal_days == 10


def test_the_figures_read_side_by_side(objection):
    assert str(objection) == "异议处理 目标5日 · 法定10日"
    assert limit_for("verification", TODAY).figures == "目标2日"


@pytest.mark.parametrize(("kind", "on"), [("objection", date(2021, 12, 31)), ("no-such-kind", TODAY)])
def test_a_day_without_limit_is_refused_in_words(kind, on):
    with refused("limit.missing") as caught:
        limit_for(kind, on)
    assert "办理时限" in caught.value.message


def test_a_new_version_is_proposed_confirmed_and_ends_its_forerunner(proposal, objection, city):
    assert limit_for("objection", date(2027, 1, 1)) == objection
    dated.confirm(proposal, actor=city.approver)
    assert limit_for("objection", date(2026, 12, 31)).pk == objection.pk
    found = limit_for("objection", date(2027, 1, 1))
    assert (found.target_days, found.legal_days, found.decided_by) == (4, None, city.approver)
    assert found.history.first().state == "in_force"


def test_nobody_confirms_the_own_proposal_and_only_the_approver_decides(proposal, city):
    for user in (city.officer, city.clerk, city.supervisor):
        with pytest.raises(NotAllowed):
            dated.confirm(proposal, actor=user)
        with pytest.raises(NotAllowed):
            dated.reject(proposal, actor=user, reason="x")
    with pytest.raises(NotVisible):
        dated.confirm(proposal, actor=city.auditor)
    with act("test", actor=city.system):
        proposal.proposed_by = city.approver
        proposal.save(update_fields=["proposed_by"])
    with refused("four_eyes"):
        dated.confirm(proposal, actor=city.approver)


def test_only_the_officer_proposes(objection, city):
    for user in (city.clerk, city.approver, city.supervisor):
        with pytest.raises(NotAllowed):
            propose_limit(objection, **values(city, actor=user))
    with pytest.raises(NotVisible):
        propose_limit(objection, **values(city, actor=city.auditor))


def test_a_rejected_proposal_stays_readable_and_makes_room(proposal, objection, city):
    with refused("reason.missing"):
        dated.reject(proposal, actor=city.approver, reason="")
    dated.reject(proposal, actor=city.approver, reason="依据不足")
    with refused("dated.state"):
        dated.confirm(proposal, actor=city.approver)
    with refused("dated.state"):
        dated.reject(proposal, actor=city.approver, reason="x")
    assert propose_limit(objection, **values(city)).pk != proposal.pk


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target_days": 0}, "limit.days"),
        ({"target_source": " "}, "limit.source"),
        ({"legal_days": 10}, "limit.source"),
        ({"legal_days": 0, "legal_source": "x", "legal_certainty": "law"}, "limit.days"),
        ({"in_force_from": date(2025, 6, 22)}, "dated.order"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused(objection, city, change, code):
    with refused(code):
        propose_limit(objection, **values(city, **change))


def test_one_proposal_of_a_kind_at_a_time(proposal, objection, city):
    with refused("dated.proposal_exists"):
        propose_limit(objection, **values(city))


def test_a_later_confirmation_is_checked_again_under_lock(proposal, objection, city):
    with act("test", actor=city.system):
        objection.in_force_from = date(2027, 3, 1)
        objection.save(update_fields=["in_force_from"])
    with refused("dated.order"):
        dated.confirm(proposal, actor=city.approver)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 1, 1), date(2026, 12, 31)), (date(2020, 1, 1), date(2022, 1, 1)), (date(2030, 1, 1), None)],
)
def test_two_limits_of_a_kind_never_overlap(objection, city, first, last):
    objection.pk, objection._state.adding = None, True
    objection.in_force_from, objection.in_force_to = first, last
    with pytest.raises(IntegrityError, match="limit_in_force_once"), act("test", actor=city.system):
        objection.save()


def test_what_lies_before_the_first_version_does_not_overlap(city):
    limit = limit_for("objection", date(2022, 1, 1))
    with act("test", actor=city.system):
        limit.pk, limit._state.adding = None, True
        limit.in_force_from, limit.in_force_to = date(2020, 1, 1), date(2021, 12, 31)
        limit.save()
    assert limit_for("objection", date(2021, 6, 1)) == limit


def test_refused_codes_are_chinese_sentences(objection, city):
    with pytest.raises(Refused) as caught:
        propose_limit(objection, **values(city, target_days=0))
    assert caught.value.message.endswith("。")
